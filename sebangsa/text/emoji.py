"""Custom emoji in sanitised HTML: `:shortcode:` becomes a picture of *our* list (S-066).

In July 2023 a worm took admins' cookies by a shortcode with quotes and `onerror`. So a shortcode is
looked up, never taken from the post, and everything that becomes an attribute is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sebangsa.text.links import safe_href
from sebangsa.text.simple_html import escaped

MAX_EMOJI_SHOWN = 100

_SHORTCODE = re.compile(r"[A-Za-z0-9_]{2,64}")
_PARTS = re.compile(r"<(/?)([a-z0-9]+)[^>]*>|:([A-Za-z0-9_]{2,64}):")


def valid_shortcode(name: str) -> bool:
    """Whether an emoji may be called so: 2 to 64 ASCII letters, digits, `_`, without the colons."""
    return _SHORTCODE.fullmatch(name) is not None


def with_emoji(html: str, emoji: Mapping[str, str]) -> str:
    """Put pictures in place of known shortcodes; at most 100, none in code or attributes.

    `html` is what `sanitise` gave; `emoji` maps shortcode to the picture's address on our media host. The
    result is for the page only: sanitising it again would take the pictures out.
    """
    if not emoji or ":" not in html:
        return html
    in_code = 0
    shown = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal in_code, shown
        closing, tag, shortcode = match.groups()
        if tag:
            if tag in ("code", "pre"):
                in_code += -1 if closing else 1
            return match[0]
        address = safe_href(emoji.get(shortcode, ""))
        if in_code or shown >= MAX_EMOJI_SHOWN or not address or address.startswith("mailto:"):
            return match[0]
        shown += 1
        words = f'alt=":{shortcode}:" title=":{shortcode}:"'
        return f'<img class="emoji" src="{escaped(address)}" {words} loading="lazy" width="20" height="20">'

    return _PARTS.sub(replaced, html)
