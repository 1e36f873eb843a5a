"""A Hubzilla server and ours: channels whose keys have the channel's own address, and a forum of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership, moderating
from moderation.models import Case
from sebangsa import posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.hubzilla.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [AS2, "https://w3id.org/security/v1", "https://hub.example/apschema/v1.22"]
DIALECT = Dialect(
    "hubzilla",
    "10.2",
    accept=f'application/activity+json, application/ld+json; profile="{AS2}"',
    style=SigningStyle(
        posts=("content-type", "date", "host", "digest", TARGET),
        gets=("accept", "date", "host", TARGET),
        content_type=f'application/ld+json; profile="{AS2}"',
    ),
    person_at="/channel/{name}",
    group_at="/channel/{name}",
    key_id="{actor}",
    actor={
        "@context": CONTEXT,
        "discoverable": True,
        "updated": "2026-08-20T23:52:34Z",
        "tag": [{"type": "PropertyValue", "name": "Protocol", "value": "activitypub"}],
    },
)
_numbers = count(9)


def _activity(kind: str, actor: Actor, obj: Any, id: str = "", **more: Any) -> dict[str, Any]:
    """With the old kind of signature, which nobody reads here."""
    uri = id or f"{actor.server.origin}/activity/60c9fa6e-{next(_numbers):012}"
    signature = {
        "@context": [AS2, "https://w3id.org/security/v1"],
        "type": "RsaSignature2017",
        "nonce": "52c035e0a9e81dce8b486159204e97c22637e91f75cdfad5378de91de68e9117",
        "creator": actor.uri,
        "created": "2026-11-22T03:38:02Z",
        "signatureValue": "oVliRCIqNIh6yUp851dYrF0y21aHp3Rz6VkIpW1pFMWfXuzE",
    }
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "signature": signature,
        **more,
    }


def _follow(actor: Actor, target: str, connection: int) -> dict[str, Any]:
    uri = f"{actor.server.origin}/follow/{connection}#follow"
    return _activity("Follow", actor, target, id=uri, to=[target])


def _unfollow(actor: Actor, target: str, connection: int) -> dict[str, Any]:
    """Embeds the `Follow` under another id than it had: without the fragment."""
    uri = f"{actor.server.origin}/follow/{connection}"
    inner = {"id": uri, "type": "Follow", "actor": actor.uri, "object": target}
    return _activity("Undo", actor, inner, id=f"{uri}#undo", to=[target])


def _item(
    author: Actor, text: str, to: list[str], *, name: str = "", answers: str | None = None
) -> dict[str, Any]:
    """A post or comment; the title stands in `name` also where there is none. Served at its id."""
    uri = f"{author.server.origin}/item/3c2e1f0a-{next(_numbers):012}"
    item = {
        "type": "Note",
        "id": uri,
        "name": name,
        "summary": "",
        "content": text,
        "source": {"content": text, "mediaType": "text/bbcode"},
        "published": "2026-11-20T11:42:35Z",
        "generator": {"type": "Application", "name": "hubzilla"},
        "attributedTo": author.uri,
        "actor": author.uri,
        "url": uri,
        "conversation": uri,
        "to": [PUBLIC, *to],
        "cc": [f"{author.server.origin}/followers/{author.uri.rpartition('/')[2]}"],
        "tag": [{"type": "Mention", "href": href, "name": "@tebet"} for href in to],
        **({"inReplyTo": answers} if answers else {}),
    }
    author.server.serve({"@context": CONTEXT, **item})
    return item


def _create(author: Actor, item: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    uri = item["id"].replace("/item/", "/activity/") + ("" if kind == "Create" else f"#{kind.lower()}")
    same = {name: item[name] for name in ("to", "cc", "published")}
    return _activity(kind, author, item, id=uri, **same)


def _undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return _activity("Undo", actor, inner, id=f"{undone['id']}#undo", to=undone["to"])


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_hubzilla(talk: Conversation) -> None:
    mario = talk.person("mario")
    thread = await _mario_follows_and_opens_a_thread(talk, mario)
    await _they_comment_vote_and_edit(talk, mario, thread)
    await _ani_moderates(talk, mario, thread)
    await _budi_takes_part_in_a_forum_of_theirs(talk, mario)
    await _he_leaves(talk, mario, thread)
    await talk.ends_well(f"Undo {talk.theirs.origin}/follow/10: ignored overtaken")


async def _mario_follows_and_opens_a_thread(talk: Conversation, mario: Actor) -> Post:
    group = await talk.discover(mario)
    asked = _follow(mario, group["id"], 9)
    await talk.says(mario, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]
    item = _item(mario, "Sudah selutut", [talk.tebet.uri], name="Air naik")
    created = _create(mario, item)
    await talk.says(mario, created)
    [announced] = await talk.heard("Announce/Create/Note")
    assert announced["object"] == created  # with its signature, by which they know it again
    thread = await talk.seen(item["id"])
    assert (thread.name, thread.community_id) == ("Air naik", talk.tebet.id)
    return thread


async def _they_comment_vote_and_edit(talk: Conversation, mario: Actor, thread: Post) -> None:
    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    await talk.heard("Create/Note", "Announce/Create/Note")
    await talk.fetch(answer.uri, mario)
    budi = f"{talk.warga.url}/u/budi"
    comment = _item(mario, "Sebentar lagi", [budi, talk.tebet.uri], answers=answer.uri)
    await talk.says(mario, _create(mario, comment))
    assert (await talk.seen(comment["id"])).in_reply_to_id == answer.id
    edited = comment | {"content": "Sebentar lagi sampai", "updated": "2026-11-20T12:42:35Z"}
    await talk.says(mario, _create(mario, edited, "Update"))
    assert "sampai" in (await talk.seen(comment["id"])).content
    await talk.heard("Announce/Create/Note", "Announce/Update/Note")
    for kind, counted in (("Like", (1, 0)), ("Dislike", (0, 1))):
        vote = _activity(kind, mario, answer.uri, to=[PUBLIC, budi], inReplyTo=answer.uri)
        await talk.says(mario, vote)
        found = await talk.seen(answer.uri)
        assert (found.likes_count, found.dislikes_count) == counted
        await talk.says(mario, _undo(mario, vote))
        await talk.heard(f"Announce/{kind}", f"Announce/Undo/{kind}")
    reaction = _activity("EmojiReact", mario, answer.uri, to=[PUBLIC, budi], content="👍")
    await talk.says(mario, reaction)
    assert await talk.reactions(answer.uri) == {"👍": 1}
    await talk.vote(talk.budi, thread, -1)
    await talk.reacts(talk.ani, thread, "👍")
    await talk.heard(
        "Announce/EmojiReact", "Dislike", "Announce/Dislike", "EmojiReact", "Announce/EmojiReact"
    )
    await talk.does(posting.edit_post, talk.budi, answer, source="Di gang empat sudah")
    await talk.does(posting.delete_post, talk.budi, answer)
    await talk.heard("Update/Note", "Announce/Update/Note", "Delete", "Announce/Delete")


async def _ani_moderates(talk: Conversation, mario: Actor, thread: Post) -> None:
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Delete", "Announce/Delete", "Undo/Delete", "Announce/Undo/Delete")
    ours = await talk.post(talk.ani, name="Kerja bakti", source="Minggu pagi")
    await talk.does(moderating.pin_post, talk.ani, ours)
    await talk.does(moderating.lock_post, talk.ani, ours, "cukup")
    await talk.heard("Announce/Create/Page", "Announce/Add", "Announce/Lock")
    flag = _activity("Flag", mario, ours.uri, to=[talk.tebet.uri], content="Salah tempat")
    await talk.says(mario, flag)
    async with talk.warga.inside():
        case = await Case.get(uri=flag["id"])
        assert (case.comment, case.post_ids) == ("Salah tempat", [ours.id])
    await talk.reports(talk.budi, thread, "tidak sopan")
    await talk.heard("Flag")
    known = await talk.known(mario.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.heard("Block", "Announce/Block", "Reject/Follow")
    item = _item(mario, "Lagi", [talk.tebet.uri], name="Lagi")
    await talk.says(mario, _create(mario, item), state="refused")
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    await talk.heard("Undo/Block")
    await talk.says(mario, _follow(mario, talk.tebet.uri, 10))
    await talk.heard("Accept/Follow")


async def _budi_takes_part_in_a_forum_of_theirs(talk: Conversation, mario: Actor) -> None:
    forum = talk.group("forum")
    budi = f"{talk.warga.url}/u/budi"
    known = await talk.joins(talk.budi, forum, f"@forum@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    inner = {name: asked[name] for name in ("type", "id", "actor", "object")}
    accepted = _activity("Accept", forum, inner, id=f"{talk.theirs.origin}/follow/11#accept", to=[budi])
    await talk.says(forum, accepted, inbox="/u/budi/inbox")
    assert await talk.follows(budi, forum.uri)
    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    await talk.heard("Create/Page")
    await talk.says(forum, _activity("Announce", forum, post.uri, to=[PUBLIC]))
    theirs = _item(mario, "Selamat datang", [forum.uri], name="Halo juga")
    await talk.says(forum, _activity("Announce", forum, theirs["id"], to=[PUBLIC]))
    assert (await talk.seen(theirs["id"])).community_id == known.id
    comment = _item(mario, "Salam kembali", [budi], answers=post.uri)
    await talk.says(mario, _create(mario, comment), inbox="/u/budi/inbox")
    assert (await talk.seen(post.uri)).replies_count == 1
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")


async def _he_leaves(talk: Conversation, mario: Actor, thread: Post) -> None:
    tombstone = {"type": "Tombstone", "formerType": "Note", "id": thread.uri}
    await talk.says(mario, _activity("Delete", mario, tombstone, to=[PUBLIC]))
    assert (await talk.seen(thread.uri)).deleted_at is not None
    await talk.heard("Announce/Delete/Tombstone")
    await talk.says(mario, _unfollow(mario, talk.tebet.uri, 10))
    assert not await talk.follows(mario.uri, talk.tebet.uri)
    await talk.says(mario, _activity("Delete", mario, mario.uri, to=[PUBLIC]))
    assert (await talk.known(mario.uri)).deleted_at is not None
