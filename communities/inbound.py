"""What moderators, here and elsewhere, send about communities: one handler for each type.

Each judges by one rule: a community of ours is moderated by those who hold a role in it; one elsewhere by those whom
its own host lists, or by whom that host itself announces (S-056, S-057).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from communities import contexts, membership, moderating, warning
from communities.announced import receive_on_wall, walls_of
from communities.announcing import announce_activity
from communities.authority import is_banned, is_moderator, must_remove
from communities.closing import note_closing
from communities.describing import apply_remote_edit
from communities.feeds import inbound as from_feeds
from communities.flairs import receive_labels
from communities.log import write_log
from communities.membership import held_by, write_ban
from communities.models import Role
from communities.remote_moderators import is_listed
from federation.actors import store_actor
from federation.inbound import Inbound
from federation.models import Actor, Follow
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import read_actor, types_of
from federation.wire.tags import read_tags
from sebangsa import following
from sebangsa.errors import ProductError
from sebangsa.models import Post
from sebangsa.notifying import notify
from sebangsa.text.plain import html_to_plain

if TYPE_CHECKING:
    from sebangsa.site import Site


async def must_moderate(site: Site, inbound: Inbound, community: Actor) -> None:
    """Raises `Refused('not-allowed')` unless the actor may moderate there. May raise `Missing`."""
    actor = inbound.actor
    if community.is_local:
        if not await is_moderator(community, actor):
            raise Refused("not-allowed", f"{actor.uri} does not moderate {community.uri}")
        if inbound.announcer is not None:
            raise Refused("not-allowed", "only our community announces its own moderation")
        return
    if inbound.announcer is not None and inbound.announcer.id != community.id:
        raise Refused("not-allowed", "announced by another group")
    if not inbound.is_authentic and inbound.announcer is None:
        raise Refused("not-allowed", "nobody vouches for it")
    if actor.id == community.id:
        return
    if inbound.announcer is not None and actor.host == community.host:
        return  # an administrator of its server, who stands in no list
    if not await is_listed(site, inbound, community, actor):
        raise Refused("not-allowed", f"{actor.uri} does not moderate {community.uri}")


async def _community(uri: str) -> Actor | None:
    return await Actor.get_or_none(uri=uri, type="Group", deleted_at=None) if uri else None


async def _post_in_community(uri: str) -> tuple[Post, Actor] | None:
    post = await Post.get_or_none(uri=uri).select_related("community") if uri else None
    if post is None or post.community is None or post.deleted_at is not None:
        return None
    return post, post.community


async def receive_add(site: Site, inbound: Inbound) -> Verdict | None:
    """`Add` to a community's moderators or pinned posts, of a thread to the community itself, or to a feed's list."""
    return await _receive_listing(site, inbound, added=True)


async def receive_remove(site: Site, inbound: Inbound) -> Verdict | None:
    """The same, the other way round."""
    return await _receive_listing(site, inbound, added=False)


async def _receive_listing(site: Site, inbound: Inbound, *, added: bool) -> Verdict | None:
    target = inbound.activity.target
    if not target:
        return Verdict.PASS
    if inbound.actor.is_feed:
        await from_feeds.receive_change(site, inbound, inbound.activity)
        return None
    if added and inbound.actor.is_group and target in walls_of(inbound.actor):
        await receive_on_wall(site, inbound)
        return None
    community = await Actor.filter(type="Group", moderators_url=target).first()
    if community is not None:
        await must_moderate(site, inbound, community)
        await _set_moderator(site, inbound, community, added=added)
        return None
    community = await Actor.filter(type="Group", featured_url=target).first()
    if community is None:
        return await _receive_context(site, inbound, target, added=added)
    await must_moderate(site, inbound, community)
    found = await _post_in_community(inbound.activity.object_id)
    if found is None or found[0].community_id != community.id:
        raise Refused("not-allowed", "the post is not in that community")
    if community.is_local:
        await _ours(moderating.pin_post(site, inbound.actor, found[0], is_pinned=added, activity=inbound.raw))
    elif await Post.filter(id=found[0].id, is_pinned=not added).update(is_pinned=added):
        await write_log(site, community, inbound.actor, "pin" if added else "unpin", post=found[0])
    return None


async def _receive_context(site: Site, inbound: Inbound, target: str, *, added: bool) -> Verdict | None:
    """A whole thread, named by its context, comes into a community or is taken out of it (NodeBB, FEP-f228)."""
    community = await _community(target)
    if community is None:
        return Verdict.PASS
    await must_moderate(site, inbound, community)
    if added:
        await contexts.put_in(site, inbound, community)
    else:
        await contexts.take_out(site, inbound, community)
    return None


async def receive_move(site: Site, inbound: Inbound) -> Verdict | None:
    """A thread goes from one community of a server to another of the same (NodeBB): by the first community itself, for
    which that server signs, or by who moderates both. Who may not put it into the other one only takes it out. The `Move` of
    an account is read on the floor below.
    """
    activity = inbound.activity
    if not activity.origin or activity.object_id == inbound.actor.uri:
        return Verdict.PASS
    origin = await _community(activity.origin)
    if origin is None:
        return Verdict.PASS
    await must_moderate(site, inbound, origin)
    try:
        target = await inbound.actor_at(activity.target)
        if inbound.actor.id != origin.id:
            await must_moderate(site, inbound, target)
    except Refused:
        await contexts.take_out(site, inbound, origin)
        return None
    if not target.is_group or target.host != origin.host:
        raise Refused("not-allowed", "a thread moves only between communities of one server")
    await contexts.move(site, inbound, origin, target)
    return None


async def _set_moderator(site: Site, inbound: Inbound, community: Actor, *, added: bool) -> None:
    person = await inbound.actor_at(inbound.activity.object_id)
    if community.is_local:
        if added:
            await _ours(membership.appoint(site, inbound.actor, community, person, activity=inbound.raw))
        else:
            await _ours(membership.dismiss(site, inbound.actor, community, person, activity=inbound.raw))
        return
    held = await held_by(site, community, person)
    wanted = Role.MODERATOR if added else Role.MEMBER
    if held.role not in (wanted, Role.OWNER):
        held.role = wanted
        await held.save(update_fields=["role"])
        await write_log(site, community, inbound.actor, "appoint" if added else "dismiss", subject=person)


async def receive_block(site: Site, inbound: Inbound) -> Verdict | None:
    """A ban from a community. A block of a person by a person, or from a whole server, is not ours to read."""
    community = await _community(inbound.activity.target)
    if community is None:
        return Verdict.PASS
    await must_moderate(site, inbound, community)
    activity = inbound.activity
    person = await inbound.actor_at(activity.object_id)
    if community.is_local:
        await _ours(
            membership.ban(
                site, inbound.actor, community, person,
                reason=activity.summary, until=activity.end_time, removes_posts=activity.remove_data,
                activity=inbound.raw,
            )
        )  # fmt: skip
        return None
    if activity.end_time is not None and activity.end_time <= site.clock.now():
        return None  # it arrived after its own end
    is_new = not await is_banned(site, community, person)
    await write_ban(site, community, person, activity.summary[:500], activity.end_time)
    if is_new:
        await write_log(site, community, inbound.actor, "ban", subject=person, reason=activity.summary[:500])
    made = await Follow.get_or_none(follower_id=person.id, target_id=community.id)
    if made is not None and person.is_local and community.is_members_only:
        await following.end(
            site, made, person, community
        )  # they read nothing more, whether a Reject comes or not
    if activity.remove_data:
        await moderating.remove_posts_of(site, inbound.actor, community, person)
    return None


async def receive_undo_block(site: Site, inbound: Inbound) -> Verdict | None:
    """A ban ends."""
    inner = inbound.activity.inner
    assert inner is not None
    community = await _community(inner.target)
    if community is None:
        return Verdict.PASS
    await must_moderate(site, inbound, community)
    person = await inbound.actor_at(inner.object_id)
    if community.is_local:
        await _ours(membership.unban(site, inbound.actor, community, person, activity=inbound.raw))
        return None
    held = await held_by(site, community, person)
    if held.banned_at is not None:
        await write_log(site, community, inbound.actor, "unban", subject=person)
    await held.change(banned_at=None, banned_until=None, ban_reason="")
    return None


async def receive_lock(site: Site, inbound: Inbound) -> Verdict | None:
    """A thread or comment is closed to answers."""
    return await _receive_lock(site, inbound, inbound.activity.object_id, is_locked=True)


async def receive_undo_lock(site: Site, inbound: Inbound) -> Verdict | None:
    """It is open again."""
    inner = inbound.activity.inner
    assert inner is not None
    return await _receive_lock(site, inbound, inner.object_id, is_locked=False)


async def _receive_lock(site: Site, inbound: Inbound, uri: str, *, is_locked: bool) -> Verdict | None:
    found = await _post_in_community(uri)
    if found is None:
        return Verdict.PASS
    post, community = found
    await must_moderate(site, inbound, community)
    if community.is_local:
        reason = inbound.activity.summary
        await _ours(
            moderating.lock_post(site, inbound.actor, post, reason, is_locked=is_locked, activity=inbound.raw)
        )
    elif await Post.filter(id=post.id, is_locked=not is_locked).update(is_locked=is_locked):
        act = "lock" if is_locked else "unlock"
        await write_log(site, community, inbound.actor, act, post=post, reason=inbound.activity.summary[:500])
    return None


async def receive_warn(site: Site, inbound: Inbound) -> None:
    """A moderator warns somebody about what they wrote."""
    activity = inbound.activity
    found = await _post_in_community(activity.object_id)
    if found is None:
        raise Refused("not-found", activity.object_id[:200])
    post, community = found
    await must_moderate(site, inbound, community)
    author = await Actor.get(id=post.author_id)
    if author.uri not in activity.to:
        raise Refused("not-allowed", "somebody else wrote it")
    if community.is_local:
        await _ours(must_remove(inbound.actor, post))
    reason = html_to_plain(activity.summary)[: warning.MAX_WARNING]
    await warning.tell(site, inbound.actor, community, author, post, reason)


async def receive_delete(site: Site, inbound: Inbound) -> Verdict | None:
    """A moderator removes a post, or a feed ends. What its author deletes is read on the floor below."""
    activity = inbound.activity
    if activity.object_type == "Feed":
        await from_feeds.receive_delete(site, inbound)
        return None
    found = await _post_in_community(activity.object_id)
    if found is None:
        return Verdict.PASS
    post, community = found
    if post.author_id == inbound.actor.id and not activity.has_summary:
        return Verdict.PASS
    try:
        await must_moderate(site, inbound, community)
    except Refused:
        if post.author_id == inbound.actor.id:
            return Verdict.PASS  # some software gives a reason for taking back one's own
        raise
    if community.is_local:
        await _ours(
            moderating.remove_post(
                site,
                inbound.actor,
                post,
                activity.summary,
                with_replies=activity.with_replies,
                activity=inbound.raw,
            )
        )
        return None
    if await moderating.hide(site, post, with_answers=activity.with_replies):
        reason = activity.summary[:500]
        author = await Actor.get(id=post.author_id)
        await write_log(site, community, inbound.actor, "remove", subject=author, post=post, reason=reason)
        await notify(site, author.id, "community.removed", inbound.actor.id, post=post, reason=reason)
    return None


async def receive_undo_delete(site: Site, inbound: Inbound) -> Verdict | None:
    """A moderator restores a post."""
    inner = inbound.activity.inner
    assert inner is not None
    found = await _post_in_community(inner.object_id)
    if found is None:
        return Verdict.PASS
    post, community = found
    await must_moderate(site, inbound, community)
    if community.is_local:
        await _ours(
            moderating.restore_post(
                site, inbound.actor, post, with_replies=inner.with_replies, activity=inbound.raw
            )
        )
    elif await site.hooks.may_show_again.allows(post) and await moderating.show(
        post, with_answers=inner.with_replies
    ):
        author = await Actor.get(id=post.author_id)
        await write_log(site, community, inbound.actor, "restore", subject=author, post=post)
    return None


async def receive_update(site: Site, inbound: Inbound) -> Verdict | None:
    """A moderator edits the community itself, or a post's labels; a feed changed; all else is read on the floor below."""
    activity = inbound.activity
    if not isinstance(activity.object, dict):
        return Verdict.PASS
    if "Feed" in types_of(activity.object):
        await from_feeds.receive_update(site, inbound)
        return None
    if "Group" not in types_of(activity.object):
        return await _receive_labels(site, inbound, activity.object)
    if activity.object_id == inbound.actor.uri:
        await note_closing(site, inbound.actor, inbound.object_of_signer())
        return Verdict.PASS
    community = await _community(activity.object_id)
    if community is None:
        return None
    await must_moderate(site, inbound, community)
    if community.is_local:
        await _ours(apply_remote_edit(site, inbound.actor, community, activity.object, inbound.raw))
        return None
    document = inbound.document_at(community.uri)
    await note_closing(site, community, document)
    await store_actor(
        site.federation,
        read_actor(document, allow_http=site.settings.is_development),
        domain=community.domain,
    )
    return None


async def _receive_labels(site: Site, inbound: Inbound, document: dict[str, Any]) -> Verdict | None:
    """A moderator's `Update` of somebody else's post: Lemmy's way to change its labels. Nothing else of it is read."""
    if document.get("attributedTo") in (None, inbound.actor.uri):
        return Verdict.PASS
    found = await _post_in_community(inbound.activity.object_id)
    if found is None or found[0].author_id == inbound.actor.id:
        return Verdict.PASS
    post, community = found
    await must_moderate(site, inbound, community)
    ids = [flair.id for flair in read_tags(document.get("tag")).flairs]
    await receive_labels(site, inbound.actor, post, community, ids)
    if community.is_local:
        await announce_activity(site, community, inbound.raw)
    return None


async def receive_create(site: Site, inbound: Inbound) -> Verdict:
    """Not handled here, only refused: a reply put into another community's thread (S-053)."""
    document = inbound.activity.object
    if isinstance(document, dict):
        parent = await _post_in_community(str(document.get("inReplyTo") or ""))
        if parent is not None:
            claimed = inbound.announcer.uri if inbound.announcer else inbound.activity.audience
            if claimed and claimed != parent[1].uri and await Actor.exists(uri=claimed, type="Group"):
                raise Refused("not-allowed", "the thread is in another community")
    return Verdict.PASS


async def receive_vote(site: Site, inbound: Inbound) -> Verdict:
    """Not handled here, only refused: a vote that names another community than the post's (S-055)."""
    activity = inbound.activity.inner if inbound.activity.type == "Undo" else inbound.activity
    audience = activity.audience if activity else ""
    if audience and activity is not None:
        found = await _post_in_community(activity.object_id)
        if found is not None and found[1].uri != audience:
            raise Refused("not-allowed", "the post is in another community")
    return Verdict.PASS


async def _ours(act: Awaitable[object]) -> None:
    """Do what a remote moderator asked of a community of ours; what our rules forbid is refused (S-131)."""
    try:
        await act
    except ProductError as error:
        raise Refused("not-allowed", error.sentence) from error
