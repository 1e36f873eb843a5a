"""What Mbin sends: much in `to` and `cc`, nulls, tombstones, `expires` where others say `endTime`."""

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
    {"lemmy": "https://join-lemmy.org/ns#", "stickied": "lemmy:stickied"},
]
DIALECT = Dialect(
    "mbin",
    "1.9.1",
    accept='application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    style=SigningStyle(posts=(TARGET, "host", "date", "digest", "content-type")),
    person_at="/u/{name}",
    group_at="/m/{name}",
    actor={
        "@context": CONTEXT,
        "published": "2023-10-18T21:01:54+00:00",
        "discoverable": True,
        "indexable": True,
    },
)

_numbers = count(1)


def activity(kind: str, actor: Actor, obj: Any, **more: Any) -> dict[str, Any]:
    uri = f"{actor.server.origin}/f/object/d2217be2-3cc3-4ffc-b169-{next(_numbers):012}"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def follow(actor: Actor, target: str) -> dict[str, Any]:
    return activity("Follow", actor, target, to=[target])


def accept(group: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    kept = {name: asked[name] for name in ("id", "type", "actor", "object", "to")}
    return activity("Accept", group, kept, to=[asked["actor"]])


def undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    same = {name: undone[name] for name in ("to", "cc", "audience") if name in undone}
    return activity("Undo", actor, inner, **({"cc": []} | same))


def page(author: Actor, group: str, name: str, body: str | None = None) -> dict[str, Any]:
    """An entry. Without a text it has `null`s; `summary` is title and hashtags."""
    uri = f"{author.server.origin}/m/tebet@warga/t/{next(_numbers)}"
    document = {
        "id": uri,
        "type": "Page",
        "attributedTo": author.uri,
        "inReplyTo": None,
        "to": [group, PUBLIC],
        "cc": [f"{author.uri}/followers"],
        "name": name,
        "audience": group,
        "content": f"<p>{body}</p>\n" if body else None,
        "summary": f"{name} #tebet",
        "mediaType": "text/html",
        "source": {"content": body, "mediaType": "text/markdown"} if body else None,
        "tag": [{"type": "Hashtag", "href": f"{author.server.origin}/tag/tebet", "name": "#tebet"}],
        "commentsEnabled": True,
        "sensitive": False,
        "stickied": False,
        "published": "2026-08-05T12:00:00+00:00",
        "contentMap": {"id": f"<p>{body}</p>\n" if body else None},
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def comment(author: Actor, group: str, parent: str, of: str, text: str) -> dict[str, Any]:
    uri = f"{author.server.origin}/m/tebet@warga/t/1/-/comment/{next(_numbers)}"
    document = {
        "id": uri,
        "type": "Note",
        "attributedTo": author.uri,
        "inReplyTo": parent,
        "to": [PUBLIC, of],
        "cc": [group, f"{author.uri}/followers"],
        "audience": group,
        "sensitive": False,
        "content": f"<p>{text}</p>\n",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "url": uri,
        "tag": [],
        "published": "2026-08-05T12:10:00+00:00",
        "contentMap": {"id": f"<p>{text}</p>\n"},
    }
    author.server.serve({"@context": CONTEXT, **document})
    return document


def post(author: Actor, group: str, text: str) -> dict[str, Any]:
    """A microblog post into a magazine: a `Note` without a parent."""
    document = comment(author, group, "", author.uri, text)
    return document | {"inReplyTo": None}


def create(author: Actor, obj: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    same = {name: obj[name] for name in ("to", "cc", "audience", "published")}
    return activity(kind, author, obj, **same)


def like(voter: Actor, uri: str, group: str, kind: str = "Like") -> dict[str, Any]:
    return activity(kind, voter, uri, to=[PUBLIC], cc=[f"{voter.uri}/followers", group], audience=group)


def boost(booster: Actor, uri: str) -> dict[str, Any]:
    made = activity("Announce", booster, uri, to=[PUBLIC], cc=[f"{booster.uri}/followers"])
    return made | {"published": "2026-08-05T12:20:00+00:00"}


def delete(actor: Actor, uri: str, group: str, **more: Any) -> dict[str, Any]:
    """A moderator's has a `summary` of one blank."""
    return activity(
        "Delete",
        actor,
        {"id": uri, "type": "Tombstone"},
        to=[group, PUBLIC],
        cc=[f"{actor.uri}/followers"],
        **more,
    )


def moderation(kind: str, actor: Actor, uri: str, group: str, **more: Any) -> dict[str, Any]:
    return activity(kind, actor, uri, to=[PUBLIC], cc=[group], **more)


def announce(group: Actor, inner: dict[str, Any]) -> dict[str, Any]:
    """With `audience`, and the followers of both the magazine and the one who acted."""
    kept = {name: value for name, value in inner.items() if name != "@context"}
    made = activity(
        "Announce", group, kept, to=[PUBLIC], cc=[f"{group.uri}/followers", f"{inner['actor']}/followers"]
    )
    return made | {"published": "2026-08-05T12:30:00+00:00", "audience": group.uri}


def flag(actor: Actor, uri: str, author: str, group: str, reason: str) -> dict[str, Any]:
    made = activity("Flag", actor, [uri, author], to=[group], audience=group, summary=reason, content=reason)
    return made | {"id": f"{actor.server.origin}/reports/45f8a01d-a73e-4575-bffa-{next(_numbers):012}"}


def message(author: Actor, to: str, text: str) -> dict[str, Any]:
    note = {
        "id": f"{author.server.origin}/message/{next(_numbers)}",
        "type": "ChatMessage",
        "attributedTo": author.uri,
        "to": [to],
        "cc": [],
        "content": f"<p>{text}</p>",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "published": "2026-08-05T12:40:00+00:00",
    }
    return activity("Create", author, note, to=[to], cc=[])
