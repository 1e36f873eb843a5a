"""Reading server-sent events, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from federation.clock import SystemClock
from tests.instances import Instance

PATIENCE = 10.0
NOTICED_WITHIN = 2.0
"""Seconds after which nobody sleeps any more: the last stream was closed."""


@dataclass
class Event:
    """One event as a browser reads it; a comment has the name ":"."""

    name: str = ""
    data: str = ""
    id: str = ""
    lines: list[str] = field(default_factory=list)


class Ear:
    """An open stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self, *names: str) -> Event:
        """The next event (of these names). Raises `EOFError` when the server ends the stream."""
        while True:
            event = await self._read()
            if not names or event.name in names:
                return event

    async def ended(self) -> bool:
        """Wait for the server's end of the stream: true when it was a clean one."""
        try:
            while True:
                await self._read()
        except EOFError:
            return True
        except aiohttp.ClientPayloadError:
            return False

    async def _read(self) -> Event:
        event = Event()
        while True:
            line = (await asyncio.wait_for(self.answer.content.readline(), PATIENCE)).decode()
            if not line:
                raise EOFError
            line = line.rstrip("\n")
            if not line:
                event.data = "\n".join(event.lines)
                return event
            name, _, value = line.partition(":")
            if not name:
                event.name = ":"
            elif name == "event":
                event.name = value[1:]
            elif name == "data":
                event.lines.append(value[1:])
            elif name == "id":
                event.id = value[1:]
            else:
                event.name = name


@asynccontextmanager
async def listening(
    instance: Instance,
    path: str,
    cookies: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Ear]:
    """Open a stream of an instance."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with instance.http.get(
        instance.url + path, cookies=cookies, headers=headers, timeout=timeout
    ) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["content-type"].startswith("text/event-stream")
        ear = Ear(answer)
        assert (await ear.next()).name == "retry"
        yield ear


class HandClock(SystemClock):
    """The machine's time of day; seconds pass only when the test lets them."""

    def __init__(self) -> None:
        self._passed = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._passed + seconds, woken))
        await woken

    async def let_pass(self, seconds: int) -> None:
        """Second by second, as whoever sleeps would see it. Waits for each to be noticed: until somebody sleeps again,
        which on a busy machine takes its time, for the database may be asked in between.
        """
        await self._somebody_sleeps()
        for _ in range(seconds):
            self._passed += 1.0
            due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._passed]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._passed]
            for _, woken in due:
                if not woken.done():
                    woken.set_result(None)
            if due:
                await self._somebody_sleeps()

    async def _somebody_sleeps(self) -> None:
        began = time.monotonic()
        while not self._sleepers and time.monotonic() - began < NOTICED_WITHIN:
            await asyncio.sleep(0.001)
