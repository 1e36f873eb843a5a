"""What moderators of other servers do, in a community of ours and in one of theirs: it counts, with reason and end."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from communities import membership, moderating
from communities.describing import Description, describe_community
from communities.log import community_log
from communities.models import Community, Membership, Posting, Role
from federation import models
from federation.actor_document import timestamp
from federation.actors import resolve_actor
from moderation import removing
from sebangsa import following
from sebangsa.models import Notification, Post
from sebangsa.models import Role as SiteRole
from sebangsa.posting import Draft, create_post
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC, Actor
from tests.form_browser import FormBrowser
from tests.instances import settle


async def _moderator(village: Village, name: str = "budi") -> Actor:
    """Somebody of the honest server, whom Ani appoints."""
    made = village.good.actor(name)
    async with village.warga.inside() as site:
        known = await resolve_actor(site.federation, made.uri)
        await membership.appoint(site, village.ani.actor, village.group, known)
    return made


async def _log(village: Village, community: models.Actor) -> list[tuple[str, str]]:
    """What stands in the log, oldest first: what was done, and why."""
    async with village.warga.inside():
        return [(entry.action, entry.reason) for entry in await community_log(community)][::-1]


async def _banned_until(village: Village, community: models.Actor, uri: str) -> tuple[bool, datetime | None]:
    async with village.warga.inside() as site:
        held = await Membership.get(community_id=community.id, actor__uri=uri)
        return held.is_banned(site.clock.now()), held.banned_until


def _acts(by: Actor, post: str, person: str, group: models.Actor, **ban: Any) -> list[dict[str, Any]]:
    """All that a moderator does and takes back, each with a reason where it has one."""
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [group.uri], "audience": group.uri}
    lock = by.activity("Lock", post, summary="cukup", **common)
    removal = by.activity("Delete", post, summary="iklan", **common)
    block = by.activity("Block", person, target=group.uri, summary="gaduh", **ban, **common)
    return [
        by.activity("Add", post, target=group.featured_url, **common),
        by.activity("Remove", post, target=group.featured_url, **common),
        lock,
        by.activity("Undo", lock, **common),
        removal,
        by.activity("Undo", removal, **common),
        block,
        by.activity("Undo", block, **common),
        by.activity("Add", person, target=group.moderators_url, **common),
    ]


DONE = [
    ("pin", ""),
    ("unpin", ""),
    ("lock", "cukup"),
    ("unlock", ""),
    ("remove", "iklan"),
    ("restore", ""),
    ("ban", "gaduh"),
    ("unban", ""),
]


@pytest.mark.parametrize("ends", ["endTime", "expires"])
async def test_what_a_moderator_elsewhere_does_here_stands_in_the_log_with_its_reason(
    village: Village, ends: str
) -> None:
    budi = await _moderator(village)
    citra = await village.warga.user("citra")
    async with village.warga.inside() as site:
        until = site.clock.now().replace(microsecond=0) + timedelta(days=3)
        post = await create_post(
            site, citra.actor, Draft(source="Murah", name="Jual motor", community=village.group)
        )
    for act in _acts(budi, post.uri, citra.actor.uri, village.group, **{ends: timestamp(until)}):
        assert (await village.deliver(budi, act))[1] == "done", act["type"]
        found = await village.fresh(post)
        if act["type"] == "Delete":
            assert found.removed_at is not None
        if act["type"] == "Block":
            assert await _banned_until(village, village.group, citra.actor.uri) == (True, until)
    assert (found.is_pinned, found.is_locked, found.is_shown) == (False, False, True)
    assert await _banned_until(village, village.group, citra.actor.uri) == (False, None)
    assert await _log(village, village.group) == [("appoint", "moderator"), *DONE, ("appoint", "moderator")]
    _, page = await (await FormBrowser.of(village.warga, citra)).get("/notifications")
    assert "iklan" in page


@pytest.mark.parametrize("ends", ["endTime", "expires"])
async def test_what_a_group_elsewhere_says_its_moderator_did_stands_in_the_log_with_its_reason(
    village: Village, ends: str
) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    async with village.warga.inside() as site:
        until = site.clock.now().replace(microsecond=0) + timedelta(days=3)
    post = await village.thread(community=known)
    budi = village.good.actor("budi")
    for act in _acts(budi, post.uri, village.ani.actor.uri, known, **{ends: timestamp(until)}):
        assert (await village.deliver(group, announce(group, act)))[1] == "done", act["type"]
        found = await village.fresh(post)
        if act["type"] == "Delete":
            assert found.removed_at is not None
        if act["type"] == "Block":
            assert await _banned_until(village, known, village.ani.actor.uri) == (True, until)
    assert (found.is_pinned, found.is_locked, found.is_shown) == (False, False, True)
    assert await _banned_until(village, known, village.ani.actor.uri) == (False, None)
    assert await _log(village, known) == [*DONE, ("appoint", "")]
    ani = await FormBrowser.of(village.warga, village.ani)
    assert "iklan" in (await ani.get("/notifications"))[1]
    _, page = await ani.get(f"/c/rw@{village.good.host}/log")
    for reason in ("cukup", "iklan", "gaduh"):
        assert reason in page


async def test_a_ban_ends_by_itself_and_one_that_arrives_after_its_end_is_none(village: Village) -> None:
    budi = await _moderator(village)
    group = village.group_of(village.good)
    known = await village.follow(group)
    writer = village.evil.actor("joko")
    async with village.warga.inside() as site:
        await resolve_actor(site.federation, writer.uri)
        past = timestamp(site.clock.now() - timedelta(minutes=1))
        later = timestamp(site.clock.now() + timedelta(hours=1))
    for ends in ("endTime", "expires"):
        late = budi.activity("Block", writer.uri, target=village.group.uri, **{ends: past})
        assert (await village.deliver(budi, late))[1] == "refused"
        late = budi.activity("Block", writer.uri, target=known.uri, **{ends: past})
        assert (await village.deliver(group, announce(group, late)))[1] == "done"
    async with village.warga.inside():
        assert not await Membership.filter(actor__uri=writer.uri, banned_at__isnull=False).exists()
    assert await _log(village, known) == []

    block = budi.activity("Block", writer.uri, target=village.group.uri, endTime=later)
    assert (await village.deliver(budi, block))[1] == "done"
    page = page_of(writer, "1", village.group.uri)
    assert (await village.deliver(writer, writer.activity("Create", page)))[1] == "refused"
    async with village.warga.inside() as site:  # an hour later
        await Membership.filter(actor__uri=writer.uri).update(
            banned_until=site.clock.now() - timedelta(seconds=1)
        )
    assert (await village.deliver(writer, writer.activity("Create", page)))[1] == "done"
    assert await village.find(page["id"]) is not None
    await village.deliver(writer, writer.activity("Follow", village.group.uri))
    assert [got["type"] for got in village.evil.received][-1] == "Accept"


async def test_a_deletion_is_a_removal_by_who_does_it_whether_it_gives_a_reason_or_not(
    village: Village,
) -> None:
    """Without `summary` (NodeBB) by a moderator on the author's own server; with one by an author who moderates nothing."""
    budi = await _moderator(village)
    rini, tono = village.good.actor("rini"), village.good.actor("tono")
    one, two = page_of(rini, "1", village.group.uri), page_of(rini, "2", village.group.uri)
    for page in (one, two):
        assert (await village.deliver(rini, rini.activity("Create", page)))[1] == "done"
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [village.group.uri]}
    assert (await village.deliver(tono, tono.activity("Delete", one["id"], **common)))[1] == "refused"
    assert (await village.deliver(budi, budi.activity("Delete", one["id"], **common)))[1] == "done"
    removed = await village.find(one["id"])
    assert removed is not None
    assert (removed.removed_at is not None, removed.deleted_at) == (True, None)
    own = rini.activity("Delete", two["id"], summary="salah tulis", **common)
    assert (await village.deliver(rini, own))[1] == "done"
    deleted = await village.find(two["id"])
    assert deleted is not None
    assert (deleted.removed_at, deleted.deleted_at is not None) == (None, True)


async def test_a_post_is_removed_with_all_answers_below_it_and_no_others(village: Village) -> None:
    """`withReplies` (Lemmy 1.0), of a comment and then of its thread. Its `Undo` brings back what went with it."""
    budi = await _moderator(village)
    group = village.group_of(village.good)
    known = await village.follow(group)
    for community in (village.group, known):
        citra = await village.warga.user(f"citra_{community.username}")
        async with village.warga.inside() as site:
            where = await models.Actor.get(id=community.id)
            thread = await create_post(site, citra.actor, Draft(source="x", name="Ribut", community=where))
            beside = await create_post(site, village.ani.actor, Draft(source="Halo", in_reply_to=thread))
            answer = await create_post(site, citra.actor, Draft(source="Kasar", in_reply_to=thread))
            below = await create_post(site, village.ani.actor, Draft(source="Sudah", in_reply_to=answer))
            deepest = await create_post(site, citra.actor, Draft(source="Belum", in_reply_to=below))
        for kind, top, gone in (
            ("Delete", answer, {answer, below, deepest}),
            ("Delete", thread, {thread, beside, answer, below, deepest}),
            ("Undo", thread, {answer, below, deepest}),
            ("Undo", answer, set()),
        ):
            common: dict[str, Any] = {"to": [PUBLIC], "cc": [community.uri]}
            act = budi.activity("Delete", top.uri, summary="gaduh", withReplies=True, **common)
            if kind == "Undo":
                act = budi.activity("Undo", act, **common)
            if community is known:
                assert (await village.deliver(group, announce(group, act)))[1] == "done"
            else:
                assert (await village.deliver(budi, act))[1] == "done"
            for post in (thread, beside, answer, below, deepest):
                is_gone = (await village.fresh(post)).removed_at is not None
                assert is_gone == (post in gone), (community.username, kind, top.source, post.source)
        assert (await village.fresh(thread)).replies_count == 2


async def test_what_this_servers_moderators_removed_stays_so_when_the_group_restores_it(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    await village.follow(group)
    writer, moderator = village.good.actor("rini"), village.good.actor("budi")
    page = page_of(writer, "1", group.uri)
    await village.deliver(group, announce(group, writer.activity("Create", page)))
    boss = await village.warga.user("boss", role=SiteRole.ADMIN)
    async with village.warga.inside() as site:
        await removing.remove_post(site, boss, await Post.get(uri=page["id"]), "melanggar hukum")
    removal = moderator.activity("Delete", page["id"], summary="", audience=group.uri)
    undo = moderator.activity("Undo", removal, to=[PUBLIC])
    assert (await village.deliver(group, announce(group, undo)))[1] == "done"
    found = await village.find(page["id"])
    assert found is not None
    assert found.removed_at is not None
    async with village.warga.inside() as site:
        await removing.restore_post(site, boss, await Post.get(uri=page["id"]), "keliru")
    found = await village.find(page["id"])
    assert found is not None
    assert found.removed_at is None


async def test_only_threads_of_the_community_are_pinned_in_it_and_no_more_than_five(village: Village) -> None:
    budi = await _moderator(village)
    async with village.warga.inside() as site:
        other = await create_post(site, village.ani.actor, Draft(source="di luar"))
    threads = [await village.thread(name=f"Utas {number}") for number in range(6)]
    async with village.warga.inside() as site:
        answer = await create_post(site, village.ani.actor, Draft(source="ya", in_reply_to=threads[0]))
    hostile = village.group_of(village.evil)
    await village.follow(hostile)
    stranger = village.evil.actor("joko")
    stray = stranger.activity("Add", threads[0].uri, target=f"{hostile.uri}/featured", to=[PUBLIC], cc=[])
    assert (await village.deliver(hostile, announce(hostile, stray)))[1] == "refused"
    assert not (await village.fresh(threads[0])).is_pinned
    for post, outcome in ((other, "refused"), (answer, "refused"), *((one, "done") for one in threads[:5]),
                          (threads[5], "refused")):  # fmt: skip
        pin = budi.activity("Add", post.uri, target=village.group.featured_url, to=[PUBLIC], cc=[])
        assert (await village.deliver(budi, pin))[1] == outcome, post.source
    async with village.warga.inside():
        assert await Post.filter(is_pinned=True).count() == 5


async def test_a_locked_comment_closes_what_hangs_on_it_and_not_the_thread(village: Village) -> None:
    budi = await _moderator(village)
    thread = await village.thread()
    async with village.warga.inside() as site:
        answer = await create_post(site, village.ani.actor, Draft(source="ya", in_reply_to=thread))
    lock = budi.activity("Lock", answer.uri, summary="cukup", to=[PUBLIC], cc=[village.group.uri])
    assert (await village.deliver(budi, lock))[1] == "done"
    joko = village.evil.actor("joko")
    below = joko.note("1", "<p>Tapi</p>", inReplyTo=answer.uri)
    beside = joko.note("2", "<p>Halo</p>", inReplyTo=thread.uri)
    assert (await village.deliver(joko, joko.activity("Create", below)))[1] == "refused"
    assert (await village.deliver(joko, joko.activity("Create", beside)))[1] == "done"
    async with village.warga.inside():
        assert await Notification.filter(recipient_id=village.ani.actor_id, type="mention").count() == 1


async def test_who_is_banned_is_not_appointed(village: Village) -> None:
    budi = await _moderator(village)
    joko = village.evil.actor("joko")
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [village.group.uri]}
    block = budi.activity("Block", joko.uri, target=village.group.uri, summary="gaduh", **common)
    add = budi.activity("Add", joko.uri, target=village.group.moderators_url, **common)
    assert (await village.deliver(budi, block))[1] == "done"
    assert (await village.deliver(budi, add))[1] == "refused"
    async with village.warga.inside():
        assert not (await Membership.get(actor__uri=joko.uri)).is_moderating


async def test_a_moderator_elsewhere_describes_the_community_and_keeps_what_is_not_theirs_to_say(
    village: Village,
) -> None:
    budi = await _moderator(village)
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    async with village.warga.inside() as site:
        before = await models.Actor.get(id=village.group.id)
        about = Description(title="Tebet", sidebar="Lama", rules="Jangan beriklan", language="id")
        await describe_community(site, village.ani.actor, before, about)
    await settle(village.warga)
    village.good.received.clear()
    village.good.deliveries.clear()
    document = {
        "id": village.group.uri,
        "type": "Group",
        "preferredUsername": "direbut",
        "name": "Tebet Timur",
        "summary": "<p>Hai <b>semua</b></p>",
        "source": {"content": "Hai **semua**", "mediaType": "text/markdown"},
        "inbox": f"{village.good.origin}/inbox",
        "attributedTo": f"{village.good.origin}/moderators",
        "postingRestrictedToMods": True,
    }
    common: dict[str, Any] = {"to": [PUBLIC], "cc": [village.group.uri]}
    update = budi.activity("Update", document, **common)
    assert (await village.deliver(budi, update))[1] == "done"
    async with village.warga.inside():
        group = await models.Actor.get(id=village.group.id)
        rules = await Community.get(actor_id=group.id)
        assert (group.name, group.source) == ("Tebet Timur", "Hai **semua**")
        assert (group.username, group.inbox_url, group.moderators_url) == (
            "tebet",
            before.inbox_url,
            before.moderators_url,
        )
        assert (rules.posting, rules.rules, rules.language) == (Posting.MODERATORS, "Jangan beriklan", "id")
    assert (await _log(village, village.group))[-2:] == [("settings", ""), ("settings", "")]
    [own] = [got for got in village.good.received if got["type"] == "Update"]
    assert (own["actor"], own["object"]["name"]) == (village.group.uri, "Tebet Timur")
    [announced] = [got.body for got in village.good.deliveries if b'"type":"Announce"' in got.body]
    assert json.dumps(update).encode() in announced  # as it came
    opened = budi.activity("Update", document | {"postingRestrictedToMods": False}, **common)
    assert (await village.deliver(budi, opened))[1] == "done"
    async with village.warga.inside():
        assert (await Community.get(actor_id=group.id)).posting == Posting.ANYONE


@pytest.mark.parametrize(
    ("software", "told"), [("lemmy", ["Add", "Remove", "Block", "Undo"]), ("mastodon", [])]
)
async def test_whom_an_act_is_about_is_told_of_it_where_nobody_follows_the_community(
    village: Village, software: str, told: list[str]
) -> None:
    """Microblogs read no such act: a `Block` there is one between two people."""
    budi = village.good.actor("budi")
    ani, group = village.ani.actor, village.group
    async with village.warga.inside() as site:
        known = await resolve_actor(site.federation, budi.uri)
        assert await models.Peer.filter(host=village.good.host).update(software=software) == 1
        await membership.appoint(site, ani, group, known)
        await membership.dismiss(site, ani, group, known)
        await membership.ban(site, ani, group, known, reason="gaduh")
        await membership.unban(site, ani, group, known)
    await settle(village.warga)
    assert [got["type"] for got in village.good.received] == told
    assert {got["actor"] for got in village.good.received} <= {ani.uri}


async def test_answers_that_were_removed_with_a_thread_come_back_with_it_and_no_others(
    village: Village,
) -> None:
    """Removed for itself by a moderator, or by those of this server: each needs its own word."""
    ani, boss = village.ani.actor, await village.warga.user("boss", role=SiteRole.ADMIN)
    thread = await village.thread()
    async with village.warga.inside() as site:
        rude, illegal, harmless = [
            await create_post(site, ani, Draft(source=source, in_reply_to=thread))
            for source in ("Kasar", "Iklan obat", "Setuju")
        ]
        await moderating.remove_post(site, ani, rude)
        await removing.remove_post(site, boss, await Post.get(id=illegal.id), "melanggar hukum")
        await moderating.remove_post(site, ani, thread, with_replies=True)
        await moderating.restore_post(site, ani, await Post.get(id=thread.id))
    shown = {
        post.source for post in (thread, rude, illegal, harmless) if (await village.fresh(post)).is_shown
    }
    assert shown == {thread.source, harmless.source}
    assert (await village.fresh(thread)).replies_count == 1
    async with village.warga.inside():
        undone = [
            json.loads(made.body)["object"] for made in await models.OutboundActivity.filter(type="Undo")
        ]
        assert [inner["withReplies"] for inner in undone if inner["type"] == "Delete"] == [True]


async def test_who_is_appointed_dismissed_banned_or_let_back_reads_it(village: Village) -> None:
    """In a community here and in one elsewhere; one's own doing is no news."""
    citra = await village.warga.user("citra")
    group = village.group_of(village.good)
    known = await village.follow(group)
    budi = village.good.actor("budi")
    async with village.warga.inside() as site:
        until = site.clock.now() + timedelta(days=3)
        ani = village.ani.actor
        await membership.appoint(site, ani, village.group, citra.actor, Role.OWNER)
        await membership.dismiss(site, citra.actor, village.group, citra.actor)
        await membership.appoint(site, ani, village.group, citra.actor)
        await membership.dismiss(site, ani, village.group, citra.actor)
        await membership.ban(site, ani, village.group, citra.actor, reason="gaduh", until=until)
        await membership.unban(site, ani, village.group, citra.actor)
    for act in (
        budi.activity("Add", citra.actor.uri, target=known.moderators_url),
        budi.activity("Remove", citra.actor.uri, target=known.moderators_url),
        budi.activity("Block", citra.actor.uri, target=known.uri, summary="ribut"),
    ):
        assert (await village.deliver(group, announce(group, act)))[1] == "done", act["type"]
    async with village.warga.inside():
        told = await Notification.filter(recipient_id=citra.actor_id).order_by("id").select_related("actor")
        assert [(entry.type, entry.actor.username) for entry in told] == [
            ("community.appointed", "tebet"),
            ("community.appointed", "tebet"),
            ("community.dismissed", "tebet"),
            ("community.banned", "tebet"),
            ("community.unbanned", "tebet"),
            ("community.appointed", "rw"),
            ("community.dismissed", "rw"),
            ("community.banned", "rw"),
        ]
    _, page = await (await FormBrowser.of(village.warga, citra)).get("/notifications")
    for words in (
        "made you one of its owners",
        "made you one of its moderators",
        "gaduh",
        "ribut",
    ):
        assert words in page
    assert page.count("<p>until ") == 1


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"reasonCode": "banned", "summary": "You are banned."}, "You are banned from this community."),
        ({"summary": "<p>Hanya warga RW 5</p>"}, "Hanya warga RW 5"),
        ({}, "did not let you follow or join"),
    ],
    ids=["code", "words", "nothing"],
)
async def test_whom_a_community_elsewhere_does_not_let_in_reads_why(
    village: Village, said: dict[str, str], read: str
) -> None:
    group = village.group_of(village.good)
    async with village.warga.inside() as site:
        known = await resolve_actor(site.federation, group.uri)
        made = await following.follow(site, village.ani.actor, known)
    assert (await village.deliver(group, group.activity("Reject", made.uri, **said)))[1] == "done"
    ani = await FormBrowser.of(village.warga, village.ani)
    _, page = await ani.get("/notifications")
    assert read in page
    async with village.warga.inside():
        assert await Notification.filter(type="follow.refused").count() == 1


async def test_a_person_who_lets_nobody_follow_without_a_word_is_not_told_of(village: Village) -> None:
    budi = village.good.actor("budi")
    async with village.warga.inside() as site:
        made = await following.follow(site, village.ani.actor, await resolve_actor(site.federation, budi.uri))
    assert (await village.deliver(budi, budi.activity("Reject", made.uri)))[1] == "done"
    async with village.warga.inside():
        assert not await Notification.exists(type="follow.refused")
