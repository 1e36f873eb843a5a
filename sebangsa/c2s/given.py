"""What an app posted to an outbox, and what its parts may say (ActivityPub, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation import strict_json
from federation.media_types import is_activity_media_type
from federation.refusals import Refused
from federation.vocabulary import ACTIVITY_TYPES, OBJECT_TYPES
from federation.wire import id_of, types_of
from federation.wire.shapes import plain, type_among
from sebangsa.api.access import Call
from sebangsa.api.parameters import MAX_BODY
from sebangsa.errors import Invalid, NotAllowed

MAX_DEPTH = 16


@dataclass(frozen=True)
class Given:
    """An activity. `object` is as it was sent (a list of one is that one); `document` has plain keys."""

    type: str
    document: Mapping[str, Any]
    object: Any

    @property
    def object_id(self) -> str:
        """The id that the object is or has, else ""."""
        return id_of(self.object) or ""

    def embedded(self) -> Mapping[str, Any]:
        """The object, which must stand in the activity. Raises `Invalid`."""
        if not isinstance(self.object, dict):
            raise Invalid("object-needed", "The activity needs its whole object.", field="object")
        return plain(self.object)

    def named(self) -> str:
        """The object's id. Raises `Invalid` where there is none."""
        if not self.object_id:
            raise Invalid("object-needed", "The activity must name its object.", field="object")
        return self.object_id


async def read_given(call: Call) -> Given:
    """Read the body: an activity, or an object that is wrapped in a `Create` (6.2.1).

    Raises `Refused` for what is no such document, `NotAllowed` for one in somebody else's name.
    """
    if not is_activity_media_type(call.request.headers.get("content-type", "")):
        raise Refused("wrong-media-type")
    body = await call.request.body()
    document = plain(strict_json.parse_object(body, max_bytes=MAX_BODY, max_depth=MAX_DEPTH))
    type_ = type_among(document, ACTIVITY_TYPES)
    if type_:
        _must_be_mine(call, document, "actor")
        return Given(type_, document, _single(document.get("object")))
    if set(types_of(document)) & OBJECT_TYPES:
        return Given("Create", {"type": "Create"}, document)
    raise Invalid(
        "unsupported-activity", "This server does nothing with an activity of this type.", field="type"
    )


def must_be_author(call: Call, document: Mapping[str, Any]) -> None:
    """What an app writes is its person's; nobody else may be named as its author. Raises `NotAllowed`."""
    _must_be_mine(call, document, "attributedTo")
    _must_be_mine(call, document, "actor")


def _must_be_mine(call: Call, document: Mapping[str, Any], key: str) -> None:
    value = _single(document.get(key))
    if value is not None and id_of(value) != call.me.uri:
        raise NotAllowed("not-your-actor", "An app acts for the person who let it in, for nobody else.")


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
