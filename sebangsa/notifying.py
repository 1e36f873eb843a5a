"""Telling people what concerns them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from federation.database import after_commit
from federation.models import Actor
from sebangsa.models import Notification, Post
from sebangsa.past import is_past

if TYPE_CHECKING:
    from sebangsa.site import Site


NEWS_FOR = timedelta(days=2)


def _is_news(site: Site, type_: str, post: Post | None) -> bool:
    return type_ == "mention" and post is not None and site.clock.now() - post.created_at < NEWS_FOR


async def notify(
    site: Site,
    recipient_id: int,
    type_: str,
    actor_id: int,
    *,
    post: Post | None = None,
    is_repeatable: bool = False,
    **extra: Any,
) -> None:
    """Write a notification for a local person, and tell their open pages after commit.

    Once for the same type, actor and post, unless it `is_repeatable`: the same moderator answers several reports.
    Nobody is told of what is read of the past, but for a mention of these days: its delivery, still on its way, would
    find the post here already.
    """
    is_own = type_ in ("poll", "event.soon")  # who asked, or invited, is told by nobody else
    if (is_past() and not _is_news(site, type_, post)) or (recipient_id == actor_id and not is_own):
        return
    if not await Actor.exists(id=recipient_id, host=""):
        return
    known = not is_repeatable and await Notification.exists(
        recipient_id=recipient_id, type=type_, actor_id=actor_id, post_id=post.id if post else None
    )
    if known:
        return
    made = await Notification.create(
        id=site.ids.next(),
        recipient_id=recipient_id,
        type=type_,
        actor_id=actor_id,
        post=post,
        extra=extra,
        created_at=site.clock.now(),
    )
    after_commit(lambda: site.streams.publish(f"user:{recipient_id}", "notification", str(made.id)))
