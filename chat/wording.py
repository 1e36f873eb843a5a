"""The mentions that lead a message on the wire, and the message without them. Pure functions.

Mastodon's apps fill in an answer's recipients from the mentions, and Misskey drops whom no text names (misskey#12954),
so each message begins with everybody's handle. In a chat they are noise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from federation.models import Actor

_BLOCK = re.compile(r"(?:[-*+>#|]|```|~~~|[0-9]{1,9}[.)]|\t| {4})")
_MENTION = re.compile(
    r"\s*(?:<span(?: [^>]*)?>\s*)?<a(?P<attributes> [^>]*)>\s*@(?:(?!</a>).)*</a>(?:\s*</span>)?[\s,:\u00a0]*",
    re.DOTALL,
)
_HREF = re.compile(r' href="([^"]*)"')
_HANDLE = re.compile(r"\s*@(\S+)\s*")


def handle_here(actor: Actor) -> str:
    """How somebody is named in a text written here."""
    return f"@{actor.handle}"


def addressed(source: str, recipients: Iterable[Actor]) -> str:
    """A message's Markdown with its recipients named first."""
    names = " ".join(handle_here(actor) for actor in recipients)
    if not names:
        return source
    # A list or a quotation begins on a line of its own.
    return f"{names}\n\n{source}" if _BLOCK.match(source) else f"{names} {source}"


def own_source(source: str, recipients: Iterable[Actor]) -> str:
    """The Markdown as it was typed, for editing."""
    names = {actor.handle for actor in recipients}
    while (match := _HANDLE.match(source)) and match[1] in names:
        source = source[match.end() :]
        names.discard(match[1])
    return source


def own_content(content: str, links: Collection[str]) -> str:
    """A message's HTML without the leading mentions of its chat's members; `links` are their ids and pages."""
    opening = re.match(r"\s*<p>", content)
    start = opening.end() if opening else 0
    position = start
    while match := _MENTION.match(content, position):
        href = _HREF.search(match["attributes"])
        if href is None or href[1].replace("&amp;", "&") not in links:
            break
        position = match.end()
    if position == start:
        return content
    rest = content[position:]
    if opening is None:
        return rest
    rest = re.sub(r"^(?:<br ?/?>\s*)+", "", rest)
    return rest[len("</p>") :].lstrip() if rest.startswith("</p>") else f"<p>{rest}"
