"""Server-sent events, written straight to ASGI.

One task, one future and a few words of state a connection: Starlette's `StreamingResponse` costs three times the memory,
a library for it five times (chat.md e). The connection's own task neither watches the client nor a timer; one
`Pulse` for all of them wakes it when its heartbeat is due, and then it looks whether the client is still there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.types import Receive, Send

from sebangsa.models import AccessToken, Session
from sebangsa.streams import Listener, StreamEvent

if TYPE_CHECKING:
    from sebangsa.site import Site

BEAT_SECONDS = (15.0, 25.0)
"""Between heartbeats: a proxy closes what is silent for 30 or 60 s. Drawn anew each time, so that they spread."""
RETRY_MS = (2_000, 8_000)
"""What a client is told to wait before it comes back; drawn, so that a restart is not met by all at once."""
CHECK_SECONDS = 5.0
"""Between two looks at whether the credentials of all connections still hold (S-084)."""
STUCK_SECONDS = 60.0
"""A client that takes nothing for so long is dropped."""
PER_PERSON = 16
"""Open streams of one person; a further one ends the oldest."""
CHECKED_AT_ONCE = 500

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events until its buffer is full
]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it is written. `data` may have several lines."""

    event: str
    data: str
    id: int = 0

    def encode(self) -> bytes:
        lines = self.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        head = f"event: {self.event}\n" + (f"id: {self.id}\n" if self.id else "")
        return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Credential:
    """What opened a stream: the row of a browser's session, or of an app's token. The stream ends with it."""

    kind: str  # session | token
    id: int


Render = Callable[[StreamEvent], Awaitable[Iterable[Frame]]]


class Connection:
    """One open stream, as the pulse sees it."""

    __slots__ = ("beats_at", "credential", "is_stuck", "listener", "task", "writes_since")

    def __init__(self, listener: Listener, credential: Credential) -> None:
        self.listener = listener
        self.credential = credential
        self.beats_at = 0.0
        self.writes_since = 0.0  # 0: not writing
        self.is_stuck = False
        self.task = cast("asyncio.Task[None]", asyncio.current_task())


class Pulse:
    """Wakes the connections of one site: for heartbeats, and to end those whose credential ended."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: set[Connection] = set()
        self._task: asyncio.Task[None] | None = None
        self._checked_at = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        self.next_beat(connection)
        self._open.add(connection)
        if self._task is None or self._task.done():
            self._checked_at = self._site.clock.monotonic()
            self._task = asyncio.create_task(self._run(), name="pulse of streams")

    def remove(self, connection: Connection) -> None:
        self._open.discard(connection)

    def next_beat(self, connection: Connection) -> None:
        connection.beats_at = self._site.clock.monotonic() + self._site.rng.uniform(*BEAT_SECONDS)

    async def _run(self) -> None:
        while self._open:
            await self._site.clock.sleep(1.0)
            now = self._site.clock.monotonic()
            for connection in list(self._open):
                if now >= connection.beats_at:
                    connection.listener.wake()
                if connection.writes_since and now - connection.writes_since > STUCK_SECONDS:
                    connection.is_stuck = True
                    connection.task.cancel()
            if now - self._checked_at >= CHECK_SECONDS:
                self._checked_at = now
                await self.check()

    async def check(self) -> None:
        """End the streams whose session was signed out, whose token was revoked, whose account was closed (S-084)."""
        connections = list(self._open)
        valid = {
            kind: await _valid(kind, [c.credential.id for c in connections if c.credential.kind == kind])
            for kind in ("session", "token")
        }
        for connection in connections:
            if connection.credential.id not in valid[connection.credential.kind]:
                connection.listener.close()


async def _valid(kind: str, ids: list[int]) -> set[int]:
    found: set[int] = set()
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHECKED_AT_ONCE):
        part = wanted[start : start + CHECKED_AT_ONCE]
        rows = (
            Session.filter(id__in=part)
            if kind == "session"
            else AccessToken.filter(id__in=part, revoked_at=None)
        )
        open_accounts = rows.filter(
            user__disabled_at__isnull=True,
            user__actor__suspended_at__isnull=True,
            user__actor__deleted_at__isnull=True,
        )
        found.update(await open_accounts.values_list("id", flat=True))  # type: ignore[arg-type]
    return found


async def stream(
    receive: Receive,
    send: Send,
    site: Site,
    listener: Listener,
    credential: Credential,
    render: Render,
    *,
    missed: Iterable[Frame] = (),
) -> None:
    """Serve one stream until its client leaves, its credential ends, it falls behind or the server stops.

    `listener` is registered before `missed` is read, so that nothing falls between; what is in both is sent once.
    `render` makes of an event what this client may see of it.
    """
    pulse = site.live.pulse
    connection = Connection(listener, credential)
    _make_room(site, listener)
    pulse.add(connection)
    try:
        retry = site.rng.randint(*RETRY_MS)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        first = list(missed)
        await _write(
            site, connection, send, b"".join([f"retry: {retry}\n\n".encode(), *(f.encode() for f in first)])
        )
        seen = {frame.id for frame in first if frame.id}
        del first, missed
        while not listener.is_closed:
            body = await _next_body(site, pulse, connection, receive, render, seen)
            if body is None:
                return
            if body:
                await _write(site, connection, send, body)
            await listener.wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except asyncio.CancelledError:
        if not connection.is_stuck:
            raise
        connection.task.uncancel()
    finally:
        pulse.remove(connection)
        site.streams.leave(listener)


async def _next_body(
    site: Site, pulse: Pulse, connection: Connection, receive: Receive, render: Render, seen: set[int]
) -> bytes | None:
    """What is to be written now; None when the client has left."""
    parts: list[bytes] = []
    for event in connection.listener.take():
        if event.id and event.id in seen:
            continue
        parts += [frame.encode() for frame in await render(event)]
    if site.clock.monotonic() >= connection.beats_at:
        if await _has_left(receive):
            return None
        pulse.next_beat(connection)
        parts.append(b":\n\n")
    return b"".join(parts)


async def _write(site: Site, connection: Connection, send: Send, body: bytes) -> None:
    connection.writes_since = site.clock.monotonic()
    await send({"type": "http.response.body", "body": body, "more_body": True})
    connection.writes_since = 0.0


async def _has_left(receive: Receive) -> bool:
    """Look without waiting: servers drop what is sent to a client that is gone, and say so only here."""
    try:
        async with asyncio.timeout(0):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _make_room(site: Site, listener: Listener) -> None:
    for channel in listener.channels:
        if channel.startswith("user:"):
            crowd = [other for other in site.streams.listeners(channel) if other is not listener]
            if len(crowd) >= PER_PERSON:
                min(crowd, key=lambda other: other.opened).close()
