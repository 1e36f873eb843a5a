"""Finding work that nobody was woken for, and letting go of what is no longer needed.

A wake-up call may be lost with Redis or with a killed process; the rows are not (S-143, S-145).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import execute, rows
from federation.ids import first_id_at
from federation.inbox_turns import bring_back
from federation.lanes import is_anything_due
from federation.reach import keep_numbers
from federation.retry import MAX_AGE

if TYPE_CHECKING:
    from federation.federation import Federation

DELIVERED_KEPT = timedelta(days=7)
ENDED_KEPT = timedelta(days=30)
"""Refused, failed and cancelled deliveries: an admin may ask why."""

ACTIVITIES_KEPT = timedelta(days=30)
"""Activities that are not public and have nothing left to send."""

INBOUND_BODIES_KEPT = timedelta(days=30)
"""The rows stay without their body: a forwarded activity with a proof can be replayed at any time."""

TRIM_WINDOW = timedelta(days=2)
"""Only rows that crossed the line lately are looked at, or each run would read the whole table."""

ROWS_A_RUN = 2000
CLEAN_EVERY, SWEEP_EVERY = 3600, 30
"""Seconds. The sweep runs twice a minute; the first of each hour also cleans."""


async def sweep(fed: Federation) -> None:
    """Wake the jobs that have something due. Runs twice without harm."""
    await give_up_old(fed)
    if await is_anything_due(fed):
        fed.wake("deliver")
    await bring_back(fed)
    if await _is_inbound_due(fed):
        fed.wake("process_inbox")
    if fed.clock.time() % CLEAN_EVERY < SWEEP_EVERY:
        await clean(fed)


async def release_leases() -> None:
    """Let go of what a killed process held. Only where no other process works on this database."""
    await execute("UPDATE peers SET locked_until = NULL, locked_by = '' WHERE locked_until IS NOT NULL", [])
    await execute(
        """UPDATE inbound_activities SET locked_until = NULL, state = 'pending'
           WHERE state IN ('pending', 'waiting') AND locked_until IS NOT NULL""",
        [],
    )


async def give_up_old(fed: Federation) -> int:
    """End what waited longer than `MAX_AGE` behind others; returns how many rows."""
    now = fed.clock.now()
    return await execute(
        f"""UPDATE deliveries SET state = 'failed', reason = 'waited too long', done_at = ? WHERE id IN (
                SELECT id FROM deliveries WHERE id < ? AND state = 'pending' ORDER BY id LIMIT {ROWS_A_RUN}
            )""",  # noqa: S608 - a constant
        [now, first_id_at(now - MAX_AGE)],
    )


async def clean(fed: Federation) -> None:
    """Remove what its window has passed, a few thousand rows at a time."""
    now = fed.clock.now()
    await keep_numbers(first_id_at(now - DELIVERED_KEPT), first_id_at(now - ENDED_KEPT))
    for states, kept in (("'delivered'", DELIVERED_KEPT), ("'refused', 'failed', 'cancelled'", ENDED_KEPT)):
        await _until_few(
            f"""DELETE FROM deliveries WHERE id IN (
                    SELECT id FROM deliveries WHERE id < ? AND state IN ({states}) ORDER BY id LIMIT {ROWS_A_RUN}
                )""",  # noqa: S608 - constants
            [first_id_at(now - kept)],
        )
    await _until_few(
        f"""DELETE FROM outbound_activities WHERE id IN (
                SELECT id FROM outbound_activities a WHERE id < ? AND NOT is_public
                AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id)
                ORDER BY id LIMIT {ROWS_A_RUN}
            )""",  # noqa: S608 - constants
        [first_id_at(now - ACTIVITIES_KEPT)],
    )
    line = now - INBOUND_BODIES_KEPT
    await _until_few(
        f"""UPDATE inbound_activities SET body = '' WHERE id IN (
                SELECT id FROM inbound_activities
                WHERE received_at >= ? AND received_at < ? AND state NOT IN ('pending', 'waiting') AND body <> ''
                LIMIT {ROWS_A_RUN}
            )""",  # noqa: S608 - constants
        [line - TRIM_WINDOW, line],
    )


async def _until_few(statement: str, values: list[object]) -> None:
    # In small transactions, so that nobody waits long for the write lock.
    while await execute(statement, values) >= ROWS_A_RUN:
        pass


async def _is_inbound_due(fed: Federation) -> bool:
    now = fed.clock.now()
    return bool(
        await rows(
            """SELECT 1 AS found FROM inbound_activities
               WHERE state = 'pending' AND run_at <= ? AND (locked_until IS NULL OR locked_until < ?) LIMIT 1""",
            [now, now],
        )
    )
