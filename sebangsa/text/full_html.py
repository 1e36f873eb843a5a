"""The sanitiser's full way: parse as HTML 5 says, shape the tree, let bleach enforce the allow-list.

bleach's authors deprecated it in 2023; nothing outside this file knows that it is there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from bleach import html5lib_shim
from bleach._vendor.html5lib.treebuilders import getTreeBuilder
from bleach.sanitizer import BleachSanitizerFilter, Cleaner

from federation.refusals import Refused
from sebangsa.text.links import Piece, link_attributes, may_cut, true_host_note, without_bidi
from sebangsa.text.policy import (
    ALLOWED_ATTRIBUTES,
    ALLOWED_SCHEMES,
    ALLOWED_TAGS,
    DROPPED_WITH_CONTENT,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_TAG_ATTRIBUTES,
    PARSED_TAGS,
)
from sebangsa.text.simple_html import decoded, escaped, span_attributes

_NUMBER = re.compile(r"-?[0-9]{1,6}")
_TreeBuilder: Any = getTreeBuilder("etree")


class _BoundedTree(_TreeBuilder):
    """A tree that refuses to grow past what a reader needs (2.7 s for 10,000 nested quotes otherwise)."""

    def reset(self) -> None:
        super().reset()
        self.made = 0

    def insertElementNormal(self, token: dict[str, Any]) -> Any:
        self._count()
        return super().insertElementNormal(token)

    def insertElementTable(self, token: dict[str, Any]) -> Any:
        self._count()
        return super().insertElementTable(token)

    def _count(self) -> None:
        self.made += 1
        if len(self.openElements) > MAX_DEPTH:
            raise Refused("too-deep", f"HTML of more than {MAX_DEPTH} levels")
        if self.made > MAX_ELEMENTS:
            raise Refused("too-large", f"HTML of more than {MAX_ELEMENTS} elements")


class _BoundedParser(html5lib_shim.BleachHTMLParser):
    """bleach's parser over `_BoundedTree`, with a bound on the attributes of one tag as well."""

    def reset(self) -> None:
        super().reset()
        tokenizer = self.tokenizer
        read_name: Callable[[], bool] = tokenizer.attributeNameState

        def bounded() -> bool:
            if len(tokenizer.currentToken["data"]) > MAX_TAG_ATTRIBUTES:
                raise Refused("too-large", f"a tag of more than {MAX_TAG_ATTRIBUTES} attributes")
            return read_name()

        tokenizer.attributeNameState = bounded


class _PostCleaner(Cleaner):
    """bleach's Cleaner with our tree rules between its parser and its filter."""

    def __init__(self) -> None:
        super().__init__(
            tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES, protocols=ALLOWED_SCHEMES, strip=True
        )
        self.parser = _BoundedParser(
            tags=PARSED_TAGS,
            strip=True,
            consume_entities=False,
            tree=_BoundedTree,
            namespaceHTMLElements=False,
        )

    def clean(self, text: str) -> str:
        tree = self.parser.parseFragment(text)
        _shape(tree)
        filtered = BleachSanitizerFilter(
            source=self.walker(tree),
            allowed_tags=self.tags,
            attributes=self.attributes,
            strip_disallowed_tags=True,
            strip_html_comments=True,
            allowed_protocols=self.protocols,
        )
        cleaned: str = self.serializer.render(filtered)
        return cleaned


class _Cleaners(threading.local):
    """One cleaner a thread: its parser holds state."""

    def __init__(self) -> None:
        self.cleaner = _PostCleaner()


_cleaners = _Cleaners()


def clean_full(html: str) -> str:
    """One pass over any HTML. Raises `Refused` ("too-deep", "too-large") for a tree past the bounds."""
    return _cleaners.cleaner.clean(html)


def _shape(tree: Element) -> None:
    """Drop scripts, give pictures' words, and set the attributes of links, spans and lists. In place."""
    _drop_unread(tree)
    in_links: set[Element] = set()
    for element in list(tree.iter()):
        tag = element.tag
        element.text = element.text.replace("&quot;", '"') if element.text else None
        element.tail = element.tail.replace("&quot;", '"') if element.tail else None
        if tag == "a":
            in_links.update(_shape_link(element))
        elif tag == "span":
            if element not in in_links:
                _set(element, span_attributes(_decoded_attributes(element), cutting=False))
        elif tag == "pre":
            # A parser drops one newline after <pre>: left in, each cleaning would eat another.
            element.text = (element.text or "").lstrip("\n") or None
        elif element.attrib:
            _set(element, _list_attributes(tag, _decoded_attributes(element)))


def _drop_unread(parent: Element) -> None:
    """Remove script and style with all they hold; put its alternative text in place of a picture."""
    waiting = [parent]
    while waiting:
        element = waiting.pop()
        before: Element | None = None
        for child in list(element):
            if not isinstance(child.tag, str) or child.tag in DROPPED_WITH_CONTENT or child.tag == "img":
                words = child.get("alt", "") if child.tag == "img" else ""
                left = words + (child.tail or "")
                if before is None:
                    element.text = (element.text or "") + left
                else:
                    before.tail = (before.tail or "") + left
                element.remove(child)
            else:
                before = child
                waiting.append(child)


def _shape_link(link: Element) -> list[Element]:
    """Set the attributes of a link and of the spans in it; gives those spans."""
    attributes = link_attributes(_decoded_attributes(link))
    if attributes is None:
        link.tag = "span"  # the words stay, the link does not
        link.attrib.clear()
        return []
    _set(link, attributes)
    for element in link.iter():
        element.text = without_bidi(element.text) if element.text else None
        if element is not link and element.tail:
            element.tail = without_bidi(element.tail)
    href = attributes["href"]
    pieces = _flat_pieces(link)
    cutting = pieces is not None and any(classes for classes, _ in pieces) and may_cut(href, pieces)
    spans = list(link.iter("span"))
    for span in spans:
        _set(span, span_attributes(_decoded_attributes(span), cutting=cutting))
    note = "" if cutting else true_host_note(href, decoded("".join(link.itertext())))
    if note and len(link):
        link[-1].tail = (link[-1].tail or "") + note
    elif note:
        link.text = (link.text or "") + note
    return spans


def _flat_pieces(link: Element) -> list[Piece] | None:
    pieces = [("", decoded(link.text or ""))]
    for child in link:
        if child.tag != "span" or len(child):
            return None
        pieces.append((decoded(child.get("class", "")), decoded(child.text or "")))
        pieces.append(("", decoded(child.tail or "")))
    return pieces


def _list_attributes(tag: str, given: dict[str, str]) -> dict[str, str]:
    allowed = ALLOWED_ATTRIBUTES.get(tag, [])
    kept = {
        name: value
        for name, value in given.items()
        if name in allowed and name != "reversed" and _NUMBER.fullmatch(value)
    }
    if "reversed" in allowed and "reversed" in given:
        kept["reversed"] = "reversed"
    return kept


def _decoded_attributes(element: Element) -> dict[str, str]:
    return {name: decoded(value) for name, value in element.attrib.items()}


def _set(element: Element, attributes: dict[str, str]) -> None:
    element.attrib.clear()
    for name, value in attributes.items():
        element.set(name, escaped(value))  # bleach writes entities as it finds them
