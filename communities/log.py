"""What moderators did, readable by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from communities.models import CommunityLogEntry, Membership
from federation.models import Actor
from sebangsa.models import Post
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

TOLD = {
    "appoint": "community.appointed",
    "dismiss": "community.dismissed",
    "ban": "community.banned",
    "unban": "community.unbanned",
}


async def write_log(
    site: Site,
    community: Actor,
    moderator: Actor,
    action: str,
    *,
    subject: Actor | None = None,
    post: Post | None = None,
    reason: str = "",
) -> None:
    """Write one entry, and tell the person whose place in the community changed, in the transaction under way."""
    await CommunityLogEntry.create(
        id=site.ids.next(),
        community=community,
        moderator=moderator,
        action=action,
        subject=subject,
        post=post,
        reason=reason[:2000],
        created_at=site.clock.now(),
    )
    if subject is not None and subject.id != moderator.id:
        await tell_of_place(site, community, subject, action, reason)


async def tell_of_place(site: Site, community: Actor, person: Actor, action: str, reason: str = "") -> None:
    """Tell somebody that they were appointed, dismissed, banned or let back, in the name of the community."""
    if action not in TOLD or not person.is_local:
        return
    said: dict[str, Any] = {"role": reason} if action == "appoint" else {"reason": reason}
    if action == "ban":
        held = await Membership.get_or_none(community_id=community.id, actor_id=person.id)
        if held is not None and held.banned_until is not None:
            said["until"] = held.banned_until.isoformat()
    await notify(site, person.id, TOLD[action], community.id, is_repeatable=True, **said)


async def community_log(
    community: Actor, *, before: int | None = None, limit: int = 50
) -> list[CommunityLogEntry]:
    """The newest entries, below the id `before`."""
    entries = CommunityLogEntry.filter(community_id=community.id)
    if before is not None:
        entries = entries.filter(id__lt=before)
    return await entries.order_by("-id").limit(limit).select_related("moderator", "subject", "post")
