"""Follows that one side forgot: what another server says of its followers here is compared, and made one (FEP-8fcf).

A server may say of its own actor who follows it and who does not, for it could refuse or remove any of them. It says
nothing about anybody else (S-050), and what it says costs one fetch an hour for each of its actors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog

from federation.database import transaction
from federation.followers_synchronization import Comparison, digest_of
from federation.models import Actor, Follow, FollowState
from federation.outbox import Audience, publish
from federation.refusals import Refused
from sebangsa import following
from sebangsa.errors import TooMany
from sebangsa.wire import undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_LISTED = 20_000
MAX_PAGES = 40
MAX_UNDONE = 100
"""Follows unknown here that are taken back at once: a list that names all our people is no reason to send for each."""
AT_ONCE = 500
AGAIN_AFTER = 300.0
"""Seconds for which what was compared is not compared again."""

log = structlog.get_logger("sebangsa")


def register(site: Site) -> None:
    """Listen to what other servers say of their followers here."""
    compared: dict[int, tuple[float, str]] = {}

    async def told(sender: Actor, said: Comparison) -> None:
        """Compare later, once for what a server says with a hundred posts in a row."""
        now = site.clock.monotonic()
        until, digest = compared.get(sender.id, (0.0, ""))
        if digest == said.digest and now < until:
            return
        if len(compared) > 10_000:
            compared.clear()
        compared[sender.id] = now + AGAIN_AFTER, said.digest
        await site.queue.enqueue(
            "compare_followers", sender.id, said.url, said.digest, key=f"followers:{sender.id}"
        )

    site.federation.registry.on_followers_told = told


async def compare_followers(site: Site, actor_id: int, url: str, digest: str) -> None:
    """Job: where the digest of an actor's followers here is not ours, read its list and follow it."""
    actor = await Actor.get_or_none(id=actor_id)
    if actor is None or actor.is_local or not actor.is_usable:
        return
    before = await _followers_here(actor)
    if digest_of(before) == digest:
        return
    try:
        await site.limiter.hit("compare-followers", actor.id)
        items = await site.federation.client.collection_items(url, max_items=MAX_LISTED, max_pages=MAX_PAGES)
    except (TooMany, Refused) as no:
        log.info("followers are not compared", actor=actor.uri, reason=str(no))
        return
    listed = _ours_among(site, items)
    # A list that was cut off, or changed since the digest was made, does not say who is missing.
    is_whole = digest_of(listed) == digest
    async with transaction():
        if is_whole:
            await _end_unlisted(site, actor, before, listed)
        await _begin_or_take_back(site, actor, listed)


def _ours_among(site: Site, items: Iterable[Any]) -> frozenset[str]:
    return frozenset(item for item in items if isinstance(item, str) and site.federation.config.is_ours(item))


async def _followers_here(actor: Actor) -> set[str]:
    accepted = Follow.filter(target_id=actor.id, follower__host="", state=FollowState.ACCEPTED)
    return {str(uri) for uri in await accepted.values_list("follower__uri", flat=True)}


async def _end_unlisted(site: Site, actor: Actor, before: set[str], listed: frozenset[str]) -> None:
    """End those follows that its host does not know. Who began to follow since we asked is left alone."""
    for some in _in_parts(before - listed):
        for made in await Follow.filter(
            target_id=actor.id, follower__uri__in=some, follower__host="", state=FollowState.ACCEPTED
        ).select_related("follower"):
            await following.end(site, made, made.follower, actor)


async def _begin_or_take_back(site: Site, actor: Actor, listed: frozenset[str]) -> None:
    """Whom its host lists and we do not: an acceptance that got lost counts now; who does not want it takes it back."""
    undone = 0
    for some in _in_parts(listed - await _followers_here(actor)):
        people = await Actor.filter(uri__in=some, host="", deleted_at=None)
        follows = {
            made.follower_id: made
            for made in await Follow.filter(target_id=actor.id, follower_id__in=[one.id for one in people])
        }
        for person in people:
            if person.id in follows:
                await following.be_let_in(site, follows[person.id], person, actor)
            elif undone < MAX_UNDONE:
                undone += 1
                await _take_back(site, person, actor)


async def _take_back(site: Site, person: Actor, actor: Actor) -> None:
    """`Undo{Follow}` of a follow whose id nobody here knows: peers find it by the two that it joins."""
    uri = site.federation.config.url(f"/a/{site.ids.next()}")
    undone = following.follow_activity(person, actor, uri)
    await publish(
        site.federation, person, undo_activity(person, undone), Audience(actors=[actor], personal=True)
    )


def _in_parts(uris: Iterable[str]) -> list[list[str]]:
    ordered = sorted(uris)
    return [ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)]
