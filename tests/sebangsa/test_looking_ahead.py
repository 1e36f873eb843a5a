"""What a group of activities asks is asked once, and what one of them writes is seen by the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient

from federation.models import FollowState, InboundActivity
from federation.processing import _Processing, process_inbox
from sebangsa.models import Post
from tests.foreign_server import PUBLIC, Actor, foreign_server
from tests.instances import Instance, settle
from tests.sebangsa.street import Street


async def arrive(street: Street, sender: Actor, *activities: dict[str, Any]) -> None:
    """All of them before the first is handled."""
    for activity in activities:
        status, answer = await sender.send(street.warga, activity)
        assert status == 202, answer


@pytest.fixture
def went_alone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The activities that could not be handled with their group, by id."""
    found: list[str] = []
    really = _Processing._leave

    async def leave(self: _Processing, rows: list[Any]) -> None:
        found.extend(row.uri for row in rows)
        await really(self, rows)

    monkeypatch.setattr(_Processing, "_leave", leave)
    return found


async def test_what_one_of_a_group_writes_is_seen_by_the_next(
    database: str, start: Callable[..., Awaitable[Instance]], went_alone: list[str]
) -> None:
    warga = await start("warga", database=database)
    ani = await warga.user("ani")
    async with foreign_server("good") as good:
        street = Street(warga, ani, good, good)
        rini, tono = good.actor("rini"), good.actor("tono")
        await street.follow(rini)

        # S-048: a Delete that comes with its Create, and before it.
        early = rini.note("early", "<p>Terlambat</p>")
        await arrive(
            street, rini, rini.activity("Delete", early["id"], to=[PUBLIC]), rini.activity("Create", early)
        )
        # The same post twice, under two ids.
        twice = rini.note("twice", "<p>Dua kali</p>")
        again = rini.activity("Create", twice)
        await arrive(street, rini, again, again | {"id": f"{again['id']}-2"})
        await settle(warga)
        assert await street.find(early["id"]) is None
        assert await street.find(twice["id"]) is not None
        assert went_alone == []

        # An Accept, and the first post that it lets in.
        made = await street.follow(tono, FollowState.PENDING)
        follow = {"id": made.uri, "type": "Follow", "actor": ani.actor.uri, "object": tono.uri}
        first = tono.note("first", "<p>Halo</p>")
        await arrive(street, tono, tono.activity("Accept", follow), tono.activity("Create", first))
        await settle(warga)
        assert await street.find(first["id"]) is not None
        async with warga.inside():
            others = await InboundActivity.exclude(state="done").values_list("reason", flat=True)
            assert [str(reason).partition(" ")[0] for reason in others] == ["overtaken"]  # the Delete's mark


async def test_the_questions_of_a_group_do_not_grow_with_it(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)

    async def questions(first: int, count: int) -> int:
        notes = [rini.note(str(number), "<p>Halo</p>") for number in range(first, first + count)]
        await arrive(street, rini, *(rini.activity("Create", note) for note in notes))
        asked: list[str] = []
        really = SqliteClient.execute_query

        async def counting(self: SqliteClient, query: str, *values: Any) -> Any:
            if query.lstrip().startswith("SELECT"):
                asked.append(query)
            return await really(self, query, *values)

        async with street.warga.inside() as site:
            before = await Post.all().count()
            with monkeypatch.context() as patched:
                patched.setattr(SqliteClient, "execute_query", counting)
                await process_inbox(site.federation)
            assert await Post.all().count() == before + count
        return len(asked)

    assert await questions(0, 2) == await questions(100, 12)
