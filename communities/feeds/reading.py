"""What the pages of feeds show: posts of all its communities, those communities, and which feeds there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tortoise.expressions import Q, Subquery
from tortoise.functions import Count

from communities.feeds.models import Feed, FeedEntry
from communities.listing import Order, in_order
from federation.models import Actor, Follow
from sebangsa.errors import NotFound
from sebangsa.lookup import actor_by_handle
from sebangsa.models import Post
from sebangsa.text.handles import parse_handle
from sebangsa.visibility import readable

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_FOUND = 50
COMMUNITIES_PAGE = 50


async def feed_by_name(site: Site, name: str, *, fetch: bool = False) -> Actor:
    """The public feed with this name: `name` for ours, `name@domain` for one elsewhere. Raises `NotFound`.

    With `fetch` its server is asked where it is not known.
    """
    handle = parse_handle(f"~{name.lower().removeprefix('~')}")
    found = await actor_by_handle(site, handle, fetch=fetch) if handle else None
    if found is None:
        raise NotFound("There is no such feed here.")
    return found


async def feed_by_id(feed_id: int, viewer: Actor | None) -> tuple[Actor, Feed | None]:
    """A feed that the viewer may see, with its row. Raises `NotFound`: one that is not public is its owner's alone."""
    feed = await Actor.get_or_none(id=feed_id, type="Feed", deleted_at=None, suspended_at=None)
    row = await Feed.get_or_none(actor_id=feed_id)
    if feed is None or (feed.is_local and row is None):
        raise NotFound("There is no such feed here.")
    if row is not None and not row.is_public and (viewer is None or row.owner_id != viewer.id):
        raise NotFound("There is no such feed here.")
    return feed, row


async def threads(site: Site, feed: Actor, viewer: Actor | None, order: Order) -> list[Post]:
    """Opening posts of all communities of a feed in the asked order, as far as the viewer may read them."""
    listed = FeedEntry.filter(feed_id=feed.id).values("community_id")
    posts = readable(Post.all(), viewer).filter(
        community_id__in=Subquery(listed),
        community__suspended_at__isnull=True,
        in_reply_to_id__isnull=True,
        boost_of_id__isnull=True,
    )
    return await in_order(site, posts, order)


async def communities_of(feed: Actor, page: int = 1, limit: int = COMMUNITIES_PAGE) -> list[Actor]:
    """What a feed lists, the largest first, without those of blocked servers. One more than `limit` tells of a next page."""
    found = FeedEntry.filter(
        feed_id=feed.id, community__deleted_at__isnull=True, community__suspended_at__isnull=True
    )
    ordered = found.order_by("-community__followers_count", "id").select_related("community")
    rows = await ordered.offset((page - 1) * limit).limit(limit + 1)
    return [row.community for row in rows]


async def follows_among(viewer: Actor | None, communities: Sequence[Actor]) -> dict[int, str]:
    """The state of the viewer's membership by the community's id, where there is one."""
    if viewer is None or not communities:
        return {}
    made = Follow.filter(follower_id=viewer.id, target_id__in=[community.id for community in communities])
    return {int(target): str(state.value) for target, state in await made.values_list("target_id", "state")}


async def feeds_of(owner: Actor) -> list[Feed]:
    """One's own feeds, by title."""
    return await Feed.filter(owner_id=owner.id).select_related("actor").order_by("actor__name", "id")


async def followed_by(viewer: Actor) -> list[Actor]:
    """The feeds that somebody follows, pending ones too, by title."""
    made = Follow.filter(follower_id=viewer.id).values("target_id")
    found = Actor.filter(type="Feed", deleted_at=None, suspended_at=None, id__in=Subquery(made))
    return await found.order_by("name", "id").limit(200)


async def directory(text: str = "") -> list[Actor]:
    """Public feeds that we know, the most followed first; `text` is part of a name or title."""
    found = Actor.filter(type="Feed", discoverable=True, deleted_at=None, suspended_at=None)
    if text.strip():
        wanted = text.replace("\x00", "").strip().lower().removeprefix("~").partition("@")[0][:100]
        found = found.filter(Q(username__icontains=wanted) | Q(name__icontains=wanted))
    return await found.order_by("-followers_count", "id").limit(MAX_FOUND)


async def sizes_of(feeds: Sequence[Actor]) -> dict[int, int]:
    """How many communities each of these feeds lists."""
    if not feeds:
        return {}
    counted = (
        await FeedEntry.filter(feed_id__in=[feed.id for feed in feeds])
        .annotate(size=Count("id"))
        .group_by("feed_id")
        .values_list("feed_id", "size")
    )
    return {int(feed_id): int(size) for feed_id, size in counted}


async def holding(owner: Actor, community: Actor) -> set[int]:
    """Which of one's own feeds list a community, by the feed's id."""
    owned = Feed.filter(owner_id=owner.id).values("actor_id")
    rows = FeedEntry.filter(community_id=community.id, feed_id__in=Subquery(owned))
    return {int(feed_id) for feed_id in await rows.values_list("feed_id", flat=True)}  # type: ignore[call-overload]
