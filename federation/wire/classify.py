"""What becomes of a document here, in one line: for `sebangsa inspect`, the documentation, and the tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.discovery import read_jrd, read_nodeinfo
from federation.refusals import Refused
from federation.vocabulary import ACTIVITY_TYPES, ACTOR_TYPES, COLLECTION_TYPES, OBJECT_TYPES, plain_term
from federation.wire.activity import ActivityDocument, read_activity
from federation.wire.actor import read_actor
from federation.wire.collection import read_collection
from federation.wire.field_sources import (
    ACTIVITY_SOURCES,
    ACTOR_SOURCES,
    COLLECTION_SOURCES,
    NEVER_READ,
    OBJECT_SOURCES,
)
from federation.wire.object import ObjectDocument, read_object, with_author
from federation.wire.shapes import first_id, id_of, one_id, plain, types_of

_VERBS = {
    "Like": "vote up",
    "Dislike": "vote down",
    "EmojiReact": "reaction",
    "Flag": "report",
    "Block": "block",
}


_KEY_TYPES = frozenset({"Key", "CryptographicKey", "Multikey"})
_KEY_FIELDS = frozenset(
    {"id", "type", "owner", "controller", "publicKey", "publicKeyPem", "publicKeyMultibase"}
)

_COLLECTIONS = {
    "moderators": "moderators",
    "featured": "pinned",
    "pinned": "pinned",
    "following": "following",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a document becomes.

    `kind` reads from the outside in (`announce create comment`); "" when it is refused. `kept` names the
    document's keys that were read into something, `dropped` the others, each with the reason. Keys of the
    embedded object follow with `object.` before them. `refused` is the refusal's code or "", `detail` its
    detail.
    """

    kind: str
    kept: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    detail: str = ""


def describe(document: Any, *, allow_http: bool = False) -> Outcome:
    """What this document would become if it were fetched, or came to an inbox well signed. Raises nothing."""
    if not isinstance(document, dict):
        return Outcome("", refused="not-an-object", detail="not a JSON object")
    try:
        return _describe(document, allow_http)
    except Refused as refusal:
        return Outcome("", refused=refusal.code, detail=refusal.detail)


def _describe(document: Mapping[str, Any], allow_http: bool) -> Outcome:
    named = plain(document)
    kinds = set(types_of(named))
    if kinds & _KEY_TYPES or _is_stub(named, kinds):
        return _describe_key(named)
    if kinds & ACTOR_TYPES:
        actor = read_actor(document, allow_http=allow_http)
        return _outcome(actor.type.lower(), named, actor, ACTOR_SOURCES)
    if kinds & COLLECTION_TYPES:
        page = read_collection(document)
        return _outcome("collection page" if page.is_page else "collection", named, page, COLLECTION_SOURCES)
    if kinds & ACTIVITY_TYPES or (named.get("actor") is not None and kinds and not kinds & OBJECT_TYPES):
        return _describe_activity(named, allow_http)
    if not kinds:
        well_known = _well_known(named)
        if well_known:
            return Outcome(well_known)
    found = read_object(document, allow_http=allow_http)
    return _outcome(_object_kind(found), named, found, OBJECT_SOURCES)


def _is_stub(document: Mapping[str, Any], kinds: set[str]) -> bool:
    """What GoToSocial serves to anybody under the address of a key: its actor's id and name, and the key."""
    key = document.get("publicKey")
    return (
        bool(kinds & ACTOR_TYPES)
        and document.get("inbox") is None
        and isinstance(key, dict)
        and one_id(key.get("owner")) == id_of(document)
        and (id_of(key) or "").partition("#")[0] != id_of(document)
    )


def _describe_key(document: Mapping[str, Any]) -> Outcome:
    """A key with an address of its own leads to its owner, whose document decides (`federation/keys.py`)."""
    stated = document.get("publicKey", document)
    if not isinstance(stated, dict) or one_id(stated.get("owner") or stated.get("controller")) is None:
        raise Refused("missing-field", "owner")
    kept = tuple(name for name in document if name in _KEY_FIELDS)
    others = tuple((name, "its owner's document decides") for name in document if name not in _KEY_FIELDS)
    return Outcome("key", kept, others)


def _well_known(document: Mapping[str, Any]) -> str:
    """Documents that are not ActivityStreams: WebFinger (RFC 7033), NodeInfo and its index, through their readers."""
    if isinstance(document.get("subject"), str):
        return "webfinger" if read_jrd(dict(document)).actor else "webfinger without an actor"
    if isinstance(document.get("software"), dict) and "version" in document:
        read_nodeinfo(dict(document))
        return "nodeinfo"
    if isinstance(document.get("links"), list):
        return "nodeinfo index"
    return ""


def _describe_activity(document: Mapping[str, Any], allow_http: bool) -> Outcome:
    activity = read_activity(document, allow_http=allow_http)
    outcome = _outcome(_activity_kind(activity, allow_http), document, activity, ACTIVITY_SOURCES)
    embedded = _embedded_object(activity)
    if embedded is None:
        return outcome
    named = plain(embedded)
    if set(types_of(named)) & ACTOR_TYPES:
        inner = _outcome("", named, read_actor(embedded, allow_http=allow_http), ACTOR_SOURCES)
    else:
        inner = _outcome("", named, read_object(embedded, allow_http=allow_http), OBJECT_SOURCES)
    return Outcome(
        outcome.kind,
        (*outcome.kept, *(f"object.{key}" for key in inner.kept)),
        (*outcome.dropped, *((f"object.{key}", why) for key, why in inner.dropped)),
    )


def _embedded_object(activity: ActivityDocument) -> dict[str, Any] | None:
    """The object that a `Create` or `Update` brings, also inside an `Announce`."""
    if activity.inner is not None and activity.type == "Announce":
        return _embedded_object(activity.inner)
    if activity.type in ("Create", "Update") and isinstance(activity.object, dict):
        return with_author(activity.object, activity.actor)
    return None


def _activity_kind(activity: ActivityDocument, allow_http: bool) -> str:
    if activity.type not in ACTIVITY_TYPES:
        return "unknown activity"
    if activity.inner is not None:
        return f"{activity.type.lower()} {_activity_kind(activity.inner, allow_http)}"
    if activity.type in ("Create", "Update"):
        return f"{activity.type.lower()} {_brought(activity.object, activity.actor, allow_http)}"
    if activity.type == "Announce" and (
        isinstance(activity.object, list) or activity.object_type in COLLECTION_TYPES
    ):
        return "announce batch"
    if activity.type == "Announce":
        # What is embedded beside the id is not used: it is read from its own host (S-044).
        return "announce"
    if activity.type == "Delete":
        if activity.object_id == activity.actor:
            return "delete account"
        return "remove" if activity.has_summary else "delete"
    if activity.type == "Block" and activity.target:
        return "ban"
    if activity.type == "Add" and activity.target:
        return f"add to {_last_word(activity.target)}"
    if activity.type == "Remove" and activity.target:
        return f"remove from {_last_word(activity.target)}"
    return _VERBS.get(activity.type, activity.type.lower())


def _last_word(target: str) -> str:
    word = target.rstrip("/").rpartition("/")[2]
    return _COLLECTIONS.get(word, "collection")


def _brought(obj: Any, actor: str, allow_http: bool) -> str:
    if isinstance(obj, list):
        kinds = {_brought(one, actor, allow_http) for one in obj if isinstance(one, dict)}
        return " and ".join(sorted(kinds)) or "by id"
    if not isinstance(obj, dict):
        return "by id"
    if set(types_of(plain(obj))) & ACTOR_TYPES:
        return read_actor(obj, allow_http=allow_http).type.lower()
    return _object_kind(read_object(with_author(obj, actor), allow_http=allow_http))


def _object_kind(found: ObjectDocument) -> str:
    if found.civic_status_event is not None:
        return "civic status event"
    if found.civic_report is not None:
        return "civic report"
    if found.kind in ("chat-message", "tombstone", "place"):
        return found.kind.replace("-", " ")
    if found.is_poll_vote:
        return "poll vote"
    if found.kind == "question":
        return "poll" if found.poll is not None else "question"
    if found.is_direct:
        return "direct message"
    if found.in_reply_to:
        return "comment"
    if found.kind in ("event", "video", "audio", "image"):
        return found.kind
    return "post"


def _outcome(
    kind: str, document: Mapping[str, Any], value: Any, sources: Mapping[str, tuple[str, ...]]
) -> Outcome:
    """Compare what stands in the document with what was read: a key is kept when a field fed by it has a
    value.
    """
    kept: list[str] = []
    dropped: list[tuple[str, str]] = []
    empty = _empty_fields(value)
    for key, sent in document.items():
        if key in NEVER_READ:
            dropped.append((key, NEVER_READ[key]))
        elif sent is None or sent == "" or sent == [] or sent == {}:
            continue
        elif (fields := _fields_of(key, sources)) is None:
            dropped.append((key, "not known here"))
        elif all(field in empty for field in fields) and not isinstance(sent, bool | int | float):
            dropped.append((key, _reason(sent)))
        else:
            kept.append(key)
    return Outcome(kind, tuple(kept), tuple(dropped))


def _fields_of(key: str, sources: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    if key in sources:
        return sources[key]
    if key.startswith(("civic:", "forge:")) and "civic" in sources:
        return sources["civic"]
    return sources.get(plain_term(key))


def _empty_fields(value: Any) -> frozenset[str]:
    return frozenset(
        field.name
        for field in dataclasses.fields(value)
        if getattr(value, field.name) in (None, "", (), {}, False)
    )


def _reason(sent: Any) -> str:
    if isinstance(sent, str | dict) and first_id(sent):
        return "lies on another host, or is not used here"
    return "has no shape that is read here"
