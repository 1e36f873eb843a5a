"""A Mastodon server and ours: a group is an account there, a thread is a boost, a reply finds the group by a mention."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from communities import membership, moderating
from communities.models import Membership
from federation.actors import resolve_actor
from moderation.models import Case
from sebangsa import boosting, following, moving, posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop import chapters, shapes
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.mastodon import documents as mastodon
from tests.interop.mastodon.documents import DIALECT
from tests.interop.mastodon.rules import RULES
from tests.interop.reading import PUBLIC


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_mastodon(talk: Conversation) -> None:
    felix = talk.person("felix")
    await _felix_finds_the_community_and_follows_it(talk, felix)
    thread = await _he_mentions_it_and_has_opened_a_thread(talk, felix)
    ours = await _budis_thread_is_a_boost_and_his_comments_are_not(talk, felix)
    await _replies_find_their_place(talk, felix, ours)
    await _favourites_boosts_and_edits(talk, felix, ours)
    await _ani_moderates(talk, felix, thread, ours)
    await _budi_and_felix_write_to_each_other(talk, felix)
    await _they_ask_and_vote(talk, felix)
    await _they_quote_each_other(talk, felix)
    await _people_move_either_way(talk, felix)
    await _he_leaves(talk, felix, thread)
    await talk.ends_well()


async def _felix_finds_the_community_and_follows_it(talk: Conversation, felix: Actor) -> None:
    group = await talk.discover(felix)
    assert (group.type, group["manuallyApprovesFollowers"]) == ("Group", False)
    await talk.fetch(group["featured"], felix)
    await talk.fetch(group["followers"], felix)
    asked = mastodon.follow(felix, group["id"])
    await talk.says(felix, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]


def _tebet(talk: Conversation) -> dict[str, str]:
    return mastodon.mention(talk.tebet.uri, f"@tebet@{talk.warga.site.settings.domain}")


def _budi(talk: Conversation) -> dict[str, str]:
    return mastodon.mention(f"{talk.warga.url}/u/budi", f"@budi@{talk.warga.site.settings.domain}")


async def _he_mentions_it_and_has_opened_a_thread(talk: Conversation, felix: Actor) -> Post:
    text = (
        '<p><a href="#" class="u-url mention">@<span>tebet</span></a> Lampu jalan mati</p><p>Sejak Senin</p>'
    )
    note = mastodon.note(felix, text, [_tebet(talk)])
    await talk.says(felix, mastodon.create(felix, note))
    [boost] = await talk.heard("Announce")
    assert (boost["actor"], boost["object"]) == (talk.tebet.uri, note["id"])
    thread = await talk.seen(note["id"])
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", talk.tebet.id)
    assert "Lampu jalan mati" in await talk.page("/c/tebet")
    return thread


async def _budis_thread_is_a_boost_and_his_comments_are_not(talk: Conversation, felix: Actor) -> Post:
    ours = await talk.post(talk.budi, name="Kerja bakti", source="Minggu pagi, bawa **cangkul**")
    [boost] = await talk.heard("Announce")
    assert boost["object"] == ours.uri
    page = await talk.fetch(
        ours.uri, felix
    )  # one GET for each thread: Mastodon takes nothing from the boost itself
    assert "cangkul" in page["summary"]  # of a converted object all that is shown
    comment = await talk.post(talk.budi, source="Kopi disediakan", in_reply_to=ours)
    assert await talk.heard() == []  # no flood of comments
    await talk.fetch(comment.uri, felix)
    return ours


async def _replies_find_their_place(talk: Conversation, felix: Actor, ours: Post) -> None:
    reply = mastodon.note(
        felix, "<p>@budi @tebet Saya ikut</p>", [_budi(talk), _tebet(talk)], answers=ours.uri
    )
    await talk.says(felix, mastodon.create(felix, reply))
    only_to_budi = mastodon.note(felix, "<p>@budi Jam berapa?</p>", [_budi(talk)], answers=ours.uri)
    await talk.says(felix, mastodon.create(felix, only_to_budi), inbox="/u/budi/inbox")
    for note in (reply, only_to_budi):
        found = await talk.seen(note["id"])
        assert (found.in_reply_to_id, found.community_id, found.name) == (ours.id, talk.tebet.id, "")
    assert await talk.heard() == []
    answer = await talk.post(talk.budi, source="Jam tujuh", in_reply_to=await talk.seen(only_to_budi["id"]))
    [created] = await talk.heard("Create/Note")
    assert felix.uri in created["cc"]
    await talk.says(felix, mastodon.update(felix, reply, "<p>Saya ikut, dengan dua teman</p>"))
    assert "dua teman" in (await talk.seen(reply["id"])).content
    await talk.does(posting.edit_post, talk.budi, answer, source="Jam delapan")
    await talk.heard("Update/Note")
    await talk.says(felix, mastodon.delete(felix, reply["id"]))
    assert (await talk.seen(reply["id"])).deleted_at is not None


async def _favourites_boosts_and_edits(talk: Conversation, felix: Actor, ours: Post) -> None:
    like = mastodon.activity("Like", felix, ours.uri)
    await talk.says(felix, like)
    assert (await talk.seen(ours.uri)).likes_count == 1
    await talk.says(felix, mastodon.undo(felix, like))
    assert (await talk.seen(ours.uri)).likes_count == 0
    boosted = mastodon.boost(felix, ours.uri, f"{talk.warga.url}/u/budi")
    await talk.says(felix, boosted)
    await talk.says(felix, mastodon.undo(felix, boosted))
    assert not await talk.knows(boosted["id"])
    # What its author edits is not announced but sent to those who show it: Mastodon reads no announced `Update`.
    await talk.does(posting.edit_post, talk.budi, ours, source="Minggu sore")
    [edited] = await talk.heard("Update/Page")
    assert edited["object"]["id"] == ours.uri


async def _ani_moderates(talk: Conversation, felix: Actor, thread: Post, ours: Post) -> None:
    await talk.does(moderating.pin_post, talk.ani, ours)
    await talk.does(moderating.lock_post, talk.ani, ours)
    assert await talk.heard() == []  # it knows neither
    featured = await talk.fetch(talk.tebet.featured_url, felix)
    assert [page["id"] for page in featured["orderedItems"]] == [ours.uri]
    await talk.removes(thread, "iklan")
    [withdrawn] = await talk.heard("Undo/Announce")
    assert withdrawn["object"]["object"] == thread.uri
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Announce")

    server = talk.theirs.actor("mastodon.internal", type_="Application")
    reported = mastodon.flag(server, f"{talk.warga.url}/u/budi", [ours.uri], "Iklan terselubung")
    await talk.says(server, reported)
    async with talk.warga.inside():
        case = await Case.get(uri=reported["id"])
        assert (case.comment, case.post_ids) == ("Iklan terselubung", [ours.id])
    await talk.reports(talk.budi, await talk.seen(thread.uri), "tidak sopan")
    await talk.heard("Flag")

    await talk.does(posting.delete_post, talk.budi, ours)
    await talk.heard("Delete", "Undo/Announce")
    await talk.fetch(ours.uri, felix, status=410)

    known = await talk.known(felix.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    # A `Block` would be read as Ani's own: he could no longer see or follow her.
    await talk.heard("Reject/Follow")
    note = mastodon.note(felix, "<p>@tebet Lagi</p>", [_tebet(talk)])
    await talk.says(felix, mastodon.create(felix, note), state="refused")
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    assert await talk.heard() == []
    async with talk.warga.inside() as site:
        held = await Membership.get(actor_id=known.id)
        assert not held.is_banned(site.clock.now())


async def _budi_and_felix_write_to_each_other(talk: Conversation, felix: Actor) -> None:
    note = mastodon.note(
        felix, "<p>@budi Pompa masih ada?</p>", [_budi(talk)], to=[f"{talk.warga.url}/u/budi"]
    )
    await talk.says(felix, mastodon.create(felix, note), inbox="/u/budi/inbox")
    await talk.message(talk.budi, felix, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["@budi Pompa masih ada?", "Masih, dua"]

    known = await talk.known(felix.uri)
    await talk.does(following.follow, talk.budi, known)
    [asked] = await talk.heard("Follow")
    await talk.says(felix, mastodon.accept(felix, asked), inbox="/u/budi/inbox")
    assert await talk.follows(f"{talk.warga.url}/u/budi", felix.uri)
    post = mastodon.note(felix, "<p>Selamat pagi</p>", [])
    await talk.says(felix, mastodon.create(felix, post))
    await talk.does(boosting.boost, talk.budi, await talk.seen(post["id"]))
    await talk.heard("Announce")
    await talk.vote(talk.budi, await talk.seen(post["id"]), 1)
    await talk.heard("Like")
    await talk.does(following.unfollow, talk.budi, known)
    await talk.heard("Undo/Follow")


async def _they_ask_and_vote(talk: Conversation, felix: Actor) -> None:
    await talk.says(felix, mastodon.follow(felix, talk.tebet.uri))
    await talk.heard("Accept/Follow")
    terms = shapes.poll({"Sabtu": 0, "Minggu": 0})
    question = mastodon.note(felix, "<p>@tebet Kapan kerja bakti?</p>", [_tebet(talk)], **terms)

    def say(asked: dict[str, Any], kind: str) -> dict[str, Any]:
        return mastodon.create(felix, asked) if kind == "Create" else mastodon.recount(felix, asked)

    await chapters.they_ask_and_budi_votes(talk, felix, question, say)
    assert (await talk.seen(question["id"])).edited_at is None

    def cast(poll: Post, choice: str) -> dict[str, Any]:
        vote = shapes.vote(felix.uri, _budi(talk)["href"], poll.uri, choice)
        return mastodon.activity("Create", felix, vote, id=f"{vote['id']}/activity", to=vote["to"])

    await chapters.they_vote_in_ours(talk, felix, cast)


async def _they_quote_each_other(talk: Conversation, felix: Actor) -> None:
    ours = await talk.post(talk.budi, source="Jalan putus", community=None)
    quoting = mastodon.note(felix, "<p>Betul</p>", [_budi(talk)], quote=ours.uri)
    await talk.says(felix, mastodon.quote_request(felix, quoting, ours.uri), inbox="/u/budi/inbox")
    [allowed] = await talk.heard("Accept/QuoteRequest")
    stamp = await talk.fetch(allowed["result"], felix)
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quoting["id"], ours.uri)
    created = mastodon.create(felix, quoting | {"quoteAuthorization": stamp["id"]})
    await chapters.they_quote_ours(talk, felix, ours, created)

    policy = {"canQuote": {"automaticApproval": [PUBLIC]}}
    theirs = mastodon.note(felix, "<p>@budi Lampu mati</p>", [_budi(talk)], interactionPolicy=policy)
    await talk.says(felix, mastodon.create(felix, theirs))
    made = await talk.post(talk.budi, source="Lihat", quoted=await talk.seen(theirs["id"]), community=None)
    _, request = await talk.heard("Create/Note", "QuoteRequest")
    assert (request["object"], request["actor"]) == (theirs["id"], f"{talk.warga.url}/u/budi")
    allowed = mastodon.stamp(felix, request)
    await talk.says(felix, allowed, inbox="/u/budi/inbox")
    assert (await talk.fetch(made.uri, felix))["quoteAuthorization"] == allowed["result"]
    await talk.heard()


async def _people_move_either_way(talk: Conversation, felix: Actor) -> None:
    old = talk.person("lama")
    new = talk.person("baru", alsoKnownAs=[old.uri])
    async with talk.warga.inside() as site:
        await resolve_actor(site.federation, old.uri)
    await chapters.they_move_and_budi_follows(talk, old, new, mastodon.move(old, new), mastodon.accept)

    rini = await talk.warga.user("rini")
    await talk.says(felix, mastodon.follow(felix, rini.actor.uri), inbox="/u/rini/inbox")
    await talk.heard("Accept/Follow")
    abroad = talk.person("rini", alsoKnownAs=[rini.actor.uri])
    await talk.does(moving.move_away, rini, f"@rini@{talk.theirs.host}")
    _, moved = await talk.heard("Update/Person", "Move")
    assert (moved["object"], moved["target"]) == (rini.actor.uri, abroad.uri)
    found = await talk.fetch(rini.actor.uri, felix)
    assert found["movedTo"] == abroad.uri


async def _he_leaves(talk: Conversation, felix: Actor, thread: Post) -> None:
    asked = mastodon.follow(felix, talk.tebet.uri)
    await talk.says(felix, asked)
    await talk.heard("Accept/Follow")
    await talk.says(felix, mastodon.undo(felix, asked))
    assert not await talk.follows(felix.uri, talk.tebet.uri)
    await talk.post(talk.ani, name="Rapat", source="Malam ini")
    assert await talk.heard() == []
    await talk.says(felix, mastodon.delete_account(felix))
    assert (await talk.known(felix.uri)).deleted_at is not None
    assert (await talk.seen(thread.uri)).deleted_at is not None
