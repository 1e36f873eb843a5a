"""The pictures that stand where somebody has none."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sebangsa.api.entities.accounts import MISSING_AVATAR, MISSING_HEADER

_FOLDER = Path(__file__).parent / "pictures"
_PICTURES = {MISSING_AVATAR: "avatar.png", MISSING_HEADER: "header.png"}
_BYTES = {path: (_FOLDER / name).read_bytes() for path, name in _PICTURES.items()}


async def missing_picture(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=86400", "access-control-allow-origin": "*"}
    return Response(_BYTES[request.url.path], media_type="image/png", headers=headers)


ROUTES: list[BaseRoute] = [Route(path, missing_picture) for path in _PICTURES]
