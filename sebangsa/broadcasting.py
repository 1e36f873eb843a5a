"""New, edited and deleted posts ring at the open connections of those in whose feeds they stand."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from federation.database import after_commit
from federation.models import Actor, Follow, FollowState, OutboundActivity
from sebangsa.hooks import Origin
from sebangsa.models import Post, Visibility
from sebangsa.past import is_past
from sebangsa.streams import StreamEvent

if TYPE_CHECKING:
    from sebangsa.site import Site

FEW = 500
"""Up to so many open connections are asked for by name; past that all local followers are read."""


def register(site: Site) -> None:
    """Listen to what happens to posts."""
    site.hooks.post_created.listen(partial(_ring, site, "update"))
    site.hooks.post_edited.listen(partial(_ring, site, "status.update"))
    site.hooks.recounted.listen(partial(_ring, site, "status.update"))
    site.hooks.post_deleted.listen(partial(_ring, site, "delete"))
    site.federation.published = partial(_ring_outbox, site)


def outbox_channel(actor_id: int) -> str:
    """Where what somebody published rings, for their own apps."""
    return f"outbox:{actor_id}"


def _ring_outbox(site: Site, actor: Actor, activity: OutboundActivity) -> None:
    if not actor.is_group:  # a community announces much, and has no apps that listen
        site.streams.publish(outbox_channel(actor.id), "published", str(activity.id))


async def _ring(site: Site, name: str, post: Post, origin: Origin) -> None:
    """Direct posts ring as notifications and chats only; old ones that are read now do not ring."""
    if is_past() or post.visibility == Visibility.DIRECT:
        return
    channels = [*await _homes(site, post), *_open_feeds(post)]
    if channels:
        after_commit(lambda: site.streams.publish_many(channels, StreamEvent(name, str(post.id))))


def _open_feeds(post: Post) -> list[str]:
    if post.visibility != Visibility.PUBLIC or post.in_reply_to_id is not None:
        return []
    return ["public", "public:local" if post.is_local else "public:remote"]


async def _homes(site: Site, post: Post) -> Iterable[str]:
    """Whose home it belongs to, by the rule of `timelines.home`: of those who follow the author, or, for a thread of a
    community, the community; and the author's own.
    """
    if post.community_id is not None and post.in_reply_to_id is not None:
        return [f"user:{post.author_id}"]
    heard = site.streams.heard("user:")
    if heard is not None and not heard:
        return []
    follows = Follow.filter(
        target_id=post.community_id or post.author_id, state=FollowState.ACCEPTED, follower__host=""
    )
    if heard is not None and len(heard) <= FEW:
        follows = follows.filter(follower_id__in=[int(channel.partition(":")[2]) for channel in heard])
    followers = await follows.values_list("follower_id", flat=True)
    return [f"user:{actor_id}" for actor_id in {post.author_id, *followers}]
