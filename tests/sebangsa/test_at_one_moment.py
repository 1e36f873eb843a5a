"""The same told twice at one moment, by two connections: it counts once, and nobody's writing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from federation.database import tally, transaction
from federation.models import Actor, Follow, OutboundActivity
from sebangsa import boosting, following
from sebangsa.models import Post, User
from sebangsa.posting import Draft, create_post, edit_post
from sebangsa.voting import vote, write_vote
from tests.api.calling import Caller
from tests.instances import Instance

Start = Callable[..., Awaitable[Instance]]


async def _twice(act: Callable[[], Awaitable[object]]) -> None:
    async def once() -> None:
        async with transaction():
            await act()

    await asyncio.gather(once(), once())


async def _counts(post: Post) -> tuple[int, int, int]:
    now = await Post.get(id=post.id)
    return now.likes_count, now.dislikes_count, now.boosts_count


@pytest.fixture
async def people(start: Start, database: str) -> tuple[Instance, User, User]:
    warga = await start("warga", database=database)
    return warga, await warga.user("ani"), await warga.user("budi")


async def test_votes_and_boosts(people: tuple[Instance, User, User]) -> None:
    warga, ani, budi = people
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft(source="Banjir"))

        for value, after in ((1, (1, 0, 0)), (-1, (0, 1, 0)), (0, (0, 0, 0)), (1, (1, 0, 0))):
            await _twice(lambda value=value: write_vote(site, budi.actor, post, value, f"urn:{value}"))
            assert await _counts(post) == after
        await asyncio.gather(*(vote(site, budi.actor, post, 0) for _ in range(2)))
        assert await _counts(post) == (0, 0, 0)

        boosted, again = await asyncio.gather(*(boosting.boost(site, budi.actor, post) for _ in range(2)))
        assert boosted.id == again.id
        assert await _counts(post) == (0, 0, 1)
        await asyncio.gather(*(boosting.unboost(site, budi.actor, post) for _ in range(2)))
        await _twice(lambda: boosting.end_boost(boosted))
        assert await _counts(post) == (0, 0, 0)


async def test_follows(people: tuple[Instance, User, User]) -> None:
    warga, ani, budi = people
    async with warga.inside() as site:
        await ani.actor.change(manually_approves_followers=True)
        made, again = await asyncio.gather(*(following.follow(site, budi.actor, ani.actor) for _ in range(2)))
        assert made.id == again.id
        assert await OutboundActivity.filter(type="Follow").count() == 1
        copies = [await Follow.get(id=made.id) for _ in range(2)]
        await asyncio.gather(*(following.accept(site, one, budi.actor, ani.actor) for one in copies))
        assert (await Actor.get(id=ani.actor_id)).followers_count == 1
        # One of them still believes that nobody answered.
        copies[0].state = following.FollowState.PENDING
        await asyncio.gather(*(following.reject(site, one, budi.actor, ani.actor) for one in copies))
        assert (await Actor.get(id=ani.actor_id)).followers_count == 0
        assert (await Actor.get(id=budi.actor_id)).following_count == 0


async def test_an_edit_takes_nothing_back_that_others_wrote_meanwhile(
    people: tuple[Instance, User, User],
) -> None:
    warga, ani, budi = people
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft(source="Banjir"))
        before = await Post.get(id=post.id)
        await vote(site, budi.actor, await Post.get(id=post.id), 1)
        await Post.filter(id=post.id).update(is_locked=True)
        await edit_post(site, ani.actor, before, source="Banjir besar")
        now = await Post.get(id=post.id)
        assert (now.source, now.likes_count, now.is_locked) == ("Banjir besar", 1, True)

        known = await Actor.get(id=ani.actor_id)
        await tally(Actor, known.id, followers_count=5)
        await known.change(name="Ibu Ani")
        assert (await Actor.get(id=known.id)).followers_count == 5
        with pytest.raises(TypeError, match="name what changed"):
            await known.save()


async def test_markers_of_two_devices(people: tuple[Instance, User, User]) -> None:
    warga, ani, _ = people
    app = await Caller.of(warga, ani)
    answers = await asyncio.gather(
        *(app("POST", "/api/v1/markers", json={"home": {"last_read_id": str(n)}}) for n in range(1, 5))
    )
    assert [answer.status for answer in answers] == [200] * 4
    assert (await app.get("/api/v1/markers", **{"timeline[]": "home"}))["home"]["version"] == 4
