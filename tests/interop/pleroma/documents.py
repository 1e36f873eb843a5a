"""What Pleroma and Akkoma send: UUIDs for ids, `actor` on objects, plain lists, chat messages, reactions by emoji."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    "https://pleroma.example/schemas/litepub-0.1.jsonld",
    {"@language": "und"},
]
STYLE = SigningStyle(
    posts=(TARGET, "content-length", "date", "digest", "host"),
    gets=(TARGET, "date", "host"),
    with_query=False,
)
PLEROMA = Dialect(
    "pleroma",
    "2.9.1",
    style=STYLE,
    actor={
        "@context": CONTEXT,
        "capabilities": {"acceptsChatMessages": True},
        "tag": [],
        "attachment": [],
        "alsoKnownAs": [],
    },
)
AKKOMA = Dialect("akkoma", "3.16.0", style=STYLE, actor={"@context": CONTEXT, "tag": [], "attachment": []})

_numbers = count(1)


def _uuid() -> str:
    return f"52f0b259-596e-429f-8a1b-{next(_numbers):012}"


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/activities/{_uuid()}"
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "to": [],
        "cc": [],
        "bto": [],
        "bcc": [],
        **more,
    }


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=[target], cc=[PUBLIC], state="pending")


def accept(actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """The `Follow` comes back under an id of its own making."""
    inner = {name: asked[name] for name in ("type", "actor", "object", "to")}
    return activity(
        "Accept", actor, {**inner, "id": asked["id"], "cc": [], "state": "accept"}, to=[asked["actor"]]
    )


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return activity("Undo", actor, inner, to=undone["to"], cc=undone["cc"])


def note(
    author: Actor,
    text: str,
    mentions: dict[str, str],
    *,
    answers: str = "",
    context: str = "",
    **more: Any,
) -> dict[str, Any]:
    """The followers collection stands in `to`, `source` is plain text. Served at its id."""
    uri = f"{author.server.origin}/objects/{_uuid()}"
    thread = context or f"{author.server.origin}/contexts/{_uuid()}"
    document: dict[str, Any] = {
        "actor": author.uri,
        "attachment": [],
        "attributedTo": author.uri,
        "cc": [f"{author.uri}/followers"],
        "content": text,
        "context": thread,
        "conversation": thread,
        "id": uri,
        "published": "2026-10-07T18:06:52.555500Z",
        "sensitive": None,
        "source": {"content": text, "mediaType": "text/plain"},
        "summary": "",
        "tag": [{"href": href, "name": name, "type": "Mention"} for name, href in mentions.items()],
        "to": [PUBLIC, *mentions.values()],
        "type": "Note",
        **more,
    }
    if answers:
        document["inReplyTo"] = answers
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    more = {name: obj[name] for name in ("to", "cc", "published", "context") if name in obj}
    return activity(kind, author, obj, **more)


def like(actor: Actor, uri: str, of: str, kind: str = "Like", **more: Any) -> dict[str, Any]:
    return activity(kind, actor, uri, to=[f"{actor.uri}/followers", of], cc=[PUBLIC], context="", **more)


def announce(actor: Actor, uri: str, of: str) -> dict[str, Any]:
    made = activity("Announce", actor, uri, to=[f"{actor.uri}/followers", of], cc=[PUBLIC], context="")
    return made | {"published": "2026-10-07T18:16:52.555500Z"}


def delete(author: Actor, uri: str) -> dict[str, Any]:
    author.server.serve(
        {"@context": CONTEXT, "id": uri, "type": "Tombstone", "deleted": "2026-10-07T18:26:52Z"}
    )
    return activity("Delete", author, uri, to=[PUBLIC, f"{author.uri}/followers"])


def flag(server: Actor, accused: str, posts: list[str], text: str) -> dict[str, Any]:
    """Akkoma and Pleroma list the account, then the posts; by the server's own actor."""
    return activity(
        "Flag",
        server,
        [accused, *posts],
        to=[],
        cc=[accused],
        content=text,
        context=f"{server.uri}/contexts/1",
    )


def chat_message(author: Actor, to: str, text: str) -> dict[str, Any]:
    message = {
        "actor": author.uri,
        "attributedTo": author.uri,
        "content": text,
        "id": f"{author.server.origin}/objects/{_uuid()}",
        "published": "2026-10-07T18:36:52.555500Z",
        "tag": [],
        "to": [to],
        "type": "ChatMessage",
    }
    made = activity("Create", author, message, to=[to], published=message["published"])
    del made["cc"]
    return made


def direct(author: Actor, to: str, text: str) -> dict[str, Any]:
    made = note(author, text, {"@budi": to})
    return made | {"to": [to], "cc": [], "directMessage": True}
