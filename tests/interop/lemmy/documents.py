"""What Lemmy sends, in the shapes of its 1.0 line."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = ["https://join-lemmy.org/context.json", "https://www.w3.org/ns/activitystreams"]
DIALECT = Dialect(
    "lemmy",
    "1.0.0",
    # Its HTTP library signs what is there in the order of the alphabet, and leaves the algorithm to the key.
    style=SigningStyle(
        algorithm="hs2019",
        posts=(TARGET, "content-type", "date", "digest", "host"),
        gets=(TARGET, "accept", "date", "host"),
    ),
    person_at="/u/{name}",
    group_at="/c/{name}",
    actor={"@context": CONTEXT, "published": "2019-06-02T16:43:50.799554Z"},
)

_numbers = count(1)


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "actor": actor.uri,
        "object": obj,
        "type": kind,
        "id": f"{actor.server.origin}/activities/{kind.lower()}/{next(_numbers):08x}-5e45-4a95-a15f-e0dc86361ba4",
        **more,
    }


def in_group(kind: str, actor: Actor, obj: Any, group: str, **more: Any) -> dict[str, Any]:
    """What is done in a community, sent to it: public, the group in `cc`."""
    return activity(kind, actor, obj, to=[group, PUBLIC], cc=[group], audience=group, **more)


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=[target])


def accept(group: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """Only these keys of the `Follow` are kept and sent back."""
    kept = {name: asked[name] for name in ("actor", "to", "object", "type", "id")}
    return activity("Accept", group, kept, to=[asked["actor"]])


def page(author: Actor, group: str, name: str, **more: Any) -> dict[str, Any]:
    """A post, served at its id."""
    uri = f"{author.server.origin}/post/{next(_numbers)}"
    document = {
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
        "attachment": [{"type": "Link", "href": "https://berita.example/banjir"}],
        "sensitive": False,
        "language": {"identifier": "id", "name": "Bahasa Indonesia"},
        "tag": [{"type": "Mention", "href": group, "name": "@tebet@warga"}],
        "context": f"{uri}/context",
        "published": "2026-11-20T12:35:34.292626Z",
        **more,
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def comment(author: Actor, group: str, parent: str, of: str, text: str) -> dict[str, Any]:
    """A comment, served at its id. `of` is the parent's author, who is told."""
    uri = f"{author.server.origin}/comment/{next(_numbers)}"
    document = {
        "type": "Note",
        "id": uri,
        "attributedTo": author.uri,
        "to": [group, PUBLIC],
        "cc": [of],
        "audience": group,
        "inReplyTo": parent,
        "content": f"<p>{text}</p>\n",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "tag": [
            {"href": of, "type": "Mention", "name": "@budi@warga"},
            {"href": group, "type": "Mention", "name": "@tebet@warga"},
        ],
        "distinguished": False,
        "published": "2026-11-20T13:42:43.966208Z",
        "context": f"{uri}/context",
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    return activity(kind, author, obj, to=obj["to"], cc=obj["cc"], audience=obj["audience"], tag=obj["tag"])


def vote(kind: str, voter: Actor, uri: str, group: str) -> dict[str, Any]:
    """Addressed to nobody."""
    return activity(kind, voter, uri, audience=group)


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    same = {name: undone[name] for name in ("to", "cc", "audience") if name in undone}
    return activity("Undo", actor, inner, **same)


def announce(group: Actor, inner: dict[str, Any]) -> dict[str, Any]:
    """FEP-1b12: the activity as it came, the context left out."""
    kept = {name: value for name, value in inner.items() if name != "@context"}
    return activity("Announce", group, kept, to=[group.uri, PUBLIC], cc=[f"{group.uri}/followers"])


def message(author: Actor, to: str, text: str, kind: str = "Note") -> dict[str, Any]:
    """A private message in its `Create`: a `Note` since 1.0, a `ChatMessage` before."""
    note = {
        "type": kind,
        "id": f"{author.server.origin}/private_message/{next(_numbers)}",
        "attributedTo": author.uri,
        "to": [to],
        "content": f"<p>{text}</p>\n",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "published": "2026-11-20T00:43:19.518259Z",
    }
    return activity("Create", author, note, to=[to])
