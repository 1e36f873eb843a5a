"""Live updates: a publish reaches whoever listens to the channel, in this process or (over Redis) in all of them.

Channels are `user:{actor id}` (what concerns one person), `public` and `public:local` (new public posts). An event is
a doorbell: it carries ids, and what a connection shows is read from the database under the rules of who may read.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from federation.database import Changes

CHANGED = "changed"
"""The name of the event by which processes tell each other that something in the database is new."""

BUFFER = 64
"""Events that a listener may fall behind; then it is closed and its page reconnects."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """`name` is the event's type, `data` its text (ids as JSON), `id` its place in the replay (0: none)."""

    name: str
    data: str
    id: int = 0


class Listener:
    """One open connection's place: a bounded list of events, and one future on which it waits.

    No queue and no task: thousands of these are idle at one time.
    """

    __slots__ = ("_events", "_waiter", "channels", "is_closed", "opened")

    def __init__(self, channels: tuple[str, ...] = (), opened: int = 0) -> None:
        self.channels = channels
        self.opened = opened  # counts up: the lowest is the oldest
        self.is_closed = False
        self._events: deque[StreamEvent] | None = None
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, event: StreamEvent) -> None:
        """Add an event; one too many closes the listener."""
        if self.is_closed:
            return
        if self._events is None:
            self._events = deque()
        if len(self._events) >= BUFFER:
            self.close()
            return
        self._events.append(event)
        self.wake()

    def close(self) -> None:
        """End it: nothing more is given out, and whoever waits goes on."""
        self.is_closed = True
        self._events = None
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look at the clock."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self) -> list[StreamEvent]:
        """What came since the last time."""
        taken, self._events = list(self._events or ()), None
        return taken

    async def wait(self) -> None:
        """Until there is an event, a wake-up or the end. One waiter at a time."""
        if self.is_closed or self._events:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


class Streams:
    """The channels of one process."""

    is_shared = False
    """Whether other processes hear what is published here."""

    def __init__(self) -> None:
        self._channels: dict[str, set[Listener]] = defaultdict(set)
        self.is_ending = False
        self._opened = 0
        self._overhearing: list[Callable[[StreamEvent], None]] = []

    async def open(self) -> None:
        """Begin to hear other processes; here there are none."""

    async def close(self) -> None:
        """End every connection. Runs twice without harm."""
        self.end_all()

    def publish(self, channel: str, name: str, data: str, *, id: int = 0) -> None:
        """Tell everybody who listens. Never blocks; who is too slow is dropped."""
        self.publish_many([channel], StreamEvent(name, data, id))

    def publish_many(self, channels: Iterable[str], event: StreamEvent) -> None:
        """The same event on many channels."""
        self._deliver(channels, event)

    def close_channel(self, channel: str) -> None:
        """End all connections of a channel (signed out, suspended: S-084)."""
        self._end(channel)

    def listen(self, *channels: str) -> Listener:
        self._opened += 1
        listener = Listener(channels, self._opened)
        for channel in channels:
            self._channels[channel].add(listener)
        listener.is_closed = self.is_ending
        return listener

    def leave(self, listener: Listener) -> None:
        listener.close()
        for channel in listener.channels:
            listeners = self._channels.get(channel)
            if listeners is not None:
                listeners.discard(listener)
                if not listeners:
                    del self._channels[channel]

    def listeners(self, channel: str) -> set[Listener]:
        """Who listens in this process."""
        return self._channels.get(channel, set())

    def overhear(self, heard: Callable[[StreamEvent], None]) -> None:
        """Call `heard` with every event of this process, before its listeners: for what is kept about posts."""
        self._overhearing.append(heard)

    def heard(self, prefix: str) -> set[str] | None:
        """The channels of this beginning that anybody listens to; None where only other processes could say."""
        return {channel for channel in self._channels if channel.startswith(prefix)}

    def end_all(self) -> None:
        """End every connection of this process, and each that still comes: the server stops."""
        self.is_ending = True
        for channel in list(self._channels):
            self._end(channel)

    def _deliver(self, channels: Iterable[str], event: StreamEvent) -> None:
        for heard in self._overhearing:
            heard(event)
        for channel in channels:
            for listener in list(self._channels.get(channel, ())):
                listener.offer(event)

    def _end(self, channel: str) -> None:
        for listener in list(self._channels.get(channel, ())):
            listener.close()


def share_changes(changes: Changes, streams: Streams) -> None:
    """Let all processes of a site know when one of them changed something, where there are several."""
    if not streams.is_shared:
        return

    def heard(event: StreamEvent) -> None:
        if event.name == CHANGED:
            changes.happened_elsewhere()

    streams.overhear(heard)
    changes.hear(lambda: streams.publish("changes", CHANGED, ""))


def open_streams(queue_url: str, domain: str) -> Streams:
    """The streams for a site: of this process, or over the queue's Redis where there is one. Not connected yet."""
    if queue_url == "inprocess":
        return Streams()
    from sebangsa.redis_streams import RedisStreams

    return RedisStreams(queue_url, domain)
