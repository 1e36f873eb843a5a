"""A gup.pe server and ours: its groups are followed from here, and boost what mentions them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.guppe.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import SigningStyle

DIALECT = Dialect(
    "guppe",
    "1.3.0",
    accept=f'application/ld+json; profile="{AS2}"',
    style=SigningStyle(algorithm="rsa-sha256", content_type=f'application/ld+json; profile="{AS2}"'),
    person_at="/u/{name}",
    group_at="/u/{name}",
    actor={
        "endpoints": None,
        "icon": {"mediaType": "image/jpeg", "type": "Image", "url": "https://gup.example/f/guppe.png"},
    },
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/s/{next(_numbers):032x}"
    return {"@context": AS2, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_guppe(talk: Conversation) -> None:
    bernie = talk.group("Bernie2020")
    known = await talk.joins(talk.budi, bernie, f"@bernie2020@{talk.theirs.host}")
    await talk.fetch(f"{talk.warga.url}/u/budi", bernie)
    [asked] = await talk.heard("Follow")
    await talk.says(
        bernie, _activity("Accept", bernie, asked["id"], to=[asked["actor"]]), inbox="/u/budi/inbox"
    )
    assert await talk.follows(f"{talk.warga.url}/u/budi", bernie.uri)

    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    [created] = await talk.heard("Create/Note")  # a note: microblogs, for whom it boosts, show it whole
    assert "Halo dari Tebet" in created["object"]["content"]
    boost = _activity("Announce", bernie, post.uri, to=[f"{bernie.uri}/followers"], cc=[PUBLIC])
    await talk.says(bernie, boost)
    async with talk.warga.inside():
        assert await Post.filter(community_id=known.id).count() == 1

    stranger = talk.person("stranger")
    note = stranger.note(
        "1",
        "<p>@bernie2020 Halo semua</p>",
        cc=[bernie.uri],
        tag=[{"type": "Mention", "href": bernie.uri, "name": "@bernie2020"}],
    )
    await talk.says(
        bernie, _activity("Announce", bernie, note["id"], to=[f"{bernie.uri}/followers"], cc=[PUBLIC])
    )
    found = await talk.seen(note["id"])
    assert (found.community_id, found.name) == (known.id, "Halo semua")

    # Each new follower is told to all: an `Update` of the actor, which says nothing new.
    await talk.says(
        bernie,
        _activity("Update", bernie, talk.theirs.documents["/u/Bernie2020"], to=[f"{bernie.uri}/followers"]),
    )
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")
    await talk.ends_well()
