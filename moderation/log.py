"""The public log: who did what to whom, and why."""

from __future__ import annotations

from federation.models import Actor
from moderation.models import LogEntry
from sebangsa.errors import NotAllowed
from sebangsa.models import User
from sebangsa.site import Site

PAGE = 50


async def write(site: Site, moderator: Actor, action: str, target: str, reason: str) -> LogEntry:
    """Add an entry, in the transaction of the act itself."""
    return await LogEntry.create(
        id=site.ids.next(),
        moderator=moderator,
        action=action,
        target=target,
        reason=reason.strip()[:2000],
        created_at=site.clock.now(),
    )


async def entries(*, below: int | None = None) -> list[LogEntry]:
    """The newest entries, below an id."""
    found = LogEntry.all() if below is None else LogEntry.filter(id__lt=below)
    return await found.order_by("-id").limit(PAGE).select_related("moderator")


def must_moderate(user: User) -> None:
    """Raises `NotAllowed` for everybody but moderators and administrators of this server."""
    if not user.is_moderator:
        raise NotAllowed("moderators-only", "Only moderators may do this.")


async def must_outrank(user: User, target: Actor) -> None:
    """Nobody moderates themself, an administrator, or (but for administrators) another moderator (S-131)."""
    must_moderate(user)
    other = await User.get_or_none(actor_id=target.id)
    if target.id == user.actor_id or (other is not None and other.is_moderator and not user.is_admin):
        raise NotAllowed("not-outranked", "You cannot moderate this account.")
    if other is not None and other.is_admin:
        raise NotAllowed("not-outranked", "An administrator cannot be moderated.")
