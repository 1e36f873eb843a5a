"""Feeds: the newest N below an id, over an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tortoise.expressions import Q, Subquery
from tortoise.query_utils import Prefetch
from tortoise.queryset import QuerySet

from federation.models import Actor, Follow, FollowState
from sebangsa.models import Mention, Post, PostTag, Visibility
from sebangsa.text.hashtags import normal_form
from sebangsa.visibility import OPEN, readable, with_shown_boosts

if TYPE_CHECKING:
    from sebangsa.site import Site

PAGE = 20
MAX_PAGE = 40


@dataclass(frozen=True)
class Window:
    """Which part of a feed: below `max_id`, above `since_id` (newest first), or just above `min_id`."""

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = PAGE


async def page_of(posts: QuerySet[Post], window: Window) -> list[Post]:
    """One page of a feed, newest first, with what showing it needs in a number of queries that does not grow."""
    limit = max(1, min(window.limit, MAX_PAGE))
    if window.max_id is not None:
        posts = posts.filter(id__lt=window.max_id)
    if window.since_id is not None:
        posts = posts.filter(id__gt=window.since_id)
    if window.min_id is not None:
        rising = await with_parts(posts.filter(id__gt=window.min_id).order_by("id").limit(limit))
        return rising[::-1]
    return await with_parts(posts.order_by("-id").limit(limit))


async def with_parts(posts: QuerySet[Post]) -> list[Post]:
    """Posts with author, community, attachments, mentions and the post they boost, in eight queries at most."""
    return await _with(posts, *_own_parts(), Prefetch("boost_of", _with(Post.all(), *_own_parts())))


def _own_parts() -> list[str | Prefetch]:
    return ["attachments", Prefetch("mentions", Mention.all().select_related("actor")), "tags"]


def _with(posts: QuerySet[Post], *parts: str | Prefetch) -> QuerySet[Post]:
    # All parts in one call: a second one would forget the first.
    return posts.select_related("author", "community").prefetch_related(*parts)


def home(viewer: Actor) -> QuerySet[Post]:
    """What the people someone follows write and boost, and the threads of communities they joined."""
    posts = readable(Post.all(), viewer)
    return (
        with_shown_boosts(posts)
        .filter(Q(author_id=viewer.id) | brought_by_follows(viewer))
        .exclude(
            visibility=Visibility.DIRECT  # messages have their own page
        )
    )


def brought_by_follows(viewer: Actor) -> Q:
    """Which posts come to somebody because of whom they follow and which communities they joined."""
    followed = Follow.filter(follower_id=viewer.id, state=FollowState.ACCEPTED).values("target_id")
    return Q(author_id__in=Subquery(followed), community_id__isnull=True) | Q(
        community_id__in=Subquery(followed), in_reply_to_id__isnull=True
    )


def public(*, local_only: bool = False) -> QuerySet[Post]:
    """Public posts, without boosts and comments."""
    posts = readable(Post.all(), None).filter(
        visibility=Visibility.PUBLIC, boost_of_id__isnull=True, in_reply_to_id__isnull=True
    )
    return posts.filter(is_local=True) if local_only else posts


def by_tag(tag: str, viewer: Actor | None = None) -> QuerySet[Post]:
    """Public posts with a hashtag."""
    tagged = PostTag.filter(name=normal_form(tag)).values("post_id")
    return readable(Post.all(), viewer).filter(visibility=Visibility.PUBLIC, id__in=Subquery(tagged))


def of_actor(
    actor: Actor, viewer: Actor | None, *, replies: bool = True, boosts: bool = True
) -> QuerySet[Post]:
    """What somebody wrote, as far as the viewer may read it; direct posts are no part of a profile."""
    posts = readable(Post.all(), viewer).filter(author_id=actor.id).exclude(visibility=Visibility.DIRECT)
    if not replies:
        posts = posts.filter(in_reply_to_id__isnull=True)
    return with_shown_boosts(posts) if boosts else posts.filter(boost_of_id__isnull=True)


async def ancestors(site: Site, post: Post, viewer: Actor | None, limit: int = 40) -> list[Post]:
    """The posts above one in its thread, topmost first."""
    chain: list[int] = []
    above = post.in_reply_to_id
    while above is not None and above not in chain and len(chain) < limit:
        chain.append(above)
        above = await Post.filter(id=above).first().values_list("in_reply_to_id", flat=True)  # type: ignore[assignment]
    found = {p.id: p for p in await with_parts(readable(Post.filter(id__in=chain), viewer))}
    return [found[post_id] for post_id in reversed(chain) if post_id in found]


async def descendants(site: Site, post: Post, viewer: Actor | None, limit: int = 500) -> list[Post]:
    """The posts below one in its thread, each after its parent, oldest first."""
    root = post.root_id or post.id
    thread = await with_parts(
        readable(Post.filter(root_id=root, id__gt=0), viewer).order_by("id").limit(limit)
    )
    below: dict[int | None, list[Post]] = {}
    for entry in thread:
        below.setdefault(entry.in_reply_to_id, []).append(entry)
    ordered: list[Post] = []
    waiting = list(reversed(below.get(post.id, [])))
    while waiting:
        entry = waiting.pop()
        ordered.append(entry)
        waiting.extend(reversed(below.get(entry.id, [])))
    return ordered


def notifications_window(window: Window) -> Q:
    """The same cursor rules for rows that are not posts."""
    condition = Q()
    if window.max_id is not None:
        condition &= Q(id__lt=window.max_id)
    if window.since_id is not None:
        condition &= Q(id__gt=window.since_id)
    if window.min_id is not None:
        condition &= Q(id__gt=window.min_id)
    return condition


__all__ = [
    "OPEN",
    "PAGE",
    "Window",
    "ancestors",
    "by_tag",
    "descendants",
    "home",
    "of_actor",
    "page_of",
    "public",
]
