"""What PieFed sends."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop import shapes
from tests.interop.conversation import Dialect
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    "https://w3id.org/security/v1",
    {"lemmy": "https://join-lemmy.org/ns#", "litepub": "http://litepub.social/ns#"},
]
DIALECT = Dialect(
    "piefed",
    "1.6.0",
    style=SigningStyle(posts=(TARGET, "host", "date", "digest", "content-type")),
    person_at="/u/{name}",
    group_at="/c/{name}",
    actor={"@context": CONTEXT, "published": "2024-01-04T08:55:20.668181+00:00"},
)

_numbers = count(1)


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "id": f"{actor.server.origin}/activities/{kind.lower()}/oesyDhuiRuQ3w{number:02}",
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "@context": CONTEXT,
        **more,
    }


def in_group(kind: str, actor: Actor, obj: Any, group: str, **more: Any) -> dict[str, Any]:
    return activity(kind, actor, obj, to=[PUBLIC], cc=[group], audience=group, **more)


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=[target])


def accept(group: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    kept = {name: asked[name] for name in ("actor", "to", "object", "type", "id")}
    return activity("Accept", group, kept, to=[asked["actor"]])


def page(author: Actor, group: str, name: str | None, **more: Any) -> dict[str, Any]:
    """A post with all that PieFed says of one; served at its id. A key that is given as None is not there."""
    uri = f"{author.server.origin}/post/{next(_numbers)}"
    document: dict[str, Any] = {
        "type": "Page",
        "id": uri,
        "attributedTo": author.uri,
        "to": [group, PUBLIC],
        "cc": [],
        "audience": group,
        "name": name,
        "content": "<p>Sudah <strong>selutut</strong></p>\n",
        "mediaType": "text/html",
        "source": {"content": "Sudah **selutut**", "mediaType": "text/markdown"},
        "attachment": [],
        "commentsEnabled": True,
        "sensitive": False,
        "stickied": False,
        "published": "2026-11-20T01:02:03.668181+00:00",
        "language": {"identifier": "id", "name": "Indonesian"},
        "searchableBy": PUBLIC,
        "genAI": False,
        "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
        "replies": f"{uri}/replies",
        "context": f"{uri}/context",
        "tag": [],
        **more,
    }
    document = {name: value for name, value in document.items() if value is not None}
    author.server.serve({"@context": CONTEXT, **document})
    return document


def poll(author: Actor, group: str, asked: str, votes: Mapping[str, int], **more: Any) -> dict[str, Any]:
    """What is asked stands in `content`, and there is no title."""
    return page(author, group, None, content=f"<p>{asked}</p>", **shapes.poll(votes, **more))


def poll_vote(voter: Actor, uri: str, choice: str, group: str) -> dict[str, Any]:
    return activity("PollVote", voter, uri, choice_text=choice, audience=group)


def event(author: Actor, group: str, name: str, **more: Any) -> dict[str, Any]:
    known = {
        "isOnline": True,
        "onlineLink": "https://temu.example/1",
        "feeAmount": 0,
        "maximumAttendeeCapacity": 40,
    }
    return page(author, group, name, **shapes.event(**known), **more)


def comment(author: Actor, group: str, parent: str, of: str, text: str) -> dict[str, Any]:
    uri = f"{author.server.origin}/comment/{next(_numbers)}"
    document = {
        "type": "Note",
        "id": uri,
        "attributedTo": author.uri,
        "inReplyTo": parent,
        "to": [PUBLIC, of],
        "cc": [group, f"{author.uri}/followers"],
        "content": f"<p>{text}</p>\n",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "published": "2026-11-20T02:02:03.668181+00:00",
        "distinguished": False,
        "audience": group,
        "tag": [{"href": of, "name": "@budi@warga", "type": "Mention"}],
        "language": {"identifier": "id", "name": "Indonesian"},
        "contentMap": {"id": f"<p>{text}</p>\n"},
        "flair": "RT 05",
        "repliesEnabled": True,
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    return activity(kind, author, obj, to=[PUBLIC], cc=[obj["audience"]], audience=obj["audience"])


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    same = {name: undone[name] for name in ("to", "cc", "audience") if name in undone}
    return activity("Undo", actor, inner, **same)


def announce(group: Actor, inner: Any) -> dict[str, Any]:
    """An activity, or a collection of votes, as it came."""
    if "type" in inner and inner["type"] != "OrderedCollection":
        inner = {name: value for name, value in inner.items() if name != "@context"}
    return activity("Announce", group, inner, to=[PUBLIC], cc=[f"{group.uri}/followers"])


def votes(items: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch, as its draft of an enhancement proposal writes it."""
    kept = [{name: value for name, value in item.items() if name != "@context"} for item in items]
    return {"type": "OrderedCollection", "totalItems": len(kept), "orderedItems": kept}


def message(author: Actor, to: str, text: str) -> dict[str, Any]:
    note = {
        "type": "ChatMessage",
        "id": f"{author.server.origin}/private_message/{next(_numbers)}",
        "attributedTo": author.uri,
        "to": [to],
        "content": f"<p>{text}</p>",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "published": "2026-11-20T00:43:19.518259+00:00",
    }
    return activity("Create", author, note, to=[to])
