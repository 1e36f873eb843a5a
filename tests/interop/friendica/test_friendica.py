"""A Friendica server and ours: activities with Diaspora's signatures in them, and a forum of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import moderating
from sebangsa import posting
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.friendica.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

DIALECT = Dialect(
    "friendica",
    "2025.07",
    accept=f'application/activity+json, application/ld+json; profile="{AS2}"',
    style=SigningStyle(posts=(TARGET, "date", "digest", "content-length", "content-type", "host")),
    person_at="/profile/{name}",
    group_at="/profile/{name}",
    actor={
        "diaspora:guid": "4edd2508-1661-30f6-ebcc-2da966353356",
        "generator": {"type": "Application", "name": "Friendica"},
    },
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, group: str = "", **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/objects/ec054ce7-5762-3ce2-{next(_numbers):012}"
    addressed = {"to": [group] if group else [], "cc": [PUBLIC]}
    instrument = {
        "type": "Application",
        "name": "Friendica 'Interrupted Fern' 2025.07",
        "url": actor.server.origin,
    }
    return {
        "@context": [AS2, {"diaspora": "https://diasporafoundation.org/ns/"}],
        "id": uri,
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "published": "2026-03-24T21:29:23Z",
        "instrument": instrument,
        "diaspora:guid": "ec054ce7-1862-3ce2-b3e4-870035437794",
        "diaspora:like": '{"author":"heluecht@friendica","author_signature":"KWp5AQ71"}',
        **addressed,
        **more,
    }


def _post(
    author: Actor, group: str, text: str, *, name: str = "", answers: str | None = None
) -> dict[str, Any]:
    uri = f"{author.server.origin}/objects/a85d7459-7262-66e9-{next(_numbers):012}"
    document = {
        "id": uri,
        "type": "Page" if name else "Note",
        "summary": "",
        "inReplyTo": answers,
        "diaspora:guid": "a85d7459-7262-66e9-f901-f05552414769",
        "published": "2026-03-24T07:17:21Z",
        "url": uri.replace("objects", "display"),
        "attributedTo": author.uri,
        "sensitive": False,
        "context": f"{answers or uri}#context",
        "content": text,
        "contentMap": {"id": text},
        "source": {"content": text, "mediaType": "text/bbcode"},
        "audience": group,
        "to": [PUBLIC, group],
        "cc": [f"{author.uri}/followers"],
        "attachment": [],
        "tag": [{"type": "Mention", "href": group, "name": "@tebet@warga"}],
        **({"name": name} if name else {}),
    }
    author.server.serve({"@context": AS2, **document})
    return document


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_friendica(talk: Conversation) -> None:
    heluecht = talk.person("heluecht")
    group = await talk.discover(heluecht)
    await talk.says(heluecht, _activity("Follow", heluecht, group["id"], group["id"]), inbox="/c/tebet/inbox")
    await talk.heard("Accept/Follow")

    page = _post(heluecht, talk.tebet.uri, "Sudah selutut", name="Air naik")
    await talk.says(heluecht, _activity("Create", heluecht, page, to=page["to"]))
    [announced] = await talk.heard("Announce/Create/Page")
    assert announced["object"]["diaspora:guid"] == "ec054ce7-1862-3ce2-b3e4-870035437794"
    thread = await talk.seen(page["id"])
    assert (thread.name, thread.community_id) == ("Air naik", talk.tebet.id)
    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    await talk.heard("Create/Note", "Announce/Create/Note")
    await talk.fetch(answer.uri, heluecht)
    note = _post(heluecht, talk.tebet.uri, "Sebentar lagi", answers=answer.uri)
    await talk.says(heluecht, _activity("Create", heluecht, note, to=note["to"]))
    assert (await talk.seen(note["id"])).in_reply_to_id == answer.id
    for kind in ("Like", "Dislike"):
        vote = _activity(kind, heluecht, answer.uri, f"{talk.warga.url}/u/budi")
        await talk.says(heluecht, vote)
        found = await talk.seen(answer.uri)
        assert (found.likes_count, found.dislikes_count) == ((1, 0) if kind == "Like" else (0, 1))
        inner = {name: value for name, value in vote.items() if name != "@context"}
        await talk.says(heluecht, _activity("Undo", heluecht, inner))
    heard = [document.shape for document in await talk.heard()]
    assert {"Announce/Like", "Announce/Dislike", "Announce/Undo/Like"} <= set(heard)
    await talk.does(posting.edit_post, talk.budi, answer, source="Di gang empat sudah")
    await talk.heard("Update/Note", "Announce/Update/Note")
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Delete", "Announce/Delete", "Undo/Delete", "Announce/Undo/Delete")

    forum = talk.group("forum", manuallyApprovesFollowers=True)
    known = await talk.joins(talk.budi, forum, f"@forum@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    await talk.says(forum, _activity("Accept", forum, dict(asked)), inbox="/u/budi/inbox")
    post = await talk.post(talk.budi, name="Halo", source="Salam", community=known)
    await talk.heard("Create/Page")
    await talk.says(forum, _activity("Announce", forum, post.uri))  # its forum boosts what it takes
    theirs = _post(heluecht, forum.uri, "Selamat datang", name="Halo juga")
    await talk.says(forum, _activity("Announce", forum, theirs["id"]))
    assert (await talk.seen(theirs["id"])).community_id == known.id

    await talk.says(heluecht, _activity("Delete", heluecht, {"id": note["id"], "type": "Tombstone"}))
    assert (await talk.seen(note["id"])).deleted_at is not None
    await talk.says(heluecht, _activity("Delete", heluecht, heluecht.uri))
    assert (await talk.seen(thread.uri)).deleted_at is not None
    await talk.ends_well()
