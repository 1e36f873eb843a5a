"""Polls: a `Question` with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.wire.shapes import count_of, datetime_of, natural_text, objects_of

MAX_OPTIONS = 50


@dataclass(frozen=True, slots=True)
class Option:
    """One choice and how many took it, where the server tells."""

    name: str
    votes: int | None


@dataclass(frozen=True, slots=True)
class Poll:
    """`multiple`: more than one option may be chosen. `closed` is when it ended, or None while it runs.

    Without `end_time` it runs for ever (Misskey).
    """

    options: tuple[Option, ...]
    multiple: bool
    end_time: datetime | None
    closed: datetime | None
    voters_count: int | None


def read_poll(document: Mapping[str, Any]) -> Poll | None:
    """The poll of a `Question`; None when it has no options.

    Pleroma sends both `oneOf` and `anyOf`, one of them empty.
    """
    multiple = True
    offered = objects_of(document.get("anyOf"))
    if not offered:
        multiple = False
        offered = objects_of(document.get("oneOf"))
    options: dict[str, Option] = {}
    for item in offered[:MAX_OPTIONS]:
        # Votes name their option by its text, so that two alike would be one.
        if name := natural_text(item, "name", limit=500):
            replies = item.get("replies")
            votes = count_of(replies.get("totalItems")) if isinstance(replies, dict) else None
            options.setdefault(name, Option(name, votes))
    if not options:
        return None
    end_time = datetime_of(document.get("endTime"))
    closed = datetime_of(document.get("closed"))
    if closed is None and document.get("closed") is True:
        closed = end_time or datetime_of(document.get("updated")) or datetime_of(document.get("published"))
    return Poll(
        tuple(options.values()),
        multiple,
        end_time or closed,
        closed,
        count_of(document.get("votersCount")),
    )
