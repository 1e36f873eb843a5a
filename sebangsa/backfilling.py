"""What another server wrote before we met it: asked for on first contact or by a reader, read by a job within a budget."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import execute, transaction
from federation.fetch_limits import Meter, metered
from federation.models import Actor, Follow, FollowState
from sebangsa.backfill_walk import PROGRESS, Walk
from sebangsa.models import Backfill, BackfillState, Post, Visibility
from sebangsa.past import reading_the_past
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

THREADS_AT_FIRST = 20
"""Newest threads of a community whose comments are read without being asked for."""
MAX_ROUNDS = 50
STALE = timedelta(hours=2)
"""A job that has not ended by then is taken for dead, and may be asked for again."""
ENDED = (BackfillState.DONE, BackfillState.CLIPPED)

_INSERT = """
INSERT INTO backfills
    (id, kind, subject_id, host, state, steps, pages, fetches, received, brought, listed, rounds, error, asked_at)
VALUES (?, ?, ?, ?, 'waiting', '[]', '[]', 0, 0, 0, 0, 0, '', ?) ON CONFLICT (kind, subject_id) DO NOTHING
"""


async def first_contact(site: Site, actor: Actor) -> None:
    """Somebody here joined, followed or looks at an actor of another server: read its newest posts, once."""
    if actor.is_members_only and not await _has_member_here(actor):
        return  # its server shows us nothing before
    if not actor.is_local and actor.is_usable and actor.type not in ("Application", "Feed"):
        await _ask_once(site, "actor", actor.id, actor.host)


async def _has_member_here(community: Actor) -> bool:
    return await Follow.exists(target_id=community.id, follower__host="", state=FollowState.ACCEPTED)


async def after_follow(site: Site, follower: Actor, target: Actor) -> None:
    """Event `followed`. When nobody here followed for a while, we were told nothing meanwhile: it is read again."""
    if not follower.is_local or target.is_local:
        return
    row = await Backfill.get_or_none(kind="actor", subject_id=target.id)
    if row is None:
        await first_contact(site, target)
        return
    others = Follow.filter(target_id=target.id, follower__host="", state=FollowState.ACCEPTED)
    if row.state in ENDED and not await others.exclude(follower_id=follower.id).exists():
        await _begin(site, row)


async def ask_for_thread(site: Site, root: Post, host: str) -> None:
    """Read the comments of a thread that began on another server, once."""
    await _ask_once(site, "thread", root.id, host)


async def _ask_once(site: Site, kind: str, subject_id: int, host: str) -> None:
    if await Backfill.exists(kind=kind, subject_id=subject_id):
        return
    async with transaction():
        await execute(_INSERT, [site.ids.next(), kind, subject_id, host, site.clock.now()])
        row = await Backfill.get(kind=kind, subject_id=subject_id)
        await _enqueue(site, row)


async def ask_again(site: Site, row: Backfill) -> None:
    """Go on where the budget ended, or begin anew where it failed or its job died. Nothing while one is at it."""
    now = site.clock.now()
    is_stale = row.state == BackfillState.WAITING and row.asked_at < now - STALE
    if row.state in (BackfillState.MORE, BackfillState.FAILED) or is_stale:
        await _begin(site, row)


async def _begin(site: Site, row: Backfill) -> None:
    """From its start, unless there is something to go on from."""
    async with transaction():
        is_new = row.state == BackfillState.FAILED or not row.steps
        await row.change(
            **({"steps": [], "pages": [], "listed": 0, "stated": None} if is_new else {}),
            fetches=0,
            received=0,
            brought=0,
            error="",
            ended_at=None,
            asked_at=site.clock.now(),
            state=BackfillState.WAITING,
            rounds=row.rounds + 1,
        )
        await _enqueue(site, row)


async def _enqueue(site: Site, row: Backfill, delay: timedelta = timedelta(0)) -> None:
    # A key for each round: the row of the job that asks is still there.
    await site.queue.enqueue("backfill", row.id, key=f"backfill:{row.id}:{row.rounds}", delay=delay)


async def backfill(site: Site, row_id: int) -> None:
    """One round. Runs twice without harm: what is known is not written again."""
    row = await Backfill.get_or_none(id=row_id, state=BackfillState.WAITING)
    if row is None:
        return
    owner = await Actor.get_or_none(id=row.subject_id) if row.kind == "actor" else None
    root = await Post.get_or_none(id=row.subject_id) if row.kind == "thread" else None
    if (owner is None or not owner.is_usable) and (root is None or not root.is_shown):
        await row.delete()
        return
    meter = Meter(site.federation.past)
    rounds = row.rounds
    with metered(meter), reading_the_past():
        await Walk(site, row, meter, owner, root).run()
    async with transaction():
        if row.state == BackfillState.WAITING and rounds % MAX_ROUNDS == MAX_ROUNDS - 1:
            row.state = BackfillState.MORE
        if row.state == BackfillState.WAITING:
            row.rounds += 1
            await _enqueue(site, row, timedelta(seconds=meter.wait))
        else:
            row.ended_at = site.clock.now()
        await row.save(update_fields=(*PROGRESS, "state", "rounds", "ended_at"))
    if owner is not None and owner.is_group and row.state != BackfillState.WAITING:
        await _ask_for_comments(site, owner)


async def _ask_for_comments(site: Site, community: Actor) -> None:
    """Of its newest threads; each is a job of its own, so that all of them begin before one is read to its end."""
    newest = (
        await Post.filter(
            community_id=community.id,
            is_local=False,
            in_reply_to_id__isnull=True,
            boost_of_id__isnull=True,
            deleted_at__isnull=True,
            removed_at__isnull=True,
            visibility__in=(*OPEN, Visibility.MEMBERS),
        )
        .order_by("-id")
        .limit(THREADS_AT_FIRST)
    )
    for root in newest:
        await ask_for_thread(site, root, community.host)
