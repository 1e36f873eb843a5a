"""Pictures, sounds, films and links that hang on a post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.refusals import Refused
from federation.wire.shapes import (
    as_list,
    count_of,
    is_link,
    link_of,
    natural_text,
    number_of,
    objects_of,
    plain,
    text_of,
    types_of,
)

MAX_ATTACHMENTS = 32
MAX_ALT = 10_000
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]{0,80}\Z")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}\Z")

_BY_ENDING = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg", "ogg": "audio/ogg",
    "opus": "audio/opus", "m4a": "audio/mp4", "flac": "audio/flac", "wav": "audio/wav",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AttachmentDocument:
    """One file. `kind` is image, video, audio or file; `media_type` may be "" when nothing tells it.

    Width and height are pixels. `focal` is (x, y), each from -1 to 1, y upwards (Mastodon). `extra` holds the
    `civic:` keys as sent (a photo's phase, what its maker says of time and place).
    """

    url: str
    kind: str
    media_type: str = ""
    alt: str = ""
    width: int | None = None
    height: int | None = None
    blurhash: str = ""
    focal: tuple[float, float] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkDocument:
    """A web page that a post is about or points to."""

    href: str
    name: str


def read_attachments(value: Any) -> tuple[tuple[AttachmentDocument, ...], tuple[LinkDocument, ...]]:
    """The files and the links of an `attachment` value, at most `MAX_ATTACHMENTS` together.

    Lemmy sends a picture post as a `Link` to the picture: by its ending it is filed as the picture.
    """
    files: list[AttachmentDocument] = []
    links: list[LinkDocument] = []
    for item in objects_of(value):
        if len(files) + len(links) >= MAX_ATTACHMENTS:
            break
        kinds = types_of(item)
        kind = kinds[0] if kinds else ""
        if kind in ("PropertyValue", "Note"):
            continue
        url = _address(item)
        if not url:
            continue
        media_type = media_type_of(item.get("mediaType") or item.get("mimeType")) or _by_ending(url)
        if kind in ("Link", "Page") and _main(media_type) not in ("image", "video", "audio"):
            links.append(LinkDocument(url, natural_text(item, "name", limit=300)))
        else:
            files.append(_file(item, url, kind, media_type))
    return tuple(files), tuple(links)


def file_of(document: Mapping[str, Any], kind: str) -> AttachmentDocument | None:
    """The playable or shown file of a `Video`, `Audio` or `Image` object, from its list of `url`s.

    PeerTube lists renditions, partly inside the `tag` of a playlist link; the tallest mp4 of at most 720
    lines is taken, for phones, else the first that fits.
    """
    found: list[tuple[int, str, str]] = []
    for link in _links(document.get("url"), 0):
        media_type = media_type_of(link.get("mediaType") or link.get("mimeType"))
        href = link_of(link.get("href"))
        if href and _main(media_type) == kind:
            found.append((count_of(link.get("height"), at_most=100_000) or 0, href, media_type))
    if not found:
        url = link_of(document.get("url"))
        if not url or _main(_by_ending(url)) != kind:
            return None
        return _file(document, url, kind.title(), _by_ending(url))
    fitting = [entry for entry in found if entry[0] <= 720]
    best = max(fitting, key=lambda entry: entry[0]) if fitting else found[0]
    return AttachmentDocument(best[1], kind, best[2], text_of(document.get("name"), limit=MAX_ALT))


def image_of(value: Any) -> tuple[str, str]:
    """Address and alt text of an `icon` or `image`, given as text, object, or list (the first counts)."""
    for item in as_list(value):
        if is_link(item):
            return item, ""
        if isinstance(item, dict):
            try:
                item = plain(item)
            except Refused:
                continue
            if url := _address(item):
                return url, natural_text(item, "name", limit=MAX_ALT) or text_of(
                    item.get("summary"), limit=MAX_ALT
                )
    return "", ""


def media_type_of(value: Any) -> str:
    """A media type in lower case without parameters, or ""."""
    if not isinstance(value, str) or len(value) > 300:
        return ""
    name = value.partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.match(name) else ""


def _file(item: Mapping[str, Any], url: str, kind: str, media_type: str) -> AttachmentDocument:
    main = _main(media_type)
    if main not in ("image", "video", "audio"):
        main = kind.lower() if kind in ("Image", "Video", "Audio") else "file"
    blurhash = item.get("blurhash")
    return AttachmentDocument(
        url=url,
        kind=main,
        media_type=media_type,
        alt=natural_text(item, "name", limit=MAX_ALT) or natural_text(item, "summary", limit=MAX_ALT),
        width=count_of(item.get("width"), at_most=100_000) or None,
        height=count_of(item.get("height"), at_most=100_000) or None,
        blurhash=blurhash if isinstance(blurhash, str) and _BLURHASH.match(blurhash) else "",
        focal=_focal(item.get("focalPoint")),
        extra={
            key: value
            for key, value in item.items()
            if key.startswith("civic:") and isinstance(value, str) and len(value) <= 500
        },
    )


def _address(item: Mapping[str, Any]) -> str:
    url = item.get("url")
    if url is None:
        url = item.get("href")
    for choice in as_list(url):
        if found := link_of(choice):
            return found
    return ""


def _links(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    for link in objects_of(value):
        yield link
        if depth == 0:
            yield from _links(link.get("tag"), 1)


def _focal(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = (number_of(part, -1.0, 1.0) for part in value)
    return None if x is None or y is None else (x, y)


def _main(media_type: str) -> str:
    return media_type.partition("/")[0]


def _by_ending(url: str) -> str:
    path = url.partition("?")[0].partition("#")[0]
    return _BY_ENDING.get(path.rpartition(".")[2].lower(), "") if "." in path.rpartition("/")[2] else ""
