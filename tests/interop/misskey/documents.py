"""What Misskey sends: ids without names, a like with an emoji, the path alone signed."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    "https://w3id.org/security/v1",
    {
        "misskey": "https://misskey-hub.net/ns#",
        "_misskey_content": "misskey:_misskey_content",
        "isCat": "misskey:isCat",
    },
]
DIALECT = Dialect(
    "misskey",
    "2026.6.0",
    accept="application/activity+json, application/ld+json",
    style=SigningStyle(
        posts=(TARGET, "date", "host", "digest"), gets=(TARGET, "date", "host", "accept"), with_query=False
    ),
    actor={
        "@context": CONTEXT,
        "isCat": False,
        "tag": [],
        "manuallyApprovesFollowers": False,
        "discoverable": True,
    },
)

_numbers = count(934)


def _id() -> str:
    return f"{next(_numbers)}gok3482"


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/{kind.lower()}s/{_id()}"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def follow(actor: Actor, target: str) -> dict[str, Any]:
    """Its id names both sides, and is the same each time."""
    return activity("Follow", actor, target) | {"id": f"{actor.server.origin}/follows/93492q0ip0/9abc"}


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return {
        "@context": CONTEXT,
        "id": f"{undone['id']}/undo",
        "type": "Undo",
        "actor": actor.uri,
        "object": inner,
        "published": "2026-07-25T15:21:48.208Z",
    }


def note(
    author: Actor,
    text: str,
    mentions: dict[str, str],
    *,
    answers: str | None = None,
    to: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Text also in its own markup; with both `name` and `href` in a mention. Served at its id."""
    uri = f"{author.server.origin}/notes/{_id()}"
    document = {
        "id": uri,
        "type": "Note",
        "attributedTo": author.uri,
        "summary": None,
        "content": f"<p><span>{text}</span></p>",
        "_misskey_content": text,
        "source": {"content": text, "mediaType": "text/x.misskeymarkdown"},
        "published": "2026-07-25T15:21:48.208Z",
        "to": [PUBLIC] if to is None else to,
        "cc": [f"{author.uri}/followers", *mentions.values()] if to is None else [],
        "inReplyTo": answers,
        "attachment": [],
        "sensitive": False,
        "tag": [{"type": "Mention", "href": href, "name": name} for name, href in mentions.items()],
        **more,
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any]) -> dict[str, Any]:
    same = {name: obj[name] for name in ("to", "cc", "published")}
    return {
        "@context": CONTEXT,
        "id": f"{obj['id']}/activity",
        "actor": author.uri,
        "type": "Create",
        "object": obj,
        **same,
    }


def react(actor: Actor, uri: str, emoji: str) -> dict[str, Any]:
    """A like, the emoji in `content` and in its own key."""
    return activity("Like", actor, uri, content=emoji, _misskey_reaction=emoji)


def renote(actor: Actor, uri: str) -> dict[str, Any]:
    made = {
        "@context": CONTEXT,
        "id": f"{actor.server.origin}/notes/{_id()}/activity",
        "actor": actor.uri,
        "type": "Announce",
    }
    return made | {
        "object": uri,
        "published": "2026-07-25T15:30:48.208Z",
        "to": [PUBLIC],
        "cc": [f"{actor.uri}/followers"],
    }


def update(author: Actor, obj: dict[str, Any]) -> dict[str, Any]:
    """A poll with its counts, at its end."""
    author.server.serve({"@context": CONTEXT, **obj})
    made = activity("Update", author, obj, to=[PUBLIC], published="2026-07-25T15:35:48.208Z")
    return made | {"id": f"{author.uri}#updates/{_id()}"}


def quote(author: Actor, text: str, quoted: str, mentions: dict[str, str]) -> dict[str, Any]:
    """Under each of its names, and once more in the text for those who read none of them."""
    named = {"_misskey_quote": quoted, "quoteUrl": quoted, "quoteUri": quoted}
    content = f'<p><span>{text}<br><br>RE: </span><a href="{quoted}">{quoted}</a></p>'
    return note(author, text, mentions, content=content, **named)


def accept(author: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    return activity("Accept", author, {name: asked[name] for name in ("id", "type", "actor", "object")})


def move(old: Actor, new: Actor) -> dict[str, Any]:
    """Its id is of the two accounts."""
    names = "/".join(actor.uri.rpartition("/")[2] for actor in (old, new))
    return activity("Move", old, old.uri, target=new.uri) | {"id": f"{old.server.origin}/moves/{names}"}


def delete(actor: Actor, uri: str) -> dict[str, Any]:
    tombstone = {"id": uri, "type": "Tombstone"}
    actor.server.serve({"@context": AS2, **tombstone})
    return activity("Delete", actor, tombstone, published="2026-07-25T15:40:48.208Z")


def flag(server: Actor, accused: str, text: str) -> dict[str, Any]:
    """By the server's own actor, of a person alone."""
    return activity("Flag", server, accused, content=text)
