"""Apps: registered by anybody, known by id and secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sebangsa.accounts import hash_token
from sebangsa.errors import Invalid
from sebangsa.models import OAuthApp
from sebangsa.oauth.errors import invalid_client
from sebangsa.oauth.redirects import check_redirects, check_website
from sebangsa.oauth.scopes import DEFAULT, read_scopes
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_NAME = 60


def names_document(client_id: str) -> bool:
    """Whether it is the address of a document that describes the app (CIMD): ids that we give are none."""
    return client_id.startswith(("https://", "http://"))


def key_of(client_id: str) -> str:
    """What an app is filed under: an id of ours itself, for an address its digest."""
    if not names_document(client_id):
        return client_id[:64]
    digest = hashlib.sha256(client_id.encode(errors="replace")).digest()
    return f"cimd-{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


async def register_app(
    site: Site,
    name: str,
    redirect_uris: Iterable[str],
    *,
    scopes: str = "",
    website: str = "",
    is_public: bool = False,
) -> tuple[OAuthApp, str]:
    """Write an app; returns it with its secret, which is never shown again (a public one has none).

    Raises `Invalid` for a name, address or website that cannot be, `OAuthError` for an unknown scope.
    """
    cleaned = clean_name(name, MAX_NAME)
    if not cleaned or len(name) > MAX_NAME:
        raise Invalid(
            "app-name-invalid", "Name must have 1 to %(most)s characters.", field="client_name", most=MAX_NAME
        )
    secret = "" if is_public else secrets.token_urlsafe(32)
    app = await OAuthApp.create(
        id=site.ids.next(),
        client_id=secrets.token_urlsafe(32),
        client_secret_hash=hash_token(secret) if secret else "",
        name=cleaned,
        website=check_website(website.strip()),
        redirect_uris=check_redirects(redirect_uris),
        scopes=" ".join(read_scopes(scopes)) or DEFAULT,
        created_at=site.clock.now(),
    )
    return app, secret


async def app_by_secret(client_id: str, client_secret: str) -> OAuthApp:
    """The app that proves itself by its secret, or a public one by giving none. Raises `OAuthError` (`invalid_client`)."""
    app = await OAuthApp.get_or_none(client_id=key_of(client_id))
    if app is not None and app.is_public and not client_secret:
        return app
    if (
        app is None
        or app.is_public
        or not hmac.compare_digest(app.client_secret_hash, hash_token(client_secret))
    ):
        raise invalid_client()
    return app
