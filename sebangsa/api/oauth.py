"""`/api/v1/apps`, `/oauth/token`, `/oauth/revoke`, `/oauth/userinfo`, and the server's description of them."""

from __future__ import annotations

import base64
import binascii
import functools
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from starlette.responses import Response

from sebangsa.api.access import ApiRoute, Call, Caller, Endpoint, Rule
from sebangsa.api.answers import json_answer
from sebangsa.api.entities.accounts import account
from sebangsa.c2s.endpoints import REGISTRATION
from sebangsa.errors import ProductError
from sebangsa.models import AccessToken, OAuthApp
from sebangsa.oauth.apps import MAX_NAME, app_by_secret, register_app
from sebangsa.oauth.codes import redeem
from sebangsa.oauth.errors import OAuthError, invalid_client
from sebangsa.oauth.redirects import MAX_REDIRECTS
from sebangsa.oauth.scopes import KNOWN, ORDINARY, narrowed
from sebangsa.oauth.tokens import issue_token, revoke_token
from sebangsa.text.plain import clean_name

MAX_SECRET = 512
MAX_CLIENT_ID = 2048


def oauth_errors(endpoint: Endpoint) -> Endpoint:
    """Errors in RFC 6749's form (5.2): `error` is the code, `error_description` the sentence."""

    @functools.wraps(endpoint)
    async def wrapped(call: Call) -> Any:
        try:
            return await endpoint(call)
        except ProductError as error:
            code = error.code if isinstance(error, OAuthError) else "invalid_request"
            headers = {"www-authenticate": "Basic"} if error.status == 401 else {}
            return json_answer({"error": code, "error_description": error.sentence}, error.status, headers)

    return wrapped


async def post_app(call: Call) -> dict[str, Any]:
    """Register an app. Anybody may: nothing is given away by it."""
    given = call.given
    uris = [uri for text in given.many("redirect_uris", 10) for uri in text.split()]
    app, secret = await register_app(
        call.site, given.text("client_name"), uris, scopes=given.text("scopes"), website=given.text("website")
    )
    return application(app) | {
        "client_id": app.client_id,
        "client_secret": secret,
        "client_secret_expires_at": 0,
    }


async def register(call: Call) -> Response:
    """RFC 7591: register an app, in that standard's words. Anybody may; `none` for one that keeps no secret."""
    given = call.given
    method = given.text("token_endpoint_auth_method") or "client_secret_basic"
    try:
        if method not in AUTH_METHODS:
            raise OAuthError("invalid_client_metadata", "The app cannot prove itself in that way here.")
        uris = given.many("redirect_uris", MAX_REDIRECTS)
        name = clean_name(given.text("client_name"), MAX_NAME) or _host_of(uris) or "app"
        app, secret = await register_app(
            call.site,
            name[:MAX_NAME],
            uris,
            scopes=given.text("scope") or ORDINARY,
            website=given.text("client_uri"),
            is_public=method == "none",
        )
    except ProductError as error:
        code = "invalid_redirect_uri" if error.code == "redirect-invalid" else "invalid_client_metadata"
        return json_answer({"error": code, "error_description": error.sentence}, 400)
    registered = {
        "client_id": app.client_id,
        "client_id_issued_at": int(app.created_at.timestamp()),
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "scope": app.scopes,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }
    if secret:
        registered |= {"client_secret": secret, "client_secret_expires_at": 0}
    return json_answer(registered, 201)


def _host_of(uris: list[str]) -> str:
    try:
        return urlsplit(uris[0]).netloc if uris else ""
    except ValueError:
        return ""


def application(app: OAuthApp) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website or None,
        "scopes": app.scopes.split(),
        "redirect_uris": app.redirect_uris,
        "redirect_uri": "\n".join(app.redirect_uris),
        "vapid_key": "",
    }


async def verify_app(call: Call) -> dict[str, Any]:
    """The app that a token belongs to."""
    assert call.token is not None
    if call.token.app is None:
        raise ProductError("no-app", "This token belongs to no app.")
    return application(call.token.app)


@oauth_errors
async def post_token(call: Call) -> Response:
    """A token for a code, or for the app alone. Form and JSON (Elk sends JSON). There is no password grant."""
    given = call.given
    app = await _client(call)
    grant = given.text("grant_type")
    if grant == "authorization_code":
        token, text = await redeem(
            call.site,
            app,
            given.text("code"),
            redirect_uri=given.text("redirect_uri"),
            verifier=given.text("code_verifier"),
        )
    elif grant == "client_credentials" and app.is_public:
        raise OAuthError("unauthorized_client", "An app without a secret acts for a person only.")
    elif grant == "client_credentials":
        token, text = await issue_token(call.site, app, narrowed(given.text("scope"), app.scopes))
    else:
        raise OAuthError(
            "unsupported_grant_type", "Only authorization_code and client_credentials are given."
        )
    return json_answer(token_entity(token, text), headers={"cache-control": "no-store", "pragma": "no-cache"})


def token_entity(token: AccessToken, text: str) -> dict[str, Any]:
    return {
        "access_token": text,
        "token_type": "Bearer",
        "scope": token.scopes,
        "created_at": int(token.created_at.timestamp()),
    }


@oauth_errors
async def post_revoke(call: Call) -> dict[str, Any]:
    """End a token. One that is unknown, or another app's, gets the same answer."""
    app = await _client(call)
    await revoke_token(call.site, app, call.given.text("token"))
    return {}


async def _client(call: Call) -> OAuthApp:
    """The app of a request, from its header or body. Who has a secret must prove it (S-080)."""
    kind, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise invalid_client() from error
        return await app_by_secret(unquote_plus(name), unquote_plus(secret))
    given = call.given
    return await app_by_secret(
        given.text("client_id", limit=MAX_CLIENT_ID), given.text("client_secret", limit=MAX_SECRET)
    )


async def userinfo(call: Call) -> dict[str, Any]:
    """Who the person is (OpenID Connect's names)."""
    me = account(call.site, call.me)
    return {
        "iss": f"{call.site.settings.url}/",
        "sub": call.me.uri,
        "name": me["display_name"],
        "preferred_username": call.me.username,
        "profile": me["url"],
        "picture": me["avatar"],
    }


async def server_metadata(call: Call) -> dict[str, Any]:
    """RFC 8414."""
    url = call.site.settings.url
    return {
        "issuer": f"{url}/",
        "authorization_endpoint": f"{url}/oauth/authorize",
        "token_endpoint": f"{url}/oauth/token",
        "app_registration_endpoint": f"{url}/api/v1/apps",
        "registration_endpoint": f"{url}{REGISTRATION}",
        "revocation_endpoint": f"{url}/oauth/revoke",
        "userinfo_endpoint": f"{url}/oauth/userinfo",
        "scopes_supported": sorted(KNOWN),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": True,
    }


AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

_ANYBODY = Rule(Caller.ANYBODY)

ROUTES = [
    ApiRoute("/api/v1/apps", post_app, Rule(Caller.ANYBODY, bucket="register-app"), methods=["POST"]),
    ApiRoute(REGISTRATION, register, Rule(Caller.ANYBODY, bucket="register-app"), methods=["POST"]),
    ApiRoute("/api/v1/apps/verify_credentials", verify_app, Rule(Caller.APP)),
    ApiRoute("/oauth/token", post_token, _ANYBODY, methods=["POST"]),
    ApiRoute("/oauth/revoke", post_revoke, _ANYBODY, methods=["POST"]),
    ApiRoute("/oauth/userinfo", userinfo, Rule(Caller.PERSON, "profile"), methods=["GET", "POST"]),
    ApiRoute("/.well-known/oauth-authorization-server", server_metadata, _ANYBODY),
]

__all__ = ["ROUTES", "application", "token_entity"]
