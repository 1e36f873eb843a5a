"""Who may make an account: requests that wait for an answer, and invitations."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import F, Q

from federation.database import transaction
from federation.models import Actor
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Invite, Role, User
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_USES = 1000
MAX_DAYS = 365
SHOWN = 200


async def waiting() -> list[User]:
    """Accounts that nobody has let in yet, the oldest first."""
    found = User.filter(approved_at__isnull=True, disabled_at__isnull=True)
    return await found.order_by("id").limit(SHOWN).select_related("actor")


async def tell_team(site: Site, user: User) -> None:
    """Somebody asked for an account: a notification for each moderator. In the transaction of the sign-up."""
    if user.approved_at is not None:
        return
    for member in await User.filter(role__in=[Role.MODERATOR, Role.ADMIN], disabled_at__isnull=True):
        await notify(site, member.actor_id, "admin.sign_up", user.actor_id)


async def approve(site: Site, by: User, user: User) -> None:
    """Let somebody in, and tell them by mail. Runs twice without harm. Raises `NotAllowed`."""
    _must_decide(by)
    async with transaction():
        if not await User.filter(id=user.id, approved_at=None).update(approved_at=site.clock.now()):
            return
        await Actor.filter(id=user.actor_id).update(suspended_at=None)
        if user.email:
            await site.queue.enqueue("mail_welcome", user.id)


async def refuse(by: User, user: User) -> None:
    """Do not let somebody in: nothing of the request is kept, and the name is free again. Raises `NotAllowed`."""
    _must_decide(by)
    async with transaction():
        if not await User.filter(id=user.id, approved_at=None).delete():
            raise NotAllowed("account-open", "This account is open already. It can be suspended.")
        await Actor.filter(id=user.actor_id).delete()


async def make_invite(site: Site, by: User, *, uses: int = 1, days: int = 7) -> Invite:
    """A code with which `uses` people can make an account, for `days` days. Raises `NotAllowed`, `Invalid`."""
    _must_decide(by)
    if not 1 <= uses <= MAX_USES:
        raise Invalid(
            "uses-out-of-range", "An invitation is for 1 to %(most)s people.", field="uses", most=MAX_USES
        )
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(
            "days-out-of-range", "An invitation lasts 1 to %(most)s days.", field="days", most=MAX_DAYS
        )
    now = site.clock.now()
    return await Invite.create(
        id=site.ids.next(),
        code=secrets.token_urlsafe(12),
        created_by=by,
        max_uses=uses,
        expires_at=now + timedelta(days=days),
        created_at=now,
    )


async def open_invites(site: Site) -> list[Invite]:
    """Invitations that can still be used, the newest first."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=site.clock.now())
    found = Invite.filter(lasting, uses__lt=F("max_uses")).order_by("-id").limit(SHOWN)
    return await found.select_related("created_by__actor")


async def end_invite(site: Site, by: User, invite: Invite) -> None:
    """Nobody can use it any more. Raises `NotAllowed`."""
    _must_decide(by)
    invite.expires_at = site.clock.now()
    await invite.save(update_fields=["expires_at"])


def invite_url(site: Site, invite: Invite) -> str:
    """What is passed on to who is invited."""
    return f"{site.settings.url}/sign-up?invite={invite.code}"


def _must_decide(user: User) -> None:
    if not user.is_moderator:
        raise NotAllowed("moderators-only", "Only moderators may do this.")
