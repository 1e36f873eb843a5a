"""What became of deliveries and lanes, gathered and written together: one statement for many rows.

A lane is given back in the same transaction as the marks of what was sent in it, so that nobody takes it up
before they are there. What was sent and not yet marked when the process dies is sent again; the peer knows it by
its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from federation.database import execute, placeholders, transaction
from federation.lanes import Due, Lane
from federation.models import DeliveryState
from federation.retry import SILENT_AT_THIS

if TYPE_CHECKING:
    from federation.federation import Federation

IDS_A_STATEMENT = 1000


@dataclass
class _Batch:
    """Marks that are written in one transaction."""

    ended: dict[tuple[DeliveryState, int | None, str], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    postponed: dict[tuple[datetime, int | None, str], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    closed: list[tuple[str, str | None, str]] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


class Marks:
    """The marks of one worker that are not written yet; `count` says how many."""

    def __init__(self, fed: Federation, worker: str) -> None:
        self._fed = fed
        self._worker = worker
        self._batch = _Batch()
        self._unwritten: list[_Batch] = []
        self.count = 0

    def end(self, due: Due, state: DeliveryState, status: int | None, reason: str = "") -> None:
        """A delivery came to its end."""
        self._batch.ended[(state, status, reason[:255])].append(due.id)
        self.count += 1

    def postpone(self, due: Due, until: datetime, status: int | None, reason: str) -> None:
        """A try failed; the next is not before `until`."""
        self._batch.postponed[(until, status, reason[:255])].append(due.id)
        self.count += 1

    def close(self, host: str, inbox_url: str | None, reason: str) -> None:
        """Nothing more goes to an inbox; without `inbox_url`, to the whole host."""
        self._batch.closed.append((host, inbox_url, reason))
        self.count += 1

    def revive(self, host: str) -> None:
        """A peer answers again: what was set aside while it did not is due now, in its order."""
        self._batch.revived.append(host)
        self.count += 1

    def give_back(self, lane: Lane) -> None:
        """The worker is done with a lane for now; `lane.changes` are columns of its peer."""
        self._batch.lanes.append(lane)
        self.count += 1

    async def write(self) -> None:
        """Write all of it in one transaction. What could not be written is kept for the next call."""
        if not self.count:
            return
        self._unwritten.append(self._batch)
        self._batch, batches, self.count = _Batch(), list(self._unwritten), 0
        try:
            async with transaction():
                for batch in batches:
                    await self._write(batch)
        except BaseException:
            self.count += 1
            raise
        self._unwritten.clear()

    async def _write(self, batch: _Batch) -> None:
        now = self._fed.clock.now()
        for (state, status, reason), ids in batch.ended.items():
            await _update(
                "deliveries SET state = ?, status = ?, reason = ?, done_at = ?, attempts = attempts + 1",
                [str(state), status, reason, now],
                ids,
            )
        for (until, status, reason), ids in batch.postponed.items():
            await _update(
                "deliveries SET run_at = ?, status = ?, reason = ?, attempts = attempts + 1",
                [until, status, reason],
                ids,
            )
        for host, inbox_url, reason in batch.closed:
            await cancel_waiting(host, inbox_url, reason, now)
        for host in batch.revived:
            await execute(
                """UPDATE deliveries SET run_at = ?
                   WHERE state = 'pending' AND host = ? AND run_at > ? AND attempts > 0 AND status IS NULL
                   AND reason NOT LIKE ?""",
                [now, host, now, f"{SILENT_AT_THIS}%"],
            )
        grouped: dict[tuple[tuple[str, Any], ...], list[str]] = defaultdict(list)
        for lane in batch.lanes:
            grouped[tuple(lane.changes.items())].append(lane.host)
        for changes, hosts in grouped.items():
            columns = "".join(f"{name} = ?, " for name, _ in changes)
            await execute(
                f"""UPDATE peers SET {columns} locked_until = NULL, locked_by = ''
                    WHERE locked_by = ? AND host IN ({placeholders(len(hosts))})""",  # noqa: S608 - our names
                [*(value for _, value in changes), self._worker, *hosts],
            )


async def cancel_waiting(host: str, inbox_url: str | None, reason: str, now: datetime) -> int:
    """Cancel what waits for an inbox, or for a whole host; returns how many."""
    one_inbox = "" if inbox_url is None else " AND inbox_url = ?"
    return await execute(
        f"""UPDATE deliveries SET state = 'cancelled', reason = ?, done_at = ?
            WHERE state = 'pending' AND host = ?{one_inbox}""",  # noqa: S608 - constants
        [reason, now, host, *([] if inbox_url is None else [inbox_url])],
    )


async def _update(assignments: str, values: Sequence[Any], ids: Sequence[int]) -> None:
    for part in _parts(ids):
        await execute(
            # Not over what an admin cancelled meanwhile. The concatenation keeps the planner on the ids: it may
            # believe that next to nothing is pending, and read all of it.
            f"UPDATE {assignments} WHERE id IN ({placeholders(len(part))}) AND state || '' = 'pending'",
            [*values, *part],
        )


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), IDS_A_STATEMENT):
        yield ids[start : start + IDS_A_STATEMENT]
