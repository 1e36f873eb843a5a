"""People delete their own account; administrators can delete one for them. It cannot be undone.

In one transaction the account is closed to its owner, its actor becomes a tombstone, and a `Delete` of it waits for every
server that we ever met: followers, followed, communities, and whoever only read it. What was posted is hidden from that
moment on and erased by a job (`sebangsa/erasing.py`). The name is never given to anybody else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.vocabulary import AS_PUBLIC
from federation.withdrawing import withdraw_all
from sebangsa import accounts
from sebangsa.erasing import end_account
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.hooks import Origin
from sebangsa.models import Role, Session, User
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

LATELY = timedelta(minutes=15)
"""Who has no password confirms by having signed in within this time."""


async def must_be_confirmed(site: Site, user: User, password: str, session_token: str) -> None:
    """Raises `Invalid` unless this is the account's password; or, where it has none, a session that just began."""
    await site.limiter.hit("sign-in", f"deleting {user.id}")
    if user.password_hash:
        if not await accounts.password_matches(user, password):
            raise Invalid("wrong-password", "That is not your password.", field="password")
        return
    began = site.clock.now() - LATELY
    if not await Session.exists(
        token_hash=accounts.hash_token(session_token), user_id=user.id, created_at__gte=began
    ):
        raise Invalid("sign-in-again", "Sign out and in again first, then delete the account.")


async def must_be_deletable(user: User) -> None:
    """Raises `NotAllowed` for the last administrator: nobody could look after this server any more."""
    if (
        user.is_admin
        and not await User.filter(role=Role.ADMIN, disabled_at=None).exclude(id=user.id).exists()
    ):
        raise NotAllowed(
            "last-administrator",
            "You are the last administrator here. Make somebody else an administrator first.",
        )


async def left_behind(site: Site, actor: Actor) -> list[Actor]:
    """Communities that nobody else moderates: without a successor they go to the administrators."""
    found: list[Actor] = []
    await site.hooks.leaves_behind.emit(actor, found)
    return found


async def delete_account(site: Site, user: User) -> None:
    """End an account of ours for good. Raises `NotAllowed` for the last administrator; runs twice without harm."""
    await must_be_deletable(user)
    async with transaction():
        actor = await Actor.get(id=user.actor_id)
        if actor.deleted_at is not None:
            return
        pictures = list(user.preferences.get("pictures", {}).values())
        await accounts.sign_out_everywhere(site, user)
        # And with it sessions, tokens, links, invitations, settings and the e-mail address.
        await user.delete()
        if pictures:
            await site.queue.enqueue("delete_media", pictures)
        await withdraw_all(site.federation, actor)
        activity = activity_about(
            "Delete", actor, actor.uri, to=[AS_PUBLIC], cc=[actor.followers_url], removeData=True
        )
        sent = await publish(site.federation, actor, activity, Audience(all_servers=True), is_public=True)
        await end_account(site, actor, Origin(sent.body))
