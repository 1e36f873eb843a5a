"""The text of an object, as the Markdown that posts and profiles are kept in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from federation.models import Actor
from federation.wire import text_of
from federation.wire.shapes import MAX_CONTENT, natural_text
from sebangsa.errors import Invalid
from sebangsa.text.to_markdown import html_to_markdown, plain_to_markdown

MARKDOWN, PLAIN, HTML = "text/markdown", "text/plain", "text/html"


async def source_of(
    document: Mapping[str, Any], key: str = "content", *, named: Iterable[Actor] = (), domain: str = ""
) -> str:
    """What stands in `source` or, without it, under `key` (or `…Map`), by its media type: HTML unless it says so.

    `named` are those whose mentions in HTML become handles; `domain` is that of our own. Raises `Invalid` for another
    media type, `Refused` for HTML that is too large.
    """
    source = document.get("source")
    if isinstance(source, dict) and text_of(source.get("content")):
        return await _as_markdown(
            text_of(source["content"], limit=MAX_CONTENT), _media_type(source, MARKDOWN), {}
        )
    handles = {
        address: f"@{actor.username}@{actor.domain or domain}"
        for actor in named
        for address in (actor.uri, actor.url)
        if address
    }
    media_type = _media_type(document, HTML) if key == "content" else HTML
    return await _as_markdown(natural_text(document, key, limit=MAX_CONTENT), media_type, handles)


async def edited_source(
    document: Mapping[str, Any], key: str, source_now: str, html_now: str, **more: Any
) -> str | None:
    """The new text of an edit, or None where the document says nothing of it (6.3: what is left out stays).

    An app that read the document and changed the HTML alone sends the old source back with it.
    """
    if not any(name in document for name in (key, f"{key}Map", "source")):
        return None
    source = document.get("source")
    text = source.get("content") if isinstance(source, dict) else None
    if text == source_now and natural_text(document, key, limit=MAX_CONTENT) not in ("", html_now):
        document = {name: value for name, value in document.items() if name != "source"}
    return await source_of(document, key, **more)


def _media_type(document: Mapping[str, Any], otherwise: str) -> str:
    return text_of(document.get("mediaType")).partition(";")[0].strip().lower() or otherwise


async def _as_markdown(text: str, media_type: str, handles: Mapping[str, str]) -> str:
    if media_type == MARKDOWN:
        return text
    if media_type == PLAIN:
        return plain_to_markdown(text)
    if media_type == HTML:
        return await asyncio.to_thread(html_to_markdown, text, handles)
    raise Invalid("media-type-unsupported", "Text is HTML, Markdown or plain text.", field="mediaType")
