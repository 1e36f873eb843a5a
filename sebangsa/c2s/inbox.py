"""One's inbox: what came to a person, as the activities that say so, newest first.

Its one source is what home and notifications hold. So it shows what its person would see on a page, no more: a
stranger's message that waits to be let in, or somebody's like that was taken back, is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation.actor_document import timestamp
from federation.contexts import context_for
from federation.models import Actor, Follow, FollowState
from sebangsa.c2s.documents import activities_of
from sebangsa.models import Notification, Post, Visibility, Vote
from sebangsa.timelines import brought_by_follows, with_parts
from sebangsa.visibility import readable, with_shown_boosts

if TYPE_CHECKING:
    from sebangsa.site import Site

TOLD = {"favourite": "Like", "follow": "Follow", "follow_request": "Follow", "reblog": "Announce"}
"""Notifications that stand for an activity of somebody; a `mention` is the post itself."""


@dataclass(frozen=True)
class Item:
    """One entry. `id` ascends with time, and is its place in the pages."""

    id: int
    activity: dict[str, Any]


def received(me: Actor) -> QuerySet[Post]:
    """The posts in somebody's inbox: what their follows bring, and what answers or names them."""
    named = Notification.filter(recipient_id=me.id, type="mention", post_id__isnull=False).values("post_id")
    return _of_others(me).filter(_brought(me) | Q(id__in=Subquery(named)))


def at_home(me: Actor) -> QuerySet[Post]:
    """Those of them that somebody's follows bring."""
    return _of_others(me).filter(_brought(me))


def _of_others(me: Actor) -> QuerySet[Post]:
    return with_shown_boosts(readable(Post.all(), me)).exclude(author_id=me.id)


def _brought(me: Actor) -> Q:
    return brought_by_follows(me) & ~Q(visibility=Visibility.DIRECT)


def told(me: Actor) -> QuerySet[Notification]:
    """The notifications in somebody's inbox. A boost by whom they follow is among the posts already."""
    followed = Follow.filter(follower_id=me.id, state=FollowState.ACCEPTED).values("target_id")
    rows = Notification.filter(
        recipient_id=me.id,
        type__in=list(TOLD),
        actor__suspended_at__isnull=True,
        actor__deleted_at__isnull=True,
    )
    return rows.exclude(Q(type="reblog") & Q(actor_id__in=Subquery(followed)))


async def items_of(
    site: Site, me: Actor, *, limit: int, below: int | None = None, above: int | None = None
) -> list[Item]:
    """The newest entries below (above) a place, in a number of queries that does not grow with them."""
    posts, rows = received(me), told(me)
    if below is not None:
        posts, rows = posts.filter(id__lt=below), rows.filter(id__lt=below)
    if above is not None:
        posts, rows = posts.filter(id__gt=above), rows.filter(id__gt=above)
    items = await post_items(site, me, await with_parts(posts.order_by("-id").limit(limit)))
    items += await told_items(
        me, await rows.order_by("-id").limit(limit).select_related("actor", "post__author")
    )
    return sorted(items, key=lambda item: -item.id)[:limit]


async def post_items(site: Site, me: Actor, posts: Sequence[Post]) -> list[Item]:
    """Posts with their parts as entries; without those that a feature hides from this person."""
    shown = [
        post
        for post in posts
        if await site.hooks.may_read.allows(me, post.boost_of if post.boost_of else post)
    ]
    return [
        Item(post.id, activity)
        for post, activity in zip(shown, await activities_of(site, shown), strict=True)
    ]


async def told_items(me: Actor, rows: Sequence[Notification]) -> list[Item]:
    """Notifications, with `actor` and `post`, as the activities that caused them."""
    ids = await _activity_ids(me, rows)
    return [Item(row.id, activity) for row in rows if (activity := _activity(me, row, ids)) is not None]


Caused = tuple[str, int, int | None]


async def _activity_ids(me: Actor, rows: Sequence[Notification]) -> dict[Caused, str]:
    """The ids of the activities, by kind, actor and post."""
    found: dict[Caused, str] = {}
    actors = {row.actor_id for row in rows}
    posts = {row.post_id for row in rows if row.post_id is not None}
    if posts:
        for vote in await Vote.filter(actor_id__in=actors, post_id__in=posts, value=1):
            found["Like", vote.actor_id, vote.post_id] = vote.uri
        for boost in await Post.filter(author_id__in=actors, boost_of_id__in=posts):
            found["Announce", boost.author_id, boost.boost_of_id] = boost.uri
    if any(TOLD[row.type] == "Follow" for row in rows):
        for made in await Follow.filter(target_id=me.id, follower_id__in=actors):
            found["Follow", made.follower_id, None] = made.uri
    return found


def _activity(me: Actor, row: Notification, ids: dict[Caused, str]) -> dict[str, Any] | None:
    """None for what was taken back since: there is no such like, boost or follow any more."""
    kind = TOLD[row.type]
    uri = ids.get((kind, row.actor_id, row.post_id))
    if uri is None or (kind != "Follow" and (row.post is None or not row.post.is_shown)):
        return None
    return {
        "@context": context_for(),
        "id": uri,
        "type": kind,
        "actor": row.actor.uri,
        "object": me.uri if kind == "Follow" or row.post is None else row.post.uri,
        "to": [me.uri],
        "published": timestamp(row.created_at),
    }
