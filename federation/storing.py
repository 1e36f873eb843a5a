"""What arrives is stored before its 202, and what arrives together shares one commit.

A commit costs as much as all the rest of taking an activity in. While one group is written the next gathers, so a lone
activity waits for nobody and a flood is written thirty-two at a time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from federation.clock import Clock
from federation.database import rows
from federation.ids import IdMaker
from federation.wire import ActivityDocument

REMEMBERED = 4 * 1024 * 1024
"""Characters of the activities that are remembered as they were read at the door, until their handler asks for them. A
note that is read takes five times as much memory."""
REMEMBERED_FOR = 60.0
"""Seconds after which one that nobody asked for is dropped: another process handled it."""

MOST = 32
"""Rows of one group. Groups have 1, 2, 4, 8, 16 or 32, so that a database prepares six statements and no more."""


@dataclass(frozen=True)
class Arrival:
    """An activity that passed every check. `inbox_of` is the actor whose personal inbox it came to."""

    uri: str
    type: str
    actor_id: int
    host: str
    inbox_of: int | None
    body: str
    document: dict[str, Any] = field(default_factory=dict)
    activity: ActivityDocument | None = None


@dataclass
class _Waiting:
    arrival: Arrival
    row_id: int
    is_new: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Storing:
    """Writes `inbound_activities`, once for each id, in the order of arrival."""

    def __init__(self, clock: Clock, ids: IdMaker) -> None:
        self._clock = clock
        self._ids = ids
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._read: OrderedDict[str, tuple[float, Arrival]] = OrderedDict()
        self._read_size = 0
        self.is_handled_here = False
        """Whether this process handles what it stores; where others do, nothing is remembered."""

    @property
    def is_writing(self) -> bool:
        """Whether something that arrived is being written, or waits for its turn to be."""
        return self._writer is not None

    async def store(self, arrival: Arrival) -> bool:
        """Whether the activity is new. Returns after the commit; raises what the database raises."""
        waiting = _Waiting(arrival, self._ids.next())
        self._waiting.append(waiting)
        if self._writer is None:
            # A task of its own: a client that goes away cancels its request, not the others'.
            self._writer = asyncio.create_task(self._write_all(), name="storing what arrived")
        is_new = await waiting.is_new
        if is_new:
            self._remember(arrival)
        return is_new

    def read_lately(self, uri: str, body: str) -> tuple[dict[str, Any], ActivityDocument] | None:
        """What the door read of an activity whose stored text is `body`, once; None when it is not remembered."""
        if uri not in self._read:
            return None
        arrival = self._forget(uri)
        if arrival.activity is None or arrival.body != body:
            return None
        return arrival.document, arrival.activity

    def _remember(self, arrival: Arrival) -> None:
        now = self._clock.monotonic()
        while self._read and next(iter(self._read.values()))[0] < now - REMEMBERED_FOR:
            self._forget(next(iter(self._read)))
        if arrival.uri in self._read:
            self._forget(arrival.uri)
        # Where more waits than is remembered, those that came first are wanted first: the new one is read again later.
        if self.is_handled_here and self._read_size + len(arrival.body) <= REMEMBERED:
            self._read[arrival.uri] = (now, arrival)
            self._read_size += len(arrival.body)

    def _forget(self, uri: str) -> Arrival:
        arrival = self._read.pop(uri)[1]
        self._read_size -= len(arrival.body)
        return arrival

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                size = min(MOST, 1 << (len(self._waiting).bit_length() - 1))
                group, self._waiting = self._waiting[:size], self._waiting[size:]
                await self._write_group(group)
        finally:
            self._writer = None

    async def _write_group(self, group: Sequence[_Waiting]) -> None:
        try:
            new = await self._write(group)
        except Exception as fault:  # noqa: BLE001 - handed to whom it concerns
            if len(group) > 1:
                for waiting in group:  # one that the database refuses spoils no other
                    await self._write_group([waiting])
            elif not group[0].is_new.done():
                group[0].is_new.set_exception(fault)
            return
        for waiting in group:
            if not waiting.is_new.done():
                waiting.is_new.set_result(waiting.row_id in new)

    async def _write(self, group: Sequence[_Waiting]) -> set[int]:
        now = self._clock.now()
        places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, 'pending', '', 0, ?, ?)"] * len(group))
        values: list[object] = []
        for waiting in group:
            arrival = waiting.arrival
            values += [waiting.row_id, arrival.uri, arrival.type, arrival.actor_id, arrival.host]
            values += [arrival.inbox_of, arrival.body, now, now]
        stored = await rows(
            f"""INSERT INTO inbound_activities
                    (id, uri, type, actor_id, host, inbox_of, body, state, reason, attempts, run_at, received_at)
                VALUES {places} ON CONFLICT (uri) DO NOTHING RETURNING id""",  # noqa: S608 - placeholders
            values,
        )
        return {row["id"] for row in stored}
