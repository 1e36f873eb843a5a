"""What a report can be about: categories by code, in groups, and when to call for help instead.

A code's first part is its group: `JALAN-LUBANG` belongs to `JALAN`. Each has an English `name` and an Indonesian
`word`; the latter stands in federated text, which no reader's language can reach.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files

_DATA = json.loads(files("civic_bridge").joinpath("data/categories.json").read_text("utf-8"))
OTHER = "LAIN"
CODE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
"""What a code looks like: safe in Open311 adapters, which allow word characters and hyphens only."""


@dataclass(frozen=True, slots=True)
class Group:
    """Categories that belong together; `hashtag` goes out with each of its reports."""

    code: str
    name: str
    word: str
    hashtag: str
    icon: str


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of trouble. `days` is when an answer is expected, `precision` how exactly its place is shown."""

    code: str
    name: str
    word: str
    days: int
    precision: str = "exact"
    guidance: str = ""
    guidance_word: str = ""

    @property
    def group(self) -> str:
        return self.code.partition("-")[0]


GROUPS: dict[str, Group] = {row["code"]: Group(**row) for row in _DATA["groups"]}
CATEGORIES: dict[str, Category] = {row["code"]: Category(**row) for row in _DATA["categories"]}
NOT_OURS: list[dict[str, str]] = _DATA["not_ours"]
EMERGENCY_NUMBERS: list[dict[str, str]] = _DATA["emergency"]["numbers"]
_EMERGENCY = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, _DATA["emergency"]["words"])) + r")(?!\w)", re.I
)


def category_of(code: str) -> Category:
    """The category; the general one for a code that we do not know (S-126)."""
    return CATEGORIES.get(code, CATEGORIES[OTHER])


def group_of(code: str) -> Group:
    """The group of a category's code."""
    return GROUPS[category_of(code).group]


def sounds_urgent(text: str) -> bool:
    """Whether a text speaks of danger to life: its writer is shown the emergency numbers."""
    return _EMERGENCY.search(text) is not None
