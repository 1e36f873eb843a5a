"""Transactions: what they count, what they call, how they end, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from federation.database import after_commit, is_postgres, rows, savepoint, tally, transaction
from federation.models import Actor
from sebangsa.accounts import create_user
from sebangsa.site import Site


async def two(site: Site) -> tuple[int, int]:
    """Ids of two people, in order."""
    ani, budi = [(await create_user(site, name)).actor.id for name in ("ani", "budi")]
    return min(ani, budi), max(ani, budi)


async def posts_of(actor_id: int) -> int:
    return (await Actor.get(id=actor_id)).posts_count


async def test_counts_are_written_when_the_transaction_ends_and_once_for_each_row(site: Site) -> None:
    ani, _ = await two(site)
    after = []

    async def then() -> None:
        after.append(await posts_of(ani))

    async with transaction():
        for _ in range(3):
            await tally(Actor, ani, posts_count=1, then=then)
        async with transaction():  # joined
            await tally(Actor, ani, posts_count=-1, followers_count=1)
        assert await posts_of(ani) == 0
    actor = await Actor.get(id=ani)
    assert (actor.posts_count, actor.followers_count) == (2, 1)
    assert after == [2]


async def test_a_count_outside_a_transaction_is_written_at_once(site: Site) -> None:
    ani, _ = await two(site)
    await tally(Actor, ani, posts_count=1)
    assert await posts_of(ani) == 1


async def test_the_latest_moment_never_goes_back(site: Site) -> None:
    ani, _ = await two(site)
    now = site.clock.now()
    for moments in ([now - timedelta(days=1)], [now, now - timedelta(days=2)], [now - timedelta(hours=1)]):
        async with transaction():
            for moment in moments:
                await tally(Actor, ani, posts_count=1, latest={"last_post_at": moment})
    actor = await Actor.get(id=ani)
    assert (actor.posts_count, actor.last_post_at) == (4, now)


async def test_what_is_rolled_back_counts_and_calls_nothing(site: Site) -> None:
    ani, budi = await two(site)
    called: list[str] = []

    async def fail(part: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        async with part():
            await tally(Actor, ani, posts_count=10)
            await Actor.filter(id=budi).update(username="other")
            after_commit(lambda: called.append("lost"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail(transaction)
    async with transaction():
        await tally(Actor, ani, posts_count=1)
        async with savepoint():
            await tally(Actor, budi, posts_count=5)
            after_commit(lambda: called.append("kept"))
        with pytest.raises(LookupError):
            await fail(savepoint)
        assert called == []
    assert (await posts_of(ani), await posts_of(budi), called) == (1, 5, ["kept"])
    assert (await Actor.get(id=budi)).username == "budi"


async def test_two_that_count_the_same_rows_in_different_order_do_not_wait_for_each_other(site: Site) -> None:
    """Written where they stand, PostgreSQL would end one of the two after a second: a deadlock."""
    ani, budi = await two(site)
    met = asyncio.Barrier(2 if is_postgres() else 1)  # SQLite has one writer: there the second waits to begin

    async def count(*order: int) -> None:
        async with transaction():
            await tally(Actor, order[0], posts_count=1)
            await met.wait()
            await tally(Actor, order[1], posts_count=1)

    await asyncio.wait_for(asyncio.gather(count(ani, budi), count(budi, ani)), 10)
    assert (await posts_of(ani), await posts_of(budi)) == (2, 2)


async def test_other_tasks_get_their_turn_between_the_statements_of_a_transaction(site: Site) -> None:
    await two(site)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    async with transaction():
        before = turns
        for _ in range(20):
            await rows("SELECT 1 AS one")
        assert turns - before >= 20
    other.cancel()


async def test_a_transaction_that_the_database_refuses_leaves_the_next_one_whole(site: Site) -> None:
    ani, _ = await two(site)

    async def again() -> None:
        async with transaction():
            await tally(Actor, ani, posts_count=1)
            [values] = await Actor.filter(id=ani).values()
            await Actor.create(**values | {"id": 1})

    with pytest.raises(IntegrityError):
        await again()
    await tally(Actor, ani, posts_count=1)
    assert await posts_of(ani) == 1


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_second_process_that_writes_is_waited_for(site: Site) -> None:
    ani, _ = await two(site)
    other = sqlite3.connect(site.settings.database_url.removeprefix("sqlite://"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def let_go() -> None:
        await asyncio.sleep(0.2)
        other.execute("COMMIT")

    letting_go = asyncio.create_task(let_go())
    await tally(Actor, ani, posts_count=1)
    await letting_go
    other.close()
    assert await posts_of(ani) == 1
