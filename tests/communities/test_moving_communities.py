"""Communities move to another server, and people who move bring bans along but no roles."""

from __future__ import annotations

import pytest

from communities.describing import Description
from communities.founding import create_community
from communities.membership import join, write_ban
from communities.models import CommunityLogEntry, Membership, Role
from federation import models
from federation.models import Follow, FollowState
from sebangsa import moving
from sebangsa.errors import NotAllowed
from sebangsa.lookup import find_actor
from sebangsa.models import Move
from sebangsa.posting import Draft, create_post
from tests.communities.towns import Town
from tests.communities.village import Village
from tests.form_browser import FormBrowser
from tests.instances import settle, unfinished


async def test_a_community_moves_and_its_members_join_the_new_one(town: Town) -> None:
    warga, kota = town.warga, town.kota
    citra = await kota.user("citra")
    async with kota.inside() as site:
        new = await create_community(site, "tebetbaru", citra.actor, Description(title="Tebet Baru"))
        await moving.add_alias(site, new, town.group.uri)
    browser = await FormBrowser.of(warga, town.ani)
    status, where = await browser.post(
        "/c/tebet/move", part="move", target=f"!tebetbaru@{kota.site.settings.domain}"
    )
    assert (status, where) == (303, "/c/tebet/move?saved=1")
    await settle(warga, kota)
    async with warga.inside() as site:
        group = await models.Actor.get(id=town.group.id)
        assert group.moved_to == new.uri
        made = await Follow.get(follower_id=town.ani.actor_id)
        assert (await models.Actor.get(id=made.target_id)).uri == new.uri
        assert await CommunityLogEntry.filter(community_id=group.id, action="move").count() == 1
        with pytest.raises(NotAllowed):
            await create_post(site, town.ani.actor, Draft(source="x", name="x", community=group))
        with pytest.raises(NotAllowed):
            await join(site, town.ani.actor, group)
    async with kota.inside():
        budi = await Follow.get(follower_id=town.budi.actor_id)
        assert (budi.target_id, budi.state) == (new.id, FollowState.ACCEPTED)
        assert (await models.Actor.get(id=new.id)).followers_count == 3
    for instance in (warga, kota):
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}
    _, page = await browser.get("/c/tebet")
    assert f"!tebetbaru@{kota.site.settings.domain}" in page
    assert "has moved to" in page


async def test_only_an_owner_moves_a_community(town: Town) -> None:
    dedi = await town.warga.user("dedi")
    async with town.warga.inside() as site:
        await Membership.create(
            id=site.ids.next(),
            community_id=town.group.id,
            actor=dedi.actor,
            role=Role.MODERATOR,
            created_at=site.clock.now(),
        )
    browser = await FormBrowser.of(town.warga, dedi)
    for path in ("/c/tebet/move", "/c/tebet/move?saved=1"):
        assert (await browser.get(path))[0] == 403
    visitor = FormBrowser(town.warga)
    assert (await visitor.get("/c/tebet/move"))[0] == 303


async def test_who_moves_is_still_banned_and_has_no_role(village: Village) -> None:
    old = village.good.actor("lama")
    new = village.evil.actor("baru", alsoKnownAs=[old.uri])
    async with village.warga.inside() as site:
        second = await create_community(site, "manggarai", village.ani.actor, Description(title="M"))
        known = await find_actor(site, old.uri)
        assert known is not None
        await write_ban(site, village.group, known, "kasar", None)
        await Membership.create(
            id=site.ids.next(),
            community=second,
            actor=known,
            role=Role.MODERATOR,
            created_at=site.clock.now(),
        )
    move = old.activity("Move", old.uri, target=new.uri)
    assert await village.deliver(old, move) == (202, "done", "")
    async with village.warga.inside():
        [held] = await Membership.filter(actor__uri=new.uri)
        assert held.community_id == village.group.id
        assert (held.ban_reason, held.role) == ("kasar", Role.MEMBER)
        assert held.banned_at is not None
    join_again = new.activity("Follow", village.group.uri)
    assert (await village.deliver(new, join_again))[1] == "done"
    assert [entry["type"] for entry in village.evil.received] == ["Reject"]


async def test_a_member_who_moves_stays_a_member_until_leaving(village: Village) -> None:
    old = village.good.actor("lama")
    new = village.evil.actor("baru", alsoKnownAs=[old.uri])
    assert (await village.deliver(old, old.activity("Follow", village.group.uri)))[1] == "done"
    assert (await village.deliver(old, old.activity("Move", old.uri, target=new.uri)))[1] == "done"
    assert (await village.deliver(new, new.activity("Follow", village.group.uri)))[1] == "done"
    async with village.warga.inside():
        members = Follow.filter(target_id=village.group.id, state=FollowState.ACCEPTED)
        assert {made.follower.uri for made in await members.select_related("follower")} >= {old.uri, new.uri}


async def test_members_of_a_group_elsewhere_go_along(village: Village) -> None:
    old = village.group_of(village.good)
    await village.follow(old)
    new = village.group_of(village.evil, "rwbaru")
    village.evil.documents["/users/rwbaru"]["alsoKnownAs"] = [old.uri]
    assert (await village.deliver(old, old.activity("Move", old.uri, target=new.uri)))[1] == "done"
    assert [entry["type"] for entry in village.evil.received] == ["Follow"]


async def test_s046_a_group_does_not_pass_on_somebody_elses_move(village: Village) -> None:
    group = village.group_of(village.evil)
    await village.follow(group)
    victim = village.good.actor("korban")
    await village.follow(victim)
    thief = village.evil.actor("maling", alsoKnownAs=[victim.uri])
    move = victim.activity("Move", victim.uri, target=thief.uri)
    announced = group.activity("Announce", {k: v for k, v in move.items() if k != "@context"})
    assert (await village.deliver(group, announced))[1] == "refused"
    async with village.warga.inside():
        assert await Move.all().count() == 0
