"""Keeping posts for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from federation.database import savepoint
from federation.models import Actor
from sebangsa.api.models import Bookmark
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site


async def bookmark(site: Site, actor: Actor, post: Post) -> None:
    """Keep a post. Twice changes nothing."""
    if await Bookmark.exists(actor_id=actor.id, post_id=post.id):
        return
    try:
        async with savepoint():
            await Bookmark.create(id=site.ids.next(), actor=actor, post=post)
    except IntegrityError:
        return  # it came twice at once


async def unbookmark(actor: Actor, post: Post) -> None:
    """Let go of a post."""
    await Bookmark.filter(actor_id=actor.id, post_id=post.id).delete()
