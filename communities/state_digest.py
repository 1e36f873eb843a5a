"""The sections of a community's moderation state, and the digest by which two servers see that theirs are alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST = 2000
"""Items of one section. Of a longer one the newest are listed, and what it leaves out says nothing."""


class Section(StrEnum):
    """The parts of a state. `ABOUT` has no list: what a community says of itself stands in its own document."""

    ABOUT = "about"
    MODERATORS = "moderators"
    BANS = "bans"
    REMOVED = "removed"
    DELETED = "deleted"
    LOCKED = "locked"
    PINNED = "pinned"
    LABELS = "labels"


@dataclass(frozen=True)
class Listing:
    """One section. Items are ids, or for bans and labels `{"object": id, …}`; not `is_whole` when there were more."""

    items: Sequence[Any]
    is_whole: bool = True

    @property
    def digest(self) -> str:
        """`sha256:` and the hex digest over the items as JSON without spaces, keys and lines sorted."""
        lines = sorted(json.dumps(item, sort_keys=True, separators=(",", ":")) for item in self.items)
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
