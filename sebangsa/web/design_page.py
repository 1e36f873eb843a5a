"""`/design`: every piece in all its states, in development only. `?lang=` and `?theme=` show the other ones."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sebangsa.errors import NotFound
from sebangsa.web.design_samples import samples
from sebangsa.web.viewing import page, site_of
from static.assets import Assets


@page
async def design(request: Request) -> Response:
    """`/design`."""
    site = site_of(request)
    if not site.settings.is_development:
        raise NotFound
    request.state.language = request.query_params.get("lang", "")
    request.state.theme = request.query_params.get("theme", "")
    assets = request.app.state.templates.assets
    rendered: Response = request.app.state.templates.render(
        request,
        "design.html",
        {**samples(site.clock.now(), assets.url("favicon.svg")), "icon_names": icon_names(assets)},
    )
    return rendered


def icon_names(assets: Assets) -> list[str]:
    """Every icon of the sprite."""
    return re.findall(r'<symbol id="([^"]+)"', assets["icons/sprite.svg"].raw.decode())


ROUTES: list[BaseRoute] = [Route("/design", design)]
