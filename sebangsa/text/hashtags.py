"""Hashtags in any script: where they are in a text, and the one form under which they are found again."""

from __future__ import annotations

import re
import unicodedata

MAX_HASHTAG_CHARS = 100
MAX_HASHTAGS = 50

# Before: no word, no path or fragment of an address, no `&#39;`.
_START = re.compile(r"(?<![\w/)&#.=?])#(?=[^\s#])")
# Joiners of Indic scripts and emoji, and the dots of Catalan and Japanese: inside a tag, never at its end.
_INSIDE = frozenset("\u200c\u200d·・")


def normal_form(tag: str) -> str | None:
    """The form under which a tag is stored and compared (NFKC, case folded), or None if it is no tag.

    With or without `#`. A tag holds letters, digits, marks and `_`, at least one of them not a digit (`#1`
    is a number), at most 100.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag.removeprefix("#")).casefold())
    if not folded or len(folded) > MAX_HASHTAG_CHARS or _end(folded, 0) != len(folded):
        return None
    return folded if any(_is_letter(character) for character in folded) else None


def hashtag_at(text: str, position: int) -> tuple[int, str] | None:
    """Where the hashtag that begins at this `#` ends, and its normal form."""
    if _START.match(text, position) is None:
        return None
    end = _end(text, position + 1)
    tag = normal_form(text[position + 1 : end])
    return (end, tag) if tag is not None else None


def find_hashtags(text: str, limit: int = MAX_HASHTAGS) -> list[str]:
    """The different hashtags in plain text, in normal form, in order, at most `limit` (S-095)."""
    found: dict[str, None] = {}
    for match in _START.finditer(text):
        hashtag = hashtag_at(text, match.start())
        if hashtag is not None:
            found.setdefault(hashtag[1])
        if len(found) >= limit:
            break
    return list(found)


def _end(text: str, start: int) -> int:
    end = position = start
    # One more than allowed is enough to know that it is too long (a 1 MB "tag" is not scanned).
    for character in text[start : start + 4 * MAX_HASHTAG_CHARS]:
        position += 1
        is_mark = unicodedata.category(character)[0] == "M" and position - 1 > start
        if is_mark or character.isalnum() or character == "_":
            end = position
        elif character not in _INSIDE or position - 1 == start:
            break
    return end


def _is_letter(character: str) -> bool:
    return character.isalpha() or (character.isalnum() and not character.isdecimal())
