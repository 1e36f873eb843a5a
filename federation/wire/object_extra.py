"""What features keep of an object beyond its text, as wire JSON in one normal form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.strict_json import dumps

MAX_EXTRA = 20_000
"""Bytes of JSON kept of one key: enough for any of them, too little to fill a disk (S-095)."""

_ALWAYS = (
    "location",
    "civic:report",
    "civic:statusEvent",
    "commentsEnabled",
    "stickied",
    "interactionPolicy",
)
_OF_KIND = {
    "video": ("duration", "views"),
    "audio": ("duration",),
}


def object_extra(document: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The known extra keys of an object that have a value, each at most `MAX_EXTRA` bytes of JSON."""
    found: dict[str, Any] = {}
    for key in (*_ALWAYS, *_OF_KIND.get(kind, ())):
        value = document.get(key)
        if value is None or value == []:
            continue
        if isinstance(value, bool | int | float) or _is_small(value):
            found[key] = value
    return found


def _is_small(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 2_048
    try:
        return len(dumps(value)) <= MAX_EXTRA
    except (ValueError, RecursionError, TypeError):
        return False
