"""Activities: who does what to what, and whether the bytes alone already show that he may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.refusals import Refused
from federation.vocabulary import (
    ACTIVITY_SPELLINGS,
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    OBJECT_TYPES,
    WITHOUT_OBJECT,
)
from federation.wire.reactions import read_reaction
from federation.wire.shapes import (
    MAX_CONTENT,
    addressees,
    authority_of,
    datetime_of,
    first_id,
    flag_of,
    id_of,
    ids_of,
    natural_text,
    one_id,
    plain,
    text_of,
    type_among,
    types_of,
)
from federation.wire.tags import Emoji, read_tags

MAX_INNER = 4
"""Activities in one another: `Announce{Undo{Block}}` is three (Mbin)."""

_WITHOUT_ID = frozenset({"Delete"})
"""GoToSocial sends its deletions without an id; doing one twice changes nothing."""

_ANSWERS = frozenset({"Undo", "Accept", "Reject", "TentativeAccept", "TentativeReject"})
_CARRIES_ACTIVITY = _ANSWERS | {"Announce", "Resolve"}
_NOT_ACTIVITIES = OBJECT_TYPES | ACTOR_TYPES | COLLECTION_TYPES


@dataclass(frozen=True, slots=True)
class ActivityDocument:
    """An activity. Ids are "" where absent.

    `object` is as sent (text, object or list; a list of one is that one). `object_id` is its only id, ""
    when there are several (`Flag`), which all stand in `object_ids`. `object_type` is the embedded object's
    first type. `inner` is the embedded activity that an `Announce`, `Undo`, `Accept`, `Reject` or `Resolve`
    carries. `emojis` are the pictures of a reaction. `end_time` is `endTime`, or `expires` (Mbin).
    `has_summary` tells a moderator's `Delete` from an author's: Lemmy sends the key even when it is empty.
    `reaction` is the emoji of an `EmojiReact` or of a Misskey `Like`. `is_public` is true for Public in
    `to` or `cc`.
    """

    id: str
    type: str
    actor: str
    object: Any
    object_id: str
    object_ids: tuple[str, ...]
    object_type: str
    inner: ActivityDocument | None
    target: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: str
    is_public: bool
    published: datetime | None
    updated: datetime | None
    end_time: datetime | None
    name: str
    summary: str
    has_summary: bool
    content: str
    reaction: str
    emojis: tuple[Emoji, ...]
    remove_data: bool
    with_replies: bool
    result: str
    origin: str
    instrument: str
    reason_code: str


def read_activity(document: Mapping[str, Any], *, allow_http: bool = False) -> ActivityDocument:
    """Read an activity, as it came or as it was fetched.

    Of several types the first known one counts; an unknown type is kept as it is. Raises `Refused`:

    - `not-an-activity`: no type, the type of an object or actor, no single actor (S-030);
    - `bad-id`: an id that is missing or could not be opened. Only a `Delete` (GoToSocial) and what an `Undo`,
      `Accept` or `Reject` answers may come without;
    - `foreign-id`: its id lies on another host than its actor (S-034), or it creates or edits an object of
      another host (S-038; a community may be edited by its remote moderators);
    - `not-the-author`: a `Delete` without `summary`, that is by the author, of an object of another host
      (S-037);
    - `missing-field`: no `object` where the type needs one; `too-deep`; `duplicate-key`.
    """
    return _read(document, allow_http, depth=1, id_is_optional=False)


def _read(
    document: Mapping[str, Any], allow_http: bool, *, depth: int, id_is_optional: bool
) -> ActivityDocument:
    if depth > MAX_INNER:
        raise Refused("too-deep", "activities inside activities")
    document = plain(document)
    kind = _type(document)
    actor = one_id(document.get("actor"))
    if actor is None:
        raise Refused("not-an-activity", "actor")
    host = authority_of(actor, allow_http=allow_http)
    uri = _id(document, kind, host, allow_http, id_is_optional)
    obj = document.get("object")
    if isinstance(obj, list) and len(obj) == 1:
        obj = obj[0]
    object_ids = ids_of(obj)
    if obj in (None, "", [], {}) and kind in ACTIVITY_TYPES and kind not in WITHOUT_OBJECT:
        raise Refused("missing-field", "object")
    _check_authority(document, kind, host, obj, allow_http)
    summary = document.get("summary")
    reaction = read_reaction(document, kind)
    (to, public_to), (cc, public_cc) = addressees(document.get("to")), addressees(document.get("cc"))
    return ActivityDocument(
        id=uri,
        type=kind,
        actor=actor,
        object=obj,
        object_id=object_ids[0] if len(object_ids) == 1 and not isinstance(obj, list) else "",
        object_ids=object_ids,
        object_type=next(iter(types_of(obj)), "") if isinstance(obj, dict) else "",
        inner=_inner(kind, obj, allow_http, depth),
        target=first_id(document.get("target")),
        to=to,
        cc=cc,
        audience=first_id(document.get("audience")),
        is_public=public_to or public_cc,
        published=datetime_of(document.get("published")),
        updated=datetime_of(document.get("updated")),
        end_time=datetime_of(document.get("endTime")) or datetime_of(document.get("expires")),
        name=natural_text(document, "name"),
        summary=natural_text(document, "summary", limit=MAX_CONTENT),
        has_summary=summary is not None,
        content=natural_text(document, "content", limit=MAX_CONTENT)
        or text_of(document.get("participationMessage")),  # Mobilizon's Join
        reaction=reaction,
        emojis=tuple(read_tags(document.get("tag")).emojis) if reaction else (),
        remove_data=flag_of(document.get("removeData")),
        with_replies=flag_of(document.get("withReplies")),
        result=first_id(document.get("result")),
        origin=first_id(document.get("origin")),
        instrument=first_id(document.get("instrument")),
        reason_code=text_of(document.get("reasonCode")),
    )


def _type(document: Mapping[str, Any]) -> str:
    kind = type_among(document, ACTIVITY_TYPES)
    if kind:
        return kind
    kinds = types_of(document)
    if not kinds or not kinds[0] or len(kinds[0]) > 64 or set(kinds) & _NOT_ACTIVITIES:
        raise Refused("not-an-activity", " ".join(kinds)[:100] or "no type")
    return ACTIVITY_SPELLINGS.get(kinds[0], kinds[0])


def _id(document: Mapping[str, Any], kind: str, host: str, allow_http: bool, is_optional: bool) -> str:
    uri = document.get("id")
    if uri is None and (is_optional or kind in _WITHOUT_ID):
        return ""
    if not isinstance(uri, str):
        raise Refused("bad-id", "an activity's id")
    if authority_of(uri, allow_http=allow_http) != host:
        raise Refused("foreign-id", uri[:200])
    return uri


def _check_authority(document: Mapping[str, Any], kind: str, host: str, obj: Any, allow_http: bool) -> None:
    """What needs no database to be refused. Who may do the rest is the handler's to judge."""
    if kind in ("Create", "Update") and isinstance(obj, dict):
        if kind == "Update" and "Group" in types_of(obj):
            return  # remote moderators edit a community (Lemmy); it is read again from its own host
        _check_host(obj, host, "foreign-id", allow_http)
    elif kind in ("Create", "Update") and isinstance(obj, list):
        for one in obj:
            _check_host(one, host, "foreign-id", allow_http)
    elif kind == "Delete" and document.get("summary") is None:
        for one in obj if isinstance(obj, list) else [obj]:
            _check_host(one, host, "not-the-author", allow_http)


def _check_host(obj: Any, host: str, code: str, allow_http: bool) -> None:
    uri = id_of(obj)
    if uri is None:
        raise Refused("bad-id", "the object's id")
    if authority_of(uri, allow_http=allow_http) != host:
        raise Refused(code, f"{uri[:200]} is on another host than the actor")


def _inner(kind: str, obj: Any, allow_http: bool, depth: int) -> ActivityDocument | None:
    if kind not in _CARRIES_ACTIVITY or not isinstance(obj, dict):
        return None
    if "actor" not in plain(obj) or set(types_of(obj)) & _NOT_ACTIVITIES:
        return None  # LitePub's objects have an actor too
    return _read(obj, allow_http, depth=depth + 1, id_is_optional=kind in _ANSWERS)
