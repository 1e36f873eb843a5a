"""What arrives together shares a commit; each is told about its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from federation import storing as storing_module
from federation.clock import SystemClock
from federation.database import sql
from federation.models import InboundActivity
from federation.storing import MOST, REMEMBERED_FOR, Arrival, Storing
from federation.wire import read_activity
from sebangsa.accounts import create_user
from sebangsa.site import Site


@pytest.fixture
async def actor_id(site: Site) -> int:
    return (await create_user(site, "ani")).actor.id


@pytest.fixture
def inserts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each INSERT that storing made."""
    made: list[int] = []

    async def counted(query: str, values: Any = ()) -> Any:
        made.append(query.count("'pending'"))
        return await sql.rows(query, values)

    monkeypatch.setattr("federation.storing.rows", counted)
    return made


def arrival(actor_id: int, number: int, body: str = "{}") -> Arrival:
    return Arrival(f"https://a.example/{number}", "Like", actor_id, "a.example", None, body)


async def stored() -> list[str]:
    return [row.uri.rpartition("/")[2] for row in await InboundActivity.all().order_by("id")]


async def test_one_that_comes_alone_is_written_at_once(site: Site, actor_id: int, inserts: list[int]) -> None:
    storing = Storing(site.clock, site.ids)
    assert await storing.store(arrival(actor_id, 1)) is True
    assert await storing.store(arrival(actor_id, 1)) is False
    assert inserts == [1, 1]


async def test_many_are_written_in_their_order_in_groups_of_few_sizes(
    site: Site, actor_id: int, inserts: list[int]
) -> None:
    storing = Storing(site.clock, site.ids)
    new = await asyncio.gather(*(storing.store(arrival(actor_id, number)) for number in range(77)))
    assert all(new)
    assert await stored() == [str(number) for number in range(77)]
    assert inserts == [MOST, MOST, 8, 4, 1]


async def test_the_same_twice_in_one_group_is_new_once(site: Site, actor_id: int) -> None:
    storing = Storing(site.clock, site.ids)
    new = await asyncio.gather(*(storing.store(arrival(actor_id, number % 2)) for number in range(8)))
    assert new == [True, True, *[False] * 6]
    assert await stored() == ["0", "1"]


async def test_one_that_the_database_refuses_spoils_no_other(site: Site, actor_id: int) -> None:
    storing = Storing(site.clock, site.ids)
    arrivals = [arrival(actor_id, number) for number in (1, 2, 3, 4)]
    arrivals[1] = replace(arrivals[1], type=None)  # type: ignore[arg-type]
    told = await asyncio.gather(*map(storing.store, arrivals), return_exceptions=True)
    assert [told[0], told[2], told[3]] == [True, True, True]
    assert isinstance(told[1], Exception)
    assert await stored() == ["1", "3", "4"]


async def test_one_who_goes_away_stops_nobody(site: Site, actor_id: int) -> None:
    storing = Storing(site.clock, site.ids)
    tasks = [asyncio.create_task(storing.store(arrival(actor_id, number))) for number in range(4)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1:] == [True, True, True]
    assert await stored() == ["0", "1", "2", "3"]


class LaterClock(SystemClock):
    """The machine's, put forward."""

    by = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.by


def read_arrival(actor_id: int, number: int) -> Arrival:
    document = {
        "id": f"https://a.example/{number}",
        "type": "Like",
        "actor": "https://a.example/ani",
        "object": "https://a.example/1",
    }
    activity = read_activity(document)
    return replace(arrival(actor_id, number, json.dumps(document)), document=document, activity=activity)


async def test_what_was_read_at_the_door_is_not_read_again(site: Site, actor_id: int) -> None:
    storing = Storing(site.clock, site.ids)
    storing.is_handled_here = True
    one = read_arrival(actor_id, 1)
    await storing.store(one)
    assert storing.read_lately(one.uri, one.body) == (one.document, one.activity)
    assert storing.read_lately(one.uri, one.body) is None  # asked for once
    await storing.store(two := read_arrival(actor_id, 2))
    assert storing.read_lately(two.uri, "{}") is None  # other bytes than those that stand there now


async def test_s140_what_came_first_is_remembered_and_no_more_than_there_is_room_for(
    site: Site, actor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first are wanted first; a flood of large ones fills no memory."""
    first, second, third = (read_arrival(actor_id, number) for number in range(3))
    monkeypatch.setattr(storing_module, "REMEMBERED", len(first.body) + len(second.body))
    storing = Storing(site.clock, site.ids)
    storing.is_handled_here = True
    for one in (first, second, third):
        await storing.store(one)
    assert storing.read_lately(third.uri, third.body) is None
    assert storing.read_lately(first.uri, first.body) is not None
    await storing.store(fourth := read_arrival(actor_id, 4))  # there is room again
    assert storing.read_lately(fourth.uri, fourth.body) is not None
    assert storing.read_lately(second.uri, second.body) is not None


async def test_what_another_process_handled_is_forgotten(site: Site, actor_id: int) -> None:
    clock = LaterClock()
    storing = Storing(clock, site.ids)
    await storing.store(one := read_arrival(actor_id, 1))
    assert storing.read_lately(one.uri, one.body) is None  # nothing is handled here
    storing.is_handled_here = True
    await storing.store(two := read_arrival(actor_id, 2))
    clock.by = REMEMBERED_FOR + 1
    await storing.store(read_arrival(actor_id, 3))
    assert storing.read_lately(two.uri, two.body) is None
