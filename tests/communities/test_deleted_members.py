"""Members and owners of a community delete their accounts: it passes that on, and somebody always looks after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from communities import membership
from communities.describing import Description
from communities.founding import create_community
from communities.models import AnnouncedThread, CommunityLogEntry, Membership, Role
from federation.models import Actor, InboundActivity
from sebangsa import posting, voting
from sebangsa.deleting import delete_account, left_behind
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post
from sebangsa.models import Role as SiteRole
from sebangsa.posting import Draft
from tests.communities.village import announce
from tests.foreign_server import foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]


async def test_a_member_elsewhere_who_is_gone_is_gone_for_all_readers(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    ani, boss, budi = (
        await warga.user("ani"), await warga.user("boss", SiteRole.ADMIN), await kota.user("budi")
    )  # fmt: skip
    async with foreign_server("jauh") as far:
        reader = far.actor("pembaca")
        async with warga.inside() as site:
            group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
            thread = await posting.create_post(
                site, ani.actor, Draft(source="Got mampet", name="Banjir", community=group)
            )
        await reader.send(warga, reader.activity("Follow", group.uri))
        async with kota.inside() as site:
            there = await find_actor(site, group.uri)
            assert there is not None
            await membership.join(site, budi.actor, there)
        await settle(warga, kota)
        async with warga.inside() as site:
            known = await Actor.get(uri=budi.actor.uri)
            await membership.appoint(site, ani.actor, await Actor.get(id=group.id), known)
        await settle(warga, kota)
        async with kota.inside() as site:
            there = await Actor.get(uri=group.uri)
            mine = await posting.create_post(
                site, budi.actor, Draft(source="Rahasia", name="Lampu", community=there)
            )
            await settle(warga, kota)
        async with warga.inside() as site:
            assert (await Actor.get(id=group.id)).posts_count == 2
            seen = await Post.get(uri=mine.uri)
            await posting.create_post(site, ani.actor, Draft(source="Di mana?", in_reply_to=seen))
            await voting.vote(site, ani.actor, seen, 1)
        await settle(warga, kota)
        async with kota.inside() as site:
            heard = await Post.get(uri=thread.uri)
            await voting.vote(site, budi.actor, heard, 1)
            await settle(warga, kota)
            await delete_account(site, budi)
        await settle(warga, kota)
        async with warga.inside():
            left = await Post.get(uri=mine.uri)
            assert (left.deleted_at is not None, left.name, left.content) == (True, "", "")
            assert (await Post.get(id=thread.id)).likes_count == 0
            assert (await Actor.get(id=group.id)).posts_count == 1
            assert await AnnouncedThread.filter(post_id=left.id).count() == 0
            assert [held.actor_id for held in await membership.moderators_of(group)] == [ani.actor_id]
            assert await InboundActivity.filter(state__in=["failed", "refused"]).count() == 0
        announced = [entry["object"] for entry in far.received if entry["type"] == "Announce"]
        gone = [inner for inner in announced if isinstance(inner, dict) and inner["type"] == "Delete"]
        assert [(inner["object"], inner["actor"], "proof" in inner) for inner in gone] == [
            (budi.actor.uri, budi.actor.uri, True)
        ]
        assert "Rahasia" not in str([entry for entry in far.received if entry["type"] == "Undo"])
        browser = FormBrowser(warga)
        status, page = await browser.get(f"/p/{thread.id}")
        assert (status, "budi" in page) == (200, False)

        # The owner goes: nobody is left, so the community is the administrator's, and other servers are told.
        async with warga.inside() as site:
            [behind] = await left_behind(site, ani.actor)
            assert behind.id == group.id
            await delete_account(site, ani)
        await settle(warga, kota)
        async with warga.inside():
            [held] = await membership.moderators_of(group)
            assert (held.actor_id, held.role) == (boss.actor_id, Role.OWNER)
            assert await Notification.filter(recipient_id=boss.actor_id, type="community.inherited").exists()
        added = [
            inner["object"]
            for inner in (entry["object"] for entry in far.received if entry["type"] == "Announce")
            if isinstance(inner, dict) and inner["type"] == "Add"
        ]
        assert added == [budi.actor.uri, boss.actor.uri]


async def test_the_oldest_moderator_becomes_the_owner(start: Start) -> None:
    warga = await start("warga")
    ani, citra, dewi = await warga.user("ani"), await warga.user("citra"), await warga.user("dewi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        for person in (citra, dewi):
            await membership.appoint(site, ani.actor, group, person.actor)
        assert await left_behind(site, ani.actor) == []
        await delete_account(site, ani)
        await settle(site)
        held = await Membership.filter(community_id=group.id).order_by("id")
        assert [(row.actor_id, row.role) for row in held] == [
            (citra.actor_id, Role.OWNER), (dewi.actor_id, Role.MODERATOR)
        ]  # fmt: skip
        assert await CommunityLogEntry.filter(subject_id=citra.actor_id, reason="owner").exists()
    browser = await FormBrowser.of(warga, citra)
    _, page = await browser.get("/notifications")
    assert "yours to look after" in page
    _, page = await browser.get("/c/tebet/log")
    assert "Deleted account" in page
    assert ">ani<" not in page


@pytest.mark.parametrize("is_true", [True, False])
async def test_s044_a_group_cannot_end_an_account_that_its_own_server_still_shows(
    start: Start, is_true: bool
) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with foreign_server("baik") as good, foreign_server("jahat") as evil:
        victim = good.actor("korban")
        group = evil.actor("grup", type_="Group")
        note = victim.note("satu", "<p>Asli</p>")
        async with warga.inside() as site:
            known = await find_actor(site, victim.uri)
            assert known is not None
        await victim.send(warga, victim.activity("Create", note | {"to": [ani.actor.uri], "tag": [
            {"type": "Mention", "href": ani.actor.uri, "name": "@ani"}]}))  # fmt: skip
        await settle(warga)
        deletion = victim.activity("Delete", victim.uri)
        if is_true:
            del good.documents["/users/korban"]
        await group.send(warga, announce(group, deletion))
        await settle(warga)
        async with warga.inside():
            actor = await Actor.get(uri=victim.uri)
            post = await Post.get(uri=note["id"])
            assert (actor.deleted_at is not None, post.deleted_at is not None) == (is_true, is_true)
