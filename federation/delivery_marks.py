"""What became of deliveries and lanes, gathered and written together: one statement for many rows.

A lane is given back in the same transaction as the marks of what was sent in it, so that nobody takes it up
before they are there. What was sent and not yet marked when the process dies is sent again; the peer knows it by
its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from federation.database import execute, placeholders, transaction
from federation.lanes import Due, Lane
from federation.models import DeliveryState

if TYPE_CHECKING:
    from federation.federation import Federation

IDS_A_STATEMENT = 1000


class Marks:
    """The marks of one worker that are not written yet."""

    def __init__(self, fed: Federation, worker: str) -> None:
        self._fed = fed
        self._worker = worker
        self._ended: dict[tuple[DeliveryState, int | None, str], list[int]] = defaultdict(list)
        self._postponed: dict[tuple[datetime, int | None, str], list[int]] = defaultdict(list)
        self._lanes: list[Lane] = []
        self._closed: list[tuple[str, str | None, str]] = []
        self.count = 0

    def end(self, due: Due, state: DeliveryState, status: int | None, reason: str = "") -> None:
        """A delivery came to its end."""
        self._ended[(state, status, reason[:255])].append(due.id)
        self.count += 1

    def postpone(self, due: Due, until: datetime, status: int | None, reason: str) -> None:
        """A try failed; the next is not before `until`."""
        self._postponed[(until, status, reason[:255])].append(due.id)
        self.count += 1

    def close(self, host: str, inbox_url: str | None, reason: str) -> None:
        """Nothing more goes to an inbox; without `inbox_url`, to the whole host."""
        self._closed.append((host, inbox_url, reason))
        self.count += 1

    def give_back(self, lane: Lane) -> None:
        """The worker is done with a lane for now; `lane.changes` are columns of its peer."""
        self._lanes.append(lane)
        self.count += 1

    async def write(self) -> None:
        """Write all of it in one transaction. What could not be written is kept for the next call."""
        if not self.count:
            return
        ended, postponed, lanes, closed = self._ended, self._postponed, self._lanes, self._closed
        count = self.count
        self._ended, self._postponed = defaultdict(list), defaultdict(list)
        self._lanes, self._closed, self.count = [], [], 0
        try:
            async with transaction():
                await self._write(ended, postponed, lanes, closed)
        except BaseException:
            for key, ids in ended.items():
                self._ended[key].extend(ids)
            for when, ids in postponed.items():
                self._postponed[when].extend(ids)
            self._lanes, self._closed = lanes + self._lanes, closed + self._closed
            self.count += count
            raise

    async def _write(
        self,
        ended: dict[tuple[DeliveryState, int | None, str], list[int]],
        postponed: dict[tuple[datetime, int | None, str], list[int]],
        lanes: list[Lane],
        closed: list[tuple[str, str | None, str]],
    ) -> None:
        now = self._fed.clock.now()
        for (state, status, reason), ids in ended.items():
            await _update(
                "deliveries SET state = ?, status = ?, reason = ?, done_at = ?, attempts = attempts + 1",
                [str(state), status, reason, now],
                ids,
            )
        for (until, status, reason), ids in postponed.items():
            await _update(
                "deliveries SET run_at = ?, status = ?, reason = ?, attempts = attempts + 1",
                [until, status, reason],
                ids,
            )
        for host, inbox_url, reason in closed:
            await cancel_waiting(host, inbox_url, reason, now)
        grouped: dict[tuple[tuple[str, Any], ...], list[str]] = defaultdict(list)
        for lane in lanes:
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
            # Not over what an admin cancelled meanwhile.
            f"UPDATE {assignments} WHERE id IN ({placeholders(len(part))}) AND state = 'pending'",
            [*values, *part],
        )


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), IDS_A_STATEMENT):
        yield ids[start : start + IDS_A_STATEMENT]
