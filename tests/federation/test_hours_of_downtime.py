"""A peer that was away for hours: all that it missed is there minutes after its return, in the order it happened."""

from __future__ import annotations

import pytest

from federation.transport import Response
from tests.federation.delivering import World, answer

TWO_HOURS = 2 * 3600
SAID_EVERY = 30


async def _live(world: World, seconds: float) -> None:
    """Time passes as on a server: the sweep looks every half minute."""
    end = world.clock.time() + seconds
    while world.clock.time() < end:
        await world.deliver()
        await world.clock.advance(30)


@pytest.mark.parametrize("down", [answer(503), answer(502), None])
async def test_two_hours_of_downtime_are_made_good_within_ten_minutes_in_order(
    world: World, down: Response | None
) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await world.to(budi)
    await world.deliver()
    if down is None:
        world.network.take_down("a.example")
    else:
        peer.always = down
    for _ in range(TWO_HOURS // SAID_EVERY):
        await world.to(budi)
        await _live(world, SAID_EVERY)
    peer.got.clear()
    peer.always = answer(202)
    world.network.bring_up("a.example")
    await _live(world, 600)
    assert peer.numbers == list(range(2, 2 + TWO_HOURS // SAID_EVERY))
    assert set(await world.states()) == {"delivered"}
    row = await world.row_of("a.example")
    assert (row.failures, row.retry_at) == (0, None)
