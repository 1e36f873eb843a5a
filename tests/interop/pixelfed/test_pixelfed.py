"""A Pixelfed server and ours: pictures into a community, one follow id for ever, messages to one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa import following, posting
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.pixelfed.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    "https://w3id.org/security/v1",
    {"pixelfed": "http://pixelfed.org/ns#", "capabilities": {"@container": "@set"}},
]
DIALECT = Dialect(
    "pixelfed",
    "0.12.6",
    accept=f'application/ld+json; profile="{AS2}"',
    style=SigningStyle(
        posts=(TARGET, "date", "digest", "content-type", "host"),
        gets=(TARGET, "host", "date", "accept"),
        content_type=f'application/ld+json; profile="{AS2}"',
        with_query=False,
    ),
    actor={"@context": CONTEXT, "manuallyApprovesFollowers": False, "indexable": True},
)
_numbers = count(871)


def _activity(kind: str, actor: Actor, obj: Any, id: str = "", **more: Any) -> dict[str, Any]:
    uri = id or f"{actor.uri}#{kind.lower()}s/{next(_numbers)}"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def _follow(actor: Actor, target: str) -> dict[str, Any]:
    """The same id each time."""
    return _activity("Follow", actor, target, id=f"{actor.uri}#follow/4711")


def _note(
    author: Actor,
    text: str,
    mentions: dict[str, str],
    *,
    answers: str | None = None,
    to: list[str] | None = None,
) -> dict[str, Any]:
    uri = f"{author.server.origin}/p/{author.uri.rpartition('/')[2]}/{next(_numbers)}"
    document = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "content": text,
        "inReplyTo": answers,
        "published": "2026-10-07T15:22:42+00:00",
        "url": uri,
        "attributedTo": author.uri,
        "to": [PUBLIC] if to is None else to,
        "cc": [f"{author.uri}/followers", *mentions.values()] if to is None else [],
        "sensitive": False,
        "attachment": [
            {
                "type": "Image",
                "mediaType": "image/jpeg",
                "url": f"{author.server.origin}/s.jpg",
                "name": "Banjir",
                "blurhash": "U6F?%#01",
                "width": 1080,
                "height": 720,
            }
        ],
        "tag": [{"type": "Mention", "href": href, "name": name} for name, href in mentions.items()],
        "commentsEnabled": True,
        "capabilities": {"announce": PUBLIC, "like": PUBLIC, "reply": PUBLIC},
        "location": None,
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def _create(author: Actor, obj: dict[str, Any]) -> dict[str, Any]:
    same = {name: obj[name] for name in ("to", "cc", "published")}
    return _activity("Create", author, obj, id=f"{obj['id']}/activity", **same)


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_pixelfed(talk: Conversation) -> None:
    dansup = talk.person("dansup")
    group = await talk.discover(dansup)
    at = talk.warga.site.settings.domain
    budi = f"{talk.warga.url}/u/budi"
    asked = _follow(dansup, group["id"])
    await talk.says(dansup, asked, inbox="/c/tebet/inbox")
    await talk.heard("Accept/Follow")
    inner = {name: asked[name] for name in ("id", "type", "actor", "object")}
    await talk.says(dansup, _activity("Undo", dansup, inner, id=f"{dansup.uri}#follow/4711/undo"))
    assert not await talk.follows(dansup.uri, group["id"])
    assert (await dansup.send(talk.warga, asked))[0] == 202  # it follows again, under the same id
    await talk.heard("Accept/Follow")
    assert await talk.follows(dansup.uri, group["id"])

    note = _note(dansup, f"@tebet@{at} Air naik", {f"@tebet@{at}": talk.tebet.uri})
    await talk.says(dansup, _create(dansup, note))
    await talk.heard("Announce")
    thread = await talk.seen(note["id"])
    assert (thread.name, thread.community_id) == ("Air naik", talk.tebet.id)
    assert 'alt="Banjir"' in await talk.page(f"/p/{thread.id}")

    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    await talk.heard("Create/Note")
    await talk.fetch(answer.uri, dansup)
    like = _activity("Like", dansup, answer.uri)
    await talk.says(dansup, like)
    assert (await talk.seen(answer.uri)).likes_count == 1
    undone = {name: like[name] for name in ("id", "type", "actor", "object")}
    await talk.says(dansup, _activity("Undo", dansup, undone, id=f"{like['id']}/undo"))
    assert (await talk.seen(answer.uri)).likes_count == 0
    await talk.vote(talk.budi, thread, 1)
    await talk.heard("Like")
    reply = _note(dansup, "Sebentar lagi", {f"@budi@{at}": budi}, answers=answer.uri)
    await talk.says(dansup, _create(dansup, reply))
    assert (await talk.seen(reply["id"])).in_reply_to_id == answer.id
    await talk.does(posting.delete_post, talk.budi, answer)
    await talk.heard("Delete")

    message = _note(dansup, "Pompa masih ada?", {f"@budi@{at}": budi}, to=[budi]) | {"attachment": []}
    await talk.says(dansup, _create(dansup, message), inbox="/u/budi/inbox")
    await talk.message(talk.budi, dansup, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]

    known = await talk.known(dansup.uri)
    await talk.does(following.follow, talk.budi, known)
    [wanted] = await talk.heard("Follow")
    accepted = {name: wanted[name] for name in ("id", "type", "actor", "object")}
    await talk.says(dansup, _activity("Accept", dansup, accepted), inbox="/u/budi/inbox")
    assert await talk.follows(budi, dansup.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.heard("Reject/Follow")
    await talk.says(dansup, _activity("Delete", dansup, {"id": note["id"], "type": "Tombstone"}))
    assert (await talk.seen(note["id"])).deleted_at is not None
    await talk.says(dansup, _activity("Delete", dansup, dansup.uri))
    assert (await talk.known(dansup.uri)).deleted_at is not None
    await talk.ends_well()
