"""What GoToSocial sends: a key beside its actor, ULIDs, single addresses as text, interaction policies."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import SigningStyle

DIALECT = Dialect(
    "gotosocial",
    "0.20.1",
    accept=f'application/activity+json,application/ld+json;profile="{AS2}"',
    style=SigningStyle(algorithm="hs2019"),
    key_id="{actor}/main-key",
    actor={"discoverable": False, "manuallyApprovesFollowers": True, "tag": []},
)

_numbers = count(10)


def _ulid() -> str:
    return f"01HR9FDFCAGM7JYPMWNTFRDQ{next(_numbers)}"


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    """A single address is no list."""
    uri = f"{actor.uri}/{kind.lower()}s/{_ulid()}"
    return {"@context": AS2, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=target)


def accept(actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    inner = {name: asked[name] for name in ("id", "type", "actor", "object")}
    return activity("Accept", actor, inner | {"to": actor.uri}, to=asked["actor"])


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return activity("Undo", actor, inner, to=undone["to"])


def note(
    author: Actor, text: str, mentions: dict[str, str], *, answers: str = "", to: str = PUBLIC
) -> dict[str, Any]:
    """With who may like, answer and boost it; served at its id, to those who sign."""
    uri = f"{author.uri}/statuses/{_ulid()}"
    named = list(mentions.values())
    allowed = {"always": [PUBLIC], "approvalRequired": []}
    document: dict[str, Any] = {
        "id": uri,
        "type": "Note",
        "attributedTo": author.uri,
        "to": to,
        "cc": [f"{author.uri}/followers", *named] if to == PUBLIC else [],
        "content": f"<p>{text}</p>",
        "contentMap": {"id": f"<p>{text}</p>"},
        "published": "2026-10-07T15:22:42Z",
        "sensitive": False,
        "summary": "",
        "url": uri.replace("/users/", "/@"),
        "interactionPolicy": {"canLike": allowed, "canReply": allowed, "canAnnounce": allowed},
        "replies": {
            "id": f"{uri}/replies",
            "type": "Collection",
            "first": {"id": f"{uri}/replies?limit=20", "type": "CollectionPage", "partOf": f"{uri}/replies"},
        },
        "attachment": [],
        "tag": [{"type": "Mention", "href": href, "name": name} for name, href in mentions.items()],
    }
    if answers:
        document["inReplyTo"] = answers
    author.server.serve(
        {"@context": [AS2, "https://gotosocial.org/ns", {"sensitive": "as:sensitive"}], **document}
    )
    return document


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    made = activity(kind, author, obj, to=obj["to"], cc=obj["cc"], published=obj["published"])
    return made | {"id": f"{obj['id']}/activity#{kind}"}


def boost(actor: Actor, uri: str, of: str) -> dict[str, Any]:
    made = activity("Announce", actor, uri, to=PUBLIC, cc=[f"{actor.uri}/followers", of])
    return made | {"id": f"{actor.uri}/statuses/{_ulid()}", "published": "2026-10-07T15:32:42Z"}


def flag(server: Actor, uris: list[str], text: str) -> dict[str, Any]:
    """By the server's own actor, which has the host for a name."""
    return {
        "@context": AS2,
        "id": f"{server.server.origin}/reports/{_ulid()}",
        "type": "Flag",
        "actor": server.uri,
        "object": uris,
        "content": text,
    }
