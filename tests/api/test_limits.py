"""Counting what somebody does, in memory and in Redis alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sebangsa.errors import TooMany
from sebangsa.limits import BUCKETS, Limiter, MemoryCounter


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


async def use_up(limiter: Limiter, key: str) -> TooMany:
    bucket = BUCKETS["register-app"]
    for used in range(1, bucket.amount + 1):
        assert (await limiter.hit("register-app", key)).remaining == bucket.amount - used
    with pytest.raises(TooMany) as refused:
        await limiter.hit("register-app", key)
    return refused.value


async def test_a_window_ends_and_another_key_has_its_own() -> None:
    clock = Clock()
    limiter = Limiter(clock, "inprocess")
    assert (await use_up(limiter, "a")).retry_after == BUCKETS["register-app"].seconds
    await limiter.hit("register-app", "b")
    clock.seconds += BUCKETS["register-app"].seconds
    await use_up(limiter, "a")


async def test_redis_counts_for_all_processes(redis_url: str) -> None:
    clock = Clock()
    await use_up(Limiter(clock, redis_url), "a")
    with pytest.raises(TooMany):
        await Limiter(clock, redis_url).hit("register-app", "a")


async def test_a_redis_that_is_away_turns_nobody_away_and_lifts_no_limit() -> None:
    clock = Clock()
    await use_up(Limiter(clock, "redis://127.0.0.1:1/0"), "a")


async def test_strangers_cannot_fill_the_memory() -> None:
    clock = Clock()
    counter = MemoryCounter(clock)
    for number in range(25_000):
        clock.seconds += 1
        await counter.count(f"stranger {number}", 60)
    assert len(counter._windows) <= MemoryCounter.SWEEP_AT + 1
