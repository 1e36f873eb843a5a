"""The emoji of a reaction, in each form in which peers write one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from federation.refusals import Refused
from federation.wire.shapes import text_of

MAX_EMOJI = 16
"""Characters of one emoji: the longest families and flags have fourteen."""

_SHORTCODE = re.compile(r":[A-Za-z0-9_+-]{1,64}(?:@[A-Za-z0-9.-]{1,255})?:\Z")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3\\Z")
_JOINER = "\u200d"
_VARIANTS = "\ufe0e\ufe0f"
_PUNCTUATION = "\u203c\u2049\u3030\u303d"
"""Signs of punctuation that are emoji all the same."""


def read_reaction(document: Mapping[str, Any], kind: str) -> str:
    """The emoji: FEP-c0e0 and Pleroma say it in `content`, Misskey also in `_misskey_reaction`.

    One emoji or one `:shortcode:`; a text is none. An `EmojiReact` without one is refused, a `Like` still
    likes.
    """
    if kind not in ("EmojiReact", "Like"):
        return ""
    found = text_of(document.get("content"), limit=400).strip()
    found = found or text_of(document.get("_misskey_reaction"), limit=400).strip()
    if is_shortcode(found) or is_emoji(found):
        return found
    if kind == "EmojiReact":
        raise Refused("bad-field", "content is not one emoji")
    return ""


def is_shortcode(text: str) -> bool:
    """Whether it names a picture: `:kopi:`."""
    return _SHORTCODE.match(text) is not None


def is_emoji(text: str) -> bool:
    """Whether it is one Unicode emoji: one sign, with its variants, skin tones and what is joined to it, or a flag."""
    if not 0 < len(text) <= MAX_EMOJI:
        return False
    if _KEYCAP.match(text):
        return True
    signs, letters, is_joined = 0, 0, False
    for char in text:
        if char == _JOINER:
            is_joined = True
            continue
        if char in _VARIANTS or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
            if not signs and not letters:
                return False
            continue
        if "\U0001f1e6" <= char <= "\U0001f1ff":
            letters += 1
        elif _is_sign(char):
            signs += not is_joined
        else:
            return False
        is_joined = False
    return not is_joined and ((signs == 1 and letters == 0) or (signs == 0 and letters == 2))


def _is_sign(char: str) -> bool:
    # Above ASCII and Latin-1 but for the two marks of law: a `^` or `´` is no emoji.
    if char in "\u00a9\u00ae" or char in _PUNCTUATION:
        return True
    return char >= "\u2100" and unicodedata.category(char) in ("So", "Sm")
