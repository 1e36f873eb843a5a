"""A community on two servers, over real HTTP: what happens at one is the same at the other, once."""

from __future__ import annotations

import pytest

from communities import membership, moderating
from communities.log import community_log
from communities.models import Membership, Role
from federation.models import Actor, Delivery, Follow, FollowState, OutboundActivity
from sebangsa import posting, timelines, voting
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from tests.communities.towns import Town
from tests.instances import settle, unfinished

CLEAN: dict[str, list[str]] = {"inbound": [], "deliveries": []}


async def _is_clean(town: Town) -> None:
    assert await unfinished(town.warga.site) == CLEAN
    assert await unfinished(town.kota.site) == CLEAN


async def test_joining_from_another_server_is_accepted_and_counted(town: Town) -> None:
    async with town.kota.inside():
        [made] = await Follow.all()
        assert made.state == FollowState.ACCEPTED
    async with town.warga.inside():
        assert (await Actor.get(id=town.group.id)).followers_count == 2  # its owner and Budi
    await _is_clean(town)


async def test_a_thread_of_a_local_member_is_announced_and_filed_once(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    seen = await town.seen(town.kota, post)
    assert seen.community is not None
    assert seen.community.uri == town.group.uri
    assert seen.name == "Banjir lagi"
    async with town.kota.inside():
        assert await Post.all().count() == 1  # neither a copy nor a boost
        budi = await Actor.get(id=town.budi.actor_id)
        [listed] = await timelines.page_of(timelines.home(budi), timelines.Window())
        assert listed.uri == post.uri
    await _is_clean(town)


async def test_a_thread_from_another_server_is_announced_back_and_known(town: Town) -> None:
    post = await town.post(town.kota, town.budi)
    seen = await town.seen(town.warga, post)
    assert seen.community_id == town.group.id
    async with town.warga.inside():
        assert await OutboundActivity.filter(actor_id=town.group.id, type="Announce").count() == 2
    async with town.kota.inside():
        assert await Post.all().count() == 1
    await _is_clean(town)


async def test_comments_and_votes_of_both_sides_come_out_alike(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    at_kota = await town.seen(town.kota, post)
    comment = await town.post(town.kota, town.budi, source="Di gang empat juga", in_reply_to=at_kota)
    answered = await town.seen(town.warga, comment)
    assert answered.community_id == town.group.id
    reply = await town.post(town.warga, town.ani, source="Sejak kapan?", in_reply_to=answered)
    async with town.kota.inside() as site:
        await voting.vote(site, await Actor.get(id=town.budi.actor_id), at_kota, 1)
    async with town.warga.inside() as site:
        await voting.vote(site, await Actor.get(id=town.ani.actor_id), answered, -1)
    await settle(town.warga, town.kota)
    for instance in (town.warga, town.kota):
        opening, below = await town.seen(instance, post), await town.seen(instance, comment)
        assert (opening.replies_count, opening.likes_count, opening.dislikes_count) == (1, 1, 0)
        assert (below.replies_count, below.likes_count, below.dislikes_count) == (1, 0, 1)
        assert (await town.seen(instance, reply)).depth == 2
    async with town.kota.inside() as site:
        await voting.vote(site, await Actor.get(id=town.budi.actor_id), at_kota, 0)
    await settle(town.warga, town.kota)
    for instance in (town.warga, town.kota):
        assert (await town.seen(instance, post)).likes_count == 0
    await _is_clean(town)


async def test_edits_and_deletions_of_both_sides_travel_through_the_group(town: Town) -> None:
    ours = await town.post(town.warga, town.ani)
    theirs = await town.post(town.kota, town.budi, name="Lampu mati")
    async with town.warga.inside() as site:
        await posting.edit_post(site, town.ani.actor, await Post.get(id=ours.id), source="sudah lancar")
    async with town.kota.inside() as site:
        await posting.edit_post(site, town.budi.actor, await Post.get(id=theirs.id), source="sudah nyala")
    await settle(town.warga, town.kota)
    assert "sudah lancar" in (await town.seen(town.kota, ours)).content
    assert "sudah nyala" in (await town.seen(town.warga, theirs)).content
    async with town.warga.inside() as site:
        await posting.delete_post(site, town.ani.actor, await Post.get(id=ours.id))
    async with town.kota.inside() as site:
        await posting.delete_post(site, town.budi.actor, await Post.get(id=theirs.id))
    await settle(town.warga, town.kota)
    assert (await town.seen(town.kota, ours)).deleted_at is not None
    assert (await town.seen(town.warga, theirs)).deleted_at is not None
    async with town.warga.inside():
        assert (await Actor.get(id=town.group.id)).posts_count == 0
    await _is_clean(town)


async def test_a_removal_and_its_undoing_reach_the_members_elsewhere(town: Town) -> None:
    post = await town.post(town.kota, town.budi)
    at_warga = await town.seen(town.warga, post)
    async with town.warga.inside() as site:
        await moderating.remove_post(site, town.ani.actor, at_warga, "iklan")
    await settle(town.warga, town.kota)
    seen = await town.seen(town.kota, post)
    assert seen.removed_at is not None
    async with town.warga.inside() as site:
        await moderating.restore_post(site, town.ani.actor, await Post.get(id=at_warga.id))
    await settle(town.warga, town.kota)
    assert (await town.seen(town.kota, post)).removed_at is None
    await _is_clean(town)


async def test_locks_and_pins_reach_the_members_elsewhere(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside() as site:
        await moderating.lock_post(site, town.ani.actor, await Post.get(id=post.id), "cukup")
        await moderating.pin_post(site, town.ani.actor, await Post.get(id=post.id))
    await settle(town.warga, town.kota)
    seen = await town.seen(town.kota, post)
    assert (seen.is_locked, seen.is_pinned) == (True, True)
    async with town.kota.inside() as site:
        with pytest.raises(NotAllowed) as raised:
            await posting.create_post(site, town.budi.actor, posting.Draft(source="tapi", in_reply_to=seen))
        assert raised.value.code == "locked"
    async with town.warga.inside() as site:
        await moderating.lock_post(site, town.ani.actor, await Post.get(id=post.id), is_locked=False)
        await moderating.pin_post(site, town.ani.actor, await Post.get(id=post.id), is_pinned=False)
    await settle(town.warga, town.kota)
    seen = await town.seen(town.kota, post)
    assert (seen.is_locked, seen.is_pinned) == (False, False)
    await _is_clean(town)


async def test_a_moderator_elsewhere_is_appointed_acts_and_is_dismissed(town: Town) -> None:
    budi_at_warga = await town.warga_sees(town.budi)
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside() as site:
        citra = (await town.warga.user("citra")).actor
        theirs = await posting.create_post(
            site,
            citra,
            posting.Draft(source="beli obat", name="Iklan", community=await Actor.get(id=town.group.id)),
        )
        await membership.appoint(site, town.ani.actor, town.group, budi_at_warga)
    await settle(town.warga, town.kota)
    async with town.kota.inside() as site:
        held = await Membership.get(actor_id=town.budi.actor_id, community_id=town.group_at_kota.id)
        assert held.role == Role.MODERATOR
        await moderating.remove_post(site, town.budi.actor, await Post.get(uri=theirs.uri), "iklan")
        await moderating.pin_post(site, town.budi.actor, await Post.get(uri=post.uri))
    await settle(town.warga, town.kota)
    assert (await town.seen(town.warga, theirs)).removed_at is not None
    assert (await town.seen(town.warga, post)).is_pinned
    async with town.warga.inside() as site:
        await membership.dismiss(site, town.ani.actor, town.group, budi_at_warga)
    await settle(town.warga, town.kota)
    async with town.kota.inside():
        assert not (await Membership.get(id=held.id)).is_moderating
    await _is_clean(town)


async def test_a_moderator_elsewhere_who_leaves_moderates_no_more(town: Town) -> None:
    budi_at_warga = await town.warga_sees(town.budi)
    async with town.warga.inside() as site:
        await membership.appoint(site, town.ani.actor, town.group, budi_at_warga)
    await settle(town.warga, town.kota)
    async with town.kota.inside() as site:
        await membership.leave(site, town.budi.actor, town.group_at_kota)
    await settle(town.warga, town.kota)
    async with town.warga.inside():
        assert not (await Membership.get(actor_id=budi_at_warga.id)).is_moderating
        assert not await Follow.exists(follower_id=budi_at_warga.id)
    await _is_clean(town)


async def test_the_log_of_a_community_elsewhere_tells_what_arrived_from_there(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    budi_at_warga = await town.warga_sees(town.budi)
    async with town.warga.inside() as site:
        mine = await Post.get(id=post.id)
        await moderating.pin_post(site, town.ani.actor, mine)
        await moderating.lock_post(site, town.ani.actor, mine)
        await settle(town.warga, town.kota)
        await moderating.remove_post(site, town.ani.actor, mine, "usang")
        await settle(town.warga, town.kota)
        await moderating.restore_post(site, town.ani.actor, await Post.get(id=post.id))
        await membership.ban(site, town.ani.actor, town.group, budi_at_warga, reason="iklan")
    await settle(town.warga, town.kota)
    async with town.kota.inside():
        told = [(entry.action, entry.reason) for entry in await community_log(town.group_at_kota)]
    assert told[::-1] == [("pin", ""), ("lock", ""), ("remove", "usang"), ("restore", ""), ("ban", "iklan")]


async def test_a_banned_member_elsewhere_is_put_out_and_knows_it(town: Town) -> None:
    post = await town.post(town.kota, town.budi)
    budi_at_warga = await town.warga_sees(town.budi)
    async with town.warga.inside() as site:
        await membership.ban(
            site, town.ani.actor, town.group, budi_at_warga, reason="iklan", removes_posts=True
        )
    await settle(town.warga, town.kota)
    async with town.warga.inside():
        assert not await Follow.exists(follower_id=budi_at_warga.id)
    async with town.kota.inside() as site:
        assert not await Follow.exists(follower_id=town.budi.actor_id)
        held = await Membership.get(actor_id=town.budi.actor_id, community_id=town.group_at_kota.id)
        assert held.is_banned(site.clock.now())
    assert (await town.seen(town.kota, post)).removed_at is not None
    async with town.warga.inside() as site:
        await membership.unban(site, town.ani.actor, town.group, budi_at_warga)
    await settle(town.warga, town.kota)
    async with town.kota.inside() as site:
        assert not (await Membership.get(id=held.id)).is_banned(site.clock.now())
        await membership.join(site, town.budi.actor, town.group_at_kota)
    await settle(town.warga, town.kota)
    async with town.warga.inside():
        assert await Follow.exists(follower_id=budi_at_warga.id, state=FollowState.ACCEPTED)


async def test_no_activity_leaves_a_community_under_the_id_of_another(town: Town) -> None:
    await town.post(town.warga, town.ani)
    await town.post(town.kota, town.budi, name="Lampu mati")
    async with town.warga.inside():
        uris = await OutboundActivity.all().values_list("uri", flat=True)
        assert len(uris) == len(set(uris))
        sent = await Delivery.all().values_list("activity_id", "inbox_url")
        assert len(sent) == len(set(sent))


async def test_a_new_member_elsewhere_finds_the_newest_threads(town: Town) -> None:
    first = await town.post(town.warga, town.ani, name="Satu")
    async with town.kota.inside():
        await Post.all().delete()
        await Follow.all().delete()
        await Actor.filter(id=town.group_at_kota.id).update(posts_count=0)
    async with town.kota.inside() as site:
        citra = await town.kota.user("citra")
        await membership.join(site, citra.actor, await Actor.get(id=town.group_at_kota.id))
    await settle(town.warga, town.kota)
    assert (await town.seen(town.kota, first)).name == "Satu"
