"""To all followers of somebody, or to all servers: written at once where they are few, else in the background.

An author does not wait until 5,000 rows are written for 5,000 servers. What is left for later is itself a row, written
with the activity (`FanOut`); the delivery job writes the deliveries of such rows before it looks for lanes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from federation.acquaintance import meet
from federation.database import execute, is_postgres, placeholders, rows, transaction
from federation.models import Actor, FanOut, Reads
from federation.peer_profiles import PeerProfile, profile_for
from federation.refusals import Refused
from federation.retry import DEAD_AFTER

if TYPE_CHECKING:
    from federation.federation import Federation

FEW = 200
"""Followers up to which their inboxes are written with the activity."""
ROWS_A_STATEMENT = 500
LATER_BY = timedelta(minutes=5)
"""How far back in its lane a delivery of low priority stands: behind what is said in the next minutes, but sent at once
where nothing else waits."""


def are_many(targets: Sequence[Actor]) -> bool:
    """Whether the followers of these are too many to be written with the activity."""
    return sum(target.followers_count for target in targets) > FEW


async def write_out_later(
    fed: Federation,
    activity_id: int,
    targets: Sequence[Actor],
    reads: Reads,
    *,
    low_priority: bool,
    to_all_servers: bool = False,
) -> None:
    """Ask for the deliveries of an activity to the followers of `targets`, or to everybody, in the transaction under way."""
    await FanOut.create(
        id=fed.ids.next(),
        activity_id=activity_id,
        target_ids=[target.id for target in targets],
        reads=str(reads),
        to_all_servers=to_all_servers,
        is_low_priority=low_priority,
        created_at=fed.clock.now(),
    )


async def write_out_waiting(fed: Federation) -> int:
    """Write the deliveries that large audiences wait for; returns how many audiences. Safe in many processes."""
    done = 0
    skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    while await is_any_waiting():
        async with transaction():
            found = await rows(f"SELECT id FROM fan_outs ORDER BY id LIMIT 1 {skip}", [])  # noqa: S608 - a constant
            if not found:
                return done
            row = await FanOut.get(id=found[0]["id"])
            if row.to_all_servers:
                inboxes = await inboxes_of_all()
            else:
                targets = await Actor.filter(id__in=row.target_ids)
                inboxes = await inboxes_of_followers(targets, Reads(row.reads))
            await write_deliveries(fed, row.activity_id, inboxes, low_priority=row.is_low_priority)
            await row.delete()
        done += 1
    return done


async def is_any_waiting() -> bool:
    """Whether an audience waits to be written out."""
    return bool(await rows("SELECT id FROM fan_outs LIMIT 1", []))


async def inboxes_of_followers(targets: Sequence[Actor], reads: Reads) -> dict[str, str]:
    """Each distinct inbox of followers elsewhere whose servers read it, and its host."""
    found = await rows(
        f"""SELECT inboxes.inbox, inboxes.host, p.software, p.version, p.seen FROM (
                SELECT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS inbox, min(a.host) AS host
                FROM follows f JOIN actors a ON a.id = f.follower_id
                WHERE f.target_id IN ({placeholders(len(targets))}) AND f.state = 'accepted'
                  AND a.host <> '' AND a.suspended_at IS NULL AND a.deleted_at IS NULL
                GROUP BY 1
            ) AS inboxes LEFT JOIN peers p ON p.host = inboxes.host""",  # noqa: S608 - placeholders
        [target.id for target in targets],
    )
    return {row["inbox"]: row["host"] for row in found if _is_meant(row, reads)}


async def inboxes_of_all() -> dict[str, str]:
    """One inbox of every server that we know anybody of, and its host; each one's own where a server shares none."""
    found = await rows(
        """SELECT COALESCE(NULLIF(shared_inbox_url, ''), inbox_url) AS inbox, min(host) AS host FROM actors
           WHERE host <> '' AND inbox_url <> '' AND deleted_at IS NULL GROUP BY 1"""
    )
    return {row["inbox"]: row["host"] for row in found}


def _is_meant(row: Mapping[str, Any], reads: Reads) -> bool:
    if reads is Reads.ANYTHING:
        return True
    return _MEANT[reads](
        profile_for(row["software"] or "", row["version"] or "", (row["seen"] or "").split())
    )


def _reads_single_activities(profile: PeerProfile) -> bool:
    return profile.reads_activities and not profile.batches


_MEANT = {
    Reads.ACTIVITIES: lambda profile: profile.reads_activities,
    Reads.IDS: lambda profile: profile.shows_boosts,
    Reads.BATCHES: lambda profile: profile.reads_activities and profile.batches,
    Reads.SINGLE_ACTIVITIES: _reads_single_activities,
}


async def write_deliveries(
    fed: Federation, activity_id: int, inboxes: Mapping[str, str], *, low_priority: bool = False
) -> int:
    """One delivery for each inbox (URL -> host) that is not ours and not closed; returns how many. In the transaction
    under way.
    """
    now = fed.clock.now()
    # A peer's actor may name an inbox of ours as its own: we never knock at our own door.
    open_ones = {inbox: host for inbox, host in inboxes.items() if inbox and not fed.config.is_ours(inbox)}
    if not open_ones:
        return 0
    closed = await _closed_hosts(fed, set(open_ones.values()), now)
    pairs = [(inbox, host) for inbox, host in open_ones.items() if host not in closed]
    await meet([host for _, host in pairs], now)
    next_id = (lambda: fed.ids.later(LATER_BY)) if low_priority else fed.ids.next
    for start in range(0, len(pairs), ROWS_A_STATEMENT):
        part = pairs[start : start + ROWS_A_STATEMENT]
        await execute(
            f"""INSERT INTO deliveries (id, activity_id, host, inbox_url, state, attempts, run_at, reason)
                VALUES {", ".join(["(?, ?, ?, ?, 'pending', 0, ?, '')"] * len(part))}
                ON CONFLICT (activity_id, inbox_url) DO NOTHING""",  # noqa: S608 - placeholders
            [value for inbox, host in part for value in (next_id(), activity_id, host, inbox, now)],
        )
    return len(pairs)


async def _closed_hosts(fed: Federation, hosts: set[str], now: datetime) -> set[str]:
    """Hosts that get nothing: blocked, gone, or dead with enough waiting for the next probe (S-140)."""
    names = sorted(hosts)
    closed: set[str] = set()
    for start in range(0, len(names), ROWS_A_STATEMENT):
        part = names[start : start + ROWS_A_STATEMENT]
        closed |= {
            row["host"]
            for row in await rows(
                f"""SELECT p.host FROM peers p WHERE p.host IN ({placeholders(len(part))})
                    AND (p.is_gone OR (p.failing_since <= ? AND EXISTS (
                        SELECT 1 FROM deliveries d WHERE d.state = 'pending' AND d.host = p.host)))""",  # noqa: S608
                [*part, now - DEAD_AFTER],
            )
        }
    return closed | {host for host in hosts - closed if not await is_admitted(fed, host)}


async def is_admitted(fed: Federation, host: str, actor: Actor | None = None) -> bool:
    """Whether anything may go to a host, and to this actor of it."""
    try:
        await fed.registry.admit(host, actor)
    except Refused:
        return False
    return True
