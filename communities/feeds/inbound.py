"""What feeds elsewhere send: their lists change, they change, they end. Only their own host is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities.feeds import copying
from communities.feeds.changing import MAX_COMMUNITIES, write_entry
from communities.feeds.models import Feed, FeedEntry
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.wire import ActivityDocument, one_id, read_collection, types_of
from sebangsa.erasing import end_account
from sebangsa.hooks import Origin

if TYPE_CHECKING:
    from sebangsa.site import Site

CHANGES = ("Add", "Remove")


async def receive_announce(site: Site, inbound: Inbound) -> None:
    """A feed announces that a community came into its list or left it (PieFed)."""
    inner = inbound.activity.inner
    if inner is None or inner.type not in CHANGES or inner.actor != inbound.actor.uri:
        raise Refused("not-allowed", "a feed announces only its own list")
    await receive_change(site, inbound, inner)


async def receive_change(site: Site, inbound: Inbound, activity: ActivityDocument) -> None:
    """`Add` to a feed's list or `Remove` from it, by the feed itself."""
    feed = inbound.actor
    if not inbound.is_authentic or activity.target != feed.following_url:
        raise Refused("not-allowed", "a feed changes only its own list")
    if not await Feed.exists(actor_id=feed.id):
        return  # nobody here ever looked at it
    if activity.type == "Remove":
        await FeedEntry.filter(feed_id=feed.id, community__uri=activity.object_id).delete()
        return
    community = await inbound.actor_at(activity.object_id)
    if not community.is_group:
        raise Refused("not-allowed", "only communities stand in a feed")
    if await FeedEntry.filter(feed_id=feed.id).count() < MAX_COMMUNITIES:
        await write_entry(site, feed, community)


async def receive_update(site: Site, inbound: Inbound) -> None:
    """A feed changed, says itself or (Lemmy) somebody of its own server: it is read anew from there, list and all."""
    feed = await _feed_of_signers_host(inbound)
    if feed is not None and await Feed.exists(actor_id=feed.id):
        await copying.ask_for(site, feed)


async def receive_delete(site: Site, inbound: Inbound) -> None:
    """A feed ends: says itself, its owner, or anybody of its server while that shows it no longer."""
    feed = await _feed_of_signers_host(inbound)
    if feed is None:
        return
    if inbound.actor.id != feed.id and not _is_gone(inbound, feed) and not _is_owner(inbound, feed):
        raise Refused("not-the-author", inbound.actor.uri)
    await end_account(site, feed, Origin(inbound.raw))


async def _feed_of_signers_host(inbound: Inbound) -> Actor | None:
    """The feed that is spoken of, None where it is not known or ended. Raises `Refused` for one of another host."""
    feed = await Actor.get_or_none(uri=inbound.activity.object_id or "", type="Feed", deleted_at=None)
    if feed is not None and (
        feed.host != inbound.actor.host or inbound.announcer or not inbound.is_authentic
    ):
        raise Refused("not-the-author", f"{inbound.actor.uri} speaks of {feed.uri}")
    return feed


def _is_gone(inbound: Inbound, feed: Actor) -> bool:
    try:
        return "Tombstone" in types_of(inbound.document_at(feed.uri))
    except Refused as refusal:
        if refusal.code in ("gone", "not-found"):
            return True
        raise


def _is_owner(inbound: Inbound, feed: Actor) -> bool:
    """Whether the feed names the actor as its owner: at once (Lemmy), or in a list (PieFed)."""
    stated = one_id(inbound.document_at(feed.uri).get("attributedTo"))
    if not stated or stated == inbound.actor.uri:
        return bool(stated)
    try:
        return inbound.actor.uri in read_collection(inbound.document_at(stated)).item_ids
    except Refused:
        return False
