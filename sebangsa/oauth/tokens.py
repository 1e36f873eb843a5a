"""Bearer tokens: issued, recognised, revoked. They do not expire, as Mastodon's do not."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import transaction
from sebangsa.accounts import hash_token
from sebangsa.models import AccessToken, AuthorizationCode, OAuthApp, User

if TYPE_CHECKING:
    from sebangsa.site import Site

SEEN_AGAIN_AFTER = timedelta(hours=1)
"""How exact `used_at` and `last_seen_at` are kept: not each request writes."""


async def issue_token(
    site: Site,
    app: OAuthApp | None,
    scopes: str,
    *,
    user: User | None = None,
    code: AuthorizationCode | None = None,
) -> tuple[AccessToken, str]:
    """A new token, with the text that the app gets and we forget."""
    text = secrets.token_urlsafe(32)
    token = await AccessToken.create(
        id=site.ids.next(),
        token_hash=hash_token(text),
        app=app,
        user=user,
        code=code,
        scopes=scopes,
        created_at=site.clock.now(),
    )
    return token, text


async def token_by_text(site: Site, text: str) -> AccessToken | None:
    """The token with its app, user and actor; None for one that is unknown or revoked. Notes that it was used."""
    token = await AccessToken.get_or_none(token_hash=hash_token(text), revoked_at=None).select_related(
        "app", "user__actor"
    )
    if token is not None:
        await _note_use(site, token)
    return token


async def _note_use(site: Site, token: AccessToken) -> None:
    now = site.clock.now()
    if token.used_at is not None and now - token.used_at < SEEN_AGAIN_AFTER:
        return
    async with transaction():
        await AccessToken.filter(id=token.id).update(used_at=now)
        if token.user_id is not None:
            await User.filter(id=token.user_id).update(last_seen_at=now)


async def revoke_token(site: Site, app: OAuthApp, text: str) -> None:
    """End a token of this app's; another app's, or none, is left alone (RFC 7009, 2.1). Streams end with it (S-084)."""
    token = await AccessToken.get_or_none(
        token_hash=hash_token(text), app_id=app.id, revoked_at=None
    ).select_related("user")
    if token is None:
        return
    token.revoked_at = site.clock.now()
    await token.save(update_fields=["revoked_at"])
    if token.user is not None:
        site.streams.close_channel(f"user:{token.user.actor_id}")
