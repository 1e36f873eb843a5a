"""`/static/…`: styles, script and icons."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from static.assets import Assets


async def asset(request: Request) -> Response:
    """`/static/{name}.{hash}.{ext}`."""
    assets = cast(Assets, request.app.state.templates.assets)
    return assets.answer(request.url.path, request.headers)


ROUTES: list[BaseRoute] = [Route("/static/{path:path}", asset)]
