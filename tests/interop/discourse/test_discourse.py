"""A Discourse forum and ours: a category is a group that announces notes with titles, under ids of letters and digits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa import posting
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.discourse.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

LD = f'application/ld+json; profile="{AS2}"'
DIALECT = Dialect(
    "discourse",
    "2026.6",
    accept=LD,
    style=SigningStyle(
        posts=(TARGET, "date", "host", "digest"), gets=(TARGET, "date", "host"), content_type=LD
    ),
    person_at="/ap/actor/495843076e9e469fbd35ccf467ae{name}",
    group_at="/ap/actor/797217cf18c0e819dfafc5242559{name}",
    actor={"@context": AS2, "endpoints": None, "updated": "2024-04-05T12:49:51Z"},
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/ap/activity/{next(_numbers):032x}"
    return {
        "@context": AS2,
        "id": uri,
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "published": "2026-04-13T14:36:19Z",
        **more,
    }


def _note(author: Actor, category: Actor, *, name: str = "", answers: str = "") -> dict[str, Any]:
    number = next(_numbers)
    document: dict[str, Any] = {
        "id": f"{author.server.origin}/ap/object/{number:032x}",
        "type": "Note",
        "audience": category.uri,
        "published": "2026-04-13T14:36:19Z",
        "updated": "2026-04-13T14:36:19Z",
        "url": f"{author.server.origin}/t/our-next-meeting/4079/{number}",
        "attributedTo": author.uri,
        "context": f"{author.server.origin}/ap/collection/8850f6e85b57c490da915a5dfbbd5045",
        "content": "<h3>Rapat</h3>\n<p>Hari Minggu</p>",
        "to": [PUBLIC],
        "cc": [f"{category.uri}/followers"],
    }
    document |= {"name": name} if name else {}
    document |= {"inReplyTo": answers} if answers else {}
    author.server.serve({"@context": AS2, **document})
    return document


def _announced(category: Actor, inner: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in inner.items() if name != "@context"}
    return _activity("Announce", category, kept, to=[PUBLIC], cc=[f"{category.uri}/followers"])


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_discourse(talk: Conversation) -> None:
    category, angus = talk.group("threadiverse"), talk.person("angus")
    known = await talk.joins(talk.budi, category, f"@threadiverse@{talk.theirs.host}")
    await talk.fetch(f"{talk.warga.url}/u/budi", angus)
    [asked] = await talk.heard("Follow")
    accepted = _activity(
        "Accept",
        category,
        {name: asked[name] for name in ("id", "type", "actor", "object")},
        to=[asked["actor"]],
    )
    await talk.says(category, accepted, inbox="/u/budi/inbox")

    topic = _note(angus, category, name="Rapat berikut")
    await talk.says(category, _announced(category, _activity("Create", angus, topic, to=[PUBLIC], cc=[])))
    found = await talk.seen(topic["id"])
    assert (found.name, found.community_id) == ("Rapat berikut", known.id)
    reply = _note(angus, category, answers=topic["id"])
    await talk.says(category, _announced(category, _activity("Create", angus, reply, to=[PUBLIC], cc=[])))
    assert (await talk.seen(reply["id"])).in_reply_to_id == found.id

    comment = await talk.post(talk.budi, source="Saya datang", in_reply_to=found)
    # It has no shared inbox: the category and the author are told each by itself.
    [made, _] = await talk.heard("Create/Note", "Create/Note")
    assert made["object"]["inReplyTo"] == topic["id"]
    await talk.fetch(comment.uri, angus)
    await talk.says(category, _announced(category, _activity("Like", angus, comment.uri)))
    assert (await talk.seen(comment.uri)).likes_count == 1
    await talk.vote(talk.budi, found, 1)
    await talk.heard("Like", "Like")
    await talk.does(posting.delete_post, talk.budi, comment)
    await talk.heard("Delete", "Delete")

    # A category there follows our community, and is shown its threads.
    group = await talk.discover(angus)
    await talk.says(category, _activity("Follow", category, group["id"], to=[group["id"]]))
    await talk.heard("Accept/Follow")
    ours = await talk.post(talk.ani, name="Kerja bakti", source="Minggu")
    [boost] = await talk.heard("Announce")
    assert boost["object"] == ours.uri
    await talk.fetch(ours.uri, angus)

    talk.theirs.serve({"@context": AS2, "id": reply["id"], "type": "Tombstone"})
    await talk.says(
        category, _announced(category, _activity("Delete", angus, reply["id"], to=[PUBLIC], cc=[]))
    )
    assert (await talk.seen(reply["id"])).deleted_at is not None
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")
    await talk.ends_well()
