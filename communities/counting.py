"""How many threads a community has, kept on its actor for the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.database import tally
from federation.models import Actor
from sebangsa.hooks import Origin
from sebangsa.models import Post, Visibility

if TYPE_CHECKING:
    from sebangsa.site import Site


async def count_new(site: Site, post: Post, origin: Origin) -> None:
    """A post was written."""
    await count_thread(post, +1)


async def count_deletion(site: Site, post: Post, origin: Origin) -> None:
    """Its author took it back; one that was removed before is not counted any more."""
    if post.removed_at is None:
        await count_thread(post, -1)


async def count_restored(site: Site, post: Post) -> None:
    """Moderators of its own server let it come back; ours may still hide it."""
    if post.removed_at is None:
        await count_thread(post, +1)


async def count_hidden(post: Post) -> None:
    """This server's moderators hid it: no list here shows it."""
    if post.deleted_at is None:
        await count_thread(post, -1)


async def count_shown(post: Post) -> None:
    """They show it again."""
    if post.deleted_at is None:
        await count_thread(post, +1)


async def count_thread(post: Post, by: int) -> None:
    """Count an opening post, in the transaction under way; not one for members: a number would tell of it."""
    if post.community_id is None or post.in_reply_to_id is not None or post.visibility == Visibility.MEMBERS:
        return
    latest = {"last_post_at": post.created_at} if by > 0 else {}
    await tally(Actor, post.community_id, posts_count=by, latest=latest)
