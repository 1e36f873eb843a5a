"""What is kept for some seconds: read by one of a crowd, never from before a change made here."""

from __future__ import annotations

import asyncio

import pytest

from federation.kept import Kept
from tests.simulation.network import SimulatedClock


class _Source:
    """Answers with `value`, once `gate` is open."""

    def __init__(self) -> None:
        self.value = 1
        self.times_read = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> int:
        self.times_read += 1
        value = self.value
        await self.gate.wait()
        return value


async def test_it_is_read_again_when_it_is_old() -> None:
    clock, source = SimulatedClock(), _Source()
    kept = Kept(clock, 5.0, source.read)
    assert [await kept.current(), await kept.current()] == [1, 1]
    source.value = 2
    await clock.advance(4.0)
    assert await kept.current() == 1
    await clock.advance(2.0)
    assert await kept.current() == 2
    assert source.times_read == 2


async def test_of_a_crowd_one_reads_and_the_others_do_not_wait() -> None:
    clock, source = SimulatedClock(), _Source()
    kept = Kept(clock, 5.0, source.read)
    await kept.current()
    source.value = 2
    await clock.advance(6.0)
    source.gate.clear()
    one = asyncio.create_task(kept.current())
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        assert [await kept.current() for _ in range(30)] == [1] * 30
    source.gate.set()
    assert await one == 2
    assert await kept.current() == 2
    assert source.times_read == 2


async def test_a_change_made_while_it_is_read_counts_at_once() -> None:
    """A domain that is blocked while somebody reads the list is blocked from then on."""
    source = _Source()
    kept = Kept(SimulatedClock(), 5.0, source.read)
    source.gate.clear()
    early = asyncio.create_task(kept.current())
    await asyncio.sleep(0)
    source.value = 2
    kept.forget()
    source.gate.set()
    assert await early == 1
    assert await kept.current() == 2


async def test_a_reading_that_fails_or_is_given_up_leaves_the_question_open() -> None:
    clock, source = SimulatedClock(), _Source()
    kept = Kept(clock, 5.0, source.read)
    source.gate.clear()
    given_up = asyncio.create_task(kept.current())
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    source.gate.set()
    source.value = 2
    assert await kept.current() == 2
