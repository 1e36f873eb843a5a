"""A Misskey server and ours: no downvotes, likes that carry an emoji, a boost each time it is told of one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from communities import membership, moderating
from federation.actors import resolve_actor
from moderation.models import Case
from sebangsa import following, posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop import chapters, shapes
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.misskey import documents as misskey
from tests.interop.misskey.documents import DIALECT
from tests.interop.misskey.rules import RULES


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_misskey(talk: Conversation) -> None:
    syuilo = talk.person("syuilo", path="/users/93492q0ip0")
    thread = await _syuilo_follows_and_opens_a_thread(talk, syuilo)
    ours = await _he_sees_threads_and_answers(talk, syuilo)
    await _he_reacts_and_takes_it_back(talk, syuilo, ours)
    await _what_ani_and_budi_do_reaches_him(talk, syuilo, thread, ours)
    await _budi_follows_and_writes_to_him(talk, syuilo)
    await _they_ask_vote_and_quote(talk, syuilo)
    await _an_account_moves(talk)
    await _he_leaves(talk, syuilo, thread)
    await talk.ends_well()


def _names(talk: Conversation, *names: str) -> dict[str, str]:
    at = talk.warga.site.settings.domain
    where = {"tebet": talk.tebet.uri, "budi": f"{talk.warga.url}/u/budi"}
    return {f"@{name}@{at}": where[name] for name in names}


async def _syuilo_follows_and_opens_a_thread(talk: Conversation, syuilo: Actor) -> Post:
    group = await talk.discover(syuilo)
    await talk.says(syuilo, misskey.follow(syuilo, group["id"]), inbox="/c/tebet/inbox")
    await talk.heard("Accept/Follow")
    note = misskey.note(syuilo, "@tebet Lampu jalan mati", _names(talk, "tebet"))
    await talk.says(syuilo, misskey.create(syuilo, note))
    await talk.heard("Announce")
    thread = await talk.seen(note["id"])
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", talk.tebet.id)
    return thread


async def _he_sees_threads_and_answers(talk: Conversation, syuilo: Actor) -> Post:
    ours = await talk.post(talk.budi, name="Kerja bakti", source="Minggu pagi, bawa cangkul")
    [renote] = await talk.heard("Announce")
    page = await talk.fetch(renote["object"], syuilo)
    assert "cangkul" in page["content"]
    reply = misskey.note(syuilo, "@budi Saya ikut", _names(talk, "budi", "tebet"), answers=ours.uri)
    await talk.says(syuilo, misskey.create(syuilo, reply))
    found = await talk.seen(reply["id"])
    assert (found.in_reply_to_id, found.community_id) == (ours.id, talk.tebet.id)
    answer = await talk.post(talk.budi, source="Bagus", in_reply_to=found)
    await talk.heard("Create/Note")
    await talk.fetch(answer.uri, syuilo)
    return ours


async def _he_reacts_and_takes_it_back(talk: Conversation, syuilo: Actor, ours: Post) -> None:
    reaction = misskey.react(syuilo, ours.uri, "❤")
    await talk.says(syuilo, reaction)
    assert await talk.reactions(ours.uri) == {"❤": 1}
    assert (await talk.seen(ours.uri)).likes_count == 1  # there it is the only way to like
    await talk.says(syuilo, misskey.undo(syuilo, reaction))
    assert (await talk.seen(ours.uri)).likes_count == 0
    assert await talk.reactions(ours.uri) == {}
    renote = misskey.renote(syuilo, ours.uri)
    await talk.says(syuilo, renote)
    assert (await talk.seen(ours.uri)).boosts_count == 1
    await talk.says(syuilo, misskey.undo(syuilo, renote))
    assert (await talk.seen(ours.uri)).boosts_count == 0
    assert await talk.heard() == []  # votes go round among those who count them, not here


async def _what_ani_and_budi_do_reaches_him(
    talk: Conversation, syuilo: Actor, thread: Post, ours: Post
) -> None:
    await talk.vote(talk.budi, thread, -1)
    assert await talk.heard() == []  # it knows no downvote
    await talk.vote(talk.budi, thread, 1)
    await talk.heard("Like")
    await talk.reacts(talk.ani, thread, "👍")
    [reaction] = await talk.heard("Like")
    assert reaction["content"] == "👍"
    await talk.does(posting.edit_post, talk.budi, ours, source="Minggu sore")
    await talk.heard("Update/Page")  # and no second renote
    await talk.does(moderating.pin_post, talk.ani, ours)
    await talk.removes(thread, "iklan")
    [undone] = await talk.heard("Undo/Announce")
    assert undone["object"]["object"] == thread.uri
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Announce")
    await talk.does(posting.delete_post, talk.budi, ours)
    await talk.heard("Delete", "Undo/Announce")

    server = talk.theirs.actor("instance.actor", type_="Application")
    reported = misskey.flag(server, f"{talk.warga.url}/u/budi", "Iklan terselubung")
    await talk.says(server, reported)
    async with talk.warga.inside():
        case = await Case.get(uri=reported["id"])
        assert (case.comment, case.accused_id) == ("Iklan terselubung", talk.budi.actor_id)
    await talk.reports(talk.budi, await talk.seen(thread.uri), "tidak sopan")
    await talk.heard("Flag")
    known = await talk.known(syuilo.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.heard("Reject/Follow")
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    assert await talk.heard() == []
    await talk.says(syuilo, misskey.follow(syuilo, talk.tebet.uri))
    await talk.heard("Accept/Follow")


async def _budi_follows_and_writes_to_him(talk: Conversation, syuilo: Actor) -> None:
    known = await talk.known(syuilo.uri)
    await talk.does(following.follow, talk.budi, known)
    [asked] = await talk.heard("Follow")
    await talk.says(syuilo, misskey.accept(syuilo, asked), inbox="/u/budi/inbox")
    note = misskey.note(syuilo, "Pompa masih ada?", {}, to=[f"{talk.warga.url}/u/budi"])
    await talk.says(syuilo, misskey.create(syuilo, note), inbox="/u/budi/inbox")
    await talk.message(talk.budi, syuilo, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]


async def _they_ask_vote_and_quote(talk: Conversation, syuilo: Actor) -> None:
    terms = shapes.poll({"Sabtu": 0, "Minggu": 0})
    question = misskey.note(syuilo, "@tebet Kapan?", _names(talk, "tebet"), **terms)

    def say(asked: dict[str, Any], kind: str) -> dict[str, Any]:
        return misskey.create(syuilo, asked) if kind == "Create" else misskey.update(syuilo, asked)

    await chapters.they_ask_and_budi_votes(talk, syuilo, question, say)
    budi = f"{talk.warga.url}/u/budi"

    def cast(poll: Post, choice: str) -> dict[str, Any]:
        vote = shapes.vote(syuilo.uri, budi, poll.uri, choice)
        return misskey.activity("Create", syuilo, vote, to=[budi]) | {"id": f"{vote['id']}/activity"}

    await chapters.they_vote_in_ours(talk, syuilo, cast)

    ours = await talk.post(talk.budi, source="Jalan putus", community=None)
    await talk.heard()
    quoting = misskey.quote(syuilo, "Betul", ours.uri, _names(talk, "budi"))
    await chapters.they_quote_ours(talk, syuilo, ours, misskey.create(syuilo, quoting))
    seen = await talk.seen(quoting["id"])
    await talk.post(talk.budi, source="Lihat", quoted=seen, community=None)
    created, _ = await talk.heard("Create/Note", "QuoteRequest")  # which it does not know
    assert created["object"]["_misskey_quote"] == quoting["id"]


async def _an_account_moves(talk: Conversation) -> None:
    old = talk.person("lama", path="/users/93492q0ip1")
    new = talk.person("baru", path="/users/93492q0ip2", alsoKnownAs=[old.uri])
    async with talk.warga.inside() as site:
        await resolve_actor(site.federation, old.uri)
    await chapters.they_move_and_budi_follows(talk, old, new, misskey.move(old, new), misskey.accept)


async def _he_leaves(talk: Conversation, syuilo: Actor, thread: Post) -> None:
    await talk.says(syuilo, misskey.delete(syuilo, thread.uri))
    assert (await talk.seen(thread.uri)).deleted_at is not None
    [undone] = await talk.heard("Undo/Announce")
    assert undone["object"]["object"] == thread.uri
    await talk.says(syuilo, misskey.undo(syuilo, misskey.follow(syuilo, talk.tebet.uri)))
    assert not await talk.follows(syuilo.uri, talk.tebet.uri)
    await talk.says(syuilo, misskey.activity("Delete", syuilo, syuilo.uri))
    assert (await talk.known(syuilo.uri)).deleted_at is not None
