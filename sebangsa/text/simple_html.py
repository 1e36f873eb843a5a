"""The sanitiser's short way: HTML that already has the shape most posts have.

Mastodon-like notes are paragraphs, line breaks, links and spans, well nested. For those a scan of some
microseconds gives what the full way gives in hundreds; anything else at all, and this says None. That both
ways agree is a property test (`tests/sebangsa/test_text_sanitise.py`), not a hope.
"""

from __future__ import annotations

import re
from html import escape

from sebangsa.text.links import Piece, link_attributes, may_cut, true_host_note, without_bidi
from sebangsa.text.policy import MAX_TAG_ATTRIBUTES, kept_classes

# The caller has made all entities one of four and removed control characters.
_TOKEN = re.compile(
    r'([^<]+)|<(?:(/)(p|a|span)|(p|a|span|br)((?: [a-z][a-z-]*="[^"<>]*")*) ?(/?))>',
)
_ATTRIBUTE = re.compile(r' ([a-z][a-z-]*)="([^"<>]*)"')
_MAX_SPANS = 20


def decoded(text: str) -> str:
    """Undo the four entities that `canonical` leaves."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def text_escaped(text: str) -> str:
    """Text as the sanitiser writes it between tags."""
    return escape(text, quote=False)


def start_tag(name: str, attributes: dict[str, str]) -> str:
    """A start tag as the sanitiser writes it."""
    if not attributes:
        return f"<{name}>"
    written = [f' {key}="{escaped(value)}"' for key, value in attributes.items()]
    return f"<{name}{''.join(written)}>"


def escaped(value: str) -> str:
    """An attribute value as the sanitiser writes it; apostrophes stay, the quotes around it are double."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def span_attributes(given: dict[str, str], *, cutting: bool) -> dict[str, str]:
    """The attributes that a `<span>` keeps."""
    attributes = {}
    classes = kept_classes(given.get("class", ""), cutting=cutting)
    if classes:
        attributes["class"] = classes
    if given.get("translate", "") == "no":
        attributes["translate"] = "no"
    return attributes


def clean_simple(html: str) -> str | None:
    """The sanitised form of `html`, or None if it is not simple.

    Simple: `p` never inside anything and always closed; `a` never inside `a`, holding text and flat spans
    only; `br` outside links; `span` well nested; every attribute lower case, double-quoted, no name twice.
    """
    if "<" not in html:
        return _text(html)
    out: list[str] = []
    open_tags: list[str] = []
    link: _Link | None = None
    end = 0
    for token in _TOKEN.finditer(html):
        if token.start() != end:
            return None
        end = token.end()
        text, _, closing, opening, raw, slash = token.groups()
        if text is not None:
            if link is not None:
                link.add(text)
            else:
                out.append(_text(text))
        elif closing is not None:
            if not open_tags or open_tags.pop() != closing:
                return None
            if link is not None and closing == "span":
                link.leave_span()
            elif link is not None:
                out.append(link.written())
                link = None
            else:
                out.append(f"</{closing}>")
        else:
            given = _attributes(raw) if raw else {}
            if given is None or (slash and opening != "br"):
                return None
            if opening == "br":
                if link is not None:
                    return None
                out.append("<br>")
                continue
            if opening == "p":
                if open_tags:
                    return None
                out.append("<p>")
            elif opening == "a":
                if link is not None:
                    return None
                attributes = link_attributes(given)
                if attributes is None:
                    return None
                link = _Link(attributes)
            elif link is not None:
                if open_tags[-1] != "a":
                    return None
                link.enter_span(given)
            else:
                out.append(start_tag("span", span_attributes(given, cutting=False)))
            open_tags.append(opening)
            if len(open_tags) > _MAX_SPANS:
                return None
    if open_tags or end != len(html):
        return None
    return "".join(out)


def _text(raw: str) -> str:
    return raw.replace(">", "&gt;").replace("&quot;", '"')


def _attributes(raw: str) -> dict[str, str] | None:
    pairs = _ATTRIBUTE.findall(raw)
    given = {name: decoded(value) for name, value in pairs}
    return given if len(given) == len(pairs) <= MAX_TAG_ATTRIBUTES else None


class _Link:
    """A link being read: its start tag and its pieces are written when all its text is known (S-068)."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self._pieces: list[tuple[dict[str, str] | None, str]] = []
        self._span: dict[str, str] | None = None

    def enter_span(self, given: dict[str, str]) -> None:
        self._span = given
        self._pieces.append((given, ""))

    def leave_span(self) -> None:
        self._span = None

    def add(self, raw: str) -> None:
        text = without_bidi(raw)
        if self._span is not None:
            self._pieces[-1] = (self._span, text)
        else:
            self._pieces.append((None, text))

    def written(self) -> str:
        href = self._attributes["href"]
        pieces: list[Piece] = [
            ((given or {}).get("class", ""), decoded(text)) for given, text in self._pieces
        ]
        cutting = may_cut(href, pieces) if any(classes for classes, _ in pieces) else False
        parts = [start_tag("a", self._attributes)]
        for given, text in self._pieces:
            if given is None:
                parts.append(_text(text))
            else:
                parts.append(
                    f"{start_tag('span', span_attributes(given, cutting=cutting))}{_text(text)}</span>"
                )
        note = "" if cutting else true_host_note(href, "".join(text for _, text in pieces))
        parts.append(f"{note}</a>")
        return "".join(parts)
