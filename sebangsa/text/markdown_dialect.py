"""The Markdown of posts: what of Python-Markdown is on, what is off, and what is ours.

Off: raw HTML (typed `<b>` is shown as `<b>`), pictures (they would load from anywhere), headings without a
space (`#banjir` is a tag). Ours: handles, hashtags and bare addresses, found before emphasis can tear
`@a_b_c` apart.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Callable
from typing import Any

from markdown import Markdown
from markdown.inlinepatterns import ImageInlineProcessor, InlineProcessor
from markdown.util import AtomicString

from sebangsa.text.linking import MAY_BEGIN, Linked, Linker

_HEADING = re.compile(r"(?:^|\n)(?P<level>#{1,6})[ \t]+(?P<header>(?:\\.|[^\\])*?)#*(?:\n|$)")


class PostMarkdown:
    """A parser for one thread; `render` may be called again and again."""

    def __init__(self, as_html: Callable[[Linked, Linker], str]) -> None:
        self._markdown = Markdown(
            extensions=["fenced_code", "tables", "sane_lists", "nl2br"], output_format="html"
        )
        self._markdown.preprocessors.deregister("html_block")
        patterns = self._markdown.inlinePatterns
        for name in ("html", "image_link", "image_reference", "short_image_ref"):
            patterns.deregister(name)
        patterns.register(_PictureAsLink(r"\!\[", self._markdown), "picture", 155)
        # After code (190), escapes (180) and written links (160), before emphasis (60).
        self._found = _FoundInText(self._markdown, as_html)
        patterns.register(self._found, "found_in_text", 118)
        self._markdown.parser.blockprocessors["hashheader"].RE = _HEADING

    def render(self, source: str, linker: Linker) -> str:
        """HTML, not yet sanitised, of `source`."""
        self._found.linker = linker
        try:
            html: str = self._markdown.reset().convert(source)
            return html
        finally:
            self._found.linker = None


class _FoundInText(InlineProcessor):
    """Puts the link of a handle, hashtag or address in place of its text, out of reach of later patterns."""

    ANCESTOR_EXCLUDES = ("a",)
    linker: Linker | None = None

    def __init__(self, markdown: Markdown, as_html: Callable[[Linked, Linker], str]) -> None:
        super().__init__(rf"(?<!\\)(?:{MAY_BEGIN})", markdown)
        self._as_html = as_html

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int | None, int | None]:
        found = self.linker.at(data, m.start()) if self.linker is not None else None
        if found is None or self.linker is None:
            return None, None, None
        end, linked = found
        return self.md.htmlStash.store(self._as_html(linked, self.linker)), m.start(), end


class _PictureAsLink(ImageInlineProcessor):
    """`![words](address)` as a link: nothing loads until somebody opens it, and the words stay."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int | None, int | None]:
        picture, start, end = super().handleMatch(m, data)
        if picture is None:
            return None, None, None
        link = etree.Element("a")
        link.set("href", picture.get("src") or "")
        link.text = AtomicString(picture.get("alt") or picture.get("src") or "")
        return link, start, end
