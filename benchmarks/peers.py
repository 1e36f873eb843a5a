"""Five hundred servers that take what they get, played by one process on the loopback network; and two that do not."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from federation.database import execute, transaction
from federation.federation import Federation
from federation.local_actors import create_local_actor
from federation.models import Actor, Follow, FollowState

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
SLOW = 10.0
"""Seconds that the slow one takes for each answer."""


@dataclass(frozen=True)
class Peers:
    """The ports of those that answer at once, of one that answers late, and of one that never does; `got` counts what the
    first took.
    """

    port: int
    slow_port: int
    dead_port: int
    got: Any

    def hosts(self, count: int) -> list[str]:
        return [f"127.1.{number // 250}.{number % 250 + 1}:{self.port}" for number in range(count)]


class _Sink(asyncio.Protocol):
    """The cheapest server that reads a POST to its end and says 202."""

    def __init__(self, got: Any, wait: float) -> None:
        self._got, self._wait = got, wait

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            if self._wait:
                asyncio.get_running_loop().call_later(self._wait, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)
                self._got.value += 1  # one process writes it


def _serve(ready: Connection, got: Any) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        quick = await loop.create_server(lambda: _Sink(got, 0.0), "0.0.0.0", 0, backlog=1024)
        slow = await loop.create_server(lambda: _Sink(got, SLOW), "0.0.0.0", 0)
        dead = socket.create_server(("0.0.0.0", 0), backlog=1)  # connections wait to be accepted, for ever
        ready.send([server.getsockname()[1] for server in (quick.sockets[0], slow.sockets[0], dead)])
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def peers() -> Iterator[Peers]:
    """All of them, until the block ends."""
    mine, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    got = context.Value("q", 0, lock=False)
    process = context.Process(target=_serve, args=(theirs, got), daemon=True)
    process.start()
    try:
        yield Peers(*mine.recv(), got)
    finally:
        process.terminate()
        process.join()


async def author_with_followers(fed: Federation, hosts: list[str], followers: int) -> Actor:
    """Ani, followed by so many people, one after the other on each host."""
    async with transaction():
        ani = await create_local_actor(fed, "Person", "ani")
        await add_followers(fed, ani, [hosts[number % len(hosts)] for number in range(followers)])
    await Actor.filter(id=ani.id).update(followers_count=followers)
    ani.followers_count = followers
    await execute("ANALYZE")  # what a server's database has done long before it has 2,000 followers
    return ani


async def add_followers(fed: Federation, target: Actor, hosts: list[str]) -> None:
    """One more follower on each of `hosts`, a host as often as it stands there."""
    now = fed.clock.now()
    people = []
    for host in hosts:
        number = fed.ids.next()
        base = f"http://{host}"
        people.append(
            Actor(
                id=number, uri=f"{base}/u/p{number}", type="Person", username=f"p{number}", domain=host, host=host,
                inbox_url=f"{base}/u/p{number}/inbox", shared_inbox_url=f"{base}/inbox", created_at=now, updated_at=now,
            )
        )  # fmt: skip
    follows = [
        Follow(
            id=fed.ids.next(), follower_id=person.id, target_id=target.id, state=FollowState.ACCEPTED,
            uri=person.uri + "/follow", created_at=now,
        )
        for person in people
    ]  # fmt: skip
    await Actor.bulk_create(people, batch_size=200)
    await Follow.bulk_create(follows, batch_size=500)
