"""Pictures of other servers, shown from ours: small, re-encoded, and without telling them who looks.

A page that loaded them from their own hosts would give each reader's address away, break a zero-rated connection, and cost
a phone the full size. Only addresses that we signed are fetched: this is no open proxy.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.refusals import Refused
from sebangsa.media.images import (
    EncodedImage,
    MediaRefused,
    process_avatar,
    process_emoji,
    process_image,
)
from sebangsa.media.serving import media_response
from sebangsa.media.store import StoredMedia, derived_key

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_BYTES = 10_000_000
ACCEPTED = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
VARIANTS = ("avatar", "portrait", "picture", "emoji")

_fetching = asyncio.Semaphore(4)


def shown_url(site: Site, url: str, variant: str) -> str:
    """The address under which our pages show a picture: our own as it is, a remote one through here.

    `variant` is `avatar` (48 px), `portrait` (the same face, 400 px), `picture` (640 px) or `emoji` (64 px,
    as wide as it is).
    """
    if not url or site.federation.config.is_ours(url):
        return url
    encoded = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return f"/media/remote/{variant}/{_mac(site, variant, url)}/{encoded}"


def whole_url(site: Site, url: str, variant: str) -> str:
    """The same with our host before it, for apps."""
    shown = shown_url(site, url, variant)
    return f"{site.settings.url}{shown}" if shown.startswith("/") else shown


async def serve_remote(request: Request) -> Response:
    """`GET /media/remote/{variant}/{mac}/{url}`: the small copy, made at the first look; 404 when it cannot be had."""
    site = cast("Site", request.app.state.site)
    variant, encoded = request.path_params["variant"], request.path_params["encoded"]
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return media_response(None)
    genuine = hmac.compare_digest(request.path_params["mac"].encode(), _mac(site, variant, url).encode())
    if variant not in VARIANTS or not genuine:
        return media_response(None)
    return media_response(await _copy(site, variant, url), request.headers.get("if-none-match", ""))


async def _copy(site: Site, variant: str, url: str) -> StoredMedia | None:
    key = derived_key("remote", variant, url, extension="webp")
    stored = await site.media.get(key)
    if stored is not None:
        return stored
    async with _fetching:
        try:
            fetched = await site.federation.client.get_bytes(url, accept_types=ACCEPTED, max_bytes=MAX_BYTES)
            made = await _made(variant, fetched.body)
        except (Refused, MediaRefused):
            return None
    await site.media.put(key, made.data, made.content_type)
    return StoredMedia(made.data, made.content_type)


async def _made(variant: str, data: bytes) -> EncodedImage:
    if variant == "picture":
        return (await process_image(data)).feed
    if variant == "emoji":
        return await process_emoji(data)
    face = await process_avatar(data)
    return face.small if variant == "avatar" else face.large


def _mac(site: Site, variant: str, url: str) -> str:
    return hmac.new(site.secret, f"remote:{variant}:{url}".encode(), hashlib.sha256).hexdigest()[:24]


ROUTES: list[BaseRoute] = [Route("/media/remote/{variant}/{mac}/{encoded}", serve_remote, methods=["GET"])]
