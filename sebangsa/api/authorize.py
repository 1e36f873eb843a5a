"""`/oauth/authorize`: the page where a person lets an app in. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sebangsa.errors import ProductError
from sebangsa.models import OAuthApp, User
from sebangsa.oauth.apps import names_document
from sebangsa.oauth.client_documents import app_by_document
from sebangsa.oauth.codes import check_challenge, grantable, make_code
from sebangsa.oauth.errors import OAuthError
from sebangsa.oauth.redirects import OUT_OF_BAND, with_answer
from sebangsa.web.security_headers import allow_form_target
from sebangsa.web.viewing import page, site_of

ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
"""The parameters of a request that count, each at most once (S-081)."""
MAX_LENGTH = 4000

# Nothing that shows or hands out a code is kept, framed, or told to the next site (S-086).
PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True)
class Asked:
    """An app's request, as far as it can be trusted: the app is known and the address is one of its own."""

    app: OAuthApp
    redirect_uri: str
    state: str
    given: Mapping[str, str]


@page
async def authorize(request: Request) -> Response:
    """Show what the app asks for, or (POST) give it the code. Who is not signed in signs in first, and comes back."""
    given = await _given(request)
    if isinstance(given, Response):
        return given
    user: User | None = request.state.viewer
    if user is None and names_document(given.get("client_id", "")):
        return _sign_in_first(given)  # nothing is fetched for a stranger
    asked = await _trusted(request, given)
    if isinstance(asked, Response):
        return asked
    if user is None:
        return _sign_in_first(given)
    try:
        if given.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "Only codes are given here.")
        challenge = check_challenge(given.get("code_challenge", ""), given.get("code_challenge_method", ""))
        if asked.app.is_public and not challenge:
            raise OAuthError("invalid_request", "An app without a secret must use PKCE with S256.")
        scopes = grantable(asked.app, user, given.get("scope", ""))
        if request.method != "POST":
            return _ask(request, asked, scopes)
        if (await request.form()).get("decision") != "allow":
            raise OAuthError("access_denied", "You did not let the app in.")
        code = await make_code(
            site_of(request),
            asked.app,
            user,
            redirect_uri=asked.redirect_uri,
            scopes=given.get("scope", ""),
            challenge=challenge,
        )
    except OAuthError as error:
        if asked.redirect_uri == OUT_OF_BAND:
            return _mistake(request, error)
        return _go(asked, error=error.code, error_description=error.sentence)
    if asked.redirect_uri == OUT_OF_BAND:
        return _render(request, "oauth/code.html", {"app": asked.app, "code": code})
    return _go(asked, code=code)


def _sign_in_first(given: Mapping[str, str]) -> Response:
    here = f"/oauth/authorize?{urlencode(given)}"
    return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", status_code=303, headers=PRIVATE)


async def _given(request: Request) -> dict[str, str] | Response:
    """The parameters of the query, or of the page's own form."""
    source = await request.form() if request.method == "POST" else request.query_params
    found: dict[str, str] = {}
    for name in ASKED:
        values = [value for value in source.getlist(name) if isinstance(value, str)]
        if len(values) > 1 or any(len(value) > MAX_LENGTH for value in values):
            return _mistake(request, OAuthError("invalid_request", f"{name} was given twice or is too long."))
        if values and values[0]:
            found[name] = values[0]
    return found


async def _trusted(request: Request, given: Mapping[str, str]) -> Asked | Response:
    """The app and its address; an error page, never a redirect, where either is not what was registered (S-081)."""
    try:
        app = await _app(request, given.get("client_id", ""))
    except OAuthError as unknown:
        return _mistake(request, unknown)
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        error = OAuthError(
            "invalid_request", "The app asks to be answered at an address that it did not register."
        )
        return _mistake(request, error)
    return Asked(app, redirect_uri, given.get("state", ""), given)


async def _app(request: Request, client_id: str) -> OAuthApp:
    """The app of an id. Raises `OAuthError` for one that is not known, or whose description cannot be used."""
    if names_document(client_id):
        return await app_by_document(site_of(request), client_id, request.state.viewer)
    app = await OAuthApp.get_or_none(client_id=client_id[:64])
    if app is None:
        raise OAuthError("invalid_client", "This app is not known here. Open it again, and sign in anew.")
    return app


def _ask(request: Request, asked: Asked, scopes: str) -> Response:
    _let_form_go_to(request, asked.redirect_uri)
    context = {
        "app": asked.app,
        "host": urlsplit(asked.app.metadata_url).netloc,
        "scopes": scopes.split(),
        "asked": dict(asked.given),
        "other_account": f"/sign-in?next={quote('/oauth/authorize?' + urlencode(dict(asked.given)), safe='')}",
        "is_out_of_band": asked.redirect_uri == OUT_OF_BAND,
    }
    return _render(request, "oauth/authorize.html", context)


def _let_form_go_to(request: Request, redirect_uri: str) -> None:
    """Chromium holds the redirect after a form to `form-action` too, and an app's address is not ours."""
    if redirect_uri == OUT_OF_BAND:
        return
    parts = urlsplit(redirect_uri)
    is_web = parts.scheme in ("https", "http")
    allow_form_target(request, f"{parts.scheme}://{parts.netloc}" if is_web else f"{parts.scheme}:")


def _go(asked: Asked, **answer: str) -> Response:
    """Back to the app. `state` goes along unread."""
    target = with_answer(asked.redirect_uri, **answer, state=asked.state)
    return RedirectResponse(target, status_code=303, headers=PRIVATE)


def _mistake(request: Request, error: ProductError) -> Response:
    return _render(request, "oauth/mistake.html", {"error": error}, status_code=error.status)


def _render(request: Request, name: str, context: dict[str, object], status_code: int = 200) -> Response:
    response: Response = request.app.state.templates.render(request, name, context, status_code=status_code)
    response.headers.update(PRIVATE)
    return response


ROUTES: list[BaseRoute] = [
    Route(path, authorize, methods=["GET", "POST"], max_body_size=64 * 1024)
    for path in ("/oauth/authorize", "/oauth/authorize/")  # toot asks with the slash
]
