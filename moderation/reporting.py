"""People report posts and persons to the moderators; reports cross servers as `Flag`."""

from __future__ import annotations

from collections.abc import Sequence

from communities.rules import with_rule
from federation.database import transaction
from federation.local_actors import server_actor
from federation.models import Actor
from federation.outbox import Audience, publish
from moderation import judges, wire
from moderation.models import Case, CaseState
from moderation.subjects import MAX_OPEN, is_full, repeated
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post
from sebangsa.site import Site
from sebangsa.visibility import may_read

MAX_COMMENT = 3000
MAX_POSTS = 20


async def report(
    site: Site,
    reporter: Actor,
    accused: Actor,
    posts: Sequence[Post],
    comment: str,
    *,
    rule: str = "",
    forward: bool = False,
) -> Case:
    """Bring something to the moderators of this server, and to those of the community where it stands.

    The community's server gets it in the reporter's name. With `forward`, a copy goes to the accused's server in this
    server's name, if that is another: the reporter is not named to whoever may be the problem (S-130). Reporting the
    same again while it waits changes nothing. Raises `Invalid`, `NotFound`.
    """
    if reporter.id == accused.id:
        raise Invalid("not-oneself", "You cannot report yourself.")
    for post in posts:
        if post.author_id != accused.id or not await may_read(site, reporter, post):
            raise NotFound
    posts = posts[:MAX_POSTS]
    known = await repeated(reporter, accused, posts)
    if known is not None:
        return known
    if await is_full(reporter):
        raise Invalid(
            "too-many-reports", "Wait until some of your %(most)s reports are answered.", most=MAX_OPEN
        )
    async with transaction():
        community = await judges.community_of(site, reporter, posts)
        row_id = site.ids.next()
        case = await Case.create(
            id=row_id,
            uri=site.federation.config.url(f"/a/{row_id}"),
            reporter=reporter,
            accused=accused,
            post_ids=[post.id for post in posts],
            comment=comment.strip().replace("\x00", "")[:MAX_COMMENT],
            community=community,
            rule=rule,
            created_at=site.clock.now(),
        )
        told_hosts = await _send(site, case, reporter, accused, posts, community) if community else set()
        if forward and not accused.is_local and accused.host not in told_hosts:
            await _forward(site, case, accused, posts, community)
        await judges.tell_judges(site, case, community)
    return case


async def _send(
    site: Site, case: Case, reporter: Actor, accused: Actor, posts: Sequence[Post], community: Actor
) -> set[str]:
    """To the community's server, or from ours to its moderators elsewhere. Returns the hosts that get it."""
    uris = [post.uri for post in posts if post.community_id == community.id]
    reason = with_rule(case.rule, case.comment)
    flag = wire.flag_in_community(case, reporter, accused, uris, community, reason)
    sent = await publish(site.federation, reporter, flag, Audience(actors=[community]))
    if not community.is_local:
        return {community.host}
    await judges.pass_on(site, community, accused.id, sent.body)
    return {moderator.host for moderator in await judges.moderators_besides(community, accused.id)}


async def _forward(
    site: Site, case: Case, accused: Actor, posts: Sequence[Post], community: Actor | None
) -> None:
    sender = await server_actor(site.federation)
    uri = f"{case.uri}#copy" if community is not None else case.uri
    flag = wire.flag_to_server(uri, sender, accused, [post.uri for post in posts], case.comment)
    await publish(site.federation, sender, flag, Audience(actors=[accused], personal=True))
    case.is_forwarded = True
    await case.save(update_fields=["is_forwarded"])


async def queue(state: CaseState = CaseState.OPEN) -> list[Case]:
    """The cases for this server's moderators in a state, oldest first."""
    found = Case.filter(state=state, is_for_site=True).order_by("id").limit(200)
    return await found.select_related("reporter", "accused", "community")


async def queue_of(community: Actor, viewer: Actor) -> list[Case]:
    """The open cases of a community, oldest first, without those about the viewer."""
    found = Case.filter(community_id=community.id, state=CaseState.OPEN).exclude(accused_id=viewer.id)
    return await found.order_by("id").limit(200).select_related("reporter", "accused", "community")
