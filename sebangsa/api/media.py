"""Uploads: ready at once, since pictures are all that is taken here."""

from __future__ import annotations

from typing import Any

from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.media import media_attachment
from sebangsa.errors import Invalid
from sebangsa.media.images import DEFAULT_LIMITS
from sebangsa.media.opening import MediaRefused
from sebangsa.uploads import describe_upload, drop_upload, read_focus, upload_picture, waiting_upload


async def post_media(call: Call) -> dict[str, Any]:
    """Upload a picture, with its description and focus."""
    file = call.given.file("file")
    if file is None:
        raise Invalid("file-needed", "Send a file.", field="file")
    data = await file.read(DEFAULT_LIMITS.max_bytes + 1)
    if len(data) > DEFAULT_LIMITS.max_bytes:
        raise MediaRefused("too-large")
    uploaded = await upload_picture(
        call.site,
        call.me,
        data,
        description=call.given.text("description", limit=10_000),
        focus=read_focus(call.given.text("focus")),
    )
    return media_attachment(call.site, uploaded.attachment)


async def show_media(call: Call) -> dict[str, Any]:
    return media_attachment(call.site, await waiting_upload(call.me, call.path_id()))


async def put_media(call: Call) -> dict[str, Any]:
    attachment = await waiting_upload(call.me, call.path_id())
    given = call.given
    await describe_upload(
        attachment,
        description=given.text("description", limit=10_000) if given.has("description") else None,
        focus=read_focus(given.text("focus")),
    )
    return media_attachment(call.site, attachment)


async def delete_media(call: Call) -> dict[str, Any]:
    await drop_upload(call.site, await waiting_upload(call.me, call.path_id()))
    return {}


_WRITE = Rule(Caller.PERSON, "write:media")
_UPLOAD = Rule(Caller.PERSON, "write:media", bucket="media")

ROUTES = [
    ApiRoute("/api/v1/media", post_media, _UPLOAD, methods=["POST"], files=True),
    ApiRoute("/api/v2/media", post_media, _UPLOAD, methods=["POST"], files=True),
    ApiRoute("/api/v1/media/{id}", show_media, _WRITE),
    ApiRoute("/api/v1/media/{id}", put_media, _WRITE, methods=["PUT"]),
    ApiRoute("/api/v1/media/{id}", delete_media, _WRITE, methods=["DELETE"]),
]
