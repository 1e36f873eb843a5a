"""Live updates between processes and machines, over Redis or Valkey pub/sub.

One Redis channel for a site: each process hears every event and drops those that nobody listens to. Nothing is kept in
Redis; who was away reads from the database what happened (`Last-Event-ID`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from sebangsa.streams import StreamEvent, Streams

MAX_WAITING = 10_000
"""Events kept while Redis cannot be reached; then the oldest are lost, and pages show them when loaded again."""
CHANNELS_AT_ONCE = 500
RETRY_SECONDS = 2.0

log = structlog.get_logger("sebangsa.streams")


class _Frame(msgspec.Struct, array_like=True):
    channels: list[str]
    name: str
    data: str
    id: int


_END = "\x00end"  # an event's name that ends the connections of its channels


class RedisStreams(Streams):
    """Streams that all processes of a site share. `domain` keeps sites on one Redis apart."""

    is_shared = True

    def __init__(self, url: str, domain: str) -> None:
        super().__init__()
        self._url = url
        self._topic = f"sebangsa:live:{domain}"
        self._outgoing: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._client: redis.asyncio.Redis | None = None
        self.is_hearing = asyncio.Event()

    async def open(self) -> None:
        """Connect. Where Redis cannot be reached it goes on trying; events wait, pages still work."""
        if self._tasks:
            return
        self._client = redis.asyncio.Redis.from_url(self._url)
        self._tasks = [
            asyncio.create_task(self._keep(self._send_all), name="streams send"),
            asyncio.create_task(self._keep(self._hear), name="streams hear"),
        ]

    async def close(self) -> None:
        await super().close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        self._tasks = []
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def publish_many(self, channels: Iterable[str], event: StreamEvent) -> None:
        """Send it out; listeners of this process hear it as all others do, from Redis."""
        names = list(channels)
        for start in range(0, len(names), CHANNELS_AT_ONCE):
            self._push(_Frame(names[start : start + CHANNELS_AT_ONCE], event.name, event.data, event.id))

    def heard(self, prefix: str) -> set[str] | None:
        return None

    def close_channel(self, channel: str) -> None:
        self._end(channel)  # here at once, whatever becomes of Redis
        self._push(_Frame([channel], _END, "", 0))

    def _push(self, frame: _Frame) -> None:
        self._outgoing.append(msgspec.json.encode(frame))
        self._something.set()

    async def _keep(self, work: Any) -> None:
        while True:
            try:
                await work()
            except (RedisError, OSError) as error:
                self.is_hearing.clear()
                log.warning("live updates cannot reach Redis", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _send_all(self) -> None:
        assert self._client is not None
        while True:
            await self._something.wait()
            while self._outgoing:
                body = self._outgoing.popleft()
                try:
                    await self._client.publish(self._topic, body)
                except (RedisError, OSError):
                    if len(self._outgoing) < MAX_WAITING:
                        self._outgoing.appendleft(body)
                    raise
            self._something.clear()

    async def _hear(self) -> None:
        assert self._client is not None
        async with self._client.pubsub() as heard:
            await heard.subscribe(self._topic)
            async for message in heard.listen():
                if message["type"] == "subscribe":
                    self.is_hearing.set()
                elif message["type"] == "message":
                    self._take_in(message["data"])

    def _take_in(self, body: bytes) -> None:
        try:
            frame = msgspec.json.decode(body, type=_Frame)
        except msgspec.DecodeError:
            log.warning("an unreadable live event was dropped")
            return
        if frame.name == _END:
            for channel in frame.channels:
                self._end(channel)
        else:
            self._deliver(frame.channels, StreamEvent(frame.name, frame.data, frame.id))
