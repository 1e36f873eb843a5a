"""Handing out stored media with headers that let no browser run them."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from federation.endpoints.answers import is_known
from sebangsa.media.store import MediaStoreError, StoredMedia

_SHOWN_IN_PLACE = ("image/", "audio/")

# S-101: whatever the bytes turn out to be, a browser gets no script, no style and no frame with our origin.
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}
# A key never gets other bytes, so a browser may keep them for good. `private`: no cache between us and the
# reader keeps what its owner has deleted (S-105).
_KEPT = "private, max-age=31536000, immutable"


async def serve_media(request: Request) -> Response:
    """`GET /media/{key}` from `app.state.site.media`: 200, 304, or one 404 for all that is not there."""
    try:
        stored = await request.app.state.site.media.get(request.path_params["key"])
    except MediaStoreError:
        headers = {**_ALWAYS, "Cache-Control": "no-store", "Retry-After": "30"}
        return PlainTextResponse("The picture cannot be read just now.", 503, headers)
    return media_response(stored, request.headers.get("if-none-match", ""))


def media_response(stored: StoredMedia | None, if_none_match: str = "", *, gone: bool = False) -> Response:
    """The answer for stored media. `gone` makes an absent one 410, for whoever knows that it was there."""
    if stored is None:
        status, text = (410, "It was deleted.") if gone else (404, "There is no such thing here.")
        return PlainTextResponse(text, status, {**_ALWAYS, "Cache-Control": "no-store"})
    tag = f'"{hashlib.sha256(stored.data).hexdigest()[:32]}"'
    # Web clients on other hosts draw pictures on a canvas; no cookie is read here, so `*` gives nothing away.
    headers = {**_ALWAYS, "Cache-Control": _KEPT, "ETag": tag, "Access-Control-Allow-Origin": "*"}
    if not stored.content_type.startswith(_SHOWN_IN_PLACE):
        headers["Content-Disposition"] = "attachment"
    if is_known(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(stored.data, headers=headers, media_type=stored.content_type)


MEDIA_ROUTES = [Route("/media/{key:path}", serve_media, methods=["GET"])]
