"""What NodeBB sends: categories and users by number, topics as contexts, `Article` with a preview."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import SigningStyle

LD = f'application/ld+json; profile="{AS2}"'
CONTEXT = [AS2, "https://w3id.org/security/v1"]
DIALECT = Dialect(
    "nodebb",
    "4.15.0",
    accept=LD,
    style=SigningStyle(algorithm="hs2019", content_type=LD, with_query=False),
    person_at="/uid/{name}",
    group_at="/category/{name}",
    key_id="{actor}#key",
    actor={"@context": CONTEXT, "published": "2013-06-17T20:43:14.786Z"},
)

_numbers = count(100)


def activity(kind: str, actor: Actor, obj: Any, of: str = "", **more: Any) -> dict[str, Any]:
    """Ids are fragments of what it is about."""
    uri = f"{of or actor.uri}#activity/{kind.lower()}/{1737634206000 + next(_numbers)}"
    return {"@context": AS2, "actor": actor.uri, "id": uri, "type": kind, "object": obj, **more}


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=[target])


def accept(actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """Without `to`."""
    return activity("Accept", actor, {name: asked[name] for name in ("id", "type", "actor", "object")})


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return activity("Undo", actor, inner, of=undone["id"].partition("#")[0])


def topic(author: Actor, category: str, name: str, text: str) -> dict[str, Any]:
    """The first post of a topic; served at its id, as is the topic with this one post in it."""
    number = next(_numbers)
    uri, context = f"{author.server.origin}/post/{number}", f"{author.server.origin}/topic/{number}"
    document = {
        "id": uri,
        "type": "Article",
        "to": [PUBLIC, category],
        "cc": [f"{author.uri}/followers"],
        "inReplyTo": None,
        "published": "2026-10-07T15:22:42.176Z",
        "updated": None,
        "url": uri,
        "attributedTo": author.uri,
        "context": context,
        "audience": category,
        "summary": f" <p>{text}</p>",
        "name": name,
        "preview": {
            "type": "Note",
            "attributedTo": author.uri,
            "content": f"<p>{text}</p>",
            "published": "2026-10-07T15:22:42.176Z",
        },
        "content": f'<p dir="auto">{text}</p>',
        "source": {"content": text, "mediaType": "text/markdown"},
        "tag": [],
        "attachment": [],
    }
    author.server.serve({"@context": CONTEXT, **document})
    author.server.collection(context, [uri], attributedTo=category, name=name)
    return document


def reply(author: Actor, category: str, context: str, parent: str, of: str, text: str) -> dict[str, Any]:
    uri = f"{author.server.origin}/post/{next(_numbers)}"
    document = {
        "id": uri,
        "type": "Note",
        "to": [PUBLIC, of],
        "cc": [f"{author.uri}/followers", category],
        "inReplyTo": parent,
        "published": "2026-10-07T15:32:42.176Z",
        "updated": None,
        "url": uri,
        "attributedTo": author.uri,
        "context": context,
        "audience": category,
        "summary": None,
        "name": None,
        "content": f'<p dir="auto">{text}</p>',
        "source": {"content": text, "mediaType": "text/markdown"},
        "tag": [],
        "attachment": [],
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    """The object keeps its own context."""
    embedded = {"@context": CONTEXT, **obj}
    return activity(kind, author, embedded, of=obj["id"], to=obj["to"], cc=obj["cc"])


def announce(category: Actor, inner: Any, author: str = "") -> dict[str, Any]:
    """Of an activity, or of the object itself, which it embeds too; Public is in `cc`."""
    followers = f"{category.uri}/followers"
    return activity("Announce", category, inner, to=[followers], cc=[PUBLIC, *([author] if author else [])])


def delete(author: Actor, uri: str) -> dict[str, Any]:
    author.server.serve({"@context": AS2, "id": uri, "type": "Tombstone", "formerType": "Note"})
    return activity("Delete", author, uri, of=uri, to=[], cc=[PUBLIC])


def flag(author: Actor, uri: str, accused: str, reason: str) -> dict[str, Any]:
    return activity("Flag", author, [uri], to=[accused], content=reason)


def message(author: Actor, to: str, text: str) -> dict[str, Any]:
    uri = f"{author.server.origin}/message/{next(_numbers)}"
    note = {
        "@context": AS2,
        "id": uri,
        "type": "Note",
        "to": [to],
        "cc": [],
        "inReplyTo": None,
        "published": "2026-10-07T16:22:42.176Z",
        "updated": None,
        "url": uri,
        "attributedTo": author.uri,
        "content": f'<p dir="auto">{text}</p>',
        "source": {"content": text, "mediaType": "text/markdown"},
    }
    return activity("Create", author, note, of=uri, to=[to], cc=[])
