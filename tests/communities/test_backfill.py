"""A community elsewhere is not empty when somebody joins late: its past is read, quietly and within a budget."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from communities import moderating
from communities.describing import Description
from communities.founding import create_community
from communities.membership import join, leave
from federation.actor_document import timestamp
from federation.fetch_limits import HostBudget
from federation.models import Actor, OutboundActivity
from sebangsa import activitypub, backfill_walk, backfilling
from sebangsa.limits import BUCKETS
from sebangsa.lookup import find_actor
from sebangsa.models import Backfill, BackfillState, Notification, Post, User
from sebangsa.posting import Draft, create_post
from tests.communities.towns import Town
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import Actor as ForeignActor
from tests.foreign_server import ForeignServer
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle

AS2 = "https://www.w3.org/ns/activitystreams"


def collection(server: ForeignServer, path: str, items: list[Any] | None, **more: Any) -> str:
    """A list that the server serves; its address."""
    uri = f"{server.origin}{path}"
    document: dict[str, Any] = {"@context": AS2, "id": uri, "type": "OrderedCollection", **more}
    if items is not None:
        document |= {"totalItems": more.get("totalItems", len(items)), "orderedItems": items}
    server.documents[path] = document
    return uri


async def arrive(village: Village, group: ForeignActor, who: User | None = None) -> Actor:
    """Ani, or `who`, joins a group elsewhere and is let in; all that follows from it is done."""
    async with village.warga.inside() as site:
        known = await find_actor(site, group.uri)
        assert known is not None
        await join(site, (who or village.ani).actor, known)
    await settle(village.warga)
    follow = [sent for sent in group.server.received if sent["type"] == "Follow"][-1]
    await village.deliver(group, group.activity("Accept", follow))
    return known


async def state_of(village: Village, kind: str, subject_id: int) -> Backfill:
    async with village.warga.inside():
        return await Backfill.get(kind=kind, subject_id=subject_id)


async def posts_in(village: Village, group: Actor) -> list[Post]:
    async with village.warga.inside():
        return await Post.filter(community_id=group.id).order_by("id")


async def test_who_joins_late_finds_threads_comments_and_pins_and_is_told_of_what_names_them_today(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with warga.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
        threads = [
            await create_post(site, ani.actor, Draft(source=f"Isi {n}", name=f"Utas {n}", community=group))
            for n in range(3)
        ]
        comment = await create_post(
            site, ani.actor, Draft(source="Halo @budi@" + kota.site.settings.domain, in_reply_to=threads[0])
        )
        await create_post(site, ani.actor, Draft(source="Lagi", in_reply_to=comment))
        await moderating.pin_post(site, ani.actor, threads[1])
    await settle(warga, kota)
    async with kota.inside() as site:
        await Post.filter(is_local=False).delete()  # Budi was named: his server knew a comment
        await Notification.all().delete()
        sent_before = await OutboundActivity.filter(type="Announce").count()
        found = await find_actor(site, f"@tebet@{warga.site.settings.domain}")
        assert found is not None
        await join(site, budi.actor, found)
    await settle(warga, kota)
    async with kota.inside():
        there = await Post.filter(community_id=found.id).order_by("id")
        assert {post.name for post in there if post.in_reply_to_id is None} == {"Utas 0", "Utas 1", "Utas 2"}
        assert {post.depth for post in there if post.in_reply_to_id} == {1, 2}
        assert [post.name for post in there if post.is_pinned] == ["Utas 1"]
        assert await Notification.filter(type="mention").count() == 1
        assert await OutboundActivity.filter(type="Announce").count() == sent_before
        group_there = await Actor.get(id=found.id)
        assert group_there.posts_count == 3
        opening = next(post for post in there if post.name == "Utas 0")
        assert opening.replies_count == 1
        assert {row.state for row in await Backfill.all()} == {BackfillState.DONE}
    async with warga.inside():
        ours = {post.uri: post for post in await Post.all()}
    for post in there:
        assert post.created_at.replace(microsecond=0) == ours[post.uri].created_at.replace(microsecond=0)


async def test_the_outbox_of_lemmy_is_read_whole_and_its_threads_keep_their_dates(village: Village) -> None:
    group = village.group_of(village.good)
    writer = village.good.actor("tini")
    pages = [page_of(writer, str(n), group.uri, published=f"2026-01-0{n + 1}T00:00:00Z") for n in range(4)]
    items = [announce(group, writer.activity("Create", page)) for page in reversed(pages)]
    collection(village.good, "/users/rw/outbox", items)
    collection(village.good, "/users/rw/featured", [pages[0]])
    known = await arrive(village, group)
    posts = await posts_in(village, known)
    assert [post.uri for post in posts] == [page["id"] for page in pages]
    assert [post.created_at.day for post in posts] == [1, 2, 3, 4]
    assert [post.is_pinned for post in posts] == [True, False, False, False]
    assert (await state_of(village, "actor", known.id)).state == BackfillState.DONE
    # Lemmy lists no comments: that is said, with a way to the original.
    assert (await state_of(village, "thread", posts[0].id)).state == BackfillState.CLIPPED


async def test_the_conversation_of_nodebb_is_read_by_its_context(village: Village) -> None:
    group = village.group_of(village.good)
    writer, other = village.good.actor("tini"), village.evil.actor("joko")
    topic = f"{village.good.origin}/topic/7"
    article = writer.note("1", "<p>Topik</p>", type="Article", audience=group.uri, context=topic)
    village.good.documents["/notes/1"]["name"] = "Topik"
    first = other.note("c1", "jawab", inReplyTo=article["id"])
    second = writer.note("c2", "jawab lagi", inReplyTo=first["id"], context=topic)
    collection(village.good, "/topic/7", None, totalItems=3, first=f"{topic}?page=1")
    page = {"@context": AS2, "id": f"{topic}?page=1", "type": "OrderedCollectionPage", "partOf": topic}
    village.good.documents["/topic/7"] = {
        "@context": AS2,
        "id": topic,
        "type": "OrderedCollection",
        "totalItems": 3,
        "first": page
        | {"orderedItems": [article["id"], first["id"]], "next": f"{village.good.origin}/topic/7/2"},
    }
    village.good.documents["/topic/7/2"] = page | {
        "id": f"{village.good.origin}/topic/7/2",
        "orderedItems": [second["id"]],
    }
    collection(village.good, "/users/rw/outbox", [announce(group, article["id"])])
    known = await arrive(village, group)
    posts = await posts_in(village, known)
    assert {post.uri for post in posts} == {article["id"], first["id"], second["id"]}
    opening = next(post for post in posts if post.uri == article["id"])
    assert {post.root_id for post in posts} == {None, opening.id}
    assert (await state_of(village, "thread", opening.id)).state == BackfillState.DONE


@pytest.mark.parametrize("context", ["/tidak-ada", ""], ids=["out of reach", "not named"])
async def test_the_history_of_a_conversation_is_read_where_its_context_is_not_to_be_had(
    village: Village, context: str
) -> None:
    """FEP-f228: `contextHistory` lists activities; who reads neither has the answers of each post."""
    group, writer = village.group_of(village.good), village.good.actor("tini")
    history = f"{village.good.origin}/history/1"
    named = {"context": f"{village.good.origin}{context}"} if context else {}
    page = page_of(writer, "1", group.uri, contextHistory=history, **named)
    answer = writer.note("2", "jawab", inReplyTo=page["id"])
    collection(village.good, "/history/1", [writer.activity("Create", item) for item in (page, answer)])
    collection(village.good, "/users/rw/outbox", [announce(group, page["id"])])
    known = await arrive(village, group)
    assert {post.uri for post in await posts_in(village, known)} == {page["id"], answer["id"]}


@pytest.mark.parametrize("way", ["named", "redirected"])
async def test_s051_the_list_of_a_conversation_is_not_read_from_a_third_server(
    village: Village, way: str
) -> None:
    group, stranger = village.group_of(village.good), village.evil.actor("joko")
    writer = village.good.actor("tini")
    topic = f"{(village.evil if way == 'named' else village.good).origin}/topic/7"
    page = page_of(writer, "1", group.uri, context=topic)
    village.good.redirects["/topic/7"] = f"{village.evil.origin}/topic/7"
    smuggled = stranger.note("c1", "jawab", inReplyTo=page["id"], context=topic)
    collection(village.evil, "/topic/7", [page["id"], smuggled["id"]])
    collection(village.good, "/users/rw/outbox", [announce(group, page["id"])])
    known = await arrive(village, group)
    assert [post.uri for post in await posts_in(village, known)] == [page["id"]]
    if way == "named":
        assert "/topic/7" not in village.evil.asked


async def test_answers_of_mastodon_are_read_breadth_first_from_embedded_lists(village: Village) -> None:
    writer = village.good.actor("tini")
    replies = {
        "id": f"{village.good.origin}/notes/1/replies",
        "type": "Collection",
        "first": {
            "type": "CollectionPage",
            "partOf": f"{village.good.origin}/notes/1/replies",
            "next": f"{village.good.origin}/notes/1/replies2",
            "items": [],
        },
    }
    root = writer.note("1", "<p>Awal</p>", replies=replies, context="tag:baik,2026:7")
    village.good.documents["/notes/1/replies"] = {"@context": AS2, **replies}
    answer = writer.note("2", "satu", inReplyTo=root["id"])
    below = writer.note("3", "dua", inReplyTo=answer["id"])
    village.good.documents["/notes/1/replies2"] = {
        "@context": AS2,
        "id": f"{village.good.origin}/notes/1/replies2",
        "type": "CollectionPage",
        "items": [answer["id"]],
    }
    for note, items in ((answer, [below]), (below, [])):
        path = note["id"].removeprefix(village.good.origin)
        village.good.documents[path]["replies"] = {
            "type": "Collection",
            "totalItems": len(items),
            "items": items,
        }
    collection(village.good, "/users/tini/outbox", [writer.activity("Create", root)])
    async with village.warga.inside() as site:
        known = await find_actor(site, writer.uri)
        assert known is not None
        await backfilling.first_contact(site, known)
    await settle(village.warga)
    opening = await village.find(root["id"])
    assert opening is not None
    async with village.warga.inside() as site:
        await backfilling.ask_for_thread(site, opening, known.host)
    await settle(village.warga)
    for uri, depth in ((answer["id"], 1), (below["id"], 2)):
        found = await village.find(uri)
        assert found is not None
        assert (found.root_id, found.depth) == (opening.id, depth)
    assert (await state_of(village, "thread", opening.id)).state == BackfillState.DONE


async def test_a_followed_person_is_not_empty_and_only_their_public_posts_are_read(village: Village) -> None:
    writer, other = village.good.actor("tini"), village.good.actor("lain")
    pinned = writer.note("p", "tersemat", published="2025-01-01T00:00:00Z")
    open_note = writer.note("1", "umum", likes={"type": "Collection", "totalItems": 5})
    closed = writer.note("2", "rahasia", to=[f"{writer.uri}/followers"], cc=[])
    undated = writer.note("3", "tanpa tanggal", published=None)
    foreign = other.note("4", "punya orang")
    collection(village.good, "/users/tini/featured", [pinned["id"]])
    village.good.documents["/users/tini"]["featured"] = f"{village.good.origin}/users/tini/featured"
    outbox = [writer.activity("Create", note) for note in (open_note, closed, undated)]
    outbox += [writer.activity("Announce", foreign["id"]), writer.activity("Create", foreign)]
    collection(village.good, "/users/tini/outbox", outbox)
    async with village.warga.inside() as site:
        known = await find_actor(site, writer.uri)
        assert known is not None
        await backfilling.first_contact(site, known)
    await settle(village.warga)
    async with village.warga.inside():
        assert {post.uri for post in await Post.filter(is_local=False)} == {pinned["id"], open_note["id"]}
        assert (await Post.get(uri=open_note["id"])).likes_count == 5
        assert (await Actor.get(id=known.id)).posts_count == 2
    asked = len(village.good.asked)
    async with village.warga.inside() as site:
        await backfilling.first_contact(site, known)
    await settle(village.warga)
    assert len(village.good.asked) == asked, "it is asked for once"


async def test_s051_lists_that_do_not_end_cost_a_bounded_number_of_requests(village: Village) -> None:
    group = village.group_of(village.evil)
    origin = village.evil.origin

    class Endless(dict[str, Any]):
        """Every page leads to another one that was not seen before."""

        def get(self, path: str, default: Any = None) -> Any:
            if not path.startswith("/users/rw/outbox"):
                return super().get(path, default)
            number = int(path.removeprefix("/users/rw/outbox") or 0)
            return {
                "@context": AS2,
                "id": f"{origin}{path}",
                "type": "OrderedCollectionPage",
                "totalItems": 10**9,
                "orderedItems": [f"{origin}/notes/none-{number}-{n}" for n in range(5)],
                "next": f"{origin}/users/rw/outbox{number + 1}",
            }

    village.evil.documents = Endless(village.evil.documents)
    known = await arrive(village, group)
    allowance = village.warga.site.federation.past
    asked = [path for path in village.evil.asked if "outbox" in path or "none" in path]
    assert len(asked) <= allowance.a_minute
    assert (await state_of(village, "actor", known.id)).state == BackfillState.WAITING
    allowance.a_minute = allowance.an_hour = 10_000
    client = village.warga.site.federation.client
    client._budget = HostBudget(village.warga.site.clock, burst=10_000)
    async with village.warga.inside() as site:
        allowance._hosts.clear()
        row = await Backfill.get(kind="actor", subject_id=known.id)
        for _ in range(30):
            await backfilling.backfill(site, row.id)
    ended = await state_of(village, "actor", known.id)
    assert ended.state == BackfillState.MORE
    asked = [path for path in village.evil.asked if "outbox" in path or "none" in path]
    assert len(asked) <= 260
    assert await posts_in(village, known) == []


@pytest.mark.parametrize("lure", ["itself", "another host", "not a list"])
async def test_s051_a_list_that_leads_round_or_away_ends(village: Village, lure: str) -> None:
    group = village.group_of(village.evil)
    uri = f"{village.evil.origin}/users/rw/outbox"
    following = {"itself": uri, "another host": f"{village.good.origin}/umpan", "not a list": ""}[lure]
    collection(village.evil, "/users/rw/outbox", [], next=following)
    if lure == "not a list":
        village.evil.documents["/users/rw/outbox"] = {"@context": AS2, "id": uri}
    known = await arrive(village, group)
    assert "/umpan" not in village.good.asked
    assert village.evil.asked.count("/users/rw/outbox") == 1
    ends = {"itself": BackfillState.DONE, "not a list": BackfillState.CLIPPED}
    wanted = ends.get(lure, BackfillState.FAILED)
    assert (await state_of(village, "actor", known.id)).state == wanted


async def test_s051_a_list_that_redirects_to_another_host_is_not_read(village: Village) -> None:
    group = village.group_of(village.evil)
    page = page_of(village.good.actor("tini"), "1", group.uri)
    village.evil.redirects["/users/rw/outbox"] = collection(village.good, "/umpan", [page])
    known = await arrive(village, group)
    assert await posts_in(village, known) == []
    assert (await state_of(village, "actor", known.id)).state == BackfillState.FAILED


@pytest.mark.parametrize("key", ["context", "contextHistory", "replies"])
async def test_s051_the_lists_of_a_thread_are_asked_for_at_its_own_server_alone(
    village: Village, key: str
) -> None:
    group = village.group_of(village.evil)
    lure = collection(village.good, "/umpan", [])
    page = page_of(village.evil.actor("tini"), "1", group.uri, **{key: lure})
    collection(village.evil, "/users/rw/outbox", [announce(group, page["id"])])
    known = await arrive(village, group)
    assert [post.uri for post in await posts_in(village, known)] == [page["id"]]
    assert "/umpan" not in village.good.asked


async def test_s052_s053_a_conversation_brings_in_nothing_of_other_threads_nor_a_ring(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    writer, evil = village.good.actor("tini"), village.evil.actor("jahil")
    topic = f"{village.good.origin}/topic/1"
    page = page_of(writer, "1", group.uri, context=topic)
    other = page_of(writer, "2", group.uri)
    stray = evil.note("a", "ke utas lain", inReplyTo=other["id"])
    lone = evil.note("b", "bukan jawaban")
    ring = [evil.note("r1", "cincin", inReplyTo=f"{village.evil.origin}/notes/r2")]
    ring.append(evil.note("r2", "cincin", inReplyTo=ring[0]["id"]))
    forged = writer.note("c", "asli", inReplyTo=page["id"])
    claim = {**evil.note("d", "x", inReplyTo=page["id"]), "content": "palsu"}
    collection(
        village.good,
        "/topic/1",
        [page["id"], stray["id"], lone["id"], *(note["id"] for note in ring), forged, claim],
    )
    collection(village.good, "/users/rw/outbox", [announce(group, item["id"]) for item in (page, other)])
    known = await arrive(village, group)
    there = {post.uri: post for post in await posts_in(village, known)}
    assert set(there) == {page["id"], other["id"], forged["id"], claim["id"]}
    assert there[claim["id"]].content == "x", "another host's words are read from that host"


async def test_s060_the_past_of_a_community_holds_only_what_was_written_to_it(village: Village) -> None:
    group = village.group_of(village.evil)
    stranger = village.good.actor("tini")
    note = stranger.note("1", "bukan untuk mereka")
    collection(village.evil, "/users/rw/outbox", [announce(group, note["id"]), announce(group, note)])
    known = await arrive(village, group)
    assert await posts_in(village, known) == []
    assert await village.find(note["id"]) is None


async def test_a_job_that_was_killed_goes_on_where_it_stopped_and_twice_makes_nothing_double(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = village.group_of(village.good)
    writer = village.good.actor("tini")
    pages = [page_of(writer, str(n), group.uri) for n in range(6)]
    collection(village.good, "/users/rw/outbox", [page["id"] for page in pages])
    monkeypatch.setattr("sebangsa.backfill_walk.ROUND_FETCHES", 3)
    known = await arrive(village, group)
    assert len(await posts_in(village, known)) == 6
    row = await state_of(village, "actor", known.id)
    assert row.rounds >= 2
    for page in pages:
        assert (
            village.good.asked.count(page["id"].removeprefix(village.good.origin)) <= 2
        )  # its thread asks once more
    async with village.warga.inside() as site:
        await Backfill.filter(id=row.id).update(state=BackfillState.WAITING, steps=[], pages=[])
        await backfilling.backfill(site, row.id)
        await backfilling.backfill(site, row.id)
    assert len(await posts_in(village, known)) == 6
    async with village.warga.inside():
        assert (await Actor.get(id=known.id)).posts_count == 6


async def browse(instance: Instance, user: User | None, path: str) -> str:
    cookies = await instance.signed_in(user) if user else {}
    async with instance.http.get(
        f"{instance.url}{path}", cookies=cookies, headers={"Accept": "text/html", "Accept-Language": "en"}
    ) as answer:
        assert answer.status == 200, path
        return await answer.text()


async def press(instance: Instance, user: User, path: str) -> int:
    """Press the button of the line on a page."""
    text = await browse(instance, user, path)
    form = re.search(r'<form method="post" action="/backfill">(.*?)</form>', text, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group(1)))
    cookies = await instance.signed_in(user)
    page = await instance.http.get(
        f"{instance.url}{path}", cookies=cookies, headers={"Accept": "text/html", "Accept-Language": "en"}
    )
    fields |= dict(re.findall(r'name="(csrf)" value="([^"]*)"', await page.text()))
    async with instance.http.post(
        f"{instance.url}/backfill", data=fields, cookies=cookies, allow_redirects=False
    ) as answer:
        return answer.status


async def test_a_reader_sees_that_not_all_is_here_and_presses_for_the_rest(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = village.group_of(village.good)
    writer = village.good.actor("tini")
    pages = [page_of(writer, str(n), group.uri, published=f"2026-01-0{n + 1}T00:00:00Z") for n in range(5)]
    collection(village.good, "/users/rw/outbox", [page["id"] for page in pages])
    monkeypatch.setitem(backfill_walk.MAX_BROUGHT, "community", 3)
    async with village.warga.inside() as site:
        known = await find_actor(site, group.uri)
        assert known is not None
    path = f"/c/rw@{village.good.host}"
    visitor = await browse(village.warga, None, path)
    assert "Not all of this" in visitor
    assert 'action="/backfill"' not in visitor
    await settle(village.warga)
    assert await posts_in(village, known) == [], "visitors make us ask nobody"
    assert "are being fetched" in await browse(village.warga, village.ani, path)
    await settle(village.warga)
    assert len(await posts_in(village, known)) == 3
    assert await press(village.warga, village.ani, path) == 303
    await settle(village.warga)
    assert len(await posts_in(village, known)) == 5
    text = await browse(village.warga, village.ani, path)
    assert 'action="/backfill"' not in text
    assert "Not all" not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "does not show the rest"),
        (403, "does not show the rest"),
        (503, "did not answer"),
        (302, "gave an answer that this server cannot read"),
    ],
)
async def test_a_peer_that_fails_is_named_in_plain_words_and_can_be_asked_again(
    village: Village, status: int, words: str
) -> None:
    group = village.group_of(village.good)
    if status == 302:
        village.good.redirects["/users/rw/outbox"] = collection(village.evil, "/lain", [])
    else:
        village.good.statuses["/users/rw/outbox"] = status
    known = await arrive(village, group)
    path = f"/c/rw@{village.good.host}"
    assert f"{village.good.host} {words}" in await browse(village.warga, village.ani, path)
    village.good.redirects.clear()
    village.good.statuses.clear()
    writer = village.good.actor("tini")
    collection(village.good, "/users/rw/outbox", [page_of(writer, "1", group.uri)["id"]])
    village.warga.site.federation.client._failures._failures.clear()
    assert await press(village.warga, village.ani, path) == 303
    await settle(village.warga)
    assert len(await posts_in(village, known)) == 1


async def test_a_reader_of_a_thread_presses_for_the_comments_that_are_missing(village: Village) -> None:
    writer = village.good.actor("tini")
    root = writer.note("1", "<p>Awal</p>")
    answer = writer.note("2", "<p>Jawaban pertama</p>", inReplyTo=root["id"])
    listed = {"type": "Collection", "totalItems": 1, "items": [answer["id"]]}
    village.good.documents["/notes/1"]["replies"] = listed
    await village.follow(writer)
    await village.deliver(writer, writer.activity("Create", root))
    post = await village.find(root["id"])
    assert post is not None
    path = f"/p/{post.id}"
    assert "Not all of this" in await browse(village.warga, None, path)
    assert await press(village.warga, village.ani, path) == 303
    assert "are being fetched" in await browse(village.warga, village.ani, path)
    await settle(village.warga)
    text = await browse(village.warga, village.ani, path)
    assert "Jawaban pertama" in text
    assert "Not all" not in text


async def test_of_a_thread_that_came_comment_by_comment_nobody_is_told_that_some_are_missing(
    village: Village,
) -> None:
    group, writer = village.group_of(village.good), village.good.actor("tini")
    await village.follow(group)
    now = timestamp(village.warga.site.clock.now() + timedelta(seconds=1))
    told = page_of(writer, "1", group.uri, published=now)
    older = page_of(writer, "2", group.uri)
    for page, is_short in ((told, False), (older, True)):
        await village.deliver(group, announce(group, writer.activity("Create", page)))
        post = await village.find(page["id"])
        assert post is not None
        text = await browse(village.warga, village.ani, f"/p/{post.id}")
        assert ("Not all of this" in text) is is_short


async def test_who_presses_may_read_it_and_does_so_only_so_often(village: Village) -> None:
    writer = village.good.actor("tini")
    secret = writer.note("1", "rahasia", to=[f"{writer.uri}/followers"], cc=[])
    open_note = writer.note("2", "umum")
    known = await village.follow(writer)
    for note in (secret, open_note):
        await village.deliver(writer, writer.activity("Create", note))
    hidden, shown = await village.find(secret["id"]), await village.find(open_note["id"])
    assert hidden is not None
    assert shown is not None
    dewi = await village.warga.user("dewi")
    browser = await FormBrowser.of(village.warga, dewi)
    assert (await browser.post("/backfill", "/settings", post=str(hidden.id)))[0] == 404
    async with village.warga.inside() as site:
        assert not await Backfill.exists()
        site.limiter.is_on = True
        for _ in range(BUCKETS["backfill"].amount):
            await site.limiter.hit("backfill", dewi.actor_id)
    for asked in ({"post": str(shown.id)}, {"actor": str(known.id)}):
        assert (await browser.post("/backfill", "/settings", **asked))[0] == 429
    async with village.warga.inside():
        assert not await Backfill.exists()


async def test_a_server_that_finds_us_too_quick_is_left_alone_for_a_while_and_blamed_for_nothing(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    page = page_of(village.good.actor("tini"), "1", group.uri)
    collection(village.good, "/users/rw/outbox", [page["id"]])
    village.good.statuses["/users/rw/outbox"] = 429
    known = await arrive(village, group)
    row = await state_of(village, "actor", known.id)
    assert (row.state, row.error) == (BackfillState.WAITING, "")
    assert village.good.asked.count("/users/rw/outbox") == 1
    village.good.statuses.clear()
    village.warga.site.federation.client._failures._failures.clear()
    async with village.warga.inside() as site:
        await backfilling.backfill(site, row.id)
    assert len(await posts_in(village, known)) == 1


async def test_a_job_that_died_can_be_asked_for_again_and_one_at_work_cannot(village: Village) -> None:
    group = village.group_of(village.good)
    page = page_of(village.good.actor("tini"), "1", group.uri)
    collection(village.good, "/users/rw/outbox", [page["id"]])
    async with village.warga.inside() as site:
        known = await find_actor(site, group.uri)
        assert known is not None
        row = await Backfill.create(
            id=site.ids.next(), kind="actor", subject_id=known.id, host=known.host, asked_at=site.clock.now()
        )
        await backfilling.ask_again(site, row)
    await settle(village.warga)
    assert await posts_in(village, known) == []
    async with village.warga.inside() as site:
        await Backfill.all().update(asked_at=site.clock.now() - 2 * backfilling.STALE)
    assert await press(village.warga, village.ani, f"/c/rw@{village.good.host}") == 303
    await settle(village.warga)
    assert len(await posts_in(village, known)) == 1


async def test_who_comes_back_after_all_had_left_finds_what_was_written_meanwhile(village: Village) -> None:
    group, writer = village.group_of(village.good), village.good.actor("tini")
    pages = [page_of(writer, str(n), group.uri) for n in range(2)]
    collection(village.good, "/users/rw/outbox", [pages[0]["id"]])
    known = await arrive(village, group)
    budi = await village.warga.user("budi")
    collection(village.good, "/users/rw/outbox", [page["id"] for page in pages])
    await arrive(village, group, budi)
    assert len(await posts_in(village, known)) == 1, "Ani was told of everything"
    async with village.warga.inside() as site:
        for user in (village.ani, budi):
            await leave(site, user.actor, known)
    await settle(village.warga)
    await arrive(village, group)
    assert len(await posts_in(village, known)) == 2


async def test_our_own_conversation_has_pages_an_owner_and_an_etag_of_its_members(town: Town) -> None:
    opening = await town.post(town.warga, town.ani)
    first = await town.post(
        town.warga, town.ani, source="satu", in_reply_to=await town.seen(town.warga, opening)
    )
    headers = {"Accept": "application/activity+json"}

    async def get(url: str, **more: str) -> tuple[int, dict[str, Any], str]:
        async with town.warga.http.get(url, headers=headers | more) as answer:
            body = await answer.json(content_type=None) if answer.status == 200 else {}
            return answer.status, body, answer.headers.get("etag", "")

    uri = f"{opening.uri}/context"
    _, whole, etag = await get(uri)
    assert (whole["attributedTo"], whole["orderedItems"]) == (town.group.uri, [opening.uri, first.uri])
    assert whole["type"] == "OrderedCollection"
    assert "first" not in whole
    one, two = (int(sha256(post.uri.encode()).hexdigest(), 16) for post in (opening, first))
    assert etag == f'"{one ^ two:064x}"'  # FEP-7888, as in FEP-8fcf
    assert (await get(uri, **{"If-None-Match": etag}))[0] == 304
    _, comment, _ = await get(first.uri)
    _, document, _ = await get(opening.uri)
    assert comment["context"] == document["context"] == uri
    assert (await get(f"{first.uri}/context"))[1]["id"] == uri
    second = await town.post(
        town.warga, town.ani, source="dua", in_reply_to=await town.seen(town.warga, opening)
    )
    status, _, newer = await get(uri, **{"If-None-Match": etag})
    assert (status, newer != etag) == (200, True)
    before, activitypub.REPLIES = activitypub.REPLIES, 2
    town.warga.site.database.changes.happened()  # documents are kept until something is
    try:
        _, paged, _ = await get(uri)
        assert "orderedItems" not in paged
        assert paged["totalItems"] == 3
        _, page, _ = await get(paged["first"])
        assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", uri)
        assert page["orderedItems"] == [opening.uri, first.uri]
        _, last, _ = await get(page["next"])
        assert last["orderedItems"] == [second.uri]
        assert "next" not in last
        assert (await get(f"{uri}?above=x"))[0] == 400
    finally:
        activitypub.REPLIES = before


async def test_long_outboxes_go_on_by_pages_and_stay_whole_for_who_knows_none(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communities.collections.OUTBOX_PAGE", 2)
    posts = [await town.post(town.warga, town.ani, name=f"Utas {n}") for n in range(3)]
    headers = {"Accept": "application/activity+json"}

    async def get(url: str) -> dict[str, Any]:
        async with town.warga.http.get(url, headers=headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            return found

    def ids(document: dict[str, Any]) -> list[str]:
        return [item["object"]["object"]["id"] for item in document["orderedItems"]]

    whole = await get(town.group.outbox_url)
    assert (ids(whole), whole["totalItems"]) == ([posts[2].uri, posts[1].uri], 3)
    page = await get(whole["first"])
    assert ids(page) == ids(whole)
    last = await get(page["next"])
    assert ids(last) == [posts[0].uri]
    assert "next" not in last
    pinned = await get(town.ani.actor.featured_url)
    assert (pinned["totalItems"], pinned["orderedItems"]) == (0, [])
