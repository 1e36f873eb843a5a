"""Communities come into a feed and leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities.feeds import wire
from communities.feeds.making import erase_feed, must_own, tell_update
from communities.feeds.models import Feed, FeedEntry, FeedJoiner
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.hooks import Origin

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_COMMUNITIES = 200
"""Communities in one feed; of a longer list of another server the first ones are kept."""


async def add_community(site: Site, by: Actor, feed: Actor, community: Actor) -> None:
    """Put a community into a feed of ours, and tell its followers. Twice is once. Raises `NotAllowed`, `Invalid`."""
    row = await must_own(by, feed)
    if not community.is_group or not community.is_usable:
        raise NotAllowed("not-a-community", "Only communities stand in a feed.")
    if await FeedEntry.filter(feed_id=feed.id).count() >= MAX_COMMUNITIES:
        raise Invalid(
            "feed-full",
            "A feed has at most %(most)s communities.",
            field="community",
            most=MAX_COMMUNITIES,
        )
    async with transaction():
        if await write_entry(site, feed, community):
            await _tell(site, row, feed, community, "Add")


async def remove_community(site: Site, by: Actor, feed: Actor, community: Actor) -> None:
    """Take a community out of a feed of ours, and tell its followers. Raises `NotAllowed`."""
    row = await must_own(by, feed)
    async with transaction():
        if await FeedEntry.filter(feed_id=feed.id, community_id=community.id).delete():
            await _tell(site, row, feed, community, "Remove")


async def write_entry(site: Site, feed: Actor, community: Actor) -> bool:
    """Whether a community is new in a feed; those who join its communities will join it. In the transaction under way."""
    _, is_new = await FeedEntry.get_or_create(
        feed_id=feed.id,
        community_id=community.id,
        defaults={"id": site.ids.next(), "created_at": site.clock.now()},
    )
    if is_new:
        key = f"feed-entry:{feed.id}:{community.id}"
        await site.queue.enqueue("join_community_of_feed", feed.id, community.id, key=key)
    return is_new


async def _tell(site: Site, row: Feed, feed: Actor, community: Actor, kind: str) -> None:
    """PieFed reads the `Announce`, Lemmy the `Update`; each passes over the other."""
    if not row.is_public:
        return
    fed = site.federation
    announced = wire.change(kind, feed, community, fed.config.url(f"/a/{site.ids.next()}#{kind.lower()}"))
    await publish(fed, feed, announced, Audience(followers_of=[feed]), is_public=True)
    await tell_update(site, row, feed)


async def forget_actor(site: Site, actor: Actor, origin: Origin) -> None:
    """Event `actor_deleted`: a feed ends with what it listed, a community leaves all feeds, and a member's feeds end."""
    if actor.is_feed:
        await FeedEntry.filter(feed_id=actor.id).delete()
        await FeedJoiner.filter(feed_id=actor.id).delete()
        await Feed.filter(actor_id=actor.id).delete()
    elif actor.is_group:
        await FeedEntry.filter(community_id=actor.id).delete()
    elif actor.is_local:
        await FeedJoiner.filter(member_id=actor.id).delete()
        for owned in await Feed.filter(owner_id=actor.id).select_related("actor"):
            await erase_feed(site, owned.actor)
