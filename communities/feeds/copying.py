"""Our copies of feeds elsewhere: read from their own servers, and from nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from communities.feeds.changing import MAX_COMMUNITIES, write_entry
from communities.feeds.models import Feed, FeedEntry
from federation.actors import fetch_actor, resolve_actor
from federation.database import transaction
from federation.fetch_limits import BudgetSpent
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import id_of
from sebangsa.erasing import end_account
from sebangsa.hooks import Origin

if TYPE_CHECKING:
    from sebangsa.site import Site

FRESH_FOR = timedelta(days=1)
"""A copy that somebody looks at is read again after this time."""
MAX_PAGES = 10
MET_AT_ONCE = 40
"""Communities that one reading may make us meet; the next goes on, `GOES_ON_AFTER` later."""
GOES_ON_AFTER = timedelta(minutes=5)

log = structlog.get_logger("communities.feeds")


async def look_at(site: Site, feed: Actor) -> Feed | None:
    """Somebody of ours looks at a feed elsewhere: ask for what it lists, unless that was done lately. Our copy's row."""
    row = await Feed.get_or_none(actor_id=feed.id)
    if row is None or row.read_at is None or site.clock.now() - row.read_at > FRESH_FOR:
        async with transaction():
            row = await keep(site, feed)
            await ask_for(site, feed)
    return row


async def keep(site: Site, feed: Actor) -> Feed:
    """The row of our copy, made where there is none."""
    row, _ = await Feed.get_or_create(
        actor_id=feed.id, defaults={"id": site.ids.next(), "created_at": site.clock.now()}
    )
    return row


async def ask_for(site: Site, feed: Actor, delay: timedelta = timedelta(0)) -> None:
    """Have a feed read soon, in the transaction under way."""
    key = f"feed:{feed.id}:later" if delay else f"feed:{feed.id}"
    await site.queue.enqueue("read_feed", feed.id, key=key, delay=delay)


async def read_feed(site: Site, feed_id: int) -> None:
    """The job: read a feed's document and its list anew. Where its server cannot be asked, our copy stays as it is."""
    feed = await Actor.get_or_none(id=feed_id)
    if feed is None or not feed.is_usable or feed.is_local:
        return
    fed = site.federation
    try:
        feed = await fetch_actor(fed, feed.uri)
        listed = await fed.client.collection_items(
            feed.following_url, max_items=MAX_COMMUNITIES, max_pages=MAX_PAGES
        )
    except Refused as refusal:
        if refusal.code == "gone":
            async with transaction():
                await end_account(site, feed, Origin(""))
        log.info("a feed could not be read", feed=feed.uri, reason=str(refusal))
        return
    uris = list(dict.fromkeys(uri for item in listed if (uri := id_of(item))))
    communities, is_whole = await _meet(site, uris)
    async with transaction():
        await write_list(site, feed, communities)
        if not is_whole:
            await ask_for(site, feed, GOES_ON_AFTER)


async def _meet(site: Site, uris: list[str]) -> tuple[list[Actor], bool]:
    """The communities with these ids in their order, unknown ones fetched; and whether none is left to be fetched."""
    known = {actor.uri: actor for actor in await Actor.filter(uri__in=uris)}
    met, is_whole = 0, True
    for uri in uris:
        if uri in known or site.federation.config.is_ours(uri):
            continue
        if met == MET_AT_ONCE:
            is_whole = False
            break
        met += 1
        try:
            known[uri] = await resolve_actor(site.federation, uri)
        except BudgetSpent:
            is_whole = False
        except Refused as refusal:
            log.info(
                "a community of a feed cannot be had", community=uri, host=host_of(uri), reason=refusal.code
            )
    return [known[uri] for uri in uris if uri in known and known[uri].is_group], is_whole


async def write_list(site: Site, feed: Actor, communities: list[Actor]) -> None:
    """Write what a feed lists now, in the transaction under way."""
    row = await keep(site, feed)
    row.read_at = site.clock.now()
    await row.save(update_fields=["read_at"])
    await (
        FeedEntry.filter(feed_id=feed.id)
        .exclude(community_id__in=[community.id for community in communities] or [0])
        .delete()
    )
    for community in communities:
        await write_entry(site, feed, community)
