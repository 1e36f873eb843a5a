"""Language and theme of the pages: kept in a cookie, so that they are there before anybody signs in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sebangsa.errors import Invalid
from sebangsa.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from sebangsa.web.templating import THEME_COOKIE, THEMES
from sebangsa.web.viewing import local_path, page, set_cookie, site_of


@page
async def set_appearance(request: Request) -> Response:
    """`POST /appearance` with `lang` (id, en) or `theme` (light, dark, or device), and `next`."""
    form = await request.form()
    language, theme = str(form.get("lang", "")), str(form.get("theme", ""))
    if language and language not in LANGUAGES:
        raise Invalid("unknown-language", "We do not have this language yet.", field="lang")
    if theme and theme not in (*THEMES, "device"):
        raise Invalid("unknown-theme", "Choose light, dark, or as on your device.", field="theme")
    response = RedirectResponse(local_path(str(form.get("next", ""))), 303)
    if language:
        set_cookie(site_of(request), response, LANGUAGE_COOKIE, language)
    if theme:
        set_cookie(site_of(request), response, THEME_COOKIE, theme)
    return response


ROUTES: list[BaseRoute] = [Route("/appearance", set_appearance, methods=["POST"])]
