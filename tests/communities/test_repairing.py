"""What got lost between two servers is found by comparing, and put right: only as the community's own server has it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from communities import comparing, membership, moderating, repairing
from communities.comparing import Drift
from communities.log import community_log
from communities.models import Comparison, Membership, PostFlair, Role
from communities.state_digest import MOST, Listing, Section
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from moderation import removing
from sebangsa.models import Post
from sebangsa.models import Role as SiteRole
from sebangsa.posting import delete_post
from tests.communities.towns import Town
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import ACTIVITY
from tests.instances import settle


async def _group(town: Town) -> Actor:
    return await Actor.get(id=town.group_at_kota.id)


async def _repair(town: Town) -> list[tuple[str, str]]:
    async with town.kota.inside() as site:
        found = await repairing.repair(site, await _group(town))
        return [(drift.act, drift.uri) for drift in found.drift]


async def _nothing_differs(town: Town) -> None:
    async with town.kota.inside() as site:
        assert (await comparing.compare(site, await _group(town))).drift == []


async def test_two_servers_that_hold_the_same_need_one_request(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside() as site:
        mine = await Post.get(id=post.id)
        await moderating.pin_post(site, town.ani.actor, mine)
        await moderating.lock_post(site, town.ani.actor, mine)
        await membership.ban(
            site, town.ani.actor, town.group, await Actor.get(uri=town.budi.actor.uri),
            until=site.clock.now() + timedelta(days=3),
        )  # fmt: skip
    await settle(town.warga, town.kota)
    citra = await town.kota.user("citra")
    async with town.kota.inside() as site:
        await membership.join(site, citra.actor, await _group(town))
    await settle(town.warga, town.kota)
    async with town.kota.inside() as site:
        found = await comparing.compare(site, await _group(town))
        assert (found.drift, found.fetched) == ([], [])
        assert set(found.digests) == {section.value for section in Section}


async def test_whatever_got_lost_is_put_right_and_stands_in_the_log(town: Town) -> None:
    """Missed removal, lost un-ban, lock, pin, dismissed moderator, restored post (lemmy#4118 #4119 #3980 #5454)."""
    removed, restored, locked, opened, pinned = [
        await town.post(town.warga, town.ani, name=f"Utas {number}") for number in range(5)
    ]
    citra, dewi = await town.warga.user("citra"), await town.warga.user("dewi")
    at_kota = [await town.kota_sees(person) for person in (citra, dewi)]
    until = town.warga.site.clock.now().replace(microsecond=0) + timedelta(days=9)
    async with town.warga.inside() as site:
        await membership.appoint(site, town.ani.actor, town.group, citra.actor)
        await membership.ban(site, town.ani.actor, town.group, dewi.actor, until=until)
    await settle(town.warga, town.kota)
    assert await _repair(town) == [
        ("appoint", town.ani.actor.uri)
    ]  # the owner: nobody had asked for the list yet
    async with town.warga.inside():  # as if all that told of it were lost
        now = town.warga.site.clock.now()
        await Post.filter(id=removed.id).update(removed_at=now)
        await Post.filter(id=locked.id).update(is_locked=True)
        await Post.filter(id=pinned.id).update(is_pinned=True)
        await Membership.filter(actor_id=citra.actor_id).update(role=Role.MEMBER)
        await Membership.filter(actor_id=dewi.actor_id).update(banned_at=None, banned_until=None)
    async with town.kota.inside():
        await Post.filter(uri=restored.uri).update(removed_at=now)
        await Post.filter(uri=opened.uri).update(is_locked=True)
    assert sorted(await _repair(town)) == sorted(
        [
            ("remove", removed.uri),
            ("restore", restored.uri),
            ("lock", locked.uri),
            ("unlock", opened.uri),
            ("pin", pinned.uri),
            ("dismiss", citra.actor.uri),
            ("unban", dewi.actor.uri),
        ]
    )
    await _nothing_differs(town)
    assert (await town.seen(town.kota, removed)).removed_at is not None
    assert (await town.seen(town.kota, restored)).is_shown
    async with town.kota.inside() as site:
        assert not (await Membership.get(actor_id=at_kota[0].id)).is_moderating
        assert not (await Membership.get(actor_id=at_kota[1].id)).is_banned(site.clock.now())
        entries = await community_log(await _group(town))
        repaired = [entry for entry in entries if entry.action == "repaired"]
        assert {entry.reason for entry in repaired} == {
            "appoint", "remove", "restore", "lock", "unlock", "pin", "dismiss", "unban"
        }  # fmt: skip
        assert {entry.moderator_id for entry in repaired} == {town.group_at_kota.id}
    answer = await town.kota.http.get(f"{town.kota.url}/c/tebet@{town.warga.site.settings.domain}/log")
    assert "membetulkan setelah dibandingkan" in await answer.text()


async def test_the_other_way_round_too(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    citra = await town.warga.user("citra")
    await town.kota_sees(citra)
    until = town.warga.site.clock.now().replace(microsecond=0) + timedelta(days=9)
    async with town.warga.inside() as site:
        await membership.appoint(site, town.ani.actor, town.group, await Actor.get(uri=town.budi.actor.uri))
        await membership.ban(site, town.ani.actor, town.group, citra.actor, until=until)
        await moderating.pin_post(site, town.ani.actor, await Post.get(id=post.id))
        await OutboundActivity.all().delete()
    async with town.kota.inside():
        await Actor.filter(id=town.group_at_kota.id).update(name="Lama")
    acts = await _repair(town)
    assert ("about", town.group.uri) in acts
    assert {act for act, _ in acts} == {"about", "appoint", "ban", "pin"}
    await _nothing_differs(town)
    async with town.kota.inside() as site:
        banned = await Membership.get(actor__uri=citra.actor.uri)
        assert banned.is_banned(site.clock.now())
        assert banned.banned_until == until
        assert (await Membership.get(actor_id=town.budi.actor_id)).is_moderating
        assert (await _group(town)).name == "Tebet"


async def test_a_deletion_that_never_came_is_made_good(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside() as site:
        await delete_post(site, town.ani.actor, await Post.get(id=post.id))
        await OutboundActivity.all().delete()
    assert ("delete", post.uri) in await _repair(town)
    assert (await town.seen(town.kota, post)).deleted_at is not None
    async with town.kota.inside():
        assert (await _group(town)).posts_count == 0


async def test_what_moderators_of_this_server_removed_stays_removed(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    admin = await town.kota.user("tono", role=SiteRole.ADMIN)
    async with town.kota.inside() as site:
        await removing.remove_post(site, admin, await Post.get(uri=post.uri), "spam")
    assert ("restore", post.uri) in await _repair(town)
    assert (await town.seen(town.kota, post)).removed_at is not None
    async with town.kota.inside() as site:
        held = await Comparison.get(community_id=town.group_at_kota.id)
        again = await comparing.compare(site, await _group(town), held.digests)
        assert again.fetched == []  # what differs for good is not asked for each night


async def test_what_the_communitys_server_refused_its_moderator_is_taken_back_here(town: Town) -> None:
    """A moderator elsewhere removes a post of an owner: their own server cannot know the ranks, and did it already."""
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside() as site:
        await membership.appoint(site, town.ani.actor, town.group, await Actor.get(uri=town.budi.actor.uri))
    await settle(town.warga, town.kota)
    async with town.kota.inside() as site:
        await moderating.remove_post(site, town.budi.actor, await Post.get(uri=post.uri), "iklan")
    await settle(town.warga, town.kota)
    assert (await town.seen(town.warga, post)).is_shown
    assert ("restore", post.uri) in await _repair(town)
    assert (await town.seen(town.kota, post)).is_shown


async def test_comparing_has_its_time_for_each_community_and_its_turn_comes_again(town: Town) -> None:
    post = await town.post(town.warga, town.ani)
    async with town.warga.inside():
        await Post.filter(id=post.id).update(is_locked=True)
    async with town.kota.inside() as site:
        await repairing.plan_comparisons(site)
        planned = await Comparison.get(community_id=town.group_at_kota.id)
        assert timedelta(0) <= planned.due_at - site.clock.now() <= repairing.EVERY
        await Comparison.all().update(due_at=site.clock.now())
        await repairing.plan_comparisons(site)
        await repairing.plan_comparisons(site)
    await settle(town.kota)
    assert (await town.seen(town.kota, post)).is_locked
    async with town.kota.inside() as site:
        done = await Comparison.get(id=planned.id)
        assert done.compared_at is not None
        assert done.due_at - site.clock.now() > timedelta(hours=20)
        await membership.leave(site, town.budi.actor, await _group(town))
        await repairing.compare_community(site, town.group_at_kota.id)
        assert not await Comparison.exists()


async def test_s111_only_servers_with_a_member_read_who_is_banned(village: Village) -> None:
    stranger = village.good.actor("orang")
    address = f"{village.warga.url}/c/tebet/state"

    async def status(suffix: str = "", *, is_signed: bool = True) -> int:
        return (await stranger.ask(village.warga, address + suffix, ACTIVITY, is_signed=is_signed))[0]

    assert await status(is_signed=False) == 401
    assert await status() == 403
    await village.deliver(stranger, stranger.activity("Follow", village.group.uri))
    assert await status() == 200
    assert await status(is_signed=False) == 401
    assert [await status(path) for path in ("/bans", "/bans/1", "/secrets", "/about")] == [200, 404, 404, 404]


class Liar:
    """A community elsewhere whose server says what the test wants."""

    def __init__(self, village: Village, **sections: Any) -> None:
        self.village, self.group = village, village.group_of(village.good)
        self.address = f"{self.group.uri}/state"
        path = self.group.uri.removeprefix(village.good.origin)
        village.good.documents[path]["moderationState"] = self.address
        self.say(**sections)

    def say(self, **sections: Any) -> None:
        good, listed = self.village.good, []
        for name, items in sections.items():
            good.collection(f"{self.address}/{name}", items, page=100, isWhole=True)
            digest = Listing(items[:MOST]).digest
            listed.append({"name": name, "id": f"{self.address}/{name}", "digest": digest})
        good.serve(
            {"@context": "https://www.w3.org/ns/activitystreams", "id": self.address, "type": "ModerationState",
             "attributedTo": self.group.uri, "startTime": "2020-01-01T00:00:00Z", "sections": listed}
        )  # fmt: skip

    async def repair(self, known: Actor) -> list[Drift]:
        async with self.village.warga.inside() as site:
            return (await repairing.repair(site, await Actor.get(id=known.id))).drift


async def test_s051_a_million_listed_cost_a_bounded_number_of_pages_and_take_nothing_away(
    village: Village,
) -> None:
    liar = Liar(village)
    known = await village.follow(liar.group)
    liar.say(removed=[f"{village.good.origin}/notes/{number}" for number in range(100_000)])
    writer = village.good.actor("budi")
    page = page_of(writer, "x", liar.group.uri)
    await village.deliver(liar.group, announce(liar.group, writer.activity("Create", page)))
    async with village.warga.inside() as site:
        await Post.filter(uri=page["id"]).update(removed_at=site.clock.now())
    asked = len(village.good.asked)
    assert await liar.repair(known) == []
    assert len(village.good.asked) - asked <= comparing.MAX_PAGES + 2


async def test_s056_a_server_decides_about_its_own_community_only(village: Village) -> None:
    """It names posts of others, bans our administrator, and deletes what its own people did not write."""
    liar = Liar(village)
    known = await village.follow(liar.group)
    ours = await village.thread()
    writer = village.evil.actor("budi")
    page = page_of(writer, "1", liar.group.uri)
    await village.deliver(liar.group, announce(liar.group, writer.activity("Create", page)))
    theirs = await village.find(page["id"])
    assert theirs is not None
    both = [ours.uri, page["id"]]
    liar.say(
        removed=[ours.uri], locked=[ours.uri], pinned=[ours.uri], deleted=both,
        bans=[{"object": village.ani.actor.uri}, {"object": 7}, "x"],
        moderators=[village.evil.actor("orang").uri, {"a": 1}],
        labels=[{"object": page["id"], "tag": ["https://x.example/tag"]}, {"object": ours.uri, "tag": 5}],
    )  # fmt: skip
    drift = await liar.repair(known)
    assert {(one.act, one.uri) for one in drift} == {
        ("delete", page["id"]), ("ban", village.ani.actor.uri)
    }  # fmt: skip
    after = await village.fresh(ours)
    assert (after.removed_at, after.deleted_at, after.is_locked, after.is_pinned) == (
        None,
        None,
        False,
        False,
    )
    assert (await village.find(page["id"])).deleted_at is None  # type: ignore[union-attr]  # its author's server has it
    async with village.warga.inside() as site:
        banned = [row.community_id for row in await Membership.filter(banned_at__isnull=False)]
        assert banned == [known.id]
        assert not await PostFlair.exists()
        assert (
            await Membership.get(community_id=village.group.id, actor_id=village.ani.actor_id)
        ).role == Role.OWNER
        await moderating.lock_post(site, village.ani.actor, await Post.get(id=ours.id))  # still hers at home
    village.evil.serve({"id": page["id"], "type": "Tombstone"})
    liar.say(deleted=[page["id"]])
    await liar.repair(known)
    assert (await village.find(page["id"])).deleted_at is not None  # type: ignore[union-attr]


async def test_a_server_that_flips_each_night_fills_neither_log_nor_notifications(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "MAX_MENDED", 6)
    monkeypatch.setattr(repairing, "MAX_LOGGED", 2)
    liar = Liar(village)
    known = await village.follow(liar.group)
    writer = village.good.actor("budi")
    pages = [page_of(writer, str(number), liar.group.uri) for number in range(9)]
    for page in pages:
        await village.deliver(liar.group, announce(liar.group, writer.activity("Create", page)))
    for night in range(4):
        liar.say(removed=[page["id"] for page in pages] if night % 2 == 0 else [])
        await liar.repair(known)
    async with village.warga.inside():
        entries = await community_log(await Actor.get(id=known.id))
        assert len(entries) <= 4 * 3
        group = await Actor.get(id=known.id)
        shown = await Post.filter(community_id=known.id, removed_at=None).count()
        assert group.posts_count == shown


async def test_s047_a_state_on_another_host_or_of_another_community_is_not_read(village: Village) -> None:
    liar = Liar(village)
    known = await village.follow(liar.group)
    village.good.documents[liar.address.removeprefix(village.good.origin)]["attributedTo"] = village.group.uri
    with pytest.raises(Refused, match="foreign-id"):
        await liar.repair(known)
    async with village.warga.inside():
        elsewhere = await Actor.get(id=known.id)
        elsewhere.extra |= {"moderationState": f"{village.evil.origin}/state"}
        with pytest.raises(comparing.NotAllowed):
            comparing.state_address_of(elsewhere)
