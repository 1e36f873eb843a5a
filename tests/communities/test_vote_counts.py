"""Who comes late does not begin at zero: counts are told, believed from who counts, and nobody counts twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from communities.describing import Description
from communities.founding import create_community
from communities.membership import join
from federation.models import Actor
from sebangsa import boosting, voting
from sebangsa.counts import IN_FLIGHT
from sebangsa.lookup import find_actor
from sebangsa.models import Post, Visibility
from sebangsa.posting import Draft, create_post
from tests.communities.village import Village, announce
from tests.foreign_server import PUBLIC
from tests.instances import Instance, settle

AS2 = {"accept": "application/activity+json"}


async def counts(at: Instance, uri: str) -> tuple[int, int, int]:
    async with at.inside():
        post = await Post.get(uri=uri)
        return post.likes_count, post.dislikes_count, post.boosts_count


async def shown(at: Instance, uri: str) -> Any:
    async with at.http.get(uri, headers=AS2) as answer:
        return await answer.json(content_type=None) if answer.status == 200 else answer.status


async def test_a_late_joiner_reads_the_counts_and_new_votes_are_added(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    people = [await warga.user(name) for name in ("ani", "citra", "dewi")]
    ani, citra, dewi = people
    budi = await kota.user("budi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        thread = await create_post(site, ani.actor, Draft(source="Got", name="Banjir", community=group))
        comment = await create_post(site, citra.actor, Draft(source="Ya", in_reply_to=thread))
        for user in (citra, dewi):
            await voting.vote(site, user.actor, thread, 1)
        await voting.vote(site, ani.actor, comment, -1)
        await boosting.boost(site, dewi.actor, thread)
        private = await create_post(site, ani.actor, Draft(source="rahasia", visibility=Visibility.FOLLOWERS))
    await settle(warga)
    document = await shown(warga, thread.uri)
    assert [document[name]["totalItems"] for name in ("likes", "dislikes", "shares")] == [2, 0, 1]
    told = await shown(warga, f"{thread.uri}/likes")
    assert (told["id"], told["type"], told["totalItems"]) == (f"{thread.uri}/likes", "Collection", 2)
    assert "citra" not in json.dumps(told)
    assert "citra" not in json.dumps(document)
    assert await shown(warga, f"{private.uri}/likes") == 404

    async with kota.inside() as site:
        found = await find_actor(site, f"@tebet@{warga.site.settings.domain}")
        assert found is not None
        await join(site, budi.actor, found)
    await settle(warga, kota)
    assert await counts(kota, thread.uri) == (2, 0, 1)
    assert await counts(kota, comment.uri) == (0, 1, 0)
    async with kota.inside() as site:
        await voting.vote(site, budi.actor, await Post.get(uri=thread.uri), 1)
    await settle(warga, kota)
    assert await counts(kota, thread.uri) == await counts(warga, thread.uri) == (3, 0, 1)
    async with kota.inside():
        assert (await Post.get(uri=thread.uri)).unnamed_likes == 2


async def test_s055_no_vote_counts_twice_and_no_host_lifts_its_posts_elsewhere(village: Village) -> None:
    many = {"type": "Collection", "totalItems": 500}
    group, writer = village.group_of(village.good), village.good.actor("rini")
    await village.follow(group)
    claim = {"likes": {"type": "Collection", "totalItems": 5}, "dislikes": many | {"totalItems": 1}}
    old = writer.note("lama", "<p>Got</p>", to=[group.uri, PUBLIC], audience=group.uri, **claim)
    await village.deliver(group, announce(group, old["id"]))
    assert await counts(village.warga, old["id"]) == (5, 1, 0)
    liar = village.evil.actor("mallory")
    lifted = liar.note("angkat", "<p>Beli</p>", to=[group.uri, PUBLIC], audience=group.uri, likes=many)
    await village.deliver(group, announce(group, lifted["id"]))
    assert await counts(village.warga, lifted["id"]) == (0, 0, 0)

    first, second, third = (village.good.actor(name) for name in ("satu", "dua", "tiga"))
    await village.deliver(group, announce(group, first.activity("Like", old["id"])))  # it was on its way
    assert await counts(village.warga, old["id"]) == (5, 1, 0)
    async with village.warga.inside():
        post = await Post.get(uri=old["id"])
        assert post.unnamed_likes == 4
        assert post.counted_at is not None
        await Post.filter(id=post.id).update(counted_at=post.counted_at - 2 * IN_FLIGHT)
    early = (post.counted_at - timedelta(days=1)).isoformat()
    await village.deliver(group, announce(group, second.activity("Like", old["id"], published=early)))
    assert await counts(village.warga, old["id"]) == (5, 1, 0)
    like = third.activity("Like", old["id"])
    await village.deliver(group, announce(group, like))
    assert await counts(village.warga, old["id"]) == (6, 1, 0)
    await village.deliver(group, announce(group, third.activity("Undo", like)))
    assert await counts(village.warga, old["id"]) == (5, 1, 0)

    edited = old | {"content": "<p>Got mampet</p>", "updated": "2026-11-25T00:00:00Z"}
    edited |= {"likes": {"type": "Collection", "totalItems": 9}}
    await village.deliver(writer, writer.activity("Update", edited))
    assert await counts(village.warga, old["id"]) == (9, 1, 0)
    edited |= {"likes": {"type": "Collection", "totalItems": 0}, "updated": "2026-11-25T00:01:00Z"}
    await village.deliver(writer, writer.activity("Update", edited))
    assert await counts(village.warga, old["id"]) == (2, 1, 0)  # two we know by name
    async with village.warga.inside():
        assert await Actor.filter(type="Group").count() == 2
