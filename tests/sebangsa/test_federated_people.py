"""People on two servers, over real HTTP: what one does arrives at the other, once, and nothing else does."""

from __future__ import annotations

from federation.models import Follow, FollowState
from sebangsa import boosting, following, posting, timelines, voting
from sebangsa.lookup import find_actor
from sebangsa.models import Mention, Notification, Post, Visibility
from sebangsa.posting import Draft
from tests.instances import Instance, settle, unfinished

Pair = tuple[Instance, Instance]


async def _friends(warga: Instance, kota: Instance) -> tuple[int, int]:
    """Ani at warga and Budi at kota follow each other; ids of their own accounts."""
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with warga.inside() as site:
        found = await find_actor(site, f"@budi@{kota.site.settings.domain}")
        assert found is not None
        await following.follow(site, ani.actor, found)
    await settle(warga, kota)
    async with kota.inside() as site:
        found = await find_actor(site, f"@ani@{warga.site.settings.domain}")
        assert found is not None
        await following.follow(site, budi.actor, found)
    await settle(warga, kota)
    return ani.actor_id, budi.actor_id


async def test_a_follow_is_asked_accepted_and_counted_on_both_sides(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani_id, budi_id = await _friends(warga, kota)
    async with warga.inside():
        assert {f.state for f in await Follow.all()} == {FollowState.ACCEPTED}
        ani = await following.Actor.get(id=ani_id)
        assert (ani.followers_count, ani.following_count) == (1, 1)
    async with kota.inside():
        assert await Notification.filter(recipient_id=budi_id, type="follow").count() == 1
    assert await unfinished(warga.site) == {"inbound": [], "deliveries": []}
    assert await unfinished(kota.site) == {"inbound": [], "deliveries": []}


async def test_a_post_reaches_its_followers_home_with_its_mention_and_tag(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani_id, budi_id = await _friends(warga, kota)
    async with warga.inside() as site:
        ani = await following.Actor.get(id=ani_id)
        source = f"Halo @budi@{kota.site.settings.domain}, lihat #Tebet **hari ini**"
        post = await posting.create_post(site, ani, Draft(source=source))
    await settle(warga, kota)
    async with kota.inside() as site:
        budi = await following.Actor.get(id=budi_id)
        [seen] = await timelines.page_of(timelines.home(budi), timelines.Window())
        assert seen.uri == post.uri
        assert "<strong>hari ini</strong>" in seen.content
        assert [tag.name for tag in seen.tags] == ["tebet"]
        assert [mention.actor_id for mention in seen.mentions] == [budi_id]
        assert await Notification.filter(recipient_id=budi_id, type="mention").count() == 1


async def test_a_reply_a_like_a_boost_and_their_undoing_travel_back(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani_id, budi_id = await _friends(warga, kota)
    async with warga.inside() as site:
        ani = await following.Actor.get(id=ani_id)
        post = await posting.create_post(site, ani, Draft(source="Banjir di gang"))
    await settle(warga, kota)
    async with kota.inside() as site:
        budi = await following.Actor.get(id=budi_id)
        seen = await Post.get(uri=post.uri)
        await posting.create_post(site, budi, Draft(source="Sudah surut?", in_reply_to=seen))
        await voting.vote(site, budi, seen, 1)
        await boosting.boost(site, budi, seen)
    await settle(warga, kota)
    async with warga.inside():
        post = await Post.get(id=post.id)
        assert (post.replies_count, post.likes_count, post.boosts_count) == (1, 1, 1)
        assert set(await Notification.filter(recipient_id=ani_id).values_list("type", flat=True)) == {
            "follow",
            "mention",
            "favourite",
            "reblog",
        }
    async with kota.inside() as site:
        await voting.vote(site, budi, seen, 0)
        await boosting.unboost(site, budi, seen)
    await settle(warga, kota)
    async with warga.inside():
        post = await Post.get(id=post.id)
        assert (post.replies_count, post.likes_count, post.boosts_count) == (1, 0, 0)


async def test_an_edit_and_a_deletion_reach_those_who_have_the_post(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani_id, _ = await _friends(warga, kota)
    async with warga.inside() as site:
        ani = await following.Actor.get(id=ani_id)
        post = await posting.create_post(site, ani, Draft(source="salah ketk"))
        await posting.edit_post(site, ani, post, source="salah ketik")
    await settle(warga, kota)
    async with kota.inside():
        seen = await Post.get(uri=post.uri)
        assert "salah ketik" in seen.content
        assert seen.edited_at is not None
    async with warga.inside() as site:
        await posting.delete_post(site, ani, await Post.get(id=post.id))
    await settle(warga, kota)
    async with kota.inside():
        seen = await Post.get(uri=post.uri)
        assert seen.deleted_at is not None
        assert seen.content == ""
    async with warga.http.get(post.uri, headers={"accept": "application/activity+json"}) as answer:
        assert answer.status == 410


async def test_a_direct_post_is_seen_by_nobody_but_its_recipient(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani_id, budi_id = await _friends(warga, kota)
    async with warga.inside() as site:
        ani = await following.Actor.get(id=ani_id)
        draft = Draft(source=f"@budi@{kota.site.settings.domain} rahasia", visibility=Visibility.DIRECT)
        post = await posting.create_post(site, ani, draft)
    await settle(warga, kota)
    async with kota.inside() as site:
        seen = await Post.get(uri=post.uri)
        assert seen.visibility == Visibility.DIRECT
        assert await Mention.filter(post_id=seen.id).values_list("actor_id", flat=True) == [budi_id]
        assert await timelines.page_of(timelines.public(), timelines.Window()) == []
    async with warga.http.get(post.uri, headers={"accept": "application/activity+json"}) as answer:
        assert answer.status == 404


async def test_a_locked_person_answers_each_request_to_follow(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani = await warga.user("ani")
    budi = await kota.user("budi")
    async with kota.inside():
        await budi.actor.change(manually_approves_followers=True)
    async with warga.inside() as site:
        found = await find_actor(site, f"@budi@{kota.site.settings.domain}")
        assert found is not None
        made = await following.follow(site, ani.actor, found)
    await settle(warga, kota)
    async with warga.inside():
        assert (await Follow.get(id=made.id)).state == FollowState.PENDING
    async with kota.inside() as site:
        asked = await Follow.get(target_id=budi.actor_id).select_related("follower", "target")
        await following.accept(site, asked, asked.follower, asked.target)
    await settle(warga, kota)
    async with warga.inside():
        assert (await Follow.get(id=made.id)).state == FollowState.ACCEPTED
