"""A peer that was away for hours: all that it missed is there minutes after its return, in the order it happened."""

from __future__ import annotations

import json

import pytest

from federation.models import Delivery
from federation.retry import SILENT_AT_THIS
from federation.transport import Response
from tests.federation.delivering import World, answer
from tests.simulation.network import SimulatedRequest

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


async def test_one_activity_that_makes_a_peer_fall_silent_does_not_hold_up_the_rest(world: World) -> None:
    """What stands in front of a server says 504 for the one that makes it hang, and the others would pass."""
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")

    async def chokes(request: SimulatedRequest) -> Response:
        return answer(504 if json.loads(request.body)["number"] == 1 else 202)

    peer.always = chokes
    for _ in range(40):
        await world.to(budi)
    await _live(world, 300)
    passed = [number for number in peer.numbers if number != 1]
    assert passed == list(range(2, 41))
    poison = await Delivery.all().order_by("id").first()
    assert poison is not None
    assert poison.reason.startswith(SILENT_AT_THIS)
    for _ in range(3):  # nor later on: it has its own clock, and its peer's return does not bring it forward
        await world.to(budi)
        await _live(world, 300)
    assert peer.numbers[-1] == 43
    assert peer.numbers.count(1) <= 7


async def test_a_look_past_the_first_loses_no_order_when_the_peer_is_away(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.always = answer(503)
    for _ in range(6):
        await world.to(budi)
    await _live(world, 3000)
    assert set(peer.numbers) == {1, 2}  # the second was tried too, now and then
    peer.got.clear()
    peer.always = answer(202)
    await _live(world, 600)
    assert peer.numbers == [1, 2, 3, 4, 5, 6]
