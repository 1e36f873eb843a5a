"""A Pleroma server and ours, and an Akkoma server: boosts of ids, reactions by emoji, chats of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from communities import membership, moderating
from moderation.models import Case
from sebangsa import following, posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop import chapters, shapes
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.pleroma import documents as pleroma
from tests.interop.pleroma.documents import AKKOMA, PLEROMA
from tests.interop.pleroma.rules import RULES


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, PLEROMA, RULES) as made:
        yield made


async def test_a_whole_conversation_with_pleroma(talk: Conversation) -> None:
    lain = talk.person("lain")
    thread = await _lain_follows_and_opens_a_thread(talk, lain)
    ours = await _budi_and_lain_talk(talk, lain)
    await _likes_and_repeats(talk, lain, ours)
    await _what_ani_and_budi_do_reaches_lain(talk, lain, thread, ours)
    await _they_ask_vote_and_quote(talk, lain)
    await _they_chat_and_part(talk, lain, thread)
    await talk.ends_well()


def _names(talk: Conversation, *names: str) -> dict[str, str]:
    at = talk.warga.site.settings.domain
    where = {"tebet": talk.tebet.uri, "budi": f"{talk.warga.url}/u/budi"}
    return {f"@{name}@{at}": where[name] for name in names}


async def _lain_follows_and_opens_a_thread(talk: Conversation, lain: Actor) -> Post:
    group = await talk.discover(lain)
    asked = pleroma.follow(lain, group["id"])
    await talk.says(lain, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]
    note = pleroma.note(lain, "@tebet Lampu jalan mati<br/>Sejak Senin", _names(talk, "tebet"))
    await talk.says(lain, pleroma.create(lain, note))
    await talk.heard("Announce")
    thread = await talk.seen(note["id"])
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", talk.tebet.id)
    return thread


async def _budi_and_lain_talk(talk: Conversation, lain: Actor) -> Post:
    ours = await talk.post(
        talk.budi, name="Kerja bakti", source="Minggu pagi", attachments=[await talk.picture(talk.budi)]
    )
    [repeat] = await talk.heard("Announce")
    page = await talk.fetch(repeat["object"], lain)
    reply = pleroma.note(
        lain, "@budi Saya ikut", _names(talk, "budi"), answers=ours.uri, context=page["context"]
    )
    await talk.says(lain, pleroma.create(lain, reply), inbox="/u/budi/inbox")
    found = await talk.seen(reply["id"])
    assert (found.in_reply_to_id, found.community_id) == (ours.id, talk.tebet.id)
    await talk.says(
        lain,
        pleroma.create(
            lain, {**reply, "content": "@budi Saya tidak ikut", "updated": "2026-10-07T19:06:52Z"}, "Update"
        ),
    )
    assert "tidak" in (await talk.seen(reply["id"])).content
    await talk.post(talk.budi, source="Sayang", in_reply_to=found)
    await talk.heard("Create/Note")
    return ours


async def _likes_and_repeats(talk: Conversation, lain: Actor, ours: Post) -> None:
    author = f"{talk.warga.url}/u/budi"
    like = pleroma.like(lain, ours.uri, author)
    await talk.says(lain, like)
    assert (await talk.seen(ours.uri)).likes_count == 1
    await talk.says(lain, pleroma.undo(lain, like))
    reaction = pleroma.like(lain, ours.uri, author, "EmojiReact", content="👍")
    await talk.says(lain, reaction)
    assert await talk.reactions(ours.uri) == {"👍": 1}
    await talk.says(lain, pleroma.undo(lain, reaction))
    assert await talk.reactions(ours.uri) == {}
    repeat = pleroma.announce(lain, ours.uri, author)
    await talk.says(lain, repeat)
    assert (await talk.seen(ours.uri)).boosts_count == 1
    await talk.says(lain, pleroma.undo(lain, repeat))
    found = await talk.seen(ours.uri)
    assert (found.boosts_count, found.likes_count) == (0, 0)
    assert await talk.heard() == []


async def _what_ani_and_budi_do_reaches_lain(
    talk: Conversation, lain: Actor, thread: Post, ours: Post
) -> None:
    await talk.vote(talk.budi, thread, -1)
    assert await talk.heard() == []
    await talk.vote(talk.budi, thread, 1)
    await talk.heard("Like")
    await talk.reacts(talk.ani, thread, "👍")
    [reaction] = await talk.heard("EmojiReact")
    assert reaction["content"] == "👍"
    await talk.does(posting.edit_post, talk.budi, ours, source="Minggu sore")
    await talk.heard("Update/Page")
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Undo/Announce", "Announce")
    server = talk.theirs.actor("internal.fetch", type_="Application")
    reported = pleroma.flag(server, f"{talk.warga.url}/u/budi", [ours.uri], "Iklan")
    await talk.says(server, reported)
    async with talk.warga.inside():
        assert (await Case.get(uri=reported["id"])).post_ids == [ours.id]
    await talk.does(posting.delete_post, talk.budi, ours)
    await talk.heard("Delete", "Undo/Announce")
    known = await talk.known(lain.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.heard("Reject/Follow")
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    asked = pleroma.follow(lain, talk.tebet.uri)
    await talk.says(lain, asked)
    await talk.heard("Accept/Follow")
    await talk.says(lain, pleroma.undo(lain, asked))
    assert not await talk.follows(lain.uri, talk.tebet.uri)


async def _they_ask_vote_and_quote(talk: Conversation, lain: Actor) -> None:
    asked = pleroma.follow(lain, talk.tebet.uri)
    await talk.says(lain, asked)
    await talk.heard("Accept/Follow")
    terms = shapes.poll({"Sabtu": 0, "Minggu": 0})
    question = pleroma.note(lain, "@tebet Kapan?", _names(talk, "tebet"), **terms)

    def say(poll: dict[str, Any], kind: str) -> dict[str, Any]:
        return pleroma.create(lain, poll, kind)

    await chapters.they_ask_and_budi_votes(talk, lain, question, say)
    budi = f"{talk.warga.url}/u/budi"

    def cast(poll: Post, choice: str) -> dict[str, Any]:
        """Whom it is for stands in `cc`."""
        vote = shapes.vote(lain.uri, budi, poll.uri, choice) | {"actor": lain.uri, "to": [], "cc": [budi]}
        return pleroma.create(lain, vote)

    await chapters.they_vote_in_ours(talk, lain, cast)

    ours = await talk.post(talk.budi, source="Jalan putus", community=None)
    quoting = pleroma.note(lain, "Betul", _names(talk, "budi"), quoteUrl=ours.uri)
    await chapters.they_quote_ours(talk, lain, ours, pleroma.create(lain, quoting))
    seen = await talk.seen(quoting["id"])
    await talk.post(talk.budi, source="Lihat", quoted=seen, community=None)
    created, _ = await talk.heard("Create/Note", "QuoteRequest")  # which it does not know
    assert created["object"]["quoteUrl"] == quoting["id"]
    await talk.says(lain, pleroma.undo(lain, asked))


async def _they_chat_and_part(talk: Conversation, lain: Actor, thread: Post) -> None:
    known = await talk.known(lain.uri)
    await talk.does(following.follow, talk.budi, known)
    [asked] = await talk.heard("Follow")
    await talk.says(lain, pleroma.accept(lain, asked), inbox="/u/budi/inbox")
    assert await talk.follows(f"{talk.warga.url}/u/budi", lain.uri)
    await talk.says(
        lain,
        pleroma.chat_message(lain, f"{talk.warga.url}/u/budi", "Pompa masih ada?"),
        inbox="/u/budi/inbox",
    )
    await talk.message(talk.budi, lain, "Masih, dua")
    await talk.heard("Create/ChatMessage")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]
    await talk.says(lain, pleroma.delete(lain, thread.uri))
    assert (await talk.seen(thread.uri)).deleted_at is not None
    await talk.says(lain, pleroma.activity("Delete", lain, lain.uri))
    assert (await talk.known(lain.uri)).deleted_at is not None


async def test_akkoma_has_no_chats_and_is_written_to_in_notes(start: Start) -> None:
    async with conversing(start, AKKOMA, replace(RULES)) as talk:
        floatingghost = talk.person("floatingghost")
        group = await talk.discover(floatingghost)
        await talk.says(floatingghost, pleroma.follow(floatingghost, group["id"]))
        await talk.heard("Accept/Follow")
        note = pleroma.direct(floatingghost, f"{talk.warga.url}/u/budi", "Pompa masih ada?")
        await talk.says(floatingghost, pleroma.create(floatingghost, note), inbox="/u/budi/inbox")
        await talk.message(talk.budi, floatingghost, "Masih, dua")
        [sent] = await talk.heard("Create/Note")
        assert sent["object"]["to"] == [floatingghost.uri]
        ours = await talk.post(talk.budi, name="Kerja bakti", source="Minggu pagi")
        [repeat] = await talk.heard("Announce")
        assert repeat["object"] == ours.uri
