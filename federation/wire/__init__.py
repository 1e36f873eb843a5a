"""ActivityPub JSON to plain values: pure readers, no I/O, nothing of the product.

Each reader takes a parsed document (`strict_json.parse_object`) and returns a frozen value, or raises
`Refused` with a stable code and nothing else. What is read is what is documented on the value; unknown keys
are passed over, and no `@context` of others is ever loaded (S-029).
"""

from __future__ import annotations

from federation.wire.activity import ActivityDocument, read_activity
from federation.wire.actor import ActorDocument, read_actor
from federation.wire.actor_keys import KeyDocument
from federation.wire.attachments import AttachmentDocument, LinkDocument
from federation.wire.civic import CivicBody, CivicReport, CivicStatusEvent
from federation.wire.collection import CollectionDocument, read_collection
from federation.wire.object import ObjectDocument, read_object, with_author
from federation.wire.places import Event, Place
from federation.wire.polls import Option, Poll
from federation.wire.reactions import is_emoji, is_shortcode
from federation.wire.shapes import as_list, datetime_of, id_of, ids_of, is_public, one_id, text_of, types_of
from federation.wire.tags import Emoji, Flair, Mention

__all__ = [
    "ActivityDocument",
    "ActorDocument",
    "AttachmentDocument",
    "CivicBody",
    "CivicReport",
    "CivicStatusEvent",
    "CollectionDocument",
    "Emoji",
    "Event",
    "Flair",
    "KeyDocument",
    "LinkDocument",
    "Mention",
    "ObjectDocument",
    "Option",
    "Place",
    "Poll",
    "as_list",
    "datetime_of",
    "id_of",
    "ids_of",
    "is_emoji",
    "is_public",
    "is_shortcode",
    "one_id",
    "read_activity",
    "read_actor",
    "read_collection",
    "read_object",
    "text_of",
    "types_of",
    "with_author",
]
