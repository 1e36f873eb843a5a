"""A status in an ordinary reply: `#selesai` and its kin, at the start or the end of the text.

So an office on a plain Mastodon account moves a report along without our software (civic.md, bridges).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from civic_bridge.states import STATES

TAGS: dict[str, str] = {tag: state.name for state in STATES.values() for tag in state.hashtags}
"""Hashtag in lower case -> state."""

_HANDLE = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?")
_LINK = re.compile(r"https?://\S+")
_TAG = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class StatusWords:
    """What a reply says: the state, the text without hashtags, and the handles and links named after the hashtag."""

    to_status: str
    text: str
    handles: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class TwoStates(ValueError):
    """The reply names more than one state; `names` are its hashtags as written."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(", ".join(names))


def read_status_words(text: str) -> StatusWords | None:
    """The status that a reply's plain text states; None for an ordinary reply.

    Hashtags count in the first run of words (after the handles that clients put there) and in the last one, not in
    the middle of a sentence: "belum #selesai juga" is a complaint. Raises `TwoStates`.
    """
    words = text.split()
    first = _leading(words)
    last = _trailing(words, first)
    zones = [*range(first), *range(last, len(words))]
    found: dict[str, int] = {}
    written: list[str] = []
    for place in zones:
        match = _TAG.fullmatch(words[place].rstrip(".,;:!"))
        if match and (state := TAGS.get(match[1].lower())):
            found.setdefault(state, place)
            written.append(match[0])
    if not found:
        return None
    if len(found) > 1:
        raise TwoStates(tuple(written))
    [(state, place)] = found.items()
    after = words[place + 1 :]
    return StatusWords(
        to_status=state,
        text=_rest(words, first, last),
        handles=tuple(word.rstrip(".,;:") for word in after if _HANDLE.fullmatch(word.rstrip(".,;:"))),
        links=tuple(word.rstrip(".,;") for word in after if _LINK.fullmatch(word)),
    )


def _leading(words: list[str]) -> int:
    """How many words of the start are handles and hashtags."""
    count = 0
    while count < len(words) and (_HANDLE.fullmatch(words[count]) or _is_tag(words[count])):
        count += 1
    return count


def _trailing(words: list[str], first: int) -> int:
    """Where the last run of hashtags, handles and links begins."""
    start = len(words)
    while start > first and (
        _is_tag(words[start - 1]) or _HANDLE.fullmatch(words[start - 1]) or _LINK.fullmatch(words[start - 1])
    ):
        start -= 1
    return start


def _is_tag(word: str) -> bool:
    return _TAG.fullmatch(word.rstrip(".,;:!")) is not None


def _rest(words: list[str], first: int, last: int) -> str:
    return " ".join(words[first:last])
