"""What moderators did, readable by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities.models import CommunityLogEntry
from federation.models import Actor
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site


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
    """Write one entry, in the transaction under way."""
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


async def community_log(
    community: Actor, *, before: int | None = None, limit: int = 50
) -> list[CommunityLogEntry]:
    """The newest entries, below the id `before`."""
    entries = CommunityLogEntry.filter(community_id=community.id)
    if before is not None:
        entries = entries.filter(id__lt=before)
    return await entries.order_by("-id").limit(limit).select_related("moderator", "subject", "post")
