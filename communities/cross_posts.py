"""Where else the same link, or a cross-post of the same thread, was posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.models import Actor
from sebangsa.models import Post
from sebangsa.visibility import readable

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_SHOWN = 10


async def elsewhere(site: Site, post: Post, viewer: Actor | None) -> list[Post]:
    """The other threads with the same link that the viewer may read, those with the most answers first. One query."""
    if not post.link_key or post.in_reply_to_id is not None:
        return []
    found = readable(Post.filter(link_key=post.link_key), viewer).filter(
        community_id__isnull=False, in_reply_to_id__isnull=True, boost_of_id__isnull=True
    )
    posts = (
        await found.exclude(id=post.id)
        .order_by("-replies_count", "-id")
        .limit(MAX_SHOWN)
        .select_related("community", "author")
    )
    return [other for other in posts if await site.hooks.may_read.allows(viewer, other)]
