"""What ends with a follow, and what is counted when this server's moderators hide a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from communities import membership
from communities.describing import Description
from communities.founding import create_community
from communities.models import Membership, Role
from federation.models import Actor, Follow
from moderation import removing
from sebangsa.models import Post
from sebangsa.models import Role as SiteRole
from sebangsa.posting import Draft, create_post, delete_post
from tests.api.calling import Caller
from tests.instances import Instance


async def test_an_app_that_stops_following_a_community_leaves_it_with_its_role(
    start: Callable[..., Awaitable[Instance]], database: str
) -> None:
    warga = await start("warga", database=database)
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        await membership.join(site, budi.actor, group)
        await membership.appoint(site, ani.actor, group, budi.actor)
    for user, status in ((budi, 200), (ani, 403)):
        app = await Caller.of(warga, user)
        answer = await app("POST", f"/api/v1/accounts/{group.id}/unfollow")
        assert answer.status == status, user.actor.username
    async with warga.inside():
        roles = {held.actor_id: held.role for held in await Membership.filter(community_id=group.id)}
        assert roles == {ani.actor_id: Role.OWNER, budi.actor_id: Role.MEMBER}
        assert await Follow.filter(target_id=group.id).values_list("follower_id", flat=True) == [ani.actor_id]
        assert (await Actor.get(id=group.id)).followers_count == 1


async def test_counts_stay_true_when_posts_are_hidden_shown_and_deleted(
    start: Callable[..., Awaitable[Instance]], database: str
) -> None:
    warga = await start("warga", database=database)
    ani = await warga.user("ani")
    mod = await warga.user("mod", role=SiteRole.MODERATOR)
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        posts = [
            await create_post(site, ani.actor, Draft(source="Got", name=f"Banjir {n}", community=group))
            for n in range(3)
        ]

        async def counted() -> tuple[int, int]:
            return (
                (await Actor.get(id=ani.actor_id)).posts_count,
                (await Actor.get(id=group.id)).posts_count,
            )

        assert await counted() == (3, 3)
        first = [await Post.get(id=posts[0].id) for _ in range(2)]
        await asyncio.gather(*(removing.remove_post(site, mod, post, "iklan") for post in first))
        assert await counted() == (2, 2)
        await removing.restore_post(site, mod, first[0], "")
        await removing.restore_post(site, mod, first[1], "")
        assert await counted() == (3, 3)
        await removing.remove_post(site, mod, await Post.get(id=posts[1].id), "iklan")
        await delete_post(site, ani.actor, await Post.get(id=posts[1].id))
        assert await counted() == (2, 2)
        await removing.restore_post(site, mod, await Post.get(id=posts[1].id), "")
        await delete_post(site, ani.actor, await Post.get(id=posts[2].id))
        await removing.remove_post(site, mod, await Post.get(id=posts[2].id), "iklan")
        assert await counted() == (1, 1)
