"""A NodeBB server and ours: what is not at its origin does not count, and a thread is what its context lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from communities import membership, moderating
from moderation.models import Case
from sebangsa import posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.nodebb import documents as nodebb
from tests.interop.nodebb.documents import DIALECT
from tests.interop.nodebb.rules import RULES
from tests.interop.reading import Document


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_nodebb(talk: Conversation) -> None:
    julian = talk.person("julian", path="/uid/2")
    general = talk.group(
        "general", path="/category/2", followers=None, outbox=f"{talk.theirs.origin}/category/2/outbox"
    )
    asked = await _julian_and_a_category_follow_ours(talk, julian, general)
    thread = await _he_opens_a_topic_and_it_is_talked_about(talk, julian)
    await _ani_moderates(talk, julian, thread)
    await _budi_takes_part_in_a_category_of_theirs(talk, julian, general)
    await _they_write_to_each_other_and_part(talk, julian, thread, asked)
    await talk.ends_well()


async def _julian_and_a_category_follow_ours(
    talk: Conversation, julian: Actor, general: Actor
) -> dict[str, Any]:
    group = await talk.discover(julian)
    asked = nodebb.follow(julian, group["id"])
    await talk.says(
        julian, asked, inbox="/c/tebet/inbox", scheme="rfc9421"
    )  # since 4.15 the new signatures too
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["actor"] == julian.uri
    await talk.says(general, nodebb.follow(general, group["id"]))  # a category subscribes to a group
    await talk.heard("Accept/Follow")
    assert await talk.follows(general.uri, group["id"])
    return asked


async def _is_walkable(talk: Conversation, julian: Actor, post: Document) -> None:
    """As it asserts a note: the id answers a HEAD, the document names a context, the context lists it."""
    async with talk.warga.http.head(post["id"], headers={"accept": DIALECT.accept}) as answer:
        assert answer.status == 200
        assert "json" in answer.headers["content-type"]
    fetched = await talk.fetch(post["id"], julian)
    thread = await talk.fetch(fetched["context"], julian)
    assert post["id"] in thread["orderedItems"]
    async with talk.warga.http.get(fetched["context"], headers={"accept": DIALECT.accept}) as answer:
        etag = answer.headers["etag"]
    headers = {"accept": DIALECT.accept, "if-none-match": etag}
    async with talk.warga.http.get(fetched["context"], headers=headers) as answer:
        assert answer.status == 304  # it asks again and again


async def _he_opens_a_topic_and_it_is_talked_about(talk: Conversation, julian: Actor) -> Post:
    article = nodebb.topic(julian, talk.tebet.uri, "Air naik di gang tiga", "Sudah selutut")
    created = nodebb.create(julian, article)
    await talk.says(julian, created)
    [announced] = await talk.heard("Announce/Create/Article")
    assert announced["object"] == created
    thread = await talk.seen(article["id"])
    assert (thread.name, thread.community_id) == ("Air naik di gang tiga", talk.tebet.id)
    assert "selutut" in await talk.page(f"/p/{thread.id}")

    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    [made, _] = await talk.heard("Create/Note", "Announce/Create/Note")
    assert made["object"]["context"] == article["context"]  # the topic is theirs, so its context is
    ours = await talk.post(talk.ani, name="Kerja bakti", source="Minggu pagi")
    [announced] = await talk.heard("Announce/Create/Page")
    await _is_walkable(talk, julian, announced.innermost)

    reply = nodebb.reply(
        julian, talk.tebet.uri, article["context"], answer.uri, f"{talk.warga.url}/u/budi", "Sebentar lagi"
    )
    await talk.says(julian, nodebb.create(julian, reply))
    edited = {**reply, "content": "<p>Sudah</p>", "updated": "2026-10-07T15:40:00.000Z"}
    await talk.says(julian, nodebb.create(julian, edited, "Update"))
    await talk.heard("Announce/Create/Note", "Announce/Update/Note")
    found = await talk.seen(reply["id"])
    assert (found.in_reply_to_id, found.content, found.name) == (answer.id, "<p>Sudah</p>", "")

    for kind in ("Like", "Dislike"):
        vote = nodebb.activity(kind, julian, ours.uri, to=[f"{talk.warga.url}/u/ani"])
        await talk.says(julian, vote)
        await talk.says(julian, nodebb.undo(julian, vote))
        await talk.heard(f"Announce/{kind}", f"Announce/Undo/{kind}")
    await talk.vote(talk.budi, found, 1)
    await talk.heard("Like", "Announce/Like")
    await talk.says(julian, nodebb.delete(julian, reply["id"]))
    await talk.heard("Announce/Delete")
    assert (await talk.seen(reply["id"])).deleted_at is not None
    return thread


async def _ani_moderates(talk: Conversation, julian: Actor, thread: Post) -> None:
    await talk.does(moderating.pin_post, talk.ani, thread)
    await talk.does(moderating.lock_post, talk.ani, thread)
    await talk.heard("Announce/Add", "Announce/Lock")
    await talk.does(moderating.lock_post, talk.ani, thread, is_locked=False)
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Announce/Undo/Lock", "Delete", "Announce/Delete", "Undo/Delete", "Announce/Undo/Delete")
    ours = await talk.post(talk.budi, name="Jual motor", source="Murah")
    await talk.heard("Announce/Create/Page")
    reported = nodebb.flag(julian, ours.uri, f"{talk.warga.url}/u/budi", "Iklan")
    await talk.says(julian, reported)
    async with talk.warga.inside():
        assert (await Case.get(uri=reported["id"])).comment == "Iklan"
    await talk.does(posting.delete_post, talk.budi, ours)
    await talk.heard("Announce/Delete")
    await talk.fetch(ours.uri, julian, status=410)  # asked before it purges


async def _budi_takes_part_in_a_category_of_theirs(talk: Conversation, julian: Actor, general: Actor) -> None:
    old = nodebb.topic(julian, general.uri, "Selamat datang", "Forum baru")
    talk.theirs.collection(f"{general.uri}/outbox", [nodebb.announce(general, nodebb.create(julian, old))])
    known = await talk.joins(talk.budi, general, f"@general@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    await talk.says(general, nodebb.accept(general, asked), inbox="/u/budi/inbox")
    assert (await talk.seen(old["id"])).name == "Selamat datang"

    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    [created] = await talk.heard("Create/Page")
    await _is_walkable(talk, julian, created.innermost)
    await talk.says(general, nodebb.announce(general, created))
    await talk.says(general, nodebb.announce(general, dict(created["object"])))
    async with talk.warga.inside():
        assert await Post.filter(community_id=known.id).count() == 2  # once each, and no boost

    reply = nodebb.reply(
        julian, general.uri, created["object"]["context"], post.uri, f"{talk.warga.url}/u/budi", "Halo"
    )
    new = nodebb.topic(julian, general.uri, "Aturan", "Sopan")
    await talk.says(general, nodebb.announce(general, nodebb.create(julian, reply)))
    await talk.says(general, nodebb.announce(general, {"@context": nodebb.CONTEXT, **new}, julian.uri))
    # What is liked it embeds in full.
    like = nodebb.activity("Like", julian, dict(created["object"]), to=[f"{talk.warga.url}/u/budi"])
    await talk.says(general, nodebb.announce(general, like, julian.uri))
    found = await talk.seen(post.uri)
    assert (found.replies_count, found.likes_count) == (1, 1)
    filed = await talk.seen(new["id"])
    assert (filed.community_id, filed.name, filed.kind) == (known.id, "Aturan", "article")
    await talk.says(general, nodebb.announce(general, nodebb.delete(julian, reply["id"])))
    assert (await talk.seen(reply["id"])).deleted_at is not None
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")


async def _they_write_to_each_other_and_part(
    talk: Conversation, julian: Actor, thread: Post, asked: dict[str, Any]
) -> None:
    await talk.says(
        julian, nodebb.message(julian, f"{talk.warga.url}/u/budi", "Pompa masih ada?"), inbox="/u/budi/inbox"
    )
    await talk.message(talk.budi, julian, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]
    await talk.says(julian, nodebb.undo(julian, asked))
    assert not await talk.follows(julian.uri, talk.tebet.uri)
    gone = nodebb.activity(
        "Delete", julian, julian.uri, to=[], cc=["https://www.w3.org/ns/activitystreams#Public"]
    )
    await talk.says(julian, gone)
    assert (await talk.seen(thread.uri)).deleted_at is not None
