"""A GoToSocial server and ours: everything is signed, and a key is its own document."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from communities import membership, moderating
from moderation.models import Case
from sebangsa import following, posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.gotosocial import documents as gotosocial
from tests.interop.gotosocial.documents import DIALECT
from tests.interop.gotosocial.rules import RULES
from tests.interop.reading import PUBLIC


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_gotosocial(talk: Conversation) -> None:
    tobi = talk.person("tobi")
    thread = await _tobi_follows_and_opens_a_thread(talk, tobi)
    ours = await _they_answer_each_other(talk, tobi)
    await _likes_boosts_edits_and_moderation(talk, tobi, thread, ours)
    await _budi_follows_and_writes_to_him(talk, tobi)
    await _he_leaves(talk, tobi, thread)
    await talk.ends_well()


def _names(talk: Conversation, *names: str) -> dict[str, str]:
    at = talk.warga.site.settings.domain
    where = {"tebet": talk.tebet.uri, "budi": f"{talk.warga.url}/u/budi"}
    return {f"@{name}@{at}": where[name] for name in names}


async def _tobi_follows_and_opens_a_thread(talk: Conversation, tobi: Actor) -> Post:
    group = await talk.discover(tobi)
    assert f"{tobi.uri}/main-key".removeprefix(talk.theirs.origin) not in talk.theirs.asked
    await talk.says(tobi, gotosocial.follow(tobi, group["id"]), inbox="/c/tebet/inbox")
    assert "/users/tobi/main-key" in talk.theirs.asked  # the stub, whose owner was asked in turn
    await talk.heard("Accept/Follow")
    # Our fetches are signed by the server's own actor, which anybody may ask for unsigned.
    signature = talk.theirs.headers["/users/tobi"]["signature"]
    assert f'keyId="{talk.warga.url}/actor#' in signature
    async with talk.warga.http.get(f"{talk.warga.url}/actor", headers={"accept": DIALECT.accept}) as answer:
        assert answer.status == 200
        assert "Signature" in answer.headers["vary"]
    note = gotosocial.note(tobi, "@tebet Lampu jalan mati", _names(talk, "tebet"))
    await talk.says(tobi, gotosocial.create(tobi, note))
    await talk.heard("Announce")
    thread = await talk.seen(note["id"])
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", talk.tebet.id)
    return thread


async def _they_answer_each_other(talk: Conversation, tobi: Actor) -> Post:
    ours = await talk.post(talk.budi, name="Kerja bakti", source="Minggu pagi")
    [boost] = await talk.heard("Announce")
    await talk.fetch(boost["object"], tobi)
    reply = gotosocial.note(tobi, "@budi Saya ikut", _names(talk, "budi", "tebet"), answers=ours.uri)
    await talk.says(tobi, gotosocial.create(tobi, reply))
    found = await talk.seen(reply["id"])
    assert (found.in_reply_to_id, found.community_id) == (ours.id, talk.tebet.id)
    edited = {**reply, "content": "<p>Saya ikut dua orang</p>", "updated": "2026-10-07T15:40:42Z"}
    await talk.says(tobi, gotosocial.create(tobi, edited, "Update"))
    assert "dua" in (await talk.seen(reply["id"])).content
    answer = await talk.post(talk.budi, source="Bagus", in_reply_to=found)
    await talk.heard("Create/Note")
    thread = await talk.fetch(answer.conversation, tobi)
    assert thread["orderedItems"] == [ours.uri, found.uri, answer.uri]
    return ours


async def _likes_boosts_edits_and_moderation(
    talk: Conversation, tobi: Actor, thread: Post, ours: Post
) -> None:
    author = f"{talk.warga.url}/u/budi"
    like = gotosocial.activity("Like", tobi, ours.uri, to=author)
    await talk.says(tobi, like)
    assert (await talk.seen(ours.uri)).likes_count == 1
    await talk.says(tobi, gotosocial.undo(tobi, like))
    boost = gotosocial.boost(tobi, ours.uri, author)
    await talk.says(tobi, boost)
    await talk.says(tobi, gotosocial.undo(tobi, boost))
    found = await talk.seen(ours.uri)
    assert (found.likes_count, found.boosts_count) == (0, 0)
    await talk.vote(talk.budi, thread, 1)
    await talk.heard("Like")
    await talk.does(posting.edit_post, talk.budi, ours, source="Minggu sore")
    await talk.heard("Update/Page")
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Undo/Announce", "Announce")
    server = talk.theirs.actor(talk.theirs.host.partition(":")[0], type_="Application")
    reported = gotosocial.flag(server, [author, ours.uri], "Iklan")
    await talk.says(server, reported)
    async with talk.warga.inside():
        assert (await Case.get(uri=reported["id"])).post_ids == [ours.id]
    await talk.reports(talk.budi, await talk.seen(thread.uri), "tidak sopan")
    await talk.heard("Flag")
    await talk.does(posting.delete_post, talk.budi, ours)
    await talk.heard("Delete", "Undo/Announce")
    await talk.does(membership.ban, talk.ani, talk.tebet, await talk.known(tobi.uri), reason="gaduh")
    await talk.heard("Reject/Follow")


async def _budi_follows_and_writes_to_him(talk: Conversation, tobi: Actor) -> None:
    await talk.does(following.follow, talk.budi, await talk.known(tobi.uri))
    [asked] = await talk.heard("Follow")
    await talk.says(tobi, gotosocial.accept(tobi, asked), inbox="/u/budi/inbox")
    note = gotosocial.note(tobi, "Pompa masih ada?", _names(talk, "budi"), to=f"{talk.warga.url}/u/budi")
    await talk.says(tobi, gotosocial.create(tobi, note), inbox="/u/budi/inbox")
    await talk.message(talk.budi, tobi, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]


async def _he_leaves(talk: Conversation, tobi: Actor, thread: Post) -> None:
    await talk.says(tobi, gotosocial.activity("Delete", tobi, thread.uri, to=PUBLIC, cc=[]))
    assert (await talk.seen(thread.uri)).deleted_at is not None
    await talk.says(tobi, gotosocial.activity("Delete", tobi, tobi.uri, to=PUBLIC, cc=[]))
    assert (await talk.known(tobi.uri)).deleted_at is not None
