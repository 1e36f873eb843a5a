"""People follow people; members join communities the same way on the wire (`Follow`, `Accept`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from federation.database import insert_once, tally, transaction
from federation.models import Actor, Follow, FollowState
from federation.outbox import Audience, publish
from federation.overtaken import free_id
from sebangsa.errors import NotAllowed, NotFound, ProductError
from sebangsa.notifying import notify
from sebangsa.rejecting import with_reason
from sebangsa.wire import activity_about, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site


async def follow(site: Site, follower: Actor, target: Actor) -> Follow:
    """Ask to follow; accepted at once by one of ours that is open, else pending until its `Accept`.

    Asking twice gives the first follow. Raises `NotAllowed` where a gate forbids it.
    """
    if follower.id == target.id:
        raise NotAllowed("not-oneself", "You cannot follow yourself.")
    if not target.is_usable:
        raise NotFound
    known = await Follow.get_or_none(follower_id=follower.id, target_id=target.id)
    if known is not None:
        return known
    row_id = site.ids.next()
    uri = site.federation.config.url(f"/a/{row_id}")
    async with transaction():
        await site.hooks.may_follow.ask(follower, target)
        made = await insert_once(
            Follow,
            id=row_id,
            follower=follower,
            target=target,
            state=FollowState.PENDING,
            uri=uri,
            created_at=site.clock.now(),
        )
        if made is None:
            return await Follow.get(follower_id=follower.id, target_id=target.id)
        # Written also when nobody elsewhere gets it: the follower's own app reads it at its id.
        activity = follow_activity(follower, target, uri)
        await publish(site.federation, follower, activity, Audience(actors=[target], personal=True))
        if target.is_local:
            await consider(site, made, follower, target)
    return made


async def consider(site: Site, made: Follow, follower: Actor, target: Actor) -> None:
    """A follow of one of ours: accept it, or leave it for the person to answer. In the transaction under way."""
    if target.manually_approves_followers:
        await notify(site, target.id, "follow_request", follower.id)
    else:
        await accept(site, made, follower, target)


async def accept(site: Site, made: Follow, follower: Actor, target: Actor) -> None:
    """Let a follower in and tell their server. Runs twice without harm."""
    async with transaction():
        if await _let_in(made):
            await notify(site, target.id, "follow", follower.id)
            await site.hooks.followed.emit(follower, target)
        await answer(site, "Accept", made, follower, target)


async def be_let_in(site: Site, made: Follow, follower: Actor, target: Actor) -> None:
    """One of ours was accepted elsewhere, in the transaction under way. Runs twice without harm."""
    if await _let_in(made):
        await site.hooks.followed.emit(follower, target)


async def _let_in(made: Follow) -> bool:
    """Mark it and count up, once: decided by the row, as two servers may answer at one moment."""
    waiting = Follow.filter(id=made.id, state=FollowState.PENDING)
    if not await waiting.update(state=FollowState.ACCEPTED):
        return False
    made.state = FollowState.ACCEPTED
    await count_follow(made, +1)
    return True


async def reject(site: Site, made: Follow, follower: Actor, target: Actor) -> None:
    """Refuse a follower, or remove one who was accepted, and tell their server."""
    async with transaction():
        await end(site, made, follower, target)
        await answer(site, "Reject", made, follower, target)
        # Misskey asks again under the same id.
        await free_id(site.federation, made.uri, follower.id)


async def unfollow(site: Site, follower: Actor, target: Actor) -> None:
    """End a follow, or take the request back. Raises `NotAllowed` where somebody must stay (a last owner)."""
    async with transaction():
        await site.hooks.leaving.emit(follower, target)
        made = await Follow.get_or_none(follower_id=follower.id, target_id=target.id)
        if made is None:
            return
        await end(site, made, follower, target)
        undone = follow_activity(follower, target, made.uri)
        await publish(
            site.federation,
            follower,
            undo_activity(follower, undone),
            Audience(actors=[target], personal=True),
        )


async def end(site: Site, made: Follow, follower: Actor, target: Actor) -> None:
    """Delete the row and count down, in the transaction under way; nothing where another one did."""
    while not await Follow.filter(id=made.id, state=made.state).delete():
        now = await Follow.get_or_none(id=made.id)
        if now is None:
            return
        made.state = now.state  # accepted a moment ago
    if made.state == FollowState.ACCEPTED:
        await count_follow(made, -1)
        await site.hooks.unfollowed.emit(follower, target)


async def count_follow(made: Follow, by: int) -> None:
    await tally(Actor, made.target_id, followers_count=by)
    await tally(Actor, made.follower_id, following_count=by)


async def follow_of(follower: Actor | None, target: Actor) -> Follow | None:
    """The follow between two, pending or accepted."""
    if follower is None:
        return None
    return await Follow.get_or_none(follower_id=follower.id, target_id=target.id)


def follow_activity(follower: Actor, target: Actor, uri: str) -> dict[str, Any]:
    """`Follow`, addressed to its target (Lemmy and PieFed need `to`)."""
    return activity_about("Follow", follower, target.uri, to=[target.uri], cc=[], id=uri)


async def answer(
    site: Site,
    kind: str,
    made: Follow,
    follower: Actor,
    target: Actor,
    *,
    because: ProductError | None = None,
) -> None:
    """`Accept` and `Reject` embed the whole Follow: Lemmy reads it nested, Mastodon by its id (interop b1)."""
    embedded = follow_activity(follower, target, made.uri)
    del embedded["@context"]
    activity = activity_about(kind, target, embedded, to=[follower.uri], cc=[])
    await publish(
        site.federation, target, with_reason(activity, because), Audience(actors=[follower], personal=True)
    )
