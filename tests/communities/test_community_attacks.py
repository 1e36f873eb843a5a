"""Hostile groups, strangers who play moderator, stuffed votes: refused, and nothing has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from communities import membership, moderating
from communities.gates import VOTES_OF_FRESH_HOST
from communities.models import Community, CommunityLogEntry, Membership, Role
from federation import models
from federation.actors import resolve_actor
from federation.models import OutboundActivity
from sebangsa import posting, voting
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, Visibility, Vote
from sebangsa.models import Role as SiteRole
from sebangsa.posting import Draft, create_post
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC, Actor, ForeignServer


async def _announced(village: Village) -> int:
    async with village.warga.inside():
        return await OutboundActivity.filter(actor_id=village.group.id, type="Announce").count()


# --- what a group passes on -------------------------------------------------------------------------------------


async def test_s044_an_altered_copy_in_an_announce_is_read_from_its_own_host(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    page = page_of(victim, "1", group.uri)
    create = victim.activity("Create", page | {"content": "<p>Palsu</p>", "name": "Palsu"})
    assert (await village.deliver(group, announce(group, create)))[1] == "done"
    found = await village.find(page["id"])
    assert found is not None
    assert (found.name, found.content) == ("Judul", "<p>Asli</p>")


async def test_s044_a_post_that_its_host_does_not_know_is_not_made_by_an_announce(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    page = page_of(victim, "1", group.uri)
    del village.good.documents["/notes/1"]
    assert (await village.deliver(group, announce(group, victim.activity("Create", page))))[1] == "refused"
    assert await village.find(page["id"]) is None


async def test_s044_a_group_cannot_claim_a_post_that_was_not_written_to_it(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    note = village.good.actor("korban").note("1", "<p>Bukan untuk grup</p>")
    assert (await village.deliver(group, announce(group, note["id"])))[1] == "done"
    found = await village.find(note["id"])
    assert found is not None
    assert found.community_id is None  # shown as a boost, filed nowhere
    ours = await village.thread(community=None, name="")
    await village.deliver(group, announce(group, ours.uri))
    assert (await village.fresh(ours)).community_id is None


async def test_s043_a_private_post_is_not_shown_because_a_group_announces_it(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    note = victim.note(
        "1", "<p>Rahasia</p>", to=[f"{victim.uri}/followers"], cc=[group.uri], audience=group.uri
    )
    await village.deliver(group, announce(group, note["id"]))
    assert await village.find(note["id"]) is None


async def test_s037_a_deletion_on_hearsay_counts_only_when_the_post_is_gone_at_its_host(
    village: Village,
) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    page = page_of(victim, "1", group.uri)
    await village.deliver(group, announce(group, victim.activity("Create", page)))
    for more in ({}, {"summary": ""}):
        forged = victim.activity("Delete", page["id"], to=[PUBLIC], **more)
        assert (await village.deliver(group, announce(group, forged)))[1] == "refused"
    found = await village.find(page["id"])
    assert found is not None
    assert found.is_shown
    del village.good.documents["/notes/1"]
    true = victim.activity("Delete", page["id"], to=[PUBLIC], cc=[group.uri])
    assert (await village.deliver(group, announce(group, true)))[1] == "done"
    found = await village.find(page["id"])
    assert found is not None
    assert found.deleted_at is not None


async def test_s037_a_hostile_group_cannot_end_an_account_elsewhere(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    await village.follow(victim)
    await village.deliver(group, announce(group, victim.activity("Delete", victim.uri, to=[PUBLIC])))
    async with village.warga.inside():
        assert (await models.Actor.get(uri=victim.uri)).deleted_at is None


async def test_s037_a_stranger_deletes_nothing_in_a_community(village: Village) -> None:
    post = await village.thread()
    stranger = village.evil.actor("asing")
    before = await _announced(village)
    for more in ({}, {"summary": "spam"}):
        activity = stranger.activity("Delete", post.uri, to=[PUBLIC], cc=[village.group.uri], **more)
        status, state, _ = await village.deliver(stranger, activity)
        assert status == 403 or state == "refused"
    assert (await village.fresh(post)).is_shown
    assert await _announced(village) == before


async def test_s058_an_announce_of_an_announce_has_no_effect(village: Village) -> None:
    group, other = village.group_of(village.evil), village.group_of(village.good, "lain")
    await village.follow(group)
    page = page_of(village.good.actor("budi"), "1", other.uri)
    inner = announce(other, page["id"])
    status, state, _ = await village.deliver(group, announce(group, inner))
    assert status == 403 or state == "refused"
    assert await village.find(page["id"]) is None


async def test_s058_what_a_group_brought_is_not_announced_again(village: Village) -> None:
    group = village.group_of(village.good)
    await village.follow(group)
    writer = village.good.actor("budi")
    page = page_of(writer, "1", group.uri, cc=[village.group.uri])
    before = await _announced(village)
    await village.deliver(group, announce(group, writer.activity("Create", page)))
    await village.deliver(group, announce(group, page["id"]))
    assert await village.find(page["id"]) is not None
    assert await _announced(village) == before


async def test_s053_a_reply_is_not_put_into_another_communitys_thread(village: Village) -> None:
    post = await village.thread()
    group = village.group_of(village.evil)
    await village.follow(group)
    writer = village.good.actor("budi")
    reply = writer.note("1", "<p>iklan</p>", inReplyTo=post.uri)
    status, state, _ = await village.deliver(group, announce(group, writer.activity("Create", reply)))
    assert (status, state) == (202, "refused")
    claimed = writer.note("2", "<p>iklan</p>", inReplyTo=post.uri, audience=group.uri)
    create = writer.activity("Create", claimed, audience=group.uri)
    assert (await village.deliver(writer, create))[1] == "refused"
    assert (await village.fresh(post)).replies_count == 0


async def test_s053_a_reply_to_what_its_author_may_not_see_is_not_placed(village: Village) -> None:
    hidden = await village.thread(community=None, name="", visibility=Visibility.FOLLOWERS)
    writer = village.evil.actor("asing")
    reply = writer.note("1", "<p>aku tahu</p>", inReplyTo=hidden.uri)
    assert (await village.deliver(writer, writer.activity("Create", reply)))[1] == "refused"
    assert await village.find(reply["id"]) is None


# --- votes ------------------------------------------------------------------------------------------------------


async def test_s055_votes_of_many_actors_of_one_new_host_are_limited(village: Village) -> None:
    post = await village.thread()
    for number in range(VOTES_OF_FRESH_HOST + 3):
        voter = village.evil.actor(f"robot{number}")
        await village.deliver(
            voter, voter.activity("Like", post.uri, id=f"{village.evil.origin}/likes/{number}")
        )
    assert (await village.fresh(post)).likes_count == VOTES_OF_FRESH_HOST
    async with village.warga.inside():
        assert await Vote.filter(post_id=post.id).count() == VOTES_OF_FRESH_HOST


async def test_s055_many_hosts_under_one_domain_are_limited_together(village: Village) -> None:
    post = await village.thread()
    for number in range(VOTES_OF_FRESH_HOST + 3):
        below = ForeignServer(
            village.evil.origin.replace("http://", f"http://h{number}."), village.evil.documents
        )
        voter = below.actor(f"robot{number}")
        await village.deliver(voter, voter.activity("Like", post.uri))
    assert (await village.fresh(post)).likes_count == VOTES_OF_FRESH_HOST
    honest = village.good.actor("budi")
    assert (await village.deliver(honest, honest.activity("Like", post.uri)))[1] == "done"
    assert (await village.fresh(post)).likes_count == VOTES_OF_FRESH_HOST + 1


async def test_s055_voting_and_undoing_many_times_leaves_the_score_exact(village: Village) -> None:
    post = await village.thread()
    voter = village.good.actor("budi")
    for number in range(10):
        like = voter.activity("Like", post.uri, id=f"{village.good.origin}/likes/{number}")
        await village.deliver(voter, like)
        await village.deliver(voter, like | {"id": f"{like['id']}-again"})
        undo = voter.activity("Undo", like, id=f"{like['id']}-undone")
        await village.deliver(voter, undo)
    await village.deliver(voter, voter.activity("Dislike", post.uri, id=f"{village.good.origin}/likes/last"))
    found = await village.fresh(post)
    assert (found.likes_count, found.dislikes_count) == (0, 1)


async def test_s055_a_vote_that_names_another_community_does_not_count(village: Village) -> None:
    post = await village.thread()
    group = village.group_of(village.evil)
    await village.follow(group)
    voter = village.good.actor("budi")
    like = voter.activity("Like", post.uri, audience=group.uri)
    assert (await village.deliver(voter, like))[1] == "refused"
    unnamed = voter.activity("Like", post.uri, id=f"{village.good.origin}/likes/2")
    assert (await village.deliver(group, announce(group, unnamed)))[1] == "refused"
    assert (await village.fresh(post)).likes_count == 0


# --- moderation -------------------------------------------------------------------------------------------------


async def _acts(village: Village, by: Actor, post: Post, person: str) -> list[dict[str, Any]]:
    group = village.group
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [group.uri], "audience": group.uri}
    return [
        by.activity("Add", post.uri, target=group.featured_url, **common),
        by.activity("Add", by.uri, target=group.moderators_url, **common),
        by.activity("Remove", village.ani.actor.uri, target=group.moderators_url, **common),
        by.activity("Block", person, target=group.uri, removeData=True, summary="x", **common),
        by.activity("Lock", post.uri, **common),
        by.activity("Delete", post.uri, summary="x", **common),
        by.activity("Undo", by.activity("Block", person, target=group.uri), **common),
        by.activity("Update", {"id": group.uri, "type": "Group", "name": "Direbut"}, **common),
    ]


async def test_s056_nobody_moderates_a_community_of_ours_without_a_role_in_it(village: Village) -> None:
    post = await village.thread()
    stranger = village.evil.actor("asing")
    hostile = village.group_of(village.evil)
    await village.follow(hostile)
    before = await _announced(village)
    for activity in await _acts(village, stranger, post, village.ani.actor.uri):
        status, state, reason = await village.deliver(stranger, activity)
        assert (status, state) == (202, "refused"), (activity["type"], reason)
        wrapped = announce(hostile, activity | {"id": f"{activity['id']}-again"})
        status, state, reason = await village.deliver(hostile, wrapped)
        assert (status, state) == (202, "refused"), (activity["type"], reason)
    found = await village.fresh(post)
    assert (found.is_shown, found.is_locked, found.is_pinned) == (True, False, False)
    async with village.warga.inside() as site:
        assert await Membership.all().count() == 1
        assert (await models.Actor.get(id=village.group.id)).name == "Tebet"
        assert not (await Membership.get(actor_id=village.ani.actor_id)).is_banned(site.clock.now())
        assert await CommunityLogEntry.all().count() == 0
    assert await _announced(village) == before


async def test_s056_moderation_of_a_community_elsewhere_needs_its_own_hosts_word(village: Village) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    writer = village.good.actor("budi")
    page = page_of(writer, "1", group.uri)
    await village.deliver(group, announce(group, writer.activity("Create", page)))
    stranger, hostile = village.evil.actor("asing"), village.group_of(village.evil)
    await village.follow(hostile)
    lock = stranger.activity("Lock", page["id"], to=[PUBLIC], cc=[group.uri], audience=group.uri)
    assert (await village.deliver(stranger, lock))[1] == "refused"
    again = announce(hostile, lock | {"id": f"{lock['id']}-2"})
    assert (await village.deliver(hostile, again))[1] == "refused"
    found = await village.find(page["id"])
    assert found is not None
    assert not found.is_locked
    listed = village.good.documents["/users/rw/moderators"]
    listed["orderedItems"] = [stranger.uri]
    async with village.warga.inside():
        await Community.filter(actor_id=known.id).update(moderators_fetched_at=None)
    assert (await village.deliver(stranger, lock | {"id": f"{lock['id']}-3"}))[1] == "done"
    found = await village.find(page["id"])
    assert found is not None
    assert found.is_locked


async def test_s057_only_the_groups_own_host_states_what_it_is_and_who_moderates_it(village: Village) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    stranger = village.evil.actor("asing")
    village.evil.documents["/moderators"] = {
        "id": f"{village.evil.origin}/moderators",
        "type": "OrderedCollection",
        "orderedItems": [stranger.uri],
    }
    forged = village.good.documents["/users/rw"] | {
        "name": "Direbut",
        "attributedTo": f"{village.evil.origin}/moderators",
    }
    update = stranger.activity("Update", forged, to=[PUBLIC], cc=[group.uri])
    assert (await village.deliver(stranger, update))[1] == "refused"
    async with village.warga.inside():
        found = await models.Actor.get(id=known.id)
        assert found.name != "Direbut"
        assert found.moderators_url == f"{group.uri}/moderators"
    # Stated by a listed moderator the change counts, but it is the group's own document that is read.
    village.good.documents["/users/rw/moderators"]["orderedItems"] = [stranger.uri]
    village.good.documents["/users/rw"]["name"] = "Nama baru"
    async with village.warga.inside():
        await Community.all().update(moderators_fetched_at=None)
    assert (await village.deliver(stranger, update | {"id": f"{update['id']}-2"}))[1] == "done"
    async with village.warga.inside():
        found = await models.Actor.get(id=known.id)
        assert found.name == "Nama baru"
        assert found.moderators_url == f"{group.uri}/moderators"


async def test_s131_ranks_hold_at_every_door(village: Village) -> None:
    warga, group = village.warga, village.group
    citra, dewi = await warga.user("citra"), await warga.user("dewi")
    admin = await warga.user("endang", role=SiteRole.ADMIN)
    post = await village.thread()
    async with warga.inside() as site:
        outside = await create_post(site, dewi.actor, Draft(source="di luar"))
        by_admin = await create_post(site, admin.actor, Draft(source="x", name="Pengumuman", community=group))
        await membership.appoint(site, village.ani.actor, group, citra.actor)
        for refused in (
            membership.dismiss(site, citra.actor, group, village.ani.actor),
            membership.ban(site, citra.actor, group, village.ani.actor),
            membership.ban(site, citra.actor, group, admin.actor),
            membership.appoint(site, citra.actor, group, dewi.actor, Role.OWNER),
            membership.appoint(site, dewi.actor, group, dewi.actor),
            membership.dismiss(site, village.ani.actor, group, village.ani.actor),
            membership.leave(site, village.ani.actor, group),
            moderating.remove_post(site, citra.actor, await Post.get(id=post.id)),
            moderating.remove_post(site, citra.actor, await Post.get(id=by_admin.id)),
            moderating.remove_post(site, citra.actor, await Post.get(id=outside.id)),
            moderating.lock_post(site, dewi.actor, await Post.get(id=post.id)),
        ):
            with pytest.raises(NotAllowed):
                await refused
        assert await Membership.filter(role=Role.OWNER).count() == 1
        assert await Post.filter(removed_at__isnull=False).count() == 0
        # The last owner goes once there is another.
        await membership.appoint(site, village.ani.actor, group, citra.actor, Role.OWNER)
        await membership.leave(site, village.ani.actor, group)
        assert [held.actor_id for held in await membership.moderators_of(group)] == [citra.actor_id]


async def test_s131_a_remote_moderator_stands_under_the_same_ranks(village: Village) -> None:
    remote = village.good.actor("budi")
    post = await village.thread()
    async with village.warga.inside() as site:
        known = await resolve_actor(site.federation, remote.uri)
        await membership.appoint(site, village.ani.actor, village.group, known)
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [village.group.uri]}
    for activity in (
        remote.activity("Delete", post.uri, summary="x", **common),
        remote.activity("Block", village.ani.actor.uri, target=village.group.uri, **common),
        remote.activity("Remove", village.ani.actor.uri, target=village.group.moderators_url, **common),
    ):
        assert (await village.deliver(remote, activity))[1] == "refused"
    assert (await village.fresh(post)).is_shown
    lock = remote.activity("Lock", post.uri, **common)
    assert (await village.deliver(remote, lock))[1] == "done"
    assert (await village.fresh(post)).is_locked


async def test_s132_a_banned_member_brings_nothing_in_by_any_door(village: Village) -> None:
    warga = village.warga
    citra = await warga.user("citra")
    post = await village.thread()
    async with warga.inside() as site:
        await membership.join(site, citra.actor, village.group)
        old = await create_post(site, citra.actor, Draft(source="lama", name="Lama", community=village.group))
        await membership.ban(site, village.ani.actor, village.group, citra.actor, reason="iklan")
        for refused in (
            create_post(site, citra.actor, Draft(source="x", name="Lagi", community=village.group)),
            create_post(site, citra.actor, Draft(source="x", in_reply_to=await Post.get(id=post.id))),
            posting.edit_post(site, citra.actor, await Post.get(id=old.id), source="iklan"),
            voting.vote(site, citra.actor, await Post.get(id=post.id), 1),
            membership.join(site, citra.actor, village.group),
        ):
            with pytest.raises(NotAllowed) as raised:
                await refused
            assert raised.value.code == "banned"
        assert (await Post.get(id=old.id)).source == "lama"
        assert await Post.filter(author_id=citra.actor_id).count() == 1
        await posting.delete_post(
            site, citra.actor, await Post.get(id=old.id)
        )  # what is theirs they may take back


async def test_s132_a_ban_holds_for_what_comes_from_other_servers(village: Village) -> None:
    remote = village.good.actor("budi")
    post = await village.thread()
    page = page_of(remote, "1", village.group.uri)
    assert (await village.deliver(remote, remote.activity("Create", page)))[1] == "done"
    async with village.warga.inside() as site:
        known = await models.Actor.get(uri=remote.uri)
        await membership.ban(site, village.ani.actor, village.group, known, reason="iklan")
    another = page_of(remote, "2", village.group.uri)
    edited = page | {"content": "<p>iklan</p>", "updated": "2026-11-23T00:00:00Z"}
    for activity in (
        remote.activity("Create", another),
        remote.activity("Update", edited),
        remote.activity("Like", post.uri),
        remote.activity("Create", remote.note("3", "<p>x</p>", inReplyTo=post.uri)),
    ):
        assert (await village.deliver(remote, activity))[1] == "refused", activity["type"]
    assert (await village.find(another["id"])) is None
    assert (await village.find(page["id"])).content == "<p>Asli</p>"  # type: ignore[union-attr]
    await village.deliver(remote, remote.activity("Follow", village.group.uri))
    async with village.warga.inside():
        assert not await models.Follow.exists(follower_id=known.id)
    assert village.good.received[-1]["type"] == "Reject"


async def test_a_ban_that_ended_is_none(village: Village) -> None:
    citra = await village.warga.user("citra")
    async with village.warga.inside() as site:
        until = site.clock.now() + timedelta(days=1)
        await membership.ban(site, village.ani.actor, village.group, citra.actor, until=until)
        held = await Membership.get(actor_id=citra.actor_id)
        assert held.is_banned(site.clock.now())
        assert not held.is_banned(until + timedelta(seconds=1))
