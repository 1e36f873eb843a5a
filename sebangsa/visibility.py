"""The one place that decides who may read a post. API, pages, search, streams and ActivityPub all ask here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation.models import Actor, Follow, FollowState
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.models import Mention, Post, Visibility

if TYPE_CHECKING:
    from sebangsa.site import Site

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


async def may_read(site: Site, viewer: Actor | None, post: Post) -> bool:
    """Whether `viewer` (None: anybody) may read the post.

    An author reads all of their own but what they deleted; a removed post is read by nobody else, and nothing of
    somebody suspended, or whose account ended, by anybody. The gate `may_read` narrows it further (private communities,
    masked reports).
    """
    if post.deleted_at is not None or not await _is_by_somebody_usable(post):
        return False
    if viewer is not None and viewer.id == post.author_id:
        return True
    if post.removed_at is not None:
        return False
    if post.visibility not in OPEN and not await _is_addressed(viewer, post):
        return False
    return await site.hooks.may_read.allows(viewer, post)


async def _is_by_somebody_usable(post: Post) -> bool:
    if isinstance(post.author, Actor):
        return post.author.is_usable
    return await Actor.exists(id=post.author_id, suspended_at=None, deleted_at=None)


async def _is_addressed(viewer: Actor | None, post: Post) -> bool:
    if viewer is None:
        return False
    if await Mention.exists(post_id=post.id, actor_id=viewer.id):
        return True
    return post.visibility == Visibility.FOLLOWERS and await Follow.exists(
        follower_id=viewer.id, target_id=post.author_id, state=FollowState.ACCEPTED
    )


async def post_for(site: Site, viewer: Actor | None, post_id: int) -> Post:
    """The post, with author and community. Raises `NotFound` alike for none and for one they may not read."""
    post = await Post.get_or_none(id=post_id).select_related("author", "community", "boost_of__author")
    if post is None or not await may_read(site, viewer, post):
        raise NotFound
    return post


def readable(posts: QuerySet[Post], viewer: Actor | None) -> QuerySet[Post]:
    """Narrow a query to what `viewer` may read: the same rule as `may_read`, as SQL."""
    posts = posts.filter(
        deleted_at__isnull=True, author__suspended_at__isnull=True, author__deleted_at__isnull=True
    )
    if viewer is None:
        return posts.filter(visibility__in=OPEN, removed_at__isnull=True)
    followed = Follow.filter(follower_id=viewer.id, state=FollowState.ACCEPTED).values("target_id")
    addressed = Mention.filter(actor_id=viewer.id).values("post_id")
    return posts.filter(
        Q(author_id=viewer.id)
        | Q(removed_at__isnull=True)
        & (
            Q(visibility__in=OPEN)
            | Q(visibility=Visibility.FOLLOWERS, author_id__in=Subquery(followed))
            | Q(id__in=Subquery(addressed))
        )
    )


def with_shown_boosts(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Leave out boosts of what was removed since, or whose author is suspended or gone: for the feeds that hold boosts."""
    return posts.filter(
        boost_of__removed_at__isnull=True,
        boost_of__author__suspended_at__isnull=True,
        boost_of__author__deleted_at__isnull=True,
    )


def must_be_author(actor: Actor, post: Post) -> None:
    """Raises `NotAllowed` unless the post is the actor's own."""
    if post.author_id != actor.id:
        raise NotAllowed("not-the-author", "Only its author may do this.")
