"""JSON-LD by its shape: a value may stand as text, as an object, or as a list of either.

There is no general JSON-LD processor here, and none is wanted: contexts of others are never loaded, so nobody
can give our words another meaning (S-029). Unknown keys are passed over. Every function takes any JSON value
and raises nothing, unless it says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeGuard

from federation.refusals import Refused
from federation.urls import MAX_URL, host_of
from federation.vocabulary import AS_PUBLIC, PUBLIC_SPELLINGS, plain_term

MAX_ITEMS = 1_000
"""Items of one list that are looked at: addressees, tags, fields (S-095). No honest document has more."""

MAX_NAME = 2_048
MAX_CONTENT = 500_000
"""Characters of `content` that are kept; the whole body is at most a megabyte."""

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""Imported forums carry posts of old newsgroups; 1970 and before is a clock that was never set (S-061)."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

# Without user info: it would hide the true host (S-068).
_LINK = re.compile(r"https?://[^\x00-\x20\x7f\\<>\"/?#@]+(?:[/?#][^\x00-\x20\x7f\\<>\"]*)?\Z")


def plain(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with its keys in their plain spelling. One that needs no change is returned itself.

    Raises `Refused("duplicate-key")` when one key stands there in two spellings: the checker and the handler
    could read different values (S-028, S-031).
    """
    if ":" not in "".join(document) and "@id" not in document and "@type" not in document:
        return document
    found: dict[str, Any] = {}
    for key, value in document.items():
        term = plain_term(key)
        if term in found:
            raise Refused("duplicate-key", term[:100])
        found[term] = value
    return found


def as_list(value: Any) -> list[Any]:
    """The items of a value: none for null, at most `MAX_ITEMS`."""
    if value is None:
        return []
    if isinstance(value, list):
        return value if len(value) <= MAX_ITEMS else value[:MAX_ITEMS]
    return [value]


def objects_of(value: Any) -> list[Mapping[str, Any]]:
    """The objects among the items, with plain keys; one that names a key twice is left out."""
    found = []
    for item in as_list(value):
        if isinstance(item, dict):
            try:
                found.append(plain(item))
            except Refused:
                continue
    return found


def is_link(value: Any) -> TypeGuard[str]:
    """Whether it is http(s) text that is good enough to be compared, stored and shown as a link."""
    if not isinstance(value, str) or len(value) > MAX_URL:
        return False
    return _is_usual_link(value) if len(value) <= 200 else _is_link(value)


def _is_link(value: str) -> bool:
    # No right-to-left marks and their like (S-062).
    return _LINK.match(value) is not None and (value.isascii() or value.isprintable())


# The same addresses stand many times in one document, and in the next ones; long ones would fill the memory.
_is_usual_link = lru_cache(maxsize=8192)(_is_link)


def link_of(value: Any) -> str:
    """The http(s) address that a value is or holds (`id`, `href`, `url`), as it is written; else "".

    What is opened goes through `parse_url` first.
    """
    if isinstance(value, str):
        return value if is_link(value) else ""
    if isinstance(value, dict):
        for key in ("id", "@id", "href", "url"):
            found = value.get(key)
            if isinstance(found, str):
                return link_of(found)
    return ""


def id_of(value: Any) -> str | None:
    """The id that a value is (text) or has (`id`, `@id`); None when that is not an http(s) address."""
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    return value if is_link(value) else None


def ids_of(value: Any) -> tuple[str, ...]:
    """The ids of all items, each once, in their order; Public in its full spelling (S-114)."""
    if isinstance(value, str):  # the commonest shapes first: this runs for each addressee
        return (AS_PUBLIC,) if value in PUBLIC_SPELLINGS else ((value,) if id_of(value) else ())
    found: dict[str, None] = {}
    for item in as_list(value):
        if isinstance(item, dict):
            item = item.get("id", item.get("@id"))
        if not isinstance(item, str):
            continue
        if item in PUBLIC_SPELLINGS:
            found[AS_PUBLIC] = None
        elif is_link(item):
            found[item] = None
    return tuple(found)


def one_id(value: Any) -> str | None:
    """The only id of a value; None for none and for several, which have no one reading (S-030)."""
    if isinstance(value, list):
        return id_of(value[0]) if len(value) == 1 else None
    return id_of(value)


def first_id(value: Any) -> str:
    """The first id of a value, or ""."""
    if value is None:
        return ""
    for item in as_list(value):
        if found := id_of(item):
            return found
    return ""


def addressees(value: Any) -> tuple[tuple[str, ...], bool]:
    """The ids in a `to` or `cc`, and whether Public is among them (`ids_of` and `is_public` in one)."""
    found = ids_of(value)
    return found, AS_PUBLIC in found or (
        isinstance(value, list) and len(value) > MAX_ITEMS and is_public(value)
    )


def is_public(value: Any) -> bool:
    """Whether Public is among the addressees, in any of its spellings."""
    if isinstance(value, str):
        return value in PUBLIC_SPELLINGS
    if isinstance(value, list):
        # The whole list, however long: who is addressed after the limit still makes the post public.
        return any(is_public(item) for item in value if not isinstance(item, list))
    if isinstance(value, dict):
        return value.get("id", value.get("@id")) in PUBLIC_SPELLINGS if _has_text_id(value) else False
    return False


def _has_text_id(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("id", value.get("@id")), str)


def types_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """All types of an object in their plain spelling (`as:Note` and the full IRI are `Note`)."""
    value = document.get("type", document.get("@type"))
    if isinstance(value, str):
        return (plain_term(value) if ":" in value else value,)
    return tuple(plain_term(item) for item in as_list(value) if isinstance(item, str))


def type_among(document: Mapping[str, Any], known: frozenset[str]) -> str:
    """The first of an object's types that is in `known`, else "". This is the one reading of a list
    (S-030).
    """
    for found in types_of(document):
        if found in known:
            return found
    return ""


def text_of(value: Any, *, limit: int = MAX_NAME) -> str:
    """The text that a value is: a string, a `{"@value": …}`, or the first of a list. Cut after `limit`."""
    if isinstance(value, str):
        return value if len(value) <= limit else value[:limit]
    if isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            if not isinstance(item, list) and (found := text_of(item, limit=limit)):
                return found
    if isinstance(value, dict) and isinstance(value.get("@value"), str):
        return text_of(value["@value"], limit=limit)
    return ""


def natural_text(document: Mapping[str, Any], key: str, *, limit: int = MAX_NAME) -> str:
    """Text that may stand under `key` or, by language, under `keyMap`. Where both do, `key` counts."""
    value = document.get(key)
    if value and (found := text_of(value, limit=limit)):
        return found
    by_language = document.get(key + "Map")
    if by_language and isinstance(by_language, dict):
        for value in by_language.values():
            if found := text_of(value, limit=limit):
                return found
    return ""


def language_of(document: Mapping[str, Any]) -> str:
    """The language tag (BCP 47, at most 16 characters) of a document, or "".

    Mastodon says it with the one key of `contentMap`, Lemmy and PieFed with `language.identifier`, Mobilizon
    with `inLanguage`, FEP-2c3b style documents with `@language` beside the value.
    """
    stated = document.get("language")
    if isinstance(stated, list):
        stated = stated[0] if len(stated) == 1 else None
    if isinstance(stated, dict):
        stated = stated.get("identifier")
    if not isinstance(stated, str):
        stated = document.get("inLanguage")
    if not isinstance(stated, str):
        for key in ("contentMap", "nameMap"):
            by_language = document.get(key)
            if isinstance(by_language, dict) and len(by_language) == 1:
                stated = next(iter(by_language))
                break
    if isinstance(stated, str) and stated != "und" and _LANGUAGE.match(stated):
        return stated
    return ""


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}\Z")


def datetime_of(value: Any) -> datetime | None:
    """A point in time in UTC; None for what is none or lies outside `EARLIEST` to `LATEST` (S-061).

    Without a zone it is read as UTC.
    """
    if value is None:
        return None
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment <= LATEST else None


def flag_of(value: Any, *, otherwise: bool = False) -> bool:
    """A boolean; FixMyStreet and Plume write the words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return otherwise


def count_of(value: Any, *, at_most: int = 2**31 - 1) -> int | None:
    """A whole number from 0 to `at_most`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= at_most and value == int(value) else None


def total_of(collection: Any) -> int | None:
    """How many an embedded collection says that it has; None where it says nothing, or is an address only."""
    return count_of(collection.get("totalItems")) if isinstance(collection, dict) else None


def number_of(value: Any, least: float, most: float) -> float | None:
    """A number within bounds, also when it is written as text (PeerTube's places); else None."""
    if isinstance(value, str) and len(value) <= 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return None
    return float(value)


def authority_of(text: Any, *, allow_http: bool = False) -> str:
    """The peer (host and, in development, port) that an id lies on, once the id is one that could be opened.

    Raises `Refused("bad-id")`.
    """
    try:
        return host_of(text, allow_http=allow_http)
    except Refused as refused:
        raise Refused("bad-id", refused.detail) from None
