"""The one sanitiser: every HTML that reaches a page, a feed or a client passes `sanitise`.

Design chapter 5; cases S-063 to S-068, S-095.
"""

from __future__ import annotations

import asyncio
import re
from html.entities import html5

from selectolax.lexbor import LexborHTMLParser

from federation.refusals import Refused
from sebangsa.text.full_html import clean_full
from sebangsa.text.policy import MAX_HTML_CHARS
from sebangsa.text.simple_html import clean_simple, text_escaped

# Above this many characters, cleaning would hold the event loop for milliseconds.
THREAD_CHARS = 8 * 1024
_MAX_PASSES = 4

_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_AMPERSAND = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{1,64})|([0-9]{1,64}));?|([A-Za-z][A-Za-z0-9]{0,31};))?")
_FOUR = {"amp;": "&amp;", "lt;": "&lt;", "gt;": "&gt;", "quot;": "&quot;"}


def sanitise(html: str) -> str:
    """HTML from anywhere as it may stand on a page of ours.

    Keeps the allow-list of `policy`; links only to http, https and mail, with `rel="nofollow noopener ugc"`;
    scripts and styles vanish with their text, pictures leave their alternative text. Idempotent, and written
    so that a browser's tree of it is ours. Safe in any thread. Raises `Refused`: "too-large" past 65,536
    characters or 6,000 elements, "too-deep" past 200 levels; `sanitise_or_text` shows such input as plain
    text instead.
    """
    if len(html) > MAX_HTML_CHARS:
        raise Refused("too-large", f"HTML of more than {MAX_HTML_CHARS} characters")
    html = canonical(html)
    simple = clean_simple(html)
    return simple if simple is not None else _settled(html)


def sanitise_or_text(html: str) -> str:
    """Like `sanitise`, but what it refuses comes back cut to 65,536 characters as plain escaped text."""
    try:
        return sanitise(html)
    except Refused:
        return text_escaped(_UNWANTED.sub("", html[:MAX_HTML_CHARS]))


async def sanitise_async(html: str) -> str:
    """`sanitise`, in a thread when the input is long enough to be felt by others on the event loop."""
    if len(html) <= THREAD_CHARS:
        return sanitise(html)
    return await asyncio.to_thread(sanitise, html)


def canonical(html: str) -> str:
    """The same HTML without control characters, lone surrogates and entities other than `&amp; &lt; &gt;
    &quot;`.

    So no later step meets `&Tab;`, `&#0;` or a number of 5,000 digits, and nothing that a database refuses.
    """
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in html:
        html = _AMPERSAND.sub(_one_form, html)
    return _UNWANTED.sub("", html)


def _one_form(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        if name in _FOUR:
            return _FOUR[name]
        known = html5.get(name)
        return text_escaped(known).replace('"', "&quot;") if known is not None else f"&amp;{name}"
    if hexadecimal or decimal:
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        character = chr(code) if 0 < code < 0x110000 else "\ufffd"
        return text_escaped(character).replace('"', "&quot;").replace("\r", "\n")
    return "&amp;" + match[0][1:]


def _settled(html: str) -> str:
    """Clean until a browser reads back exactly what was written (S-065); plain text if it never does."""
    cleaned = html
    for _ in range(_MAX_PASSES):
        cleaned = clean_full(cleaned)
        if cleaned == _as_a_browser_reads(cleaned):
            return cleaned
    return "".join(re.split(r"<[^>]*>", cleaned))


def _as_a_browser_reads(html: str) -> str:
    read: str = LexborHTMLParser(html, is_fragment=True, scripting=True).inner_html or ""
    return read.replace("&nbsp;", "\u00a0")
