"""Who looks at a page, and whether a form came from one of ours."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from federation.endpoints.answers import is_known
from sebangsa.accounts import SESSION_LASTS, user_of_session
from sebangsa.errors import NotAllowed, SignInNeeded
from sebangsa.models import User
from sebangsa.web.badges import badges_of

if TYPE_CHECKING:
    from sebangsa.site import Site

SESSION_COOKIE = "session"
VISITOR_COOKIE = "visitor"
MAX_FORM_FIELDS = 200
MAX_FILE = 16 * 1024 * 1024
MAX_FILES = 8

Endpoint = Callable[[Request], Awaitable[Response]]


def site_of(request: Request) -> Site:
    """The instance that answers this request."""
    return cast("Site", request.app.state.site)


def page(endpoint: Endpoint) -> Endpoint:
    """Make an HTML endpoint: knows its viewer (`request.state.viewer`, a `User` or None) and `request.state.csrf`, and takes
    a POST only with the form's token (S-070). Errors become pages in `sebangsa.app`.
    """

    @functools.wraps(endpoint)
    async def wrapped(request: Request) -> Response:
        site = site_of(request)
        session = request.cookies.get(SESSION_COOKIE, "")
        request.state.viewer = await user_of_session(site, session) if session else None
        request.state.badges = await badges_of(site, request.state.viewer)
        visitor = request.cookies.get(VISITOR_COOKIE, "")
        fresh = "" if visitor or session else secrets.token_urlsafe(16)
        request.state.csrf = csrf_token(site, session or visitor or fresh)
        if request.method == "POST":
            await _check_form(site, request, session or visitor)
        response = await endpoint(request)
        if (
            fresh
            and request.method == "GET"
            and response.headers.get("content-type", "").startswith("text/html")
        ):
            set_cookie(site, response, VISITOR_COOKIE, fresh)
        if request.state.viewer is not None:
            response.headers.setdefault("cache-control", "private, no-store")
        response.headers.setdefault("vary", "Accept, Cookie, Accept-Language")
        return response if "cache-control" in response.headers else revalidated(request, response)

    return wrapped


def revalidated(request: Request, response: Response) -> Response:
    """Let a visitor's browser keep the page, and ask each time whether it is still the same: then a 304 spares a phone
    the whole of it. Nobody between keeps it, for its forms belong to one browser.
    """
    is_whole_page = isinstance(response, HTMLResponse) and response.status_code == 200
    if request.method not in ("GET", "HEAD") or not is_whole_page:
        return response
    # Weak: a proxy may compress it.
    etag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
    response.headers["etag"] = etag
    response.headers["cache-control"] = "private, no-cache"
    if not is_known(request.headers.get("if-none-match", ""), etag):
        return response
    kept = ("etag", "cache-control", "vary")
    return Response(status_code=304, headers={name: response.headers[name] for name in kept})


def signed_in(endpoint: Endpoint) -> Endpoint:
    """A page for people with an account; others are sent to the sign-in page and back."""

    @page
    @functools.wraps(endpoint)
    async def wrapped(request: Request) -> Response:
        viewer_of(request)
        return await endpoint(request)

    return wrapped


def viewer_of(request: Request) -> User:
    """Who is signed in. Raises `SignInNeeded`."""
    user = request.state.viewer
    if user is None:
        raise SignInNeeded
    return cast(User, user)


def csrf_token(site: Site, secret_of_browser: str) -> str:
    """The token that forms carry: tied to the browser's cookie, so that no other site can know it."""
    return hmac.new(site.secret, b"form:" + secret_of_browser.encode(), hashlib.sha256).hexdigest()


async def _check_form(site: Site, request: Request, cookie: str) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("foreign-form", "This form came from another site.")
    form = await request.form(max_files=MAX_FILES, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_FILE)
    given = request.headers.get("x-csrf-token") or form.get("csrf", "")
    # As bytes: of texts, `compare_digest` takes only ASCII, and whoever sends others must not get a 500.
    if not cookie or not hmac.compare_digest(
        str(given).encode(errors="replace"), csrf_token(site, cookie).encode()
    ):
        raise NotAllowed("form-expired", "This form is too old. Load the page again and send it once more.")


def set_cookie(site: Site, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot use."""
    response.set_cookie(
        name,
        value,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        secure=site.settings.url.startswith("https:"),
        samesite="lax",
        path="/",
    )


def local_path(target: str, fallback: str = "/") -> str:
    """`target` when it is a path on this server, else `fallback`.

    Browsers read `//host`, `/\\host` and paths with tabs as other hosts (S-071).
    """
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    if any(ord(char) < 0x21 or char == "\\" for char in target):
        return fallback
    return target
