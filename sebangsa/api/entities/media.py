"""MediaAttachment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sebangsa.media.remote import whole_url
from sebangsa.models import Attachment

if TYPE_CHECKING:
    from sebangsa.site import Site

FEED_SIDE = 640
_TYPES = ("image", "video", "audio")


def media_attachment(site: Site, attachment: Attachment) -> dict[str, Any]:
    """A picture or other file, of a post or just uploaded.

    What an app shows by itself (`preview_url`) comes from us, also of another server's picture, which would learn who
    looks. The whole of that one (`url`) is fetched from its own host when somebody opens it, as on the pages.
    """
    kind = attachment.media_type.partition("/")[0]
    url = attachment.remote_url or site.media.url(attachment.key)
    small = whole_url(site, attachment.remote_url, "picture") if attachment.remote_url else url
    if attachment.small_key:
        small = site.media.url(attachment.small_key)
    return {
        "id": str(attachment.id),
        "type": kind if kind in _TYPES else "unknown",
        "url": url,
        "preview_url": small if kind == "image" else None,
        "remote_url": attachment.remote_url or None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(attachment),
        "description": attachment.description or None,
        "blurhash": attachment.blurhash or None,
    }


def _meta(attachment: Attachment) -> dict[str, Any]:
    """Sizes; a focus only with both its axes (Tusky reads no half)."""
    meta: dict[str, Any] = {}
    width, height = attachment.width, attachment.height
    if width and height:
        meta["original"] = _size(width, height)
        scale = min(1.0, FEED_SIDE / max(width, height)) if attachment.small_key else 1.0
        meta["small"] = _size(max(1, round(width * scale)), max(1, round(height * scale)))
    if attachment.focus_x is not None and attachment.focus_y is not None:
        meta["focus"] = {"x": attachment.focus_x, "y": attachment.focus_y}
    return meta


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
