"""Suspending people, of this server and of others."""

from __future__ import annotations

from federation.database import transaction
from federation.models import Actor
from moderation import log
from sebangsa.accounts import sign_out_everywhere
from sebangsa.errors import NotAllowed
from sebangsa.models import User
from sebangsa.site import Site


async def suspend(site: Site, moderator: User, target: Actor, reason: str) -> None:
    """End what somebody can do here: sign in, post, be read. Nothing of theirs is deleted."""
    await log.must_outrank(moderator, target)
    if target.suspended_at is not None:
        return
    async with transaction():
        target.suspended_at = site.clock.now()
        await target.save(update_fields=["suspended_at"])
        user = await User.get_or_none(actor_id=target.id)
        if user is not None:
            await sign_out_everywhere(site, user)
        await log.write(site, moderator.actor, "suspend", target.uri, reason)
    site.federation.keys.forget(target.uri)


async def unsuspend(site: Site, moderator: User, target: Actor, reason: str) -> None:
    """Give back what a suspension took. Raises `NotAllowed` for an account that nobody has let in yet."""
    await log.must_outrank(moderator, target)
    if target.suspended_at is None:
        return
    if await User.exists(actor_id=target.id, approved_at=None):
        raise NotAllowed("account-pending", "This account waits for an administrator's approval.")
    async with transaction():
        target.suspended_at = None
        await target.save(update_fields=["suspended_at"])
        await log.write(site, moderator.actor, "unsuspend", target.uri, reason)
