"""The same told twice at one moment, by two connections: it counts once, and nobody's writing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from communities.describing import Description
from communities.founding import create_community
from communities.moderating import hide, show
from federation.database import transaction
from federation.models import Actor
from sebangsa.models import Post
from sebangsa.posting import Draft, create_post, erase
from tests.instances import Instance

Start = Callable[..., Awaitable[Instance]]


async def _posts_of(actor: Actor) -> int:
    return (await Actor.get(id=actor.id)).posts_count


async def test_removals_and_deletions(start: Start, database: str) -> None:
    warga = await start("warga", database=database)
    ani = await warga.user("ani")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        post = await create_post(site, ani.actor, Draft(source="Got", name="Banjir", community=group))
        await create_post(site, ani.actor, Draft(source="Got", name="Lampu", community=group))
        copies = [await Post.get(id=post.id) for _ in range(2)]

        async def all_copies(act: Callable[[Post], Awaitable[object]]) -> tuple[int, int]:
            async def once(one: Post) -> None:
                async with transaction():
                    await act(one)

            await asyncio.gather(*(once(one) for one in copies))
            return await _posts_of(ani.actor), await _posts_of(group)

        assert await all_copies(lambda one: hide(site, one)) == (1, 1)
        assert await all_copies(show) == (2, 2)
        assert (await all_copies(lambda one: erase(site, one)))[0] == 1
