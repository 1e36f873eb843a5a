"""An author sees whom a post reached, who refused it and who is waited for, and can send it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation import reach
from federation.reach import Reach
from sebangsa.errors import NotAllowed

if TYPE_CHECKING:
    from sebangsa.models import Post, User
    from sebangsa.site import Site


def may_see_reach(user: User | None, post: Post) -> bool:
    """The author of a post of ours, and administrators: which servers follow somebody is nobody else's business."""
    if user is None or not post.is_local or post.boost_of_id is not None or post.deleted_at is not None:
        return False
    return user.actor_id == post.author_id or user.is_admin


async def reach_of_post(site: Site, user: User, post: Post) -> Reach:
    """How far a post of ours went. Raises `NotAllowed`."""
    _must_see(user, post)
    return (await reach.reach_of(site.federation, [post.uri]))[post.uri]


async def send_again(site: Site, user: User, post: Post) -> int:
    """Try the servers that do not have it once more; returns how many deliveries. Raises `NotAllowed`, `TooMany`."""
    _must_see(user, post)
    await site.limiter.hit("send-again", user.id)
    return await reach.try_again(site.federation, post.uri)


def _must_see(user: User, post: Post) -> None:
    if not may_see_reach(user, post):
        raise NotAllowed("not-the-author", "Only its author may do this.")
