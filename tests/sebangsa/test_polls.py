"""Polls between servers: asked here, voted in there, counted by whoever asked, and told at the end."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.connection import get_connection

from federation.actors import resolve_actor
from federation.models import OutboundActivity
from sebangsa import following, posting
from sebangsa.accounts import create_user
from sebangsa.deleting import delete_account
from sebangsa.errors import Invalid
from sebangsa.models import Notification, Poll, PollOption, PollVote, Post, Visibility
from sebangsa.polls import jobs
from sebangsa.polls.reading import polls_among
from sebangsa.polls.voting import vote
from sebangsa.post_documents import document_of
from sebangsa.posting import Draft
from sebangsa.site import Site
from tests.foreign_server import PUBLIC, Actor
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle
from tests.interop import shapes
from tests.row_counts import row_counts
from tests.sebangsa.polling import asking, counts, end, tell_at_once
from tests.sebangsa.street import Street

Pair = tuple[Instance, Instance]


def question(author: Actor, name: str, **more: Any) -> dict[str, Any]:
    return author.note(name, "<p>Kapan?</p>", **shapes.poll({"Sabtu": 0, "Minggu": 0}, **more))


def vote_of(voter: Actor, post: Post, name: str, number: int = 1) -> dict[str, Any]:
    ani = post.uri.rpartition("/p/")[0] + "/u/ani"
    return shapes.vote(voter.uri, ani, post.uri, name, number)


# --- between two of ours ----------------------------------------------------------------------------------------


async def test_a_poll_is_voted_in_from_another_server_and_its_end_is_told_to_everybody(
    neighbours: Pair,
) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with kota.inside() as site:
        known = await resolve_actor(site.federation, ani.actor.uri)
        await following.follow(site, budi.actor, known)
    await settle(warga, kota)
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, Draft(source="Kapan kerja bakti?", poll=asking()))
    await settle(warga, kota)
    async with kota.inside() as site:
        there = await Post.get(uri=post.uri)
        assert there.kind == "question"
        assert await counts(there) == ({"Sabtu": 0, "Minggu": 0}, 0)
        await vote(site, budi.actor, there, {1})
        with pytest.raises(Invalid) as again:
            await vote(site, budi.actor, there, {0})
        assert again.value.code == "already-voted"
        sent = await OutboundActivity.get(type="Create", actor_id=budi.actor_id)
        assert not sent.is_public
    await settle(warga, kota)
    async with warga.inside():
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 1}, 1)
        assert await Post.all().count() == 1
    async with kota.inside():
        assert await counts(there) == ({"Sabtu": 0, "Minggu": 0}, 0)  # only its own host counts
    await tell_at_once(warga)
    await settle(warga, kota)
    async with kota.inside():
        assert await counts(there) == ({"Sabtu": 0, "Minggu": 1}, 1)
        assert (await Post.get(id=there.id)).edited_at is None
    for _ in range(2):
        await end(warga, post)
        await end(kota, there)
        await settle(warga, kota)
    async with warga.inside():
        assert await Notification.filter(recipient_id=ani.actor_id, type="poll").count() == 1
    async with kota.inside():
        assert await Notification.filter(recipient_id=budi.actor_id, type="poll").count() == 1
        assert (await Poll.get(post_id=there.id)).closed_at is not None
    async with warga.inside():
        updates = [json.loads(row.body) for row in await OutboundActivity.filter(type="Update")]
    assert len(updates) == 2
    assert budi.actor.uri not in json.dumps(updates)
    assert updates[-1]["object"]["closed"] == updates[-1]["object"]["endTime"]


async def test_s054_votes_at_the_same_moment_count_once(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        draft = Draft(source="Mana?", poll=asking("a", "b", "c", is_multiple=True))
        post = await posting.create_post(site, ani.actor, draft)
        tries = [vote(site, budi.actor, post, {number % 3}) for number in range(6)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(result is None for result in found) == 1
        votes, voters = await counts(post)
        assert (sum(votes.values()), voters) == (1, 1)
        assert await PollVote.all().count() == 1


async def test_our_document_is_what_others_read(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with warga.inside() as site:
        post = await posting.create_post(
            site, ani.actor, Draft(source="Kapan?", poll=asking(is_multiple=True))
        )
        document, _ = await document_of(site, post)
    assert document["type"] == "Question"
    assert [option["name"] for option in document["anyOf"]] == ["Sabtu", "Minggu"]
    assert document["anyOf"][0]["replies"] == {"type": "Collection", "totalItems": 0}
    assert "oneOf" not in document
    assert document["votersCount"] == 0
    assert document["endTime"].endswith("Z")
    assert "closed" not in document
    assert {"votersCount": "toot:votersCount"}.items() <= document["@context"][-1].items()


async def test_counts_that_are_hidden_until_the_end_are_not_told_to_other_servers(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")

    async def told() -> list[int]:
        document, _ = await document_of(warga.site, await Post.get(id=post.id))
        return [option["replies"]["totalItems"] for option in document["oneOf"]]

    async with warga.inside() as site:
        post = await posting.create_post(
            site, ani.actor, Draft(source="Siapa?", poll=asking(hides_totals=True))
        )
        await vote(site, budi.actor, post, {1})
        assert await told() == [0, 0]
    await end(warga, post)
    async with warga.inside():
        assert await told() == [0, 1]


async def test_a_deleted_poll_leaves_nothing_of_its_votes(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, Draft(source="Kapan?", poll=asking()))
        await vote(site, budi.actor, post, {0})
        await posting.delete_post(site, ani.actor, post)
        assert [await table.all().count() for table in (Poll, PollOption, PollVote)] == [0, 0, 0]


async def test_an_account_that_ends_takes_its_votes_along(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, Draft(source="Kapan?", poll=asking()))
        await vote(site, budi.actor, post, {0})
        await delete_account(site, budi)
        await settle(site)
        assert await PollVote.all().count() == 0
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 0}, 0)


async def test_the_polls_of_a_page_cost_three_queries_and_a_page_without_any_none(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = SqliteClient.execute_query

    async def counting(self: Any, query: str, values: Any = None) -> Any:
        asked.append(query)
        return await original(self, query, values)

    monkeypatch.setattr(SqliteClient, "execute_query", counting)
    posts = [await street.post(source=f"Kapan {number}?", poll=asking()) for number in range(5)]
    plain = await street.post()
    spent = []
    async with street.warga.inside() as site:
        for page in (posts[:1], posts, [plain]):
            asked.clear()
            assert len(await polls_among(street.ani.actor, page, site.clock.now())) == len(page) - (
                page == [plain]
            )
            spent.append(len(asked))
    assert spent == [3, 3, 0]


# --- votes of other servers ---------------------------------------------------------------------------------------


async def test_s054_votes_count_once_while_the_poll_runs_and_for_answers_that_it_has(street: Street) -> None:
    rini, budi = street.good.actor("rini"), street.evil.actor("budi")
    post = await street.post(poll=asking())
    await street.meet(budi)
    assert await street.deliver(rini, rini.activity("Create", vote_of(rini, post, "Minggu"))) == "done"
    for number, name in enumerate(("Minggu", "Sabtu"), 2):
        await street.deliver(rini, rini.activity("Create", vote_of(rini, post, name, number)))
    unknown = vote_of(budi, post, "Senin")
    assert await street.deliver(budi, budi.activity("Create", unknown)) == "refused"
    stolen = vote_of(budi, post, "Sabtu") | {"attributedTo": rini.uri}
    assert await street.deliver(budi, budi.activity("Create", stolen)) in ("refused", "foreign-id")
    both = [vote_of(budi, post, "Sabtu"), vote_of(budi, post, "Minggu", 2)]
    assert await street.deliver(budi, budi.activity("Create", both)) == "refused"
    async with street.warga.inside() as site:
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 1}, 1)
        await Poll.filter(post_id=post.id).update(ends_at=site.clock.now() - timedelta(seconds=1))
    late = vote_of(budi, post, "Sabtu", 3)
    assert await street.deliver(budi, budi.activity("Create", late)) == "refused"
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 1}, 1)
        assert await Post.all().count() == 1
        assert await Notification.all().count() == 0


async def test_several_choices_come_together_or_one_by_one(street: Street) -> None:
    rini, wati = street.good.actor("rini"), street.evil.actor("wati")
    post = await street.post(poll=asking("a", "b", "c", is_multiple=True))
    for number, name in enumerate(("a", "c", "c")):
        vote_note = vote_of(rini, post, name, number)
        assert await street.deliver(rini, rini.activity("Create", vote_note)) == "done"
    together = [vote_of(wati, post, "a"), vote_of(wati, post, "b", 2)]
    assert await street.deliver(wati, wati.activity("Create", together)) == "done"
    async with street.warga.inside():
        assert await counts(post) == ({"a": 2, "b": 1, "c": 1}, 2)


async def test_s054_nobody_votes_in_what_they_may_not_read(street: Street) -> None:
    rini = street.good.actor("rini")
    post = await street.post(poll=asking(), visibility=Visibility.FOLLOWERS)
    assert await street.deliver(rini, rini.activity("Create", vote_of(rini, post, "Sabtu"))) == "refused"
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 0}, 0)


@pytest.mark.parametrize("shape", ["choice_text", "note"])
async def test_a_poll_vote_of_piefed_counts(street: Street, shape: str) -> None:
    rini = street.good.actor("rini")
    post = await street.post(poll=asking())
    activity = rini.activity("PollVote", post.uri, choice_text="Sabtu")
    if shape == "note":
        activity = rini.activity("PollVote", vote_of(rini, post, "Sabtu"))
    assert await street.deliver(rini, activity) == "done"
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 1, "Minggu": 0}, 1)


async def test_who_voted_without_following_hears_of_the_counts_and_of_nobody_else(street: Street) -> None:
    rini, budi = street.good.actor("rini"), street.evil.actor("budi")
    post = await street.post(poll=asking())
    await street.deliver(rini, rini.activity("Create", vote_of(rini, post, "Sabtu")))
    await street.deliver(budi, budi.activity("Create", vote_of(budi, post, "Minggu")))
    await tell_at_once(street.warga)
    await settle(street.warga)
    for server in (street.good, street.evil):
        [told] = [activity for activity in server.received if activity["type"] == "Update"]
        assert told["object"]["votersCount"] == 2
        assert not any(voter.uri in json.dumps(told) for voter in (rini, budi))


# --- polls of other servers -----------------------------------------------------------------------------------------


async def test_counts_come_from_the_polls_host_and_are_no_edit(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.evil.actor("jahat")
    neighbour = street.good.actor("tetangga", key=1)
    await street.follow(rini)
    asked = question(rini, "1")
    assert await street.deliver(rini, rini.activity("Create", asked)) == "done"
    post = await street.find(asked["id"])
    assert post is not None
    assert await street.deliver(rini, rini.activity("Update", shapes.counted(asked, 3, 5))) == "done"
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 3, "Minggu": 5}, 5)
        assert (await Post.get(id=post.id)).edited_at is None
        assert "oneOf" not in (await Post.get(id=post.id)).extra
    for stranger in (jahat, neighbour):
        await street.deliver(stranger, stranger.activity("Update", shapes.counted(asked, 900, 0)))
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 3, "Minggu": 5}, 5)


async def test_an_edit_with_other_answers_makes_old_votes_void(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    asked = question(rini, "1")
    await street.deliver(rini, rini.activity("Create", asked))
    post = await street.find(asked["id"])
    assert post is not None
    async with street.warga.inside() as site:
        await vote(site, street.ani.actor, post, {0})
    options = [{"type": "Note", "name": text} for text in ("Senin", "Selasa")]
    edit = asked | {"oneOf": options, "content": "<p>Kapan ya?</p>", "updated": "2026-11-21T00:00:00Z"}
    assert await street.deliver(rini, rini.activity("Update", edit)) == "done"
    async with street.warga.inside():
        assert await counts(post) == ({"Senin": 0, "Selasa": 0}, 0)
        assert await PollVote.all().count() == 0
        assert (await Post.get(id=post.id)).edited_at is not None


async def test_a_poll_that_is_shown_again_has_its_answers_back(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    asked = question(rini, "1")
    await street.deliver(rini, rini.activity("Create", asked))
    deletion = rini.activity("Delete", asked["id"])
    assert await street.deliver(rini, deletion) == "done"
    async with street.warga.inside():
        assert await Poll.all().count() == 0
    assert await street.deliver(rini, rini.activity("Undo", deletion)) == "done"
    post = await street.find(asked["id"])
    assert post is not None
    assert post.content == "<p>Kapan?</p>"
    async with street.warga.inside():
        assert await counts(post) == ({"Sabtu": 0, "Minggu": 0}, 0)


async def test_a_vote_goes_to_the_author_alone_and_the_host_is_asked_for_its_counts(street: Street) -> None:
    rini, follower = street.good.actor("rini"), street.evil.actor("budi")
    await street.follow(rini)
    assert await street.deliver(follower, follower.activity("Follow", street.ani.actor.uri)) == "done"
    asked = question(rini, "1")
    asked["anyOf"] = asked.pop("oneOf")
    street.good.documents["/notes/1"].update(anyOf=asked["anyOf"], oneOf=[])
    await street.deliver(rini, rini.activity("Create", asked | {"oneOf": []}))
    post = await street.find(asked["id"])
    assert post is not None
    street.good.received.clear()
    street.evil.received.clear()
    async with street.warga.inside() as site:
        await vote(site, street.ani.actor, post, {0, 1})
    await settle(street.warga)
    assert street.evil.received == []
    assert [(made["object"]["name"], made["to"], made["cc"]) for made in street.good.received] == [
        ("Sabtu", [rini.uri], []),
        ("Minggu", [rini.uri], []),
    ]
    assert all("published" not in made["object"] for made in street.good.received)
    assert PUBLIC not in json.dumps([made["object"] for made in street.good.received])
    street.good.documents["/notes/1"] = {"@context": PUBLIC[:-7], **shapes.counted(asked, 4, 2)}
    async with street.warga.inside() as site:
        await jobs.refresh_poll(site, post.id)
        assert await counts(post) == ({"Sabtu": 4, "Minggu": 2}, 4)


@pytest.mark.parametrize("closed", [True, "2026-11-20T02:00:00Z"])
async def test_a_poll_that_arrives_closed_takes_no_votes(street: Street, closed: Any) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    asked = question(rini, "1", closed=closed, endTime="2026-11-20T02:00:00Z")
    await street.deliver(rini, rini.activity("Create", asked))
    post = await street.find(asked["id"])
    assert post is not None
    async with street.warga.inside() as site:
        with pytest.raises(Invalid) as refused:
            await vote(site, street.ani.actor, post, {0})
        assert refused.value.code == "poll-ended"
        assert (await Poll.get(post_id=post.id)).closed_at == datetime(2026, 11, 20, 2, tzinfo=UTC)


async def test_polls_of_earlier_versions_move_into_their_tables(site: Site) -> None:
    ani = await create_user(site, "ani", password="rahasia sekali")
    options = [{"type": "Note", "name": name, "replies": {"totalItems": 2}} for name in ("a", "b")]
    extra = {"anyOf": options, "votersCount": 3, "endTime": "2026-11-20T02:00:00Z", "stickied": True}
    post = await Post.create(
        id=site.ids.next(), uri="https://lain.example/1", kind="question", author=ani.actor, extra=extra,
        created_at=site.clock.now(),
    )  # fmt: skip
    move_polls = import_module("sebangsa.migrations.0007_polls_of_earlier_posts").move_polls
    for _ in range(2):
        await move_polls(None, SimpleNamespace(client=get_connection("default")))
    assert await counts(post) == ({"a": 2, "b": 2}, 3)
    poll = await Poll.get(post_id=post.id)
    assert (poll.is_multiple, poll.ends_at) == (True, datetime(2026, 11, 20, 2, tzinfo=UTC))
    assert (await Post.get(id=post.id)).extra == {"stickied": True}


# --- pages ----------------------------------------------------------------------------------------------------------


async def test_a_poll_is_asked_and_answered_on_pages_without_scripts(street: Street) -> None:
    budi = await street.warga.user("budi")
    asker, voter = await FormBrowser.of(street.warga, street.ani), await FormBrowser.of(street.warga, budi)
    status, page = await asker.post("/compose", source="Kapan?", option_1="Sabtu", visibility="public")
    assert status == 422
    assert "at least two answers" in page
    status, _ = await asker.post(
        "/compose",
        source="Kapan?",
        option_1="Sabtu",
        option_2="<b>Minggu</b>",
        poll_hours="6",
        visibility="public",
    )
    assert status == 303
    async with street.warga.inside():
        post = await Post.get(kind="question")
    _, page = await voter.get(f"/p/{post.id}")
    assert f'formaction="/p/{post.id}/poll"' in page
    assert "&lt;b&gt;Minggu" in page
    before = await row_counts(street.warga)
    assert (await voter.post(f"/p/{post.id}/poll", f"/p/{post.id}", **{f"option-{post.id}": "9"}))[0] == 422
    assert await row_counts(street.warga) == before
    assert (await voter.post(f"/p/{post.id}/poll", f"/p/{post.id}", **{f"option-{post.id}": "1"}))[0] == 303
    _, page = await voter.get(f"/p/{post.id}")
    assert f'formaction="/p/{post.id}/poll"' not in page
    assert "your vote" in page
    assert "100%" in page
    assert "1 voter" in page
