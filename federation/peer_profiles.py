"""How a peer wants to be spoken to: chosen by its software and version, and by what it was seen to do.

The table is a data file (`data/peer_profiles.toml`). Software that is not in it gets what everybody can make something
of: both forms of an announcement, a `Note` as message. What such a peer does itself narrows that (`Mark`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_NUMBERS = re.compile(r"\d+(?:\.\d+){0,3}")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PeerProfile:
    """One line of the table; what each column means stands at its head."""

    announces: str
    threads: str
    messages: str
    reactions: str
    signatures: str
    downvotes: bool
    batches: bool
    polls: bool
    events: bool
    rejections: bool
    forwarded: str
    per_minute: int

    @property
    def reads_activities(self) -> bool:
        """Whether an `Announce` of an activity means something to it."""
        return self.announces != "ids"

    @property
    def shows_boosts(self) -> bool:
        """Whether an `Announce` of an object's id is shown to its people."""
        return self.announces != "activities"

    @property
    def reads_rejections(self) -> bool:
        """Whether a `Reject` of a post or vote does no harm there: some know it only as the answer to a `Follow`."""
        return self.rejections

    def takes_forwarded(self, activity: Mapping[str, Any]) -> bool:
        """Whether it believes an activity of a third server that we bring, or reads it again at its origin."""
        takes = {
            "any": True,
            "signed": "proof" in activity or "signature" in activity,
            "linked-data": "signature" in activity,
        }
        return takes.get(self.forwarded, False)


class Mark(StrEnum):
    """What a peer was seen to do, kept in `Peer.seen`. It counts where the software is not in the table."""

    ANNOUNCES_ACTIVITIES = "announces-activities"  # a group there announces activities
    SENDS_CHAT_MESSAGES = "sends-chat-messages"
    LIKES_WITH_EMOJI = "likes-with-emoji"  # reacts as Misskey does


_MEANS: Mapping[str, Mapping[str, Any]] = {
    Mark.ANNOUNCES_ACTIVITIES: {"announces": "activities"},
    Mark.SENDS_CHAT_MESSAGES: {"messages": "chat-message"},
    Mark.LIKES_WITH_EMOJI: {"reactions": "like"},
}


def profile_for(software: str, version: str = "", seen: Iterable[str] = ()) -> PeerProfile:
    """The profile of a peer. `software` and `version` as NodeInfo has them, "" where it said nothing."""
    return _profile(software.lower(), version, tuple(seen))


@lru_cache(maxsize=1024)
def _profile(software: str, version: str, seen: tuple[str, ...]) -> PeerProfile:
    known = _table()
    if software in known:
        return PeerProfile(**_line(known, software, version))
    line = dict(known[UNKNOWN])
    for mark in seen:
        line |= _MEANS.get(mark, {})
    return PeerProfile(**line)


def is_known(software: str) -> bool:
    """Whether the table has this software."""
    return software != UNKNOWN and software.lower() in _table()


def known_software() -> list[str]:
    """The names in the table, in its order."""
    return [name for name in _table() if name != UNKNOWN]


def older_versions(software: str) -> list[str]:
    """The versions of a software below which it is spoken to otherwise."""
    return [str(step["version"]) for step in _table()[software].get("before", ())]


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files("federation").joinpath("data/peer_profiles.toml").read_text("utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(text)
    return found


def _line(table: Mapping[str, Mapping[str, Any]], software: str, version: str) -> dict[str, Any]:
    """All columns of one software: those it is like, its own, and what differs before a version of it."""
    stated = table[software]
    line = _line(table, stated["like"], "") if "like" in stated else dict(table[UNKNOWN])
    line |= {name: value for name, value in stated.items() if name in _COLUMNS}
    for step in stated.get("before", ()):
        if _is_below(version, step["version"]):
            line |= {name: value for name, value in step.items() if name in _COLUMNS}
    return line


_COLUMNS = frozenset(field.name for field in fields(PeerProfile))


def _is_below(version: str, limit: str) -> bool:
    """Whether a version comes before another: by its leading numbers; one that says nothing is taken as today's."""
    found = _NUMBERS.search(version)
    return found is not None and _parts(found[0]) < _parts(limit)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:4])
