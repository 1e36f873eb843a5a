"""What other servers report to us, and what moderators there answered."""

from __future__ import annotations

from communities.inbound import must_moderate
from federation.inbound import Inbound
from federation.models import Actor, Follow, FollowState
from federation.refusals import Refused
from moderation import judges
from moderation.models import Case, CaseState
from moderation.reporting import MAX_COMMENT, MAX_POSTS
from moderation.resolving import close
from moderation.subjects import is_full, repeated
from sebangsa.models import Mention, Post, Visibility
from sebangsa.site import Site
from sebangsa.text.plain import html_to_plain
from sebangsa.visibility import OPEN, may_read


async def receive_flag(site: Site, inbound: Inbound) -> None:
    """A report about one of ours, or in a community of ours or one that one of ours moderates.

    Mastodon sends a list with the account in it, in its server's name; Lemmy a single post, in the reporter's.
    """
    activity, reporter = inbound.activity, inbound.actor
    posts = await _reported_posts(site, inbound)
    accused = await Actor.filter(uri__in=activity.object_ids[: MAX_POSTS + 1], host="").first()
    if accused is None and posts:
        accused = posts[0].author
    if accused is None or accused.id == reporter.id:
        raise Refused("not-found", "nobody is reported whom we know")
    posts = [post for post in posts if post.author_id == accused.id]
    community = await _judging(site, inbound, posts, accused)
    is_for_site = accused.is_local or (community is not None and community.is_local)
    if not is_for_site and community is None:
        raise Refused("not-found", "nobody of ours is reported")
    if await Case.exists(uri=activity.id) or await repeated(reporter, accused, posts):
        return
    if await is_full(reporter):
        raise Refused("too-many", "reports that wait for an answer")
    case = await Case.create(
        id=site.ids.next(),
        uri=activity.id,
        reporter=reporter,
        accused=accused,
        post_ids=[post.id for post in posts],
        comment=html_to_plain(activity.content or activity.summary)[:MAX_COMMENT],
        community=community,
        is_for_site=is_for_site,
        created_at=site.clock.now(),
    )
    if community is not None:
        await judges.pass_on(site, community, accused.id, inbound.raw, seen_by=reporter.host)
    await judges.tell_judges(site, case, community)


async def _reported_posts(site: Site, inbound: Inbound) -> list[Post]:
    """The named posts that we have and that the reporter may read: others are not there for them (S-130)."""
    named = Post.filter(uri__in=inbound.activity.object_ids[: MAX_POSTS + 1], deleted_at=None)
    found = await named.order_by("id").select_related("author")
    return [post for post in found if await _may_see(site, inbound.actor, post)]


async def _may_see(site: Site, reporter: Actor, post: Post) -> bool:
    """Whether a reporter may read a post. The actor of a server (Mastodon) stands for all who live there."""
    if reporter.type != "Application" or post.visibility in (*OPEN, Visibility.MEMBERS):
        return await may_read(site, reporter, post)
    if await Mention.exists(post_id=post.id, actor__host=reporter.host):
        return True
    return post.visibility == Visibility.FOLLOWERS and await Follow.exists(
        target_id=post.author_id, follower__host=reporter.host, state=FollowState.ACCEPTED
    )


async def _judging(site: Site, inbound: Inbound, posts: list[Post], accused: Actor) -> Actor | None:
    """The posts' community, when it is ours or one of ours moderates it. Raises `Refused` for another group's word."""
    community = await judges.community_of(site, inbound.actor, posts)
    if inbound.announcer is not None and (community is None or community.id != inbound.announcer.id):
        raise Refused("not-allowed", "a group passes on a report that is not its own")
    if community is None or community.is_local:
        return community
    here = [one for one in await judges.moderators_besides(community, accused.id) if one.is_local]
    return community if here else None


async def receive_resolve(site: Site, inbound: Inbound) -> None:
    """A moderator of the community elsewhere answered a report that waits here too."""
    case = await _resolved_case(inbound)
    if case is None or case.community is None:
        raise Refused("not-found", "no such report")
    community = case.community
    await must_moderate(site, inbound, community)
    if inbound.actor.id == case.accused_id:
        raise Refused("not-allowed", "it is about that moderator")
    answer = html_to_plain(inbound.activity.summary)[:MAX_COMMENT]
    if await close(site, inbound.actor, case, answer):
        reporter = await Actor.get(id=case.reporter_id)
        await judges.pass_on(
            site, community, case.accused_id, inbound.raw, seen_by=inbound.actor.host, also=reporter
        )


async def _resolved_case(inbound: Inbound) -> Case | None:
    """By the report's id, or (Lemmy gives the embedded one a new id) by who reported what."""
    inner = inbound.activity.inner
    uri = inner.id if inner is not None else inbound.activity.object_id
    known = await Case.get_or_none(uri=uri).select_related("community")
    if known is not None or inner is None:
        return known
    open_ = Case.filter(reporter__uri=inner.actor, state=CaseState.OPEN).exclude(community_id=None)
    found = await open_.order_by("id").select_related("community")
    posts = set(await Post.filter(uri__in=inner.object_ids[: MAX_POSTS + 1]).values_list("id", flat=True))
    return next((case for case in found if posts & set(case.post_ids)), None)
