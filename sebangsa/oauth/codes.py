"""Codes: a person lets an app in, and the app fetches its token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import transaction
from sebangsa.accounts import hash_token, must_be_active
from sebangsa.errors import NotAllowed
from sebangsa.models import AccessToken, AuthorizationCode, OAuthApp, User
from sebangsa.oauth.errors import OAuthError, invalid_grant, invalid_scope
from sebangsa.oauth.scopes import are_for_admins, narrowed
from sebangsa.oauth.tokens import issue_token

if TYPE_CHECKING:
    from sebangsa.site import Site

CODE_LASTS = timedelta(minutes=10)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


def check_challenge(challenge: str, method: str) -> str:
    """A PKCE challenge, or "" for none. Only S256: `plain` protects nobody (S-080). Raises `OAuthError`."""
    if not challenge and not method:
        return ""
    if method != "S256" or not _CHALLENGE.match(challenge):
        raise OAuthError("invalid_request", "Only PKCE with S256 is accepted.")
    return challenge


def grantable(app: OAuthApp, user: User, asked: str) -> str:
    """The scopes that `user` can give `app`: what it asks for, or `invalid_scope` (S-083)."""
    scopes = narrowed(asked, app.scopes)
    if are_for_admins(scopes) and not user.is_admin:
        raise invalid_scope("Only an administrator can give the scopes that this app asks for.")
    return scopes


async def make_code(
    site: Site, app: OAuthApp, user: User, *, redirect_uri: str, scopes: str, challenge: str
) -> str:
    """A code for what the person agreed to."""
    code = secrets.token_urlsafe(32)
    await AuthorizationCode.create(
        id=site.ids.next(),
        code_hash=hash_token(code),
        app=app,
        user=user,
        redirect_uri=redirect_uri,
        scopes=grantable(app, user, scopes),
        code_challenge=challenge,
        expires_at=site.clock.now() + CODE_LASTS,
    )
    return code


async def redeem(
    site: Site, app: OAuthApp, code: str, *, redirect_uri: str, verifier: str
) -> tuple[AccessToken, str]:
    """Give the app its token for a code, once. Raises `OAuthError` (`invalid_grant`) and changes nothing, but for a
    code that was used before: then somebody else has it, and what was given for it is taken back (S-079).
    """
    found = await AuthorizationCode.get_or_none(code_hash=hash_token(code)).select_related("user__actor")
    now = site.clock.now()
    if found is None or found.app_id != app.id or found.redirect_uri != redirect_uri:
        raise invalid_grant()
    if found.used_at is not None:
        await AccessToken.filter(code_id=found.id, revoked_at__isnull=True).update(revoked_at=now)
        site.streams.close_channel(f"user:{found.user.actor_id}")
        raise invalid_grant()
    if found.expires_at <= now or not _proves(found.code_challenge, verifier):
        raise invalid_grant()
    try:
        must_be_active(found.user)
    except NotAllowed as refusal:
        raise invalid_grant() from refusal
    async with transaction():
        # Exact also when the code comes twice at once.
        if not await AuthorizationCode.filter(id=found.id, used_at__isnull=True).update(used_at=now):
            raise invalid_grant()
        return await issue_token(site, app, found.scopes, user=found.user, code=found)


def _proves(challenge: str, verifier: str) -> bool:
    """Whether the verifier fits. One without a challenge was stripped of it on the way (S-080)."""
    if not challenge or not verifier:
        return challenge == verifier
    if not _VERIFIER.match(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(challenge, digest)
