"""Our collections as servers read them: in one piece while they are short, else page by page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Raw
from starlette.requests import Request

from federation.contexts import context_for
from federation.refusals import Refused

FIRST = "first"
MAX_PLACE = 2**63


def place_in(request: Request, name: str) -> int | None:
    """Which page is asked for: `?page=first` (0) or `?{name}=<id>`; None for the collection itself.

    Raises `Refused("bad-field")`.
    """
    given = request.query_params.get(name, "")
    if not given:
        return 0 if "page" in request.query_params else None
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) < MAX_PLACE):
        raise Refused("bad-field", f"{name} must be an id")
    return int(given)


def collection_document(uri: str, items: Sequence[Any] | None, total: int, **more: Any) -> dict[str, Any]:
    """The collection itself. `items` are all of them, or as many as software reads that knows no pages; with None, or when
    there are more, `first` leads to the pages.
    """
    document: dict[str, Any] = {
        "@context": context_for(),
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
        **more,
    }
    if items is None or len(items) < total:
        document["first"] = f"{uri}?page={FIRST}"
    if items is not None:
        document["orderedItems"] = list(items)
    return document


def page_document(
    uri: str, items: Sequence[Any], total: int, *, name: str, place: int, following: int | None, **more: Any
) -> dict[str, Any]:
    """One page: at `place`, and where the next begins."""
    document: dict[str, Any] = {
        "@context": context_for(),
        "id": f"{uri}?{urlencode({name: place}) if place else f'page={FIRST}'}",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "totalItems": total,
        **more,
        "orderedItems": list(items),
    }
    if following is not None:
        document["next"] = f"{uri}?{urlencode({name: following})}"
    return document


def digest_of(uris: Iterable[str]) -> str:
    """A digest of the members of a collection, whatever their order: the XOR of the SHA-256 of each id (as in FEP-8fcf)."""
    digest = 0
    for uri in uris:
        digest ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{digest:064x}"


def raw_items(bodies: Iterable[str]) -> list[Any]:
    """Items that are JSON text already, kept byte for byte."""
    return [Raw(body.encode()) for body in bodies]
