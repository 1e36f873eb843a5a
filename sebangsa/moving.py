"""An account or a community moves to another server, and those who follow it here go with it (FEP-7628).

Two say so, or it is no move: the old one in its `Move`, and the new one, whose own document lists the old one in
`alsoKnownAs`. After a move both rest for a while: a chain of moves would drag followers from one to the next (S-046).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from tortoise.expressions import Q

from federation.actors import fetch_actor
from federation.database import transaction
from federation.models import Actor, Follow, FollowState
from federation.outbox import Audience, publish
from federation.refusals import Refused
from sebangsa import following
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.models import Move
from sebangsa.notifying import notify
from sebangsa.profiles import send_update
from sebangsa.wire import move_activity

if TYPE_CHECKING:
    from sebangsa.hooks import Gate
    from sebangsa.site import Site

MAX_ALIASES = 10
RESTS_FOR = timedelta(days=7)
"""Neither the old nor the new one moves again within this time. Mastodon waits as long."""
LEAVES_WITHIN = timedelta(days=90)
"""So long after a move the new one's `Accept` still ends the follow of the old one."""
CARRIED_AT_ONCE = 100

log = structlog.get_logger("sebangsa.moving")


def register(site: Site) -> None:
    """Who moved away acts here no more; whom the new account let in leaves the old one."""
    gates: tuple[Gate[...], ...] = (
        site.hooks.may_post,
        site.hooks.may_edit,
        site.hooks.may_vote,
        site.hooks.may_follow,
    )
    for gate in gates:
        gate.guard(must_live_here)
    site.hooks.followed.listen(partial(leave_old, site))


async def must_live_here(actor: Actor, *_: object) -> None:
    """Raises `NotAllowed` for one of ours that moved away: it is kept as it was."""
    if actor.is_local and actor.moved_to:
        raise NotAllowed(
            "moved-away",
            "This account has moved to another server. Come back in its settings to use it here.",
        )


# --- what one of ours does ----------------------------------------------------------------------------------------


async def add_alias(site: Site, actor: Actor, text: str) -> Actor:
    """Say that `actor` and the account that `text` names are the same person, so that it may move here.

    Returns the other account, read from its own server. Raises `Invalid`.
    """
    other = await _account_at(site, text, field="alias")
    _must_be_alike(actor, other, field="alias")
    if other.uri in actor.also_known_as:
        return other
    if len(actor.also_known_as) >= MAX_ALIASES:
        raise Invalid(
            "too-many", "At most %(most)s other accounts fit here.", field="alias", most=MAX_ALIASES
        )
    await _write_aliases(site, actor, [*actor.also_known_as, other.uri])
    return other


async def remove_alias(site: Site, actor: Actor, uri: str) -> None:
    """Take it back. What has moved already stays moved."""
    if uri in actor.also_known_as:
        await _write_aliases(site, actor, [alias for alias in actor.also_known_as if alias != uri])


async def _write_aliases(site: Site, actor: Actor, aliases: list[str]) -> None:
    actor.also_known_as = aliases
    actor.updated_at = site.clock.now()
    async with transaction():
        await actor.save(update_fields=["also_known_as", "updated_at"])
        await send_update(site, actor)


async def move_away(site: Site, actor: Actor, text: str) -> Actor:
    """Move one of ours to the account or community that `text` names; returns it.

    It must name `actor` as its alias already. Followers' servers are told, and ours follow by a job. Raises
    `Invalid` with the reason.
    """
    if actor.moved_to:
        raise Invalid("moved-already", "This account has moved already.", field="target")
    target = await _account_at(site, text, field="target")
    _must_be_alike(actor, target, field="target")
    if target.moved_to:
        raise Invalid("target-moved", "That account has moved on itself.", field="target")
    if actor.uri not in target.also_known_as:
        raise Invalid(
            "not-an-alias",
            "That account does not name this one yet. Sign in there first and add this address as an alias.",
            field="target",
        )
    if await _moved_lately(site, actor):
        raise Invalid(
            "moved-lately",
            "Between two moves lie at least %(days)s days.",
            field="target",
            days=RESTS_FOR.days,
        )
    async with transaction():
        actor.updated_at = site.clock.now()
        await actor.save(update_fields=["updated_at"])
        await write_move(site, actor, target)
        await send_update(site, actor)
        await publish(
            site.federation,
            actor,
            move_activity(actor, target),
            Audience(followers_of=[actor]),
            is_public=True,
        )
    return target


async def come_back(site: Site, actor: Actor) -> None:
    """Use a moved account of ours again. The followers that went along do not come back by themselves."""
    if not actor.moved_to:
        return
    actor.moved_to = ""
    actor.updated_at = site.clock.now()
    async with transaction():
        await actor.save(update_fields=["moved_to", "updated_at"])
        await send_update(site, actor)


async def _account_at(site: Site, text: str, *, field: str) -> Actor:
    """Whom `text` names, as its own server describes it at this moment. Raises `Invalid`."""
    found = await find_actor(site, text)
    if found is not None and not found.is_local:
        try:
            found = await fetch_actor(site.federation, found.uri)
        except Refused:
            found = None
    if found is None or not found.is_usable:
        raise Invalid("no-such-account", "No account was found at that address.", field=field)
    return found


def _must_be_alike(actor: Actor, other: Actor, *, field: str) -> None:
    if actor.id == other.id:
        raise Invalid("not-oneself", "That is this account itself.", field=field)
    if actor.is_group != other.is_group or other.type == "Application":
        raise Invalid(
            "not-alike", "A person moves to a person's account, a community to a community.", field=field
        )


# --- what becomes of a move, whoever moved ------------------------------------------------------------------------


async def may_move(site: Site, origin: Actor, target: Actor) -> bool:
    """Whether a peer's move counts; false for one that is known already. Raises `Refused` (S-046).

    `target` is as its own host describes it now.
    """
    if origin.id == target.id or origin.is_group != target.is_group:
        raise Refused("not-allowed", "an account moves to another one of its kind")
    if origin.uri not in target.also_known_as:
        raise Refused("not-allowed", "the new account does not list the old one")
    if target.moved_to:
        raise Refused("not-allowed", "the new account has moved on itself")
    before = await _moved_lately(site, origin)
    if before and all((move.origin_id, move.target_id) == (origin.id, target.id) for move in before):
        return False
    if before:
        raise Refused("not-allowed", "it moved a short time ago")
    return True


async def _moved_lately(site: Site, origin: Actor) -> list[Move]:
    return await Move.filter(
        Q(origin_id=origin.id) | Q(target_id=origin.id), created_at__gt=site.clock.now() - RESTS_FOR
    )


async def write_move(site: Site, origin: Actor, target: Actor) -> None:
    """Mark the old one as moved and let its followers here go along, in the transaction under way."""
    move = await Move.create(id=site.ids.next(), origin=origin, target=target, created_at=site.clock.now())
    origin.moved_to = target.uri
    await origin.save(update_fields=["moved_to"])
    await site.hooks.moved.emit(origin, target)
    await site.queue.enqueue("carry_followers", move.id, 0)


async def carry_followers(site: Site, move_id: int, after: int) -> None:
    """Job: local followers of the old one follow the new one; some at a time, from the follow `after` on."""
    move = await Move.get_or_none(id=move_id).select_related("origin", "target")
    if move is None or (move.origin.is_local and move.origin.moved_to != move.target.uri):
        return  # it came back meanwhile
    follows = (
        await Follow.filter(
            target_id=move.origin_id, follower__host="", state=FollowState.ACCEPTED, id__gt=after
        )
        .order_by("id")
        .limit(CARRIED_AT_ONCE)
        .select_related("follower")
    )
    for made in follows:
        try:
            await _carry(site, made, move)
        except (NotAllowed, NotFound) as no:
            log.info("a follower stays", follower=made.follower.uri, target=move.target.uri, reason=str(no))
    if len(follows) == CARRIED_AT_ONCE:
        async with transaction():
            await site.queue.enqueue("carry_followers", move.id, follows[-1].id)


async def _carry(site: Site, old: Follow, move: Move) -> None:
    """One follower follows the new one, in the way in which the old one was followed."""
    async with transaction():
        is_new = await following.follow_of(old.follower, move.target) is None
        made = await following.follow(site, old.follower, move.target)
        if is_new:
            await Follow.filter(id=made.id).update(shows_boosts=old.shows_boosts, notifies=old.notifies)
        await notify(site, old.follower_id, "moved", move.origin_id, handle=move.target.handle)
        if made.state == FollowState.ACCEPTED:
            await following.unfollow(site, old.follower, move.origin)


async def leave_old(site: Site, follower: Actor, target: Actor) -> None:
    """The new account let one of ours in: only now the old follow ends. In the transaction of the `Accept`."""
    if not follower.is_local:
        return
    moves = await Move.filter(
        target_id=target.id, created_at__gt=site.clock.now() - LEAVES_WITHIN
    ).select_related("origin")
    for move in moves:
        if move.origin.moved_to == target.uri:
            await following.unfollow(site, follower, move.origin)


async def destination_of(actor: Actor) -> Actor | None:
    """Where somebody moved, when that account says so too: what a document alone claims is shown to nobody."""
    if not actor.moved_to:
        return None
    target = await Actor.get_or_none(uri=actor.moved_to)
    if target is None or not target.is_usable or actor.uri not in target.also_known_as:
        return None
    return target
