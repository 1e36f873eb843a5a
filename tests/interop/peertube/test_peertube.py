"""A PeerTube server and ours: a channel is a group, its videos have two authors, and are liked and disliked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership
from sebangsa import posting
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.peertube.rules import RULES
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    "https://w3id.org/security/v1",
    {"pt": "https://joinpeertube.org/ns#", "support": "pt:support"},
]
DIALECT = Dialect(
    "peertube",
    "7.3.0",
    accept=f'application/activity+json, application/ld+json; profile="{AS2}"',
    style=SigningStyle(posts=(TARGET, "host", "date", "digest"), with_query=True),
    person_at="/accounts/{name}",
    group_at="/video-channels/{name}",
    actor={"@context": CONTEXT, "support": None},
)
_numbers = count(1)


def _activity(kind: str, actor: Actor, obj: Any, of: str = "", **more: Any) -> dict[str, Any]:
    """With a signature over linked data, which nobody here reads."""
    uri = f"{of or actor.uri}/{kind.lower()}s/{next(_numbers)}"
    signature = {
        "type": "RsaSignature2017",
        "creator": actor.uri,
        "created": "2026-11-20T01:02:03Z",
        "signatureValue": "NjGnbkvouSP",
    }
    return {
        "@context": CONTEXT,
        "type": kind,
        "id": uri,
        "actor": actor.uri,
        "object": obj,
        "signature": signature,
        **more,
    }


def _video(account: Actor, channel: Actor) -> dict[str, Any]:
    uri = f"{account.server.origin}/videos/watch/e7946124-7b72-4ad7-9d22-{next(_numbers):012}"
    document = {
        "type": "Video",
        "id": uri,
        "name": "Banjir di Tebet",
        "duration": "PT1145S",
        "uuid": uri.rpartition("/")[2],
        "category": {"identifier": "15", "name": "Science & Technology"},
        "language": {"identifier": "id", "name": "Indonesian"},
        "views": 360,
        "sensitive": False,
        "commentsEnabled": True,
        "published": "2026-11-20T01:02:03.668Z",
        "updated": "2026-11-20T01:12:03.668Z",
        "mediaType": "text/markdown",
        "content": "Air **setinggi** lutut",
        "support": None,
        "icon": [
            {
                "type": "Image",
                "url": f"{account.server.origin}/t.jpg",
                "mediaType": "image/jpeg",
                "width": 280,
                "height": 157,
            }
        ],
        "url": [
            {"type": "Link", "mediaType": "text/html", "href": uri},
            {
                "type": "Link",
                "mediaType": "video/mp4",
                "href": f"{account.server.origin}/v.mp4",
                "height": 720,
                "size": 1,
                "fps": 30,
            },
        ],
        "likes": f"{uri}/likes",
        "dislikes": f"{uri}/dislikes",
        "shares": f"{uri}/announces",
        "comments": f"{uri}/comments",
        "attributedTo": [{"type": "Person", "id": account.uri}, {"type": "Group", "id": channel.uri}],
        "to": [PUBLIC],
        "cc": [f"{account.uri}/followers"],
        "tag": [{"type": "Hashtag", "name": "banjir"}],
        "subtitleLanguage": [],
    }
    account.server.serve({"@context": CONTEXT, **document})
    return document


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_peertube(talk: Conversation) -> None:
    nick = talk.person("nick")
    channel = talk.group("tebet_tv", attributedTo=[{"type": "Person", "id": nick.uri}])
    known = await talk.joins(talk.budi, channel, f"@tebet_tv@{talk.theirs.host}")
    await talk.fetch(f"{talk.warga.url}/u/budi", nick)
    [asked] = await talk.heard("Follow")
    inner = {name: asked[name] for name in ("id", "type", "actor", "object")}
    await talk.says(channel, _activity("Accept", channel, inner), inbox="/u/budi/inbox")

    video = _video(nick, channel)
    shared = _activity(
        "Announce", channel, video["id"], of=video["id"], to=[PUBLIC], cc=[f"{nick.uri}/followers"]
    )
    await talk.says(channel, shared)
    found = await talk.seen(video["id"])
    assert (found.kind, found.name, found.community_id) == ("video", "Banjir di Tebet", known.id)
    assert "Banjir di Tebet" in await talk.page(f"/p/{found.id}")

    comment = await talk.post(talk.budi, source="Jelas sekali", in_reply_to=found)
    [made] = await talk.heard("Create/Note")
    assert made["object"]["inReplyTo"] == video["id"]
    await talk.fetch(comment.uri, nick)
    reply = nick.note(
        "1", "Terima kasih", mediaType="text/markdown", inReplyTo=comment.uri, cc=[f"{talk.warga.url}/u/budi"]
    )
    await talk.says(nick, _activity("Create", nick, reply, to=reply["to"], cc=reply["cc"]))
    answered = await talk.seen(reply["id"])
    assert (answered.in_reply_to_id, answered.community_id) == (comment.id, known.id)

    await talk.vote(talk.budi, found, 1)
    await talk.vote(talk.budi, found, -1)
    await talk.heard("Like", "Undo/Like", "Dislike")
    await talk.does(posting.delete_post, talk.budi, comment)
    await talk.heard("Delete")

    edited = {**video, "name": "Banjir di Tebet, Kamis", "updated": "2026-11-21T01:12:03.668Z"}
    talk.theirs.serve({"@context": CONTEXT, **edited})
    await talk.says(nick, _activity("Update", nick, edited, to=[PUBLIC], cc=[f"{nick.uri}/followers"]))
    assert (await talk.seen(video["id"])).name == "Banjir di Tebet, Kamis"
    await talk.says(nick, _activity("Delete", nick, video["id"]))
    assert (await talk.seen(video["id"])).deleted_at is not None
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")
    await talk.ends_well()
