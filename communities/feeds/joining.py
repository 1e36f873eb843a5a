"""Members follow a feed, and join its communities along with it when they want that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities.feeds.making import set_joins
from communities.feeds.models import Feed, FeedEntry, FeedJoiner
from communities.membership import join
from federation.database import transaction
from federation.models import Actor, Follow
from federation.refusals import Refused
from sebangsa import following
from sebangsa.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from sebangsa.site import Site


async def follow_feed(site: Site, member: Actor, feed: Actor, *, joins: bool) -> Follow:
    """Follow a feed; with `joins` the member joins its communities as soon as its server lets them in, and each that comes
    later. Following it again changes that choice. Raises `NotAllowed`.
    """
    if not feed.is_feed:
        raise NotAllowed("not-a-feed", "This is no feed.")
    async with transaction():
        made = await following.follow(site, member, feed)
        await set_joins(site, feed, member, joins=joins)
    return made


async def unfollow_feed(site: Site, member: Actor, feed: Actor) -> None:
    """Follow no more. The member stays in the communities that they joined."""
    async with transaction():
        await set_joins(site, feed, member, joins=False)
        await following.unfollow(site, member, feed)


async def may_follow(follower: Actor, target: Actor) -> None:
    """Gate: a feed that is not public is its owner's alone. Another server that guessed its id is not even answered."""
    if not target.is_feed or target.is_nameable:
        return
    if not follower.is_local:
        raise Refused("not-found", target.uri)
    raise NotAllowed("feed-private", "This feed is not public.")


async def after_follow(site: Site, follower: Actor, target: Actor) -> None:
    """Event `followed`: its server let somebody of ours in."""
    if target.is_feed and await FeedJoiner.exists(feed_id=target.id, member_id=follower.id):
        await set_joins(site, target, follower, joins=True)


async def after_unfollow(follower: Actor, target: Actor) -> None:
    """Event `unfollowed`: also when the feed's server put somebody out."""
    if target.is_feed:
        await FeedJoiner.filter(feed_id=target.id, member_id=follower.id).delete()


async def join_communities_of_feed(site: Site, feed_id: int, member_id: int) -> None:
    """The job: somebody joins all communities of a feed. Not before its server has let them in."""
    joiner = await FeedJoiner.get_or_none(feed_id=feed_id, member_id=member_id).select_related(
        "feed", "member"
    )
    if joiner is None or not await _is_let_in(joiner):
        return
    for entry in await FeedEntry.filter(feed_id=feed_id).select_related("community").order_by("id"):
        await _join(site, joiner.member, entry.community)


async def join_community_of_feed(site: Site, feed_id: int, community_id: int) -> None:
    """The job: a community came into a feed, and those who join its communities join this one. Only this one: who left
    another meanwhile is not brought back.
    """
    entry = await FeedEntry.get_or_none(feed_id=feed_id, community_id=community_id).select_related(
        "community"
    )
    if entry is None:
        return
    for joiner in await FeedJoiner.filter(feed_id=feed_id).select_related("feed", "member"):
        if await _is_let_in(joiner):
            await _join(site, joiner.member, entry.community)


async def _is_let_in(joiner: FeedJoiner) -> bool:
    made = await following.follow_of(joiner.member, joiner.feed)
    if made is not None:
        return made.state == following.FollowState.ACCEPTED
    return await Feed.exists(actor_id=joiner.feed_id, owner_id=joiner.member_id)


async def _join(site: Site, member: Actor, community: Actor) -> None:
    if not member.is_usable:
        return
    try:
        await join(site, member, community)
    except (NotAllowed, NotFound):
        return  # banned there, moved away, or gone: the others are joined all the same
