"""Apps that nobody registered: their id is the address of a document that describes them (OAuth Client ID Metadata
Document, draft-ietf-oauth-client-id-metadata-document). Whoever controls the address is the app.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tortoise.exceptions import IntegrityError

from federation.refusals import Refused
from federation.urls import parse_url
from sebangsa.errors import Invalid
from sebangsa.models import OAuthApp, User
from sebangsa.oauth.apps import MAX_NAME, key_of
from sebangsa.oauth.errors import OAuthError
from sebangsa.oauth.redirects import OUT_OF_BAND, check_redirects
from sebangsa.oauth.scopes import KNOWN, ORDINARY, are_for_admins
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_BYTES = 16 * 1024
"""Of a document; the draft thinks 5 KB enough."""
FRESH_FOR = timedelta(minutes=10)
"""What was read is not read again within this time: a person looks at the page, answers it, and the app comes for its
token.
"""


async def app_by_document(site: Site, url: str, asking: User) -> OAuthApp:
    """The app that its document at `url` describes, read anew unless that was done just now. `asking` is who would let it
    in: strangers cannot make us fetch.

    Raises `OAuthError` (`invalid_client`) for an address that is none, leads elsewhere or to a private network, and for
    a document that is none, names another id, has a secret or no fit redirect address; `TooMany`.
    """
    _check_url(site, url)
    known = await OAuthApp.get_or_none(client_id=key_of(url))
    now = site.clock.now()
    if known is not None and known.metadata_read_at and now - known.metadata_read_at < FRESH_FOR:
        return known
    await site.limiter.hit("resolve", asking.actor_id)
    described = _described(url, await _read(site, url)) | {"metadata_read_at": now}
    if known is None:
        try:
            return await OAuthApp.create(
                id=site.ids.next(),
                client_id=key_of(url),
                client_secret_hash="",
                metadata_url=url,
                created_at=now,
                **described,
            )
        except IntegrityError:
            known = await OAuthApp.get(client_id=key_of(url))
    known.update_from_dict(described)
    await known.save(update_fields=list(described))
    return known


def _check_url(site: Site, url: str) -> None:
    """https, without fragment, user or dots in its path, and in the one spelling that can be compared."""
    try:
        parsed = parse_url(url, allow_http=site.settings.is_development)
    except Refused as refused:
        raise OAuthError("invalid_client", "Its id is no address that this server opens.") from refused
    if parsed.text != url:
        raise OAuthError("invalid_client", "Its id is no address that this server opens.")


async def _read(site: Site, url: str) -> dict[str, Any]:
    try:
        fetched = await site.federation.client.get_json(url, "application/json", max_bytes=MAX_BYTES)
    except Refused as refused:
        raise OAuthError("invalid_client", "Its description could not be read.") from refused
    if fetched.url != url:
        raise OAuthError("invalid_client", "Its description lies elsewhere.")
    return fetched.document


def _described(url: str, document: dict[str, Any]) -> dict[str, Any]:
    """The columns of an app, from what its document says."""
    if document.get("client_id") != url:
        raise OAuthError("invalid_client", "Its description is of another app.")
    if document.get("token_endpoint_auth_method", "none") != "none" or "client_secret" in document:
        raise OAuthError("invalid_client", "An app that is known by its description has no secret.")
    host = parse_url(url, allow_http=True).authority
    return {
        "name": clean_name(_text(document, "client_name"), MAX_NAME) or host[:MAX_NAME],
        "website": url,
        "redirect_uris": _redirects(document.get("redirect_uris")),
        "scopes": _scopes(_text(document, "scope")),
    }


def _redirects(value: Any) -> list[str]:
    given = value if isinstance(value, list) else []
    try:
        found = check_redirects(uri for uri in given if isinstance(uri, str))
    except Invalid as error:
        raise OAuthError("invalid_client", "It names no address to which a code may be sent.") from error
    if len(found) != len(given) or OUT_OF_BAND in found:
        raise OAuthError("invalid_client", "It names no address to which a code may be sent.")
    return found


def _scopes(text: str) -> str:
    """Those that there are here; words of other servers are passed over."""
    known = [scope for scope in dict.fromkeys(text.split()) if scope in KNOWN and not are_for_admins(scope)]
    return " ".join(known) or ORDINARY


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value[:1000] if isinstance(value, str) else ""
