"""What Mastodon sends."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.foreign_server import Actor
from tests.interop.conversation import Dialect
from tests.interop.reading import AS2, PUBLIC
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [
    AS2,
    {
        "ostatus": "http://ostatus.org#",
        "atomUri": "ostatus:atomUri",
        "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
        "conversation": "ostatus:conversation",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
    },
]
DIALECT = Dialect(
    "mastodon",
    "4.4.3",
    accept="application/activity+json, application/ld+json",
    style=SigningStyle(posts=(TARGET, "host", "date", "digest", "content-type"), with_query=False),
    actor={
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": False,
        "memorial": False,
        "tag": [],
        "attachment": [],
    },
)

_numbers = count(107224289116410645)


def activity(kind: str, actor: Actor, obj: Any, id: str = "", **more: Any) -> dict[str, Any]:
    """Ids are fragments of the actor, but for those of a `Follow`."""
    uri = id or f"{actor.uri}#{kind.lower()}s/{next(_numbers)}"
    return {"@context": AS2, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity(
        "Follow", actor, target, id=f"{actor.server.origin}/1ea87517-63c5-4118-8831-{next(_numbers)}"
    )


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    """Of a `Follow` and a `Like` these keys alone are embedded."""
    inner = {name: undone[name] for name in ("id", "type", "actor", "object")}
    return activity("Undo", actor, inner, id=f"{undone['id']}/undo")


def mention(href: str, name: str) -> dict[str, str]:
    return {"type": "Mention", "href": href, "name": name}


def note(
    author: Actor,
    content: str,
    mentions: list[dict[str, str]],
    *,
    answers: str | None = None,
    to: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A post: public unless `to` says otherwise; served at its id."""
    uri = f"{author.uri}/statuses/{next(_numbers)}"
    named = [tag["href"] for tag in mentions]
    document = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": answers,
        "published": "2026-11-20T11:46:50Z",
        "url": uri.replace("/users/", "/@").replace("/statuses", ""),
        "attributedTo": author.uri,
        "to": [PUBLIC] if to is None else to,
        "cc": [f"{author.uri}/followers", *named] if to is None else [],
        "sensitive": False,
        "atomUri": uri,
        "inReplyToAtomUri": answers,
        "conversation": "tag:mastodon.example,2026-11-20:objectId=64635960:objectType=Conversation",
        "content": content,
        "contentMap": {"id": content},
        "attachment": [],
        "tag": mentions,
        "replies": {
            "id": f"{uri}/replies",
            "type": "Collection",
            "first": {
                "type": "CollectionPage",
                "next": f"{uri}/replies?page=true",
                "partOf": f"{uri}/replies",
                "items": [],
            },
        },
        **more,
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def create(author: Actor, obj: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": f"{obj['id']}/activity",
        "type": "Create",
        "actor": author.uri,
        "published": obj["published"],
        "to": obj["to"],
        "cc": obj["cc"],
        "object": obj,
    }


def update(author: Actor, obj: dict[str, Any], content: str) -> dict[str, Any]:
    edited = {**obj, "content": content, "contentMap": {"id": content}, "updated": "2026-11-20T12:00:00Z"}
    author.server.serve({"@context": CONTEXT, **edited})
    made = create(author, edited)
    return made | {"type": "Update", "id": f"{obj['id']}#updates/1675500855"}


def recount(author: Actor, question: dict[str, Any]) -> dict[str, Any]:
    """A poll with new counts, which are no edit: `updated` is not in it."""
    author.server.serve({"@context": CONTEXT, **question})
    made = create(author, question)
    return made | {"type": "Update", "id": f"{question['id']}#updates/{next(_numbers)}"}


def quote_request(author: Actor, quoting: dict[str, Any], quoted: str) -> dict[str, Any]:
    """FEP-044f: the post in full, before it is shown to anybody."""
    uri = f"{author.uri}/quote_requests/{next(_numbers)}"
    return activity("QuoteRequest", author, quoted, id=uri, instrument=quoting)


def stamp(author: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """The `Accept` of a request to quote, and the authorization that it names; served."""
    uri = f"{author.uri}/quote_authorizations/{next(_numbers)}"
    instrument = request["instrument"]
    quoting = instrument if isinstance(instrument, str) else instrument["id"]
    author.server.serve(
        {
            "@context": [AS2, {"QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization"}],
            "id": uri,
            "type": "QuoteAuthorization",
            "attributedTo": author.uri,
            "interactingObject": quoting,
            "interactionTarget": request["object"],
        }
    )
    inner = {"id": request["id"], "type": "QuoteRequest", "actor": request["actor"]}
    return activity(
        "Accept", author, inner | {"object": request["object"], "instrument": quoting}, result=uri
    )


def accept(author: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    return activity("Accept", author, {name: asked[name] for name in ("id", "type", "actor", "object")})


def move(old: Actor, new: Actor) -> dict[str, Any]:
    return activity("Move", old, old.uri, target=new.uri, to=[f"{old.uri}/followers"])


def delete(author: Actor, uri: str) -> dict[str, Any]:
    tombstone = {"id": uri, "type": "Tombstone", "atomUri": uri}
    author.server.serve({"@context": AS2, **tombstone})
    return activity("Delete", author, tombstone, id=f"{uri}#delete", to=[PUBLIC])


def boost(booster: Actor, uri: str, of: str) -> dict[str, Any]:
    made = activity("Announce", booster, uri, id=f"{booster.uri}/statuses/{next(_numbers)}/activity")
    return made | {
        "published": "2026-11-20T12:30:00Z",
        "to": [PUBLIC],
        "cc": [of, f"{booster.uri}/followers"],
    }


def delete_account(actor: Actor) -> dict[str, Any]:
    return activity("Delete", actor, actor.uri, id=f"{actor.uri}#delete", to=[PUBLIC])


def flag(server: Actor, accused: str, posts: list[str], comment: str) -> dict[str, Any]:
    """Sent by the server's own actor; a single `to`."""
    made = activity(
        "Flag", server, [accused, *posts], id=f"{server.server.origin}/ccb4f39a-506a-490e-{next(_numbers)}"
    )
    return made | {"content": comment, "to": accused}
