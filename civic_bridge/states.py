"""The states of a report: what may follow what, who may say so, and what each is called elsewhere.

The table itself is `data/states.json`. Each has an English `label` and an Indonesian `word`; the latter stands in
federated text, which no reader's language can reach.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Side(StrEnum):
    """Who speaks of a report: the office that answers for it, or the citizen who filed it."""

    BODY = "body"
    CITIZEN = "citizen"


@dataclass(frozen=True, slots=True)
class State:
    """One state. `meaning` is the chip's (good, wait, warn, bad), `step` the place in the progress line (1 to 4).

    `open311` is GeoReport v2's status, `citysdk` its `detailed_status`, `fixmystreet` that of its updates.
    """

    name: str
    label: str
    word: str
    meaning: str
    step: int
    following: frozenset[str]
    by: frozenset[Side]
    hashtags: tuple[str, ...]
    needs_photo: bool
    needs_text: bool
    open311: str
    citysdk: str
    fixmystreet: str

    @property
    def is_closed(self) -> bool:
        return self.open311 == "closed"


def _state(row: dict[str, Any]) -> State:
    return State(
        name=row["name"],
        label=row["label"],
        word=row["word"],
        meaning=row["meaning"],
        step=row["step"],
        following=frozenset(row["next"]),
        by=frozenset(Side(side) for side in row.get("by", ["body"])),
        hashtags=tuple(row["hashtags"]),
        needs_photo=row.get("needs_photo", False),
        needs_text=row.get("needs_text", False),
        open311=row["open311"],
        citysdk=row["citysdk"],
        fixmystreet=row["fixmystreet"],
    )


STATES: dict[str, State] = {
    row["name"]: _state(row)
    for row in json.loads(files("civic_bridge").joinpath("data/states.json").read_text("utf-8"))
}
FIRST = "received"
CLOSED = frozenset(name for name, state in STATES.items() if state.is_closed)
STEPS = 4


def may_follow(before: str, after: str, side: Side) -> bool:
    """Whether `side` may move a report from one state to another. Unknown states lead nowhere (S-126)."""
    return before in STATES and after in STATES[before].following and side in STATES[after].by


def next_states(before: str, side: Side) -> list[State]:
    """What `side` may say next, in the table's order."""
    return [state for name, state in STATES.items() if may_follow(before, name, side)]


def state_named(name: str) -> State:
    """The state; the first one for a word that we do not know (S-126)."""
    return STATES.get(name, STATES[FIRST])
