"""Live updates inside one process: a publish reaches whoever listens to the channel."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

BUFFER = 64
"""Events that a listener may fall behind; then it is closed and its page reconnects."""


@dataclass(frozen=True)
class StreamEvent:
    """`name` is the event's type, `data` its text (an id or a rendered fragment)."""

    name: str
    data: str


class Listener:
    """One open connection's queue."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[StreamEvent | None] = asyncio.Queue(BUFFER)
        self.is_closed = False

    def offer(self, event: StreamEvent | None) -> None:
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.is_closed = True


class Streams:
    """Channels by name: `user:{actor id}`, `chat:{id}`, `public`."""

    def __init__(self) -> None:
        self._channels: dict[str, set[Listener]] = defaultdict(set)

    def publish(self, channel: str, name: str, data: str) -> None:
        """Tell everybody who listens. Never blocks; who is too slow is dropped."""
        for listener in list(self._channels.get(channel, ())):
            listener.offer(StreamEvent(name, data))

    def listen(self, *channels: str) -> Listener:
        listener = Listener()
        for channel in channels:
            self._channels[channel].add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        listener.is_closed = True
        for channel in [name for name, listeners in self._channels.items() if listener in listeners]:
            self._channels[channel].discard(listener)
            if not self._channels[channel]:
                del self._channels[channel]

    def close_channel(self, channel: str) -> None:
        """End all connections of a channel (signed out, suspended: S-084)."""
        for listener in list(self._channels.get(channel, ())):
            listener.is_closed = True
            listener.offer(None)
