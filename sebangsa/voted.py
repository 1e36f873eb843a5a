"""Likes, dislikes and emoji of other servers. Misskey and its kin like with an emoji; that is both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.inbound import Inbound
from federation.overtaken import is_about_another, mark_overtaken
from federation.peer_profiles import Mark
from federation.registry import Verdict
from federation.wire import ActivityDocument, is_shortcode
from sebangsa.errors import NotAllowed
from sebangsa.hooks import Origin
from sebangsa.models import Post, Reaction, Vote
from sebangsa.notifying import notify
from sebangsa.reacting import write_reaction
from sebangsa.rejecting import Forbidden
from sebangsa.voting import write_vote

if TYPE_CHECKING:
    from sebangsa.site import Site


async def receive_like(site: Site, inbound: Inbound) -> None:
    """A favourite, or a vote up; with an emoji also a reaction."""
    await _receive_vote(site, inbound, +1)


async def receive_dislike(site: Site, inbound: Inbound) -> None:
    """A vote down."""
    await _receive_vote(site, inbound, -1)


async def _receive_vote(site: Site, inbound: Inbound, value: int) -> None:
    activity = inbound.activity
    post = await _post_at(activity.object_id)
    if post is None:
        return
    try:
        await site.hooks.may_vote.ask(inbound.actor, post)
    except NotAllowed as no:
        raise Forbidden(no, [post.community_id]) from no
    uri = activity.id or ""
    is_new = await write_vote(
        site, inbound.actor, post, value, uri, emoji=activity.reaction, said_at=activity.published
    )
    has_reacted = bool(activity.reaction) and await _write(site, inbound, post, is_like=True)
    if is_new:
        await site.hooks.voted.emit(inbound.actor, post, value, _origin(inbound))
    elif has_reacted:
        await site.hooks.reacted.emit(inbound.actor, post, _origin(inbound))
    if not is_new and not activity.reaction:
        await Vote.filter(actor_id=inbound.actor.id, post_id=post.id).update(
            uri=uri
        )  # what an Undo will name


async def receive_emoji_react(site: Site, inbound: Inbound) -> None:
    """An emoji that is no vote (Pleroma, Akkoma, PieFed, Friendica)."""
    post = await _post_at(inbound.activity.object_id)
    if post is None:
        return
    if await _write(site, inbound, post, is_like=False):
        emoji = inbound.activity.reaction
        await notify(site, post.author_id, "reaction", inbound.actor.id, post=post, emoji=emoji)
        await site.hooks.reacted.emit(inbound.actor, post, _origin(inbound))


async def receive_undo_vote(site: Site, inbound: Inbound) -> None:
    """A vote is taken back, with the emoji that it brought. Another like of theirs, with another emoji, still counts."""
    inner = inbound.activity.inner
    assert inner is not None
    post = await Post.get_or_none(uri=inner.object_id or "")
    known = await Vote.get_or_none(actor_id=inbound.actor.id, post_id=post.id) if post else None
    outdated = known is not None and await is_about_another(inbound, known.uri)
    await mark_overtaken(inbound, inner.id)
    if post is None:
        return
    taken, remaining = await _take_back(inbound, post, inner) if inner.type == "Like" else (False, None)
    if not outdated and known is not None and remaining is not None and inner.reaction:
        await Vote.filter(id=known.id).update(uri=remaining.uri)
    elif not outdated and await write_vote(site, inbound.actor, post, 0, ""):
        await site.hooks.voted.emit(inbound.actor, post, 0, _origin(inbound))
        return
    if taken:
        await site.hooks.reacted.emit(inbound.actor, post, _origin(inbound))


async def receive_undo_emoji_react(site: Site, inbound: Inbound) -> None:
    """An emoji is taken back."""
    inner = inbound.activity.inner
    assert inner is not None
    post = await Post.get_or_none(uri=inner.object_id or "")
    taken, _ = await _take_back(inbound, post, inner) if post is not None else (False, None)
    await mark_overtaken(inbound, inner.id)
    if post is not None and taken:
        await site.hooks.reacted.emit(inbound.actor, post, _origin(inbound))


async def receive_undo_unknown(site: Site, inbound: Inbound) -> Verdict | None:
    """A reaction or vote is undone by an id whose activity we no longer hold."""
    uri = inbound.activity.object_id or ""
    if not uri:
        return Verdict.PASS
    known = await Reaction.get_or_none(uri=uri, actor_id=inbound.actor.id).select_related("post")
    if known is None:
        return Verdict.PASS
    if not await Reaction.filter(id=known.id).delete():
        return None
    vote = await Vote.get_or_none(actor_id=inbound.actor.id, post_id=known.post_id, uri=uri)
    if vote is not None and await write_vote(site, inbound.actor, known.post, 0, ""):
        await site.hooks.voted.emit(inbound.actor, known.post, 0, _origin(inbound))
    else:
        await site.hooks.reacted.emit(inbound.actor, known.post, _origin(inbound))
    return None


async def _post_at(uri: str) -> Post | None:
    post = await Post.get_or_none(uri=uri or "")
    return post if post is not None and post.is_shown else None


async def _write(site: Site, inbound: Inbound, post: Post, *, is_like: bool) -> bool:
    activity = inbound.activity
    if is_like and inbound.announcer is None:
        await site.federation.profiles.saw(inbound.actor.host, Mark.LIKES_WITH_EMOJI)
    made = Reaction(
        actor_id=inbound.actor.id,
        post_id=post.id,
        emoji=activity.reaction,
        icon_url=_picture(activity),
        uri=activity.id or "",
        is_like=is_like,
        is_vouched=inbound.is_authentic,
    )
    try:
        await site.hooks.may_react.ask(inbound.actor, post)
        return await write_reaction(site, made)
    except NotAllowed as no:
        if is_like:
            return False  # it still likes
        raise Forbidden(no, [post.community_id]) from no


def _picture(activity: ActivityDocument) -> str:
    if not is_shortcode(activity.reaction):
        return ""
    name = activity.reaction.strip(":").partition("@")[0]
    return next((emoji.url for emoji in activity.emojis if emoji.name.partition("@")[0] == name), "")


async def _take_back(inbound: Inbound, post: Post, inner: ActivityDocument) -> tuple[bool, Reaction | None]:
    """Delete the reaction that is undone: by its emoji, or by its id. Whether one was, and a like of theirs that is left."""
    mine = await Reaction.filter(actor_id=inbound.actor.id, post_id=post.id)
    taken = False
    for known in mine:
        is_meant = known.emoji == inner.reaction if inner.reaction else known.uri == inner.id
        if is_meant and not await is_about_another(inbound, known.uri):
            taken = bool(await Reaction.filter(id=known.id).delete())
            mine = [other for other in mine if other.id != known.id]
            break
    return taken, next((other for other in mine if other.is_like), None)


def _origin(inbound: Inbound) -> Origin:
    return Origin(inbound.raw, None, inbound.announcer)
