"""A moderator warns somebody about what they wrote: only they are told, and everybody can read it in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities import wire
from communities.authority import must_remove
from communities.log import write_log
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Post
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_WARNING = 1000


async def warn(site: Site, moderator: Actor, post: Post, reason: str) -> None:
    """Warn a post's author. Goes to their server and the community's, as Lemmy's `Warn`.

    Raises `Invalid` without a reason, `NotAllowed` for an author who stands higher, or oneself.
    """
    reason = reason.strip().replace("\x00", "")[:MAX_WARNING]
    if not reason:
        raise Invalid("reason-needed", "Write what is wrong with it.", field="reason")
    community = await must_remove(moderator, post)
    author = await Actor.get(id=post.author_id)
    if author.id == moderator.id:
        raise NotAllowed("not-oneself", "You cannot warn yourself.")
    async with transaction():
        await tell(site, moderator, community, author, post, reason)
        warned = wire.warning(moderator, community, author, post.uri, reason)
        await publish(site.federation, moderator, warned, Audience(actors=[author, community]))


async def tell(
    site: Site, moderator: Actor, community: Actor, author: Actor, post: Post, reason: str
) -> None:
    """Write it into the log and tell the author, in the transaction under way."""
    await write_log(site, community, moderator, "warn", subject=author, post=post, reason=reason)
    await notify(
        site, author.id, "community.warned", moderator.id, post=post, is_repeatable=True, reason=reason
    )
