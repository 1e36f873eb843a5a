"""The composition root: settings and features become one ASGI app.

It imports no feature: the settings name them, and each brings its own `feature.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from tortoise.exceptions import ValidationError

from federation.endpoints import protocol_routes
from federation.endpoints.answers import refusal_answer, wants_activity
from federation.endpoints.document_cache import DocumentCache
from federation.refusals import Refused
from sebangsa.api.cors import OpenApi
from sebangsa.authorised_fetch import AuthorisedFetch
from sebangsa.errors import Invalid, NotFound, ProductError, SignInNeeded, TooMany
from sebangsa.media.remote import ROUTES as REMOTE_MEDIA_ROUTES
from sebangsa.media.serving import MEDIA_ROUTES
from sebangsa.site import Site
from sebangsa.usage import usage
from sebangsa.web.proxies import TrustedProxies
from sebangsa.web.security_headers import SecurityHeaders
from sebangsa.web.templating import Templates

log = structlog.get_logger("sebangsa")


class EnterSite:
    """Each request works with its own site's database."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        with self._site.database.entered():
            await self._app(scope, receive, send)


def create_app(site: Site, *, run_jobs: bool = True) -> Starlette:
    """The ASGI app of one site. `run_jobs` false leaves background work to others (web processes of a cluster)."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await site.open()
        await site.database.migrate()
        with site.database.entered():
            await site.federation.start()
            if run_jobs:
                await site.start()
        try:
            yield
        finally:
            await site.stop()

    async def count_usage() -> object:
        return await usage(site)

    routes: list[BaseRoute] = [
        *protocol_routes(site.federation, count_usage),  # type: ignore[arg-type]
        Route("/static/{path:path}", static_file, methods=["GET"]),
        *REMOTE_MEDIA_ROUTES,
        *MEDIA_ROUTES,
        *(route for feature in site.features for route in feature.routes),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(TrustedProxies, trusted=site.settings.trusted_proxies),
            Middleware(SecurityHeaders),
            Middleware(OpenApi),
            Middleware(EnterSite, site=site),
            Middleware(AuthorisedFetch, site=site),
            *([Middleware(DocumentCache)] if site.settings.fetches == "open" else []),
        ],
        exception_handlers={
            ProductError: _product_error,
            Refused: _refused,
            HTTPException: _http_error,
            ValidationError: _no_such_value,
            Exception: _our_fault,
        },
    )
    app.state.site = site
    app.state.templates = Templates([f.templates for f in site.features if f.templates], site)
    return app


async def static_file(request: Request) -> Response:
    """`/static/…`: a file under the name that its content gave it."""
    answer: Response = request.app.state.templates.assets.answer(request.url.path, request.headers)
    return answer


def _wants_json(request: Request) -> bool:
    path = request.url.path
    return (path.startswith(("/api/", "/oauth/")) and not path.startswith("/oauth/authorize")) or (
        "application/json" in request.headers.get("accept", "")
        and "text/html" not in request.headers.get("accept", "")
    )


async def _product_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProductError)
    headers = {"cache-control": "no-store"}
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after)
    if _wants_json(request) or wants_activity(request):
        body = {"error": error.sentence, "code": error.code}
        return JSONResponse(body, status_code=error.status, headers=headers)
    if isinstance(error, SignInNeeded):
        wanted = request.url.path
        if request.method == "GET" and request.url.query:
            wanted += f"?{request.url.query}"
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}", status_code=303)
    return error_page(request, error, headers)


def error_page(request: Request, error: ProductError, headers: dict[str, str]) -> Response:
    """What happened and what to do, as a page."""
    for name, value in (("viewer", None), ("csrf", "")):
        if not hasattr(request.state, name):
            setattr(request.state, name, value)
    response: Response = request.app.state.templates.render(
        request, "error.html", {"error": error}, status_code=error.status
    )
    response.headers.update(headers)
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if wants_activity(request) or _wants_json(request) or request.method == "POST":
        return refusal_answer(error)
    return error_page(
        request, NotFound() if error.status == 404 else ProductError(error.code, error.sentence), {}
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await _product_error(request, NotFound())
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _no_such_value(request: Request, error: Exception) -> Response:
    """A text longer than its column reached the database: in what is looked for, nothing can have it."""
    log.warning("a value was too long for its column", path=request.url.path, error=str(error)[:200])
    if request.method in ("GET", "HEAD"):
        return await _product_error(request, NotFound())
    return await _product_error(request, Invalid("too-long", "Something in this is too long."))


async def _our_fault(request: Request, error: Exception) -> Response:
    log.error("a request failed", path=request.url.path, exc_info=error)
    body = {"error": "Something went wrong on our side. It was written down; try again.", "code": "our-fault"}
    return JSONResponse(body, status_code=500, headers={"cache-control": "no-store"})
