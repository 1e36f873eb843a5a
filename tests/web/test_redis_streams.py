"""Live updates between processes, over a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sebangsa.redis_streams import RedisStreams
from sebangsa.streams import Listener, Streams, open_streams


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[RedisStreams, RedisStreams]]:
    pair = RedisStreams(redis_url, "warga.example"), RedisStreams(redis_url, "warga.example")
    for streams in pair:
        await streams.open()
        await asyncio.wait_for(streams.is_hearing.wait(), 10)
    yield pair
    for streams in pair:
        await streams.close()


async def _events(listener: Listener, count: int) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    while len(found) < count:
        await asyncio.wait_for(listener.wait(), 10)
        found += [(event.name, event.data, event.id) for event in listener.take()]
    return found


async def test_an_event_is_heard_once_in_every_process_and_in_order(
    two: tuple[RedisStreams, RedisStreams],
) -> None:
    here, there = two
    listeners = [here.listen("user:1"), there.listen("user:1"), there.listen("user:2")]
    for number in range(20):
        here.publish("user:1", "chat", str(number), id=number)
    there.publish("user:2", "chat", "last")
    expected = [("chat", str(number), number) for number in range(20)]
    assert await _events(listeners[0], 20) == expected
    assert await _events(listeners[1], 20) == expected
    assert await _events(listeners[2], 1) == [("chat", "last", 0)]


async def test_s084_a_channel_ended_in_one_process_ends_in_all(
    two: tuple[RedisStreams, RedisStreams],
) -> None:
    here, there = two
    listener, other = there.listen("user:1"), there.listen("user:2")
    here.close_channel("user:1")
    await asyncio.wait_for(listener.wait(), 10)
    assert listener.is_closed
    assert not other.is_closed


async def test_sites_on_one_redis_hear_nothing_of_each_other(
    redis_url: str, two: tuple[RedisStreams, RedisStreams]
) -> None:
    foreign = RedisStreams(redis_url, "kota.example")
    await foreign.open()
    await asyncio.wait_for(foreign.is_hearing.wait(), 10)
    listener, own = foreign.listen("user:1"), two[1].listen("user:1")
    two[0].publish("user:1", "chat", "x")
    await _events(own, 1)
    foreign.publish("user:1", "chat", "own")
    assert await _events(listener, 1) == [("chat", "own", 0)]
    await foreign.close()


async def test_without_redis_nothing_fails_and_nobody_waits() -> None:
    lost = RedisStreams("redis://127.0.0.1:1/0", "warga.example")
    await lost.open()
    listener = lost.listen("user:1")
    lost.publish("user:1", "chat", "x")
    lost.close_channel("user:1")
    assert listener.is_closed
    await lost.close()


async def test_one_process_needs_no_redis() -> None:
    assert type(open_streams("inprocess", "warga.example")) is Streams
