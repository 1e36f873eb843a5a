"""Whose activities are handled next. Each peer has its turn: one that sends 50,000 delays the others by its share (S-139).

What cannot be handled at once leaves the line (`waiting`), so that nothing stands still behind it, and nobody who looks
for the head of a line reads past what waits.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from federation.database import execute, is_postgres, placeholders, rows, transaction

if TYPE_CHECKING:
    from federation.federation import Federation

HOSTS_AT_ONCE = 16
ROWS_AT_ONCE = 96
"""Together they bound a group, which is one transaction: on SQLite others wait for it, a tenth of a second at most."""
LEASE = timedelta(minutes=2)

# Walks the index (state, host, id) from host to host: its cost does not grow with what waits. A host whose first row
# is leased is in somebody's hands: what is claimed is always the head of the line.
_HOSTS = """
WITH RECURSIVE line(host) AS (
    SELECT (SELECT host FROM inbound_activities WHERE state = 'pending' AND host > ? ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT i.host FROM inbound_activities i WHERE i.state = 'pending' AND i.host > line.host
            ORDER BY i.host LIMIT 1)
    FROM line WHERE line.host IS NOT NULL
)
SELECT line.host FROM line WHERE line.host IS NOT NULL AND (
    SELECT i.locked_until IS NULL OR i.locked_until < ? FROM inbound_activities i
    WHERE i.state = 'pending' AND i.host = line.host ORDER BY i.id LIMIT 1)
LIMIT ?"""

# The first rows of a line, up to one that is in somebody's hands: what comes behind it must not overtake it.
_HEAD = """SELECT id FROM (
        SELECT id, max(locked_until) OVER (ORDER BY id) AS held_until FROM (
            SELECT id, locked_until FROM inbound_activities
            WHERE state = 'pending' AND host = line.host ORDER BY id LIMIT {most}) AS first
    ) AS waiting WHERE held_until IS NULL OR held_until < ?"""
_LEASE = f"""
WITH line(host) AS (VALUES {{hosts}})
UPDATE inbound_activities SET locked_until = ? WHERE id IN (
    SELECT i.id FROM line CROSS JOIN inbound_activities i WHERE i.id IN ({_HEAD}))
RETURNING id, actor_id, host, uri, type, inbox_of, body, attempts"""  # noqa: S608 - constants, here and below
# The planner of PostgreSQL would read the table for each host; asked so it walks the index.
_LEASE_POSTGRES = f"""
WITH line(host) AS (VALUES {{hosts}}), heads AS (SELECT head.id FROM line CROSS JOIN LATERAL ({_HEAD}) AS head)
UPDATE inbound_activities SET locked_until = ? WHERE id IN (SELECT id FROM heads) AND state = 'pending'
RETURNING id, actor_id, host, uri, type, inbox_of, body, attempts"""  # noqa: S608
_ONE_CLAIM_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('inbound_activities'))"
"""Two that read the same line at once would share it out between them. SQLite has one writer anyway."""


@dataclass
class Stored:
    """A row of `inbound_activities` as it is worked on. Read by hand: a model costs more than handling a like."""

    id: int
    actor_id: int
    host: str
    uri: str
    type: str
    inbox_of: int | None
    body: str
    attempts: int


class Turns:
    """Goes round the hosts that have something pending; `groups` of them are in hand at once."""

    def __init__(self, fed: Federation, groups: int = 1) -> None:
        self._fed = fed
        self._groups = groups
        self._claiming = asyncio.Lock()
        self._in_hand: set[str] = set()
        self._after = ""

    async def claim(self) -> list[Stored]:
        """Lease the oldest rows of some hosts of which nobody works on any, in order of arrival; [] when none is due.

        Where fewer hosts wait each gets more rows. Whoever claims says `done` afterwards.
        """
        async with self._claiming:
            now = self._fed.clock.now()
            hosts, sharers = await self._next_hosts(now)
            if not hosts:
                return []
            of_hosts = {"hosts": ", ".join(["(?)"] * len(hosts)), "most": ROWS_AT_ONCE // sharers}
            async with transaction():
                if is_postgres():
                    await rows(_ONE_CLAIM_AT_A_TIME)
                    leased = await rows(_LEASE_POSTGRES.format(**of_hosts), [*hosts, now, now + LEASE])
                else:
                    leased = await rows(_LEASE.format(**of_hosts), [*hosts, now + LEASE, now])
            self._in_hand.update(row["host"] for row in leased)
        return sorted((Stored(**row) for row in leased), key=lambda row: row.id)

    def done(self, claimed: Sequence[Stored]) -> None:
        """Nobody works on these any more."""
        self._in_hand.difference_update(row.host for row in claimed)

    async def _next_hosts(self, now: datetime) -> tuple[list[str], int]:
        """Whose turn it is, and among how many a group of rows is shared out.

        A group leaves their share of the hosts to those beside it. Were they left with a few only, they would come back
        to those again and again while it goes through its many: a flood among the few had several times its share.
        """
        most, after = self._groups * HOSTS_AT_ONCE, self._after
        found = await rows(_HOSTS, [after, now, most])
        if len(found) < most and after:
            found += await rows(_HOSTS, ["", now, most - len(found)])
        free = list(dict.fromkeys(row["host"] for row in found))
        in_turn = len(self._in_hand.union(free))
        hosts = free[: min(HOSTS_AT_ONCE, math.ceil(in_turn / self._groups))]
        self._after = hosts[-1] if len(hosts) < len(free) or len(free) == most else ""
        return hosts, max(len(hosts), min(HOSTS_AT_ONCE, in_turn // self._groups))


async def set_aside(fed: Federation, ids: Sequence[int]) -> None:
    """Take rows out of the line into one's own hands, but for those that came to an end meanwhile; a worker that is killed
    loses them when the lease ends.
    """
    now = fed.clock.now()
    await execute(
        f"""UPDATE inbound_activities SET state = 'waiting', run_at = ?, locked_until = ?
            WHERE id IN ({placeholders(len(ids))}) AND state = 'pending'""",  # noqa: S608 - placeholders
        [now, now + LEASE, *ids],
    )


async def bring_back(fed: Federation) -> int:
    """Put back into the line what waited long enough; returns how many rows."""
    now = fed.clock.now()
    return await execute(
        """UPDATE inbound_activities SET state = 'pending', locked_until = NULL
           WHERE state = 'waiting' AND run_at <= ? AND (locked_until IS NULL OR locked_until < ?)""",
        [now, now],
    )
