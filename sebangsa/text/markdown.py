"""Markdown, and plain text, as people write posts: the one renderer. What it makes passes the sanitiser."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from federation.refusals import Refused
from sebangsa.text.linking import (
    Linked,
    LinkedHashtag,
    LinkedMention,
    Linker,
    MentionTarget,
)
from sebangsa.text.markdown_dialect import PostMarkdown
from sebangsa.text.sanitise import canonical, sanitise
from sebangsa.text.simple_html import decoded, escaped, text_escaped

MAX_MARKDOWN_CHARS = 10_000
# The parser is quadratic in these: 5,000 `[` take 2.3 s, 5,000 lines of `=` or 8,000 backticks nearly 1 s.
MAX_BRACKETS = 500
MAX_BACKTICKS = 1_000
MAX_LINES = 1_500

_NESTED = re.compile(r"^[ \t]*(?:(?:>|[-+*]|[0-9]{1,9}[.)])[ \t]*){12}", re.MULTILINE)
_HREF = re.compile(r'<a href="([^"]*)"(?: class="([^"]*)")?')

Markup = Literal["markdown", "plain"]


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A post's source made ready: `html` for pages and the wire, and what it links to, each once, in order.

    `hashtags` are in normal form; `links` are the web addresses that are neither mention nor hashtag.
    """

    html: str
    mentions: tuple[MentionTarget, ...]
    hashtags: tuple[str, ...]
    links: tuple[str, ...]


def render_markdown(source: str) -> str:
    """Sanitised HTML of Markdown: fenced code, tables, sane lists, a line break is a line break.

    HTML in the source is shown as it was typed, a picture becomes a link to it, `#word` is no
    heading, bare addresses are links. Past 10,000 characters, 500 of `[` or `<`, 1,000 backticks, 1,500 lines
    or 12 levels it is rendered as plain text; never refused.
    """
    return _render(source, Linker({}, None), "markdown")


async def render_post(
    source: str, *, mentions: Mapping[str, MentionTarget], base_url: str, markup: Markup = "markdown"
) -> RenderedText:
    """Render a post in a thread and link its handles, hashtags and bare addresses.

    `mentions` maps `Handle.key` (`name`, `name@host`) to who it is; other handles stay text. Nothing inside
    code, links or e-mail addresses is touched. `base_url` is ours, without a slash at its end: tags are at
    `/tags/…`.
    """
    return await asyncio.to_thread(render_post_now, source, mentions, base_url, markup)


def render_post_now(
    source: str, mentions: Mapping[str, MentionTarget], base_url: str, markup: Markup = "markdown"
) -> RenderedText:
    """`render_post` for callers that are in a thread already (imports, command line)."""
    linker = Linker(mentions, f"{base_url}/tags/")
    html = _render(source, linker, markup)
    links: dict[str, None] = {}
    for href, classes in _HREF.findall(html):
        if "mention" not in classes.split() and not href.startswith("mailto:"):
            links.setdefault(decoded(href))
    return RenderedText(html, tuple(linker.mentioned.values()), tuple(linker.hashtags), tuple(links))


def _render(source: str, linker: Linker, markup: Markup) -> str:
    source = _without_control(source)
    if markup == "plain" or not _is_affordable(source):
        return _plain(source, linker)
    try:
        return sanitise(_dialects.markdown.render(source, linker))
    except (RecursionError, Refused):
        # A shape that the limits above do not foresee still gets shown.
        linker.forget()
        return _plain(source, linker)


def _is_affordable(source: str) -> bool:
    return (
        len(source) <= MAX_MARKDOWN_CHARS
        and source.count("[") + source.count("<") < MAX_BRACKETS
        and source.count("`") < MAX_BACKTICKS
        and source.count("\n") < MAX_LINES
        and _NESTED.search(source) is None
    )


def _without_control(source: str) -> str:
    # `canonical` would read entities; in a source `&amp;` is what somebody typed.
    return decoded(canonical(text_escaped(source)))


def _plain(source: str, linker: Linker) -> str:
    paragraphs = re.split(r"\n[ \t]*\n\s*", source.strip("\n"))
    html = "".join(f"<p>{_linked(part, linker)}</p>" for part in paragraphs if part.strip())
    try:
        return sanitise(html)
    except Refused:
        # Long text made longer by its escapes: without links there is nothing in it to clean.
        return "<p>" + text_escaped(source).replace("\n", "<br>") + "</p>"


def _linked(text: str, linker: Linker) -> str:
    parts: list[str] = []
    done = 0
    for start, end, linked in linker.find(text):
        parts += [text_escaped(text[done:start]).replace("\n", "<br>"), _as_html(linked, linker)]
        done = end
    parts.append(text_escaped(text[done:]).replace("\n", "<br>"))
    return "".join(parts)


def _as_html(linked: Linked, linker: Linker) -> str:
    if isinstance(linked, LinkedMention):
        name = text_escaped(linked.target.name)
        link = f'<a href="{escaped(linked.target.url)}" class="u-url mention">'
        return f'<span class="h-card">{link}{linked.handle.sigil}<span>{name}</span></a></span>'
    if isinstance(linked, LinkedHashtag):
        url = escaped(linker.tag_url(linked.tag))
        written = text_escaped(linked.written)
        return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{written}</span></a>'
    spans = "".join(f'<span class="{kind}">{text_escaped(text)}</span>' for kind, text in linked.pieces)
    return f'<a href="{escaped(linked.href)}">{spans}</a>'


class _Dialects(threading.local):
    """One parser a thread: it holds state."""

    def __init__(self) -> None:
        self.markdown = PostMarkdown(_as_html)


_dialects = _Dialects()
