"""Reports in communities: a community at one server, its moderator at another, the reporter at a third."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from communities import membership
from communities.describing import Description
from communities.log import community_log
from communities.models import CommunityLogEntry, Membership
from communities.models import Role as CommunityRole
from communities.warning import warn
from federation.actors import resolve_actor
from federation.database import rows
from federation.models import Actor
from moderation import reporting, resolving
from moderation.community_pages import reports_tab
from moderation.models import Case, CaseState
from moderation.subjects import MAX_OPEN
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, Role, User, Visibility
from sebangsa.posting import Draft, create_post
from tests.communities.towns import Town, found_town
from tests.communities.village import Village, announce, page_of
from tests.documents.captured import captured_folder
from tests.foreign_server import PUBLIC
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished

RULES = "Jangan menghina\nJangan beriklan"


@dataclass
class Three:
    """Ani owns `tebet` at warga, Budi at kota moderates it, Citra at desa is a member."""

    town: Town
    desa: Instance
    citra: User

    @property
    def all(self) -> tuple[Instance, Instance, Instance]:
        return self.town.warga, self.town.kota, self.desa


@pytest.fixture
async def three(database: str, start: Callable[..., Awaitable[Instance]]) -> Three:
    warga, kota, desa = [await start(name, database=database) for name in ("warga", "kota", "desa")]
    town = await found_town(warga, kota, Description(title="Tebet", rules=RULES))
    citra = await desa.user("citra")
    async with desa.inside() as site:
        group = await find_actor(site, f"@tebet@{warga.site.settings.domain}")
        assert group is not None
        await membership.join(site, citra.actor, group)
    await settle(warga, kota, desa)
    budi_at_warga = await town.warga_sees(town.budi)
    async with warga.inside() as site:
        await membership.appoint(site, town.ani.actor, await Actor.get(id=town.group.id), budi_at_warga)
    await settle(warga, kota, desa)
    return Three(town, desa, citra)


async def _reported(three: Three, author: User, comment: str = "Kasar") -> Post:
    """Citra at desa reports what `author` wrote at warga, and everything travels."""
    post = await three.town.post(three.town.warga, author)
    await settle(*three.all)
    async with three.desa.inside() as site:
        seen = await Post.get(uri=post.uri).select_related("author")
        await reporting.report(
            site, three.citra.actor, seen.author, [seen], comment, rule="1. Jangan menghina"
        )
    await settle(*three.all)
    return post


async def test_a_report_reaches_the_moderators_on_every_server_and_closes_everywhere(three: Three) -> None:
    warga, kota, desa = three.all
    dewi = await warga.user("dewi")
    post = await _reported(three, dewi)
    for where, moderator in ((warga, three.town.ani), (kota, three.town.budi)):
        async with where.inside():
            [case] = await Case.all().select_related("reporter", "community")
            assert (case.reporter.username, case.comment) == ("citra", "1. Jangan menghina\nKasar")
            assert (case.community.username, case.is_for_site) == ("tebet", where is warga)  # type: ignore[union-attr]
            told = Notification.filter(recipient_id=moderator.actor_id, type="community.report")
            assert [entry.extra["community"] async for entry in told] == [case.community.handle]  # type: ignore[union-attr]
    async with kota.inside() as site:
        group = await Actor.get(uri=three.town.group.uri)
        [case] = await reporting.queue_of(group, three.town.budi.actor)
        await resolving.resolve_in_community(site, three.town.budi.actor, group, case, "Sudah ditegur")
    await settle(*three.all)
    for where in three.all:
        async with where.inside():
            [case] = await Case.all().select_related("resolved_by")
            assert (case.state, case.answer) == (CaseState.RESOLVED, "Sudah ditegur")
            assert case.resolved_by is not None
            assert case.resolved_by.username == "budi"
            assert case.uri.startswith(desa.url)
    async with desa.inside():
        [answered] = await Notification.filter(recipient_id=three.citra.actor_id, type="report.resolved")
        assert answered.extra["answer"] == "Sudah ditegur"
    assert (await three.town.seen(warga, post)).removed_at is None
    for where in three.all:
        assert await unfinished(where.site) == {"inbound": [], "deliveries": []}


async def test_the_answer_of_the_communitys_own_server_reaches_reporter_and_moderators(three: Three) -> None:
    warga, kota, desa = three.all
    await _reported(three, await warga.user("dewi"))
    async with warga.inside() as site:
        group = await Actor.get(id=three.town.group.id)
        [case] = await reporting.queue_of(group, three.town.ani.actor)
        await resolving.resolve_in_community(site, three.town.ani.actor, group, case, "Dihapus")
    await settle(*three.all)
    for where in (kota, desa):
        async with where.inside():
            assert [(case.state, case.answer) for case in await Case.all()] == [
                (CaseState.RESOLVED, "Dihapus")
            ]
    async with desa.inside():
        assert (
            await Notification.filter(recipient_id=three.citra.actor_id, type="report.resolved").count() == 1
        )


async def test_s130_a_report_is_never_announced_to_followers_nor_told_to_the_accuseds_server(
    three: Three,
) -> None:
    warga, kota, desa = three.all
    post = await three.town.post(desa, three.citra)
    await settle(*three.all)
    eka = await warga.user("eka")
    async with warga.inside() as site:
        seen = await Post.get(uri=post.uri).select_related("author")
        await reporting.report(site, eka.actor, seen.author, [seen], "Iklan", forward=True)
    await settle(*three.all)
    async with kota.inside():
        assert [case.comment for case in await Case.all()] == ["Iklan"]
    async with desa.inside():
        bodies = [str(row["body"]) for row in await rows("SELECT body FROM inbound_activities")]
        assert not any("eka" in body for body in bodies)
        [copy] = await Case.all().select_related("reporter")
        assert (copy.reporter.type, copy.community_id) == ("Application", None)


async def test_s130_the_accused_moderator_neither_sees_nor_judges_the_report(three: Three) -> None:
    warga, kota, _ = three.all
    post = await three.town.post(kota, three.town.budi)
    await settle(*three.all)
    async with three.desa.inside() as site:
        seen = await Post.get(uri=post.uri).select_related("author")
        await reporting.report(site, three.citra.actor, seen.author, [seen], "Kasar")
    await settle(*three.all)
    async with kota.inside():
        assert await Case.all().count() == 0
        assert "citra" not in "".join(
            str(row["body"])
            for row in await rows("SELECT body FROM inbound_activities WHERE body LIKE '%Flag%'")
        )
    async with warga.inside() as site:
        group, budi = await Actor.get(id=three.town.group.id), await Actor.get(uri=three.town.budi.actor.uri)
        [case] = await Case.all()
        assert await reporting.queue_of(group, budi) == []
        with pytest.raises(NotAllowed):
            await resolving.resolve_in_community(site, budi, group, case, "")


async def test_the_same_report_again_changes_nothing_and_one_answer_closes_all_of_one_thing(
    three: Three,
) -> None:
    warga, _, desa = three.all
    dewi, eka = await warga.user("dewi"), await warga.user("eka")
    post = await _reported(three, dewi)
    await _reported(three, dewi, "lain")  # about another post
    async with desa.inside() as site:
        seen = await Post.get(uri=post.uri).select_related("author")
        again = await reporting.report(site, three.citra.actor, seen.author, [seen], "Sekali lagi")
        assert again.comment == "Kasar"
    async with warga.inside() as site:
        own = await Post.get(id=post.id).select_related("author")
        await reporting.report(site, eka.actor, own.author, [own], "Setuju")
        group = await Actor.get(id=three.town.group.id)
        waiting = await reporting.queue_of(group, three.town.ani.actor)
        assert len(waiting) == 3
        assert (await reports_tab(group, three.town.ani.actor)).count == 3
        await resolving.resolve_in_community(site, three.town.ani.actor, group, waiting[0], "Terima kasih")
        [left] = await reporting.queue_of(group, three.town.ani.actor)
        assert left.post_ids != [post.id]


async def test_a_warning_reaches_the_author_with_its_rule_and_stands_in_the_log(three: Three) -> None:
    _, kota, desa = three.all
    post = await three.town.post(desa, three.citra)
    await settle(*three.all)
    async with kota.inside() as site:
        seen = await Post.get(uri=post.uri)
        with pytest.raises(Invalid):
            await warn(site, three.town.budi.actor, seen, "  ")
        await warn(site, three.town.budi.actor, seen, "2. Jangan beriklan\nIni yang pertama")
    await settle(*three.all)
    async with desa.inside():
        [told] = await Notification.filter(
            recipient_id=three.citra.actor_id, type="community.warned"
        ).select_related("actor")
        assert told.actor.username == "budi"
        assert told.extra["reason"] == "2. Jangan beriklan\nIni yang pertama"
    for where in three.all:
        async with where.inside():
            entries = await community_log(await Actor.get(uri=three.town.group.uri))
            assert [entry.reason for entry in entries if entry.action == "warn"] == [told.extra["reason"]]
        assert await unfinished(where.site) == {"inbound": [], "deliveries": []}


async def test_the_queue_works_by_keyboard_alone_for_a_moderator_who_is_none_of_the_site(
    three: Three,
) -> None:
    warga = three.town.warga
    dewi = await warga.user("dewi")
    post = await three.town.post(warga, dewi)
    eka = await FormBrowser.of(warga, await warga.user("eka"))
    path = f"/moderation/report?post={post.id}"
    _, form = await eka.get(path)
    assert "2. Jangan beriklan" in form
    assert (await eka.post(path, form_on=path, comment="", rule="9"))[0] == 422
    assert (await eka.post(path, form_on=path, comment="", rule=""))[0] == 422
    assert (await eka.post(path, form_on=path, comment="", rule="2"))[0] == 303
    ani = await FormBrowser.of(warga, three.town.ani)
    _, home = await ani.get("/c/tebet")
    assert 'href="/c/tebet/reports"' in home
    status, text = await ani.get("/c/tebet/reports")
    assert status == 200
    assert "2. Jangan beriklan" in text
    assert f'action="/p/{post.id}/moderate/warn?next=/c/tebet/reports"' in text
    assert (await eka.get("/c/tebet/reports"))[0] == 403
    assert "/c/tebet/reports" not in (await eka.get("/c/tebet"))[1]
    async with warga.inside():
        case = await Case.get()
    resolve = f"/c/tebet/reports/{case.id}/resolve"
    assert (await eka.post(resolve, form_on="/settings", answer="x"))[0] == 403
    warned = await ani.post(f"/p/{post.id}/moderate/warn", form_on="/c/tebet/reports", rule="2", reason="")
    assert warned[0] == 303
    assert (await ani.post(resolve, form_on="/c/tebet/reports", answer="Ditegur"))[1] == "/c/tebet/reports"
    assert "Ditegur" in (await eka.get("/notifications"))[1]
    dewis = await FormBrowser.of(warga, dewi)
    assert "2. Jangan beriklan" in (await dewis.get("/notifications"))[1]
    async with warga.inside():
        assert (await Case.get()).state == CaseState.RESOLVED


# --- what strangers send ----------------------------------------------------------------------------------------


async def _cases(village: Village) -> list[Case]:
    async with village.warga.inside():
        return await Case.all().select_related("reporter", "accused", "community")


@pytest.mark.parametrize(
    "captured",
    [
        "lemmy/lemmy-suite/activities/community/report_page.json",
        "mbin/lemmy-suite/activities/flag.json",
        "mastodon/lemmy-suite/activities/flag.json",
    ],
)
async def test_reports_of_other_software_reach_the_community(village: Village, captured: str) -> None:
    """Lemmy's single object, Mbin's list, Mastodon's from its server's actor."""
    folder = captured_folder()
    if folder is None:
        pytest.skip("SEBANGSA_TEST_DOCUMENTS is not set")
    post = await village.thread()
    is_mastodon = captured.startswith("mastodon")
    reporter = village.good.actor("pelapor", type_="Application" if is_mastodon else "Person")
    document = json.loads((folder / captured).read_bytes())
    flag = document | {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{village.good.origin}/flags/1",
        "actor": reporter.uri,
    }
    flag["object"] = [village.ani.actor.uri, post.uri] if isinstance(document["object"], list) else post.uri
    flag["to"] = [village.group.uri]
    assert (await village.deliver(reporter, flag))[1] == "done"
    [case] = await _cases(village)
    assert (case.community_id, case.post_ids) == (village.group.id, [post.id])
    assert case.comment == (document.get("content") or document["summary"])


async def test_a_report_holds_only_what_the_accused_wrote_and_comes_to_this_server_for_its_communities(
    village: Village,
) -> None:
    server, author = village.good.actor("server", type_="Application"), village.evil.actor("penulis")
    mine = await village.thread()
    page = page_of(author, "1", village.group.uri)
    assert (await village.deliver(author, author.activity("Create", page)))[1] == "done"
    for accused, named in ((village.ani.actor.uri, [mine.uri, page["id"]]), (author.uri, [page["id"]])):
        flag = server.activity("Flag", [accused, *named], to=[accused], content="Kasar")
        assert (await village.deliver(server, flag))[1] == "done"
    about_ani, about_author = await _cases(village)
    assert (about_ani.post_ids, about_ani.accused.uri) == ([mine.id], village.ani.actor.uri)
    assert about_author.accused.uri == author.uri
    for case in (about_ani, about_author):
        assert (case.is_for_site, case.community_id) == (True, village.group.id)


async def test_lemmys_resolve_closes_a_report_whose_id_it_does_not_keep(village: Village) -> None:
    post = await village.thread()
    reporter, moderator = village.good.actor("pelapor"), village.good.actor("moderator")
    flag = reporter.activity("Flag", post.uri, to=[village.group.uri], summary="Kasar")
    assert (await village.deliver(reporter, flag))[1] == "done"
    again = {name: value for name, value in flag.items() if name != "@context"} | {
        "id": f"{village.good.origin}/activities/flag/new"
    }
    resolve = moderator.activity("Resolve", again, to=[village.group.uri], audience=village.group.uri)
    status = await village.deliver(moderator, resolve)
    assert status[1] == "refused"  # a stranger closes nothing
    assert (await _cases(village))[0].state == CaseState.OPEN
    async with village.warga.inside() as site:
        who = await Actor.get(uri=moderator.uri)
        await membership.appoint(site, village.ani.actor, await Actor.get(id=village.group.id), who)
    resolve["id"] += "-2"
    assert (await village.deliver(moderator, resolve))[1] == "done"
    assert (await _cases(village))[0].state == CaseState.RESOLVED


async def test_an_answer_closes_the_report_that_it_embeds_and_never_that_of_the_accused_moderator(
    village: Village,
) -> None:
    """S-130. Under ids that are not the report's, as Lemmy sends them."""
    reporter, moderator = village.evil.actor("pelapor"), village.good.actor("moderator")
    async with village.warga.inside() as site:
        who = await resolve_actor(site.federation, moderator.uri)
        await membership.appoint(site, village.ani.actor, await Actor.get(id=village.group.id), who)
    first, second = await village.thread(), await village.thread()
    own = page_of(moderator, "1", village.group.uri)
    assert (await village.deliver(moderator, moderator.activity("Create", own)))[1] == "done"
    for uri, outcome in ((own["id"], "refused"), (second.uri, "done")):
        for reported in (first.uri, uri):
            flag = reporter.activity("Flag", reported, to=[village.group.uri], summary="Kasar")
            assert (await village.deliver(reporter, flag))[1] == "done"
        again = {name: value for name, value in flag.items() if name != "@context"} | {
            "id": f"{flag['id']}-2"
        }
        resolve = moderator.activity("Resolve", again, to=[village.group.uri], summary="Sudah")
        assert (await village.deliver(moderator, resolve))[1] == outcome
    states = {tuple(case.post_ids): (case.state, case.answer) for case in await _cases(village)}
    assert states.pop((second.id,)) == (CaseState.RESOLVED, "Sudah")
    assert set(states.values()) == {(CaseState.OPEN, "")}
    assert len(states) == 2


async def test_s130_what_the_reporter_cannot_see_is_not_reported(village: Village) -> None:
    reporter, server = village.good.actor("pelapor"), village.good.actor("server", type_="Application")
    async with village.warga.inside() as site:
        budi = await village.warga.user("budi")
        secret = await create_post(
            site, village.ani.actor, Draft(source="rahasia @budi", visibility=Visibility.DIRECT)
        )
        assert budi is not None
    for actor in (reporter, server):
        flag = actor.activity("Flag", secret.uri, to=[village.ani.actor.uri], summary="x")
        assert (await village.deliver(actor, flag))[1] == "refused"
        assert await _cases(village) == []
    flag = server.activity(
        "Flag", [village.ani.actor.uri, secret.uri], to=[village.ani.actor.uri], content="x"
    )
    assert (await village.deliver(server, flag))[1] == "done"
    [case] = await _cases(village)
    assert case.post_ids == []


async def test_s130_a_flood_of_reports_fills_no_queue(village: Village) -> None:
    reporter = village.evil.actor("pelapor")
    posts = [await village.thread(name=f"Judul {number}") for number in range(MAX_OPEN + 2)]
    for post in posts[:2] + posts:
        flag = reporter.activity("Flag", post.uri, to=[village.group.uri], summary="x" * 100_000)
        await village.deliver(reporter, flag)
    cases = await _cases(village)
    assert len(cases) == MAX_OPEN
    assert {len(case.comment) for case in cases} == {reporting.MAX_COMMENT}


async def test_s130_nobody_reports_in_another_name_or_through_another_group(village: Village) -> None:
    post = await village.thread()
    victim, group = village.good.actor("korban"), village.group_of(village.evil)
    await village.follow(group)
    flag = victim.activity("Flag", post.uri, to=[village.group.uri], summary="palsu")
    status, _, code = await village.deliver(village.evil.actor("jahat"), flag)
    assert (status, code) in ((401, "signer-is-not-actor"), (403, "foreign-id"), (403, "signer-is-not-actor"))
    assert (await village.deliver(group, announce(group, flag)))[1] == "refused"
    assert await _cases(village) == []


async def test_a_group_elsewhere_brings_reports_and_answers_to_a_moderator_here(village: Village) -> None:
    """As Lemmy forwards them: without the reporter's proof, announced by the group."""
    group = village.group_of(village.good)
    known = await village.follow(group)
    author, reporter = village.evil.actor("penulis"), village.evil.actor("pelapor")
    boss = village.good.actor("kepala")
    page = page_of(author, "1", group.uri)
    assert (await village.deliver(group, announce(group, author.activity("Create", page))))[1] == "done"
    flag = reporter.activity("Flag", page["id"], to=[group.uri], summary="Kasar", audience=group.uri)
    assert (await village.deliver(group, announce(group, flag)))[1] == "refused"  # nobody here judges it
    village.good.documents["/users/rw/moderators"]["orderedItems"] = [village.ani.actor.uri]
    async with village.warga.inside() as site:
        await membership.held_by(site, known, village.ani.actor)
        await _make_moderator(known, village.ani)
    flag["id"] += "-2"
    assert (await village.deliver(group, announce(group, flag)))[1] == "done"
    [case] = await _cases(village)
    assert (case.is_for_site, case.reporter.username) == (False, "pelapor")
    inner = {name: value for name, value in flag.items() if name != "@context"}
    stranger = reporter.activity("Resolve", inner, to=[group.uri])
    assert (await village.deliver(group, announce(group, stranger)))[1] == "refused"
    resolve = boss.activity("Resolve", inner, to=[group.uri])
    assert (await village.deliver(group, announce(group, resolve)))[1] == "done"
    assert (await _cases(village))[0].state == CaseState.RESOLVED


async def _make_moderator(community: Actor, user: User) -> None:
    await Membership.filter(community_id=community.id, actor_id=user.actor_id).update(
        role=CommunityRole.MODERATOR
    )


async def test_s131_only_moderators_warn_and_nobody_above_them(village: Village) -> None:
    budi = await village.warga.user("budi")
    boss = await village.warga.user("boss", role=Role.ADMIN)
    async with village.warga.inside() as site:
        community = await Actor.get(id=village.group.id)
        posts = {
            user.actor.username: await create_post(
                site, user.actor, Draft(source="x", name="y", community=community)
            )
            for user in (budi, boss)
        }
        with pytest.raises(NotAllowed):
            await warn(site, budi.actor, posts["boss"], "Jangan")
        with pytest.raises(NotAllowed):
            await warn(site, village.ani.actor, posts["boss"], "Jangan")
        await warn(site, village.ani.actor, posts["budi"], "Jangan")
    stranger = village.evil.actor("jahat")
    for to in (budi.actor.uri, village.ani.actor.uri):
        warned = stranger.activity(
            "Warn", posts["budi"].uri, to=[to, PUBLIC], summary="Palsu", audience=village.group.uri
        )
        assert (await village.deliver(stranger, warned))[1] == "refused"
    async with village.warga.inside():
        assert await CommunityLogEntry.filter(action="warn").count() == 1
        told: list[Any] = await Notification.filter(type="community.warned").values_list(
            "recipient_id", flat=True
        )
        assert told == [budi.actor_id]


async def test_s131_in_a_group_elsewhere_only_whom_its_server_lists_warns_the_author(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    post = await village.thread(community=known)
    boss, stranger = village.good.actor("kepala"), village.evil.actor("jahat")
    village.good.documents["/users/rw/moderators"]["orderedItems"] = [boss.uri]
    for sender, to, outcome in (
        (stranger, village.ani.actor.uri, "refused"),
        (boss, stranger.uri, "refused"),
        (boss, village.ani.actor.uri, "done"),
    ):
        warned = sender.activity("Warn", post.uri, to=[to], summary="Tolong sopan", audience=group.uri)
        assert (await village.deliver(sender, warned))[1] == outcome
    async with village.warga.inside():
        [told] = await Notification.filter(type="community.warned").select_related("actor")
        assert (told.recipient_id, told.actor.uri) == (village.ani.actor_id, boss.uri)
        assert told.extra["reason"] == "Tolong sopan"
        assert [entry.action for entry in await community_log(known)] == ["warn"]
