"""Suspending people, of this server and of others; and deleting an account of this one."""

from __future__ import annotations

from federation.database import transaction
from federation.models import Actor
from moderation import log
from sebangsa.accounts import sign_out_everywhere
from sebangsa.deleting import delete_account
from sebangsa.errors import Invalid, NotAllowed
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


async def delete(site: Site, administrator: User, target: Actor, reason: str) -> None:
    """Delete an account of this server for good, with all that was written with it. For administrators; it stands in the
    public log. Raises `NotAllowed`, `Invalid` without a reason.
    """
    if not administrator.is_admin:
        raise NotAllowed("administrators-only", "Only administrators may do this.")
    await log.must_outrank(administrator, target)
    user = await User.get_or_none(actor_id=target.id)
    if user is None:
        raise NotAllowed("not-an-account", "Only accounts of this server can be deleted here.")
    if not reason.strip():
        raise Invalid("reason-needed", "Say why; everybody can read it in the log.", field="reason")
    async with transaction():
        await log.write(site, administrator.actor, "delete-account", target.uri, reason)
        await delete_account(site, user)
