"""Transactions: what they count, what they call, how they end, on both databases."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from federation.database import (
    after_commit,
    execute,
    insert,
    is_postgres,
    rows,
    savepoint,
    tally,
    transaction,
)
from federation.models import Actor
from sebangsa.accounts import create_user
from sebangsa.models import Post, PostTag
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


async def _insert(site: Site, author_id: int, uri: str) -> Post:
    return await insert(
        Post, id=site.ids.next(), uri=uri, url=uri, author_id=author_id, created_at=site.clock.now()
    )


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The first words of the statements so far that touch posts."""
    caplog.set_level(logging.DEBUG, "tortoise.db_client")

    def statements() -> list[str]:
        told = [str(record.args[0]) for record in caplog.records if record.args]
        return [statement.split()[0] for statement in told if re.search(r"\bpost(s|_tags)\b", statement)]

    return statements


async def test_rows_that_nobody_reads_are_written_together_when_the_transaction_ends(
    site: Site, said: Callable[[], list[str]]
) -> None:
    ani, _ = await two(site)
    async with transaction():
        for number in range(3):
            post = await _insert(site, ani, f"https://a.example/{number}")
            await insert(PostTag, id=site.ids.next(), name="tebet", post=post)
            await Actor.get(id=ani)  # tells `posts_count`, and nothing of posts
        assert said() == []
    assert said() == ["INSERT", "INSERT"]
    assert await Post.all().count() == await PostTag.all().count() == 3


async def test_rows_that_wait_are_there_for_whoever_asks(site: Site) -> None:
    ani, budi = await two(site)
    async with transaction():
        post = await _insert(site, ani, "https://a.example/1")
        assert await Post.filter(author_id=ani).count() == 1
        await insert(PostTag, id=site.ids.next(), name="tebet", post=post)
        assert await PostTag.filter(post_id=post.id).delete() == 1
        await _insert(site, budi, "https://a.example/2")
        assert await execute("UPDATE posts SET name = ? WHERE author_id = ?", ["Banjir", budi]) == 1
        await _insert(site, budi, "https://a.example/3")
        async with savepoint():
            await _insert(site, budi, "https://a.example/4")
            assert await Post.filter(author_id=budi).count() == 3
    assert await PostTag.all().count() == 0
    assert await Post.all().order_by("uri").values_list("name", flat=True) == ["", "Banjir", "", ""]


async def test_rows_that_wait_end_with_their_transaction_or_its_part(site: Site) -> None:
    ani, _ = await two(site)

    async def fail(part: Callable[[], AbstractAsyncContextManager[None]], uri: str) -> None:
        async with part():
            await _insert(site, ani, uri)
            raise LookupError

    with pytest.raises(LookupError):
        await fail(transaction, "https://a.example/1")
    async with transaction():
        await _insert(site, ani, "https://a.example/2")
        with pytest.raises(LookupError):
            await fail(savepoint, "https://a.example/3")
    assert await Post.all().values_list("uri", flat=True) == ["https://a.example/2"]


async def test_a_row_that_the_database_refuses_at_the_end_spoils_its_transaction_and_no_other(
    site: Site,
) -> None:
    ani, budi = await two(site)

    async def write(*uris: str) -> None:
        async with transaction():
            await tally(Actor, budi, posts_count=1)
            for uri in uris:
                await _insert(site, ani, uri)

    with pytest.raises(IntegrityError):
        await write("https://a.example/1", "https://a.example/1", "https://a.example/2")
    assert await posts_of(budi) == 0
    await _insert(site, ani, "https://a.example/1")
    assert await Post.all().count() == 1
