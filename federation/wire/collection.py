"""Collections and their pages, one document at a time. Walking from page to page is
`federation.collection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.refusals import Refused
from federation.vocabulary import COLLECTION_TYPES
from federation.wire.shapes import (
    as_list,
    count_of,
    first_id,
    id_of,
    ids_of,
    link_of,
    plain,
    type_among,
    types_of,
)


@dataclass(frozen=True, slots=True)
class CollectionDocument:
    """A collection or page. `items` are as sent (ids or objects), at most a thousand; `item_ids` their ids.

    `first`, `next` and `prev` are addresses, "" where absent; `first_page` is the first page when it came
    along. `total_items` is the sender's word, None where it says nothing (private lists say 0 or nothing).
    """

    id: str
    type: str
    is_ordered: bool
    is_page: bool
    total_items: int | None
    items: tuple[Any, ...]
    item_ids: tuple[str, ...]
    first: str
    next: str
    prev: str
    part_of: str
    attributed_to: str
    first_page: CollectionDocument | None


def read_collection(document: Mapping[str, Any]) -> CollectionDocument:
    """Read a collection or a page of one. Raises `Refused`: `not-an-object`, `duplicate-key`."""
    return _read(document, may_hold_page=True)


def _read(document: Mapping[str, Any], *, may_hold_page: bool) -> CollectionDocument:
    document = plain(document)
    kind = type_among(document, COLLECTION_TYPES)
    if not kind:
        raise Refused("not-an-object", " ".join(types_of(document))[:100] or "no type")
    listed = document.get("orderedItems")
    if listed is None:
        listed = document.get("items")  # PieFed lists `items` under an OrderedCollection
    first = document.get("first")
    page = None
    if may_hold_page and isinstance(first, dict) and type_among(first, COLLECTION_TYPES):
        page = _read(first, may_hold_page=False)
    return CollectionDocument(
        id=id_of(document) or "",
        type=kind,
        is_ordered=kind.startswith("Ordered"),
        is_page=kind.endswith("Page"),
        total_items=count_of(document.get("totalItems")),
        items=tuple(as_list(listed)),
        item_ids=ids_of(listed),
        first=link_of(first),
        next=link_of(document.get("next")),
        prev=link_of(document.get("prev")),
        part_of=link_of(document.get("partOf")),
        attributed_to=first_id(document.get("attributedTo")),
        first_page=page,
    )
