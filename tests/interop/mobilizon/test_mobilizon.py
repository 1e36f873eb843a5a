"""A Mobilizon server and ours: a group there invites to an event, people here follow it and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa import posting
from sebangsa.events import joining
from sebangsa.events.planning import EventDraft
from sebangsa.models import Participation, ParticipationState, Post
from tests.foreign_server import Actor
from tests.interop import chapters, shapes
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.mobilizon.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    "https://litepub.social/context.jsonld",
    {"mz": "https://joinmobilizon.org/ns#", "joinMode": {"@id": "mz:joinMode", "@type": "mz:joinModeType"}},
]
DIALECT = Dialect(
    "mobilizon",
    "5.2.0",
    style=SigningStyle(posts=(TARGET, "content-length", "date", "digest", "host"), with_query=False),
    person_at="/@{name}",
    group_at="/@{name}",
    actor={
        "@context": CONTEXT,
        "openness": "moderated",
        "discoverable": True,
        "manuallyApprovesFollowers": False,
    },
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/{kind.lower()}/39a0c4a6-f2b6-41dc-bbe2-{next(_numbers):012}"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def _event(organiser: Actor, group: Actor) -> dict[str, Any]:
    """`attributedTo` is the group, `actor` who wrote it."""
    uri = f"{organiser.server.origin}/events/b81c0531-a57c-497d-93ba-{next(_numbers):012}"
    document = {
        **shapes.event(),
        "id": uri,
        "url": uri,
        "actor": organiser.uri,
        "attributedTo": group.uri,
        "name": "Kerja bakti bersama",
        "content": "<p>Bawa cangkul</p>",
        "mediaType": "text/html",
        "repliesModerationOption": "allow_all",
        "ical:status": "CONFIRMED",
        "category": "MEETING",
        "inLanguage": "id",
        "isOnline": False,
        "location": {
            "type": "Place",
            "name": "Balai RW",
            "latitude": -6.22,
            "longitude": 106.85,
            "address": {"type": "PostalAddress", "addressLocality": "Tebet"},
        },
        "published": "2026-11-20T01:02:03Z",
        "to": [PUBLIC],
        "cc": [f"{group.uri}/followers"],
        "attachment": [
            {"type": "Link", "href": "https://berita.example", "mediaType": "text/html", "name": "Website"}
        ],
        "tag": [],
        "draft": False,
    }
    organiser.server.serve({"@context": CONTEXT, **document})
    return document


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_mobilizon(talk: Conversation) -> None:
    rw = talk.group(
        "rw", members=f"{talk.theirs.origin}/@rw/members", events=f"{talk.theirs.origin}/@rw/events"
    )
    tcit = talk.person("tcit")
    known = await talk.joins(talk.budi, rw, f"@rw@{talk.theirs.host}")
    await talk.fetch(f"{talk.warga.url}/u/budi", tcit)
    [asked] = await talk.heard("Follow")
    inner = {name: asked[name] for name in ("id", "type", "actor", "object")}
    await talk.says(rw, _activity("Accept", rw, inner, to=[asked["actor"]]), inbox="/u/budi/inbox")

    event = _event(tcit, rw)
    await talk.says(rw, _activity("Announce", rw, event["id"], to=[PUBLIC], cc=[f"{rw.uri}/followers"]))
    found = await talk.seen(event["id"])
    assert (found.kind, found.name, found.community_id) == ("event", "Kerja bakti bersama", known.id)
    assert "cangkul" in await talk.page(f"/p/{found.id}")

    await _they_come_to_each_others_events(talk, tcit, rw, found)

    comment = await talk.post(talk.budi, source="Saya datang", in_reply_to=found)
    [made] = await talk.heard("Create/Note")
    assert made["object"]["inReplyTo"] == event["id"]
    await talk.fetch(comment.uri, tcit)
    reply = tcit.note("1", "<p>Terima kasih</p>", inReplyTo=comment.uri, cc=[f"{talk.warga.url}/u/budi"])
    await talk.says(tcit, _activity("Create", tcit, reply, to=reply["to"], cc=reply["cc"]))
    assert (await talk.seen(reply["id"])).in_reply_to_id == comment.id
    await talk.does(posting.delete_post, talk.budi, comment)
    await talk.heard("Delete")

    # A profile there follows our community.
    group = await talk.discover(tcit)
    await talk.says(tcit, _activity("Follow", tcit, group["id"], to=[group["id"]]))
    await talk.heard("Accept/Follow")
    await talk.post(talk.ani, name="Rapat", source="Minggu")
    await talk.heard("Announce")
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")
    await talk.ends_well()


async def _they_come_to_each_others_events(talk: Conversation, tcit: Actor, rw: Actor, theirs: Post) -> None:
    budi = f"{talk.warga.url}/u/budi"
    joined = await chapters.budi_comes_to_theirs(talk, tcit, theirs)
    inner = {name: joined[name] for name in ("id", "type", "actor", "object")}
    await talk.says(tcit, _activity("Accept", tcit, inner, to=[budi]), inbox="/u/budi/inbox")
    async with talk.warga.inside():
        assert (await Participation.get(event__post_id=theirs.id)).state == ParticipationState.GOING
    await talk.does(joining.leave, talk.budi, theirs)
    [left] = await talk.heard("Leave")
    assert left["object"] == theirs.uri

    start = datetime.now(UTC) + timedelta(days=2)
    draft = EventDraft(start, start + timedelta(hours=2), place_name="Balai RW")
    ours = await talk.post(talk.budi, name="Kerja bakti", source="Bawa cangkul", event=draft)
    assert (await talk.fetch(ours.uri, tcit)).type == "Event"
    join = _activity("Join", tcit, ours.uri, participationMessage="Saya bawa cangkul")
    await chapters.they_come_to_ours(talk, tcit, ours, join)
    leave = _activity("Leave", tcit, ours.uri)
    await talk.says(tcit, leave, inbox="/u/budi/inbox")
    async with talk.warga.inside():
        assert not await Participation.exists(event__post_id=ours.id)
