"""Reports in both directions, removal, suspension, blocked domains; each in the public log."""

from __future__ import annotations

import pytest

from federation.database import rows
from federation.models import Actor, Follow, InboundActivity
from moderation import domains, log, removing, reporting, resolving, suspending
from moderation.models import Case, CaseState
from sebangsa import boosting, following, posting, timelines
from sebangsa.accounts import authenticate, user_by_name
from sebangsa.errors import NotAllowed, ProductError
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, Role
from sebangsa.posting import Draft
from sebangsa.visibility import may_read
from tests.foreign_server import PUBLIC, foreign_server
from tests.instances import Instance, settle, unfinished

Pair = tuple[Instance, Instance]


async def test_a_report_is_forwarded_without_the_reporters_name_and_answered(neighbours: Pair) -> None:
    """S-130."""
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    boss = await kota.user("boss", role=Role.MODERATOR)
    async with kota.inside() as site:
        post = await posting.create_post(site, budi.actor, Draft(source="kasar"))
    async with warga.inside() as site:
        accused = await find_actor(site, f"@budi@{kota.site.settings.domain}")
        assert accused is not None
        case = await reporting.report(site, ani.actor, accused, [], "Menghina", forward=True)
        moderator = await warga.user("mod", role=Role.MODERATOR)
    await settle(warga, kota)
    async with kota.inside() as site:
        [received] = await Case.all().select_related("reporter", "accused")
        assert (received.accused.username, received.comment) == ("budi", "Menghina")
        assert received.reporter.type == "Application"
        [stored] = await rows("SELECT body FROM inbound_activities WHERE type = 'Flag'")
        assert "ani" not in stored["body"]
        assert await Notification.filter(recipient_id=boss.actor_id, type="admin.report").count() == 1
        await resolving.resolve(site, await user_by_name("boss"), received, "Sudah ditegur")
        assert await Post.exists(id=post.id)
    async with warga.inside() as site:
        await resolving.resolve(site, await user_by_name(moderator.actor.username), case, "Terima kasih")
        [told] = await Notification.filter(recipient_id=ani.actor_id, type="report.resolved")
        assert told.extra["answer"] == "Terima kasih"
        assert (await Case.get(id=case.id)).state == CaseState.RESOLVED
    assert await unfinished(kota.site) == {"inbound": [], "deliveries": []}


async def test_a_removed_post_is_seen_by_its_author_only_and_comes_back_when_restored(
    neighbours: Pair,
) -> None:
    warga, kota = neighbours
    ani = await warga.user("ani")
    await warga.user("mod", role=Role.MODERATOR)
    budi = await kota.user("budi")
    async with kota.inside() as site:
        target = await find_actor(site, f"@ani@{warga.site.settings.domain}")
        assert target is not None
        await following.follow(site, budi.actor, target)
    await settle(warga, kota)
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, Draft(source="iklan"))
        await settle(warga, kota)
        moderator = await user_by_name("mod")
        await removing.remove_post(site, moderator, post, "Iklan")
        assert await timelines.page_of(timelines.public(), timelines.Window()) == []
        assert len(await timelines.page_of(timelines.home(ani.actor), timelines.Window())) == 1
        assert [entry.action for entry in await log.entries()] == ["remove-post"]
        assert await Notification.filter(recipient_id=ani.actor_id, type="moderation.removed").count() == 1
    await settle(warga, kota)
    async with kota.inside():
        assert (await Post.get(uri=post.uri)).deleted_at is not None
    async with warga.inside() as site:
        await removing.restore_post(
            site, await user_by_name("mod"), await Post.get(id=post.id), "Bukan iklan"
        )
        assert len(await timelines.page_of(timelines.public(), timelines.Window())) == 1
    await settle(warga, kota)
    async with kota.inside():
        back = await Post.get(uri=post.uri)
        assert (back.is_shown, back.content, back.edited_at) == (True, "<p>iklan</p>", None)
        [seen] = await timelines.page_of(timelines.home(budi.actor), timelines.Window())
        assert seen.id == back.id
    assert await unfinished(kota.site) == {"inbound": [], "deliveries": []}


async def test_a_boost_disappears_with_what_it_boosts(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    mod = await warga.user("mod", role=Role.MODERATOR)
    async with warga.inside() as site:
        post = await posting.create_post(site, budi.actor, Draft(source="iklan"))
        await boosting.boost(site, ani.actor, post)

        async def shown() -> list[int]:
            feeds = (timelines.home(ani.actor), timelines.of_actor(ani.actor, None))
            return [len(await timelines.page_of(feed, timelines.Window())) for feed in feeds]

        assert await shown() == [1, 1]
        await removing.remove_post(site, mod, post, "iklan")
        assert await shown() == [0, 0]
        await removing.restore_post(site, mod, post, "")
        await suspending.suspend(site, mod, budi.actor, "kasar")
        assert await shown() == [0, 0]
        await suspending.unsuspend(site, mod, budi.actor, "")
        assert await shown() == [1, 1]


async def test_nothing_of_somebody_suspended_is_given_to_servers_pages_or_apps(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani = await warga.user("ani")
    mod = await warga.user("mod", role=Role.MODERATOR)
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, Draft(source="kasar"))
    paths = {
        f"/p/{post.id}": "application/activity+json",
        f"/p/{post.id}/activity": "application/activity+json",
        f"/p/{post.id}/replies": "application/activity+json",
        "/u/ani": "application/activity+json",
        "/u/ani/outbox": "application/activity+json",
        f"/api/v1/statuses/{post.id}": "application/json",
        f"/p/{post.id}?": "text/html",
        "/u/ani?": "text/html",
    }

    async def answers() -> dict[str, int]:
        found = {}
        for path, accept in paths.items():
            async with kota.http.get(warga.url + path, headers={"accept": accept}) as answer:
                found[path] = answer.status
        return found

    assert set((await answers()).values()) == {200}
    async with warga.inside() as site:
        await suspending.suspend(site, mod, ani.actor, "kasar")
    assert set((await answers()).values()) <= {404, 410}, await answers()
    async with warga.inside() as site:
        await suspending.unsuspend(site, mod, ani.actor, "")
    assert set((await answers()).values()) == {200}


async def test_s131_nobody_moderates_upwards_or_themself(neighbours: Pair) -> None:
    warga, _ = neighbours
    for name, role in (
        ("ani", Role.MEMBER),
        ("mod", Role.MODERATOR),
        ("mod2", Role.MODERATOR),
        ("boss", Role.ADMIN),
    ):
        await warga.user(name, role=role)
    async with warga.inside() as site:
        users = {name: await user_by_name(name) for name in ("ani", "mod", "mod2", "boss")}
        for who, whom in (("ani", "mod"), ("mod", "boss"), ("mod", "mod"), ("mod", "mod2"), ("boss", "boss")):
            with pytest.raises(NotAllowed):
                await suspending.suspend(site, users[who], users[whom].actor, "")
        await suspending.suspend(site, users["mod"], users["ani"].actor, "kasar")
        with pytest.raises(ProductError):
            await authenticate(site, "ani", "rahasia sekali")
        await suspending.unsuspend(site, users["mod"], await Actor.get(id=users["ani"].actor_id), "cukup")
        assert (await authenticate(site, "ani", "rahasia sekali")).actor_id == users["ani"].actor_id


async def test_what_the_people_of_a_blocked_domain_wrote_is_hidden_while_it_is_blocked(
    neighbours: Pair,
) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    boss = await warga.user("boss", role=Role.ADMIN)
    async with foreign_server("lain") as lain:
        rini, doni = lain.actor("rini"), lain.actor("doni")
        written = []
        for number, person in enumerate((rini, doni)):
            sent = person.note(str(number), f"<p>halo {ani.actor.uri}</p>", to=[PUBLIC, ani.actor.uri])
            assert (await person.send(warga, person.activity("Create", sent)))[0] == 202
            written.append(sent["id"])
        await settle(warga)

        async def shown() -> list[bool]:
            posts = [await Post.get(uri=uri) for uri in written]
            return [await may_read(warga.site, None, post) for post in posts]

        async with warga.inside() as site:
            assert await shown() == [True, True]
            await suspending.suspend(site, boss, await Actor.get(uri=doni.uri), "kasar")
            await domains.block_domain(site, boss, "lain.localhost", "sampah")
            await domains.block_domain(site, boss, "localhost", "semua")
            assert await shown() == [False, False]
            await domains.unblock_domain(site, boss, "lain.localhost", "")
            assert await shown() == [False, False]
            await domains.unblock_domain(site, boss, "localhost", "")
            assert await shown() == [True, False]
        assert (await rini.send(warga, rini.activity("Like", written[0])))[0] == 202
        assert (await doni.send(warga, doni.activity("Like", written[0])))[0] == 403


async def test_s129_a_blocked_domain_is_neither_heard_nor_told(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    await warga.user("boss", role=Role.ADMIN)
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        assert (await rini.send(warga, rini.activity("Follow", ani.actor.uri)))[0] == 202
        await settle(warga)
        held = rini.activity("Create", rini.note("1", "<p>sudah antre</p>"))
        assert (await rini.send(warga, held))[0] == 202
        async with warga.inside() as site:
            post = await posting.create_post(site, ani.actor, Draft(source="antre"))
            await domains.block_domain(site, await user_by_name("boss"), "LOCALHOST.", "sampah")
            lain.received.clear()
        await settle(warga)
        status, answer = await rini.send(warga, rini.activity("Like", post.uri))
        assert (status, answer["code"]) == (403, "blocked-domain")
        assert lain.received == []
        async with warga.inside() as site:
            assert not await Post.exists(uri=f"{lain.origin}/notes/1")
            assert (await InboundActivity.get(uri=held["id"])).reason.startswith("blocked-domain")
            await domains.unblock_domain(site, await user_by_name("boss"), "localhost", "")
        assert (await rini.send(warga, rini.activity("Like", post.uri, to=[PUBLIC])))[0] == 202
        await settle(warga)
        async with warga.inside():
            assert (await Post.get(id=post.id)).likes_count == 1
            assert await Follow.filter(target_id=ani.actor_id).count() == 1
            assert [entry.action for entry in await log.entries()] == ["unblock-domain", "block-domain"]
