"""Bare web addresses in a text: where they end, and how they are shown.

bleach's own linkifier knows a fixed list of top-level domains; here `http://` or `https://` makes a link.
"""

from __future__ import annotations

import re

from sebangsa.text.links import safe_href

_ADDRESS = re.compile(r"(?<![\w@/:.])https?://[^\s<>\"`\x00-\x20]{1,2048}", re.IGNORECASE)
_ENDING = ".,;:!?'\"*_~…。、」』）»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SHOWN_CHARS = 30


def address_at(text: str, position: int) -> tuple[int, str] | None:
    """The address that begins here: where it ends, and its href. Punctuation after it stays outside."""
    match = _ADDRESS.match(text, position)
    if match is None:
        return None
    written = _trimmed(match[0])
    href = safe_href(written)
    return (position + len(written), href) if href is not None else None


def _trimmed(written: str) -> str:
    end = len(written)
    while end:
        last = written[end - 1]
        unpaired = last in _PAIRS and written.count(last, 0, end) > written.count(_PAIRS[last], 0, end)
        if last not in _ENDING and not unpaired:
            break
        end -= 1
    return written[:end]


def shown_pieces(href: str) -> list[tuple[str, str]]:
    """The text of a bare link as Mastodon writes it: (class, text) of three spans; never cuts the host."""
    scheme, _, rest = href.partition("://")
    prefix = f"{scheme}://"
    if rest.startswith("www."):
        prefix, rest = prefix + "www.", rest[4:]
    host_end = re.search(r"[/?#]|$", rest)
    shown = max(_SHOWN_CHARS, host_end.start() if host_end else 0)
    return [
        ("invisible", prefix),
        ("ellipsis" if len(rest) > shown else "", rest[:shown]),
        ("invisible", rest[shown:]),
    ]
