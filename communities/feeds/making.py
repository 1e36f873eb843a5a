"""Feeds of ours are made, described, made public and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from communities.feeds import wire
from communities.feeds.models import Feed, FeedJoiner
from communities.founding import checked_name, name_taken
from federation.actor_document import actor_document
from federation.database import transaction
from federation.fan_out import inboxes_of_followers
from federation.local_actors import addresses_of, create_local_actor, give_address
from federation.models import Actor, Reads
from federation.outbox import Audience, publish
from sebangsa.erasing import end_account
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.hooks import Origin
from sebangsa.models import User
from sebangsa.text.markdown import render_markdown
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_TITLE = 100
MAX_DESCRIPTION = 5_000
MAX_FEEDS = 50
"""Feeds of one member."""


@dataclass(frozen=True)
class FeedDescription:
    """What the owner says of a feed. `description` is Markdown; with `joins` they join its communities themselves."""

    title: str = ""
    description: str = ""
    is_public: bool = True
    joins: bool = False


async def create_feed(site: Site, owner: Actor, name: str, about: FeedDescription) -> Actor:
    """Make a feed; returns its actor. A public one shares the name space of people and communities. Raises `Invalid`."""
    name = checked_name(name)
    _check(about)
    if about.is_public and await Actor.exists(local_name=name):
        raise name_taken()
    if await Feed.filter(owner_id=owner.id).count() >= MAX_FEEDS:
        raise Invalid("too-many-feeds", "You have %(most)s feeds; that is the most.", most=MAX_FEEDS)
    async with transaction():
        feed = await (_public_actor(site, name) if about.is_public else _nameless_actor(site, name))
        await Feed.create(
            id=site.ids.next(),
            actor=feed,
            owner=owner,
            is_public=about.is_public,
            created_at=feed.created_at,
        )
        await _write(site, owner, feed, about)
    return feed


async def _public_actor(site: Site, name: str) -> Actor:
    extra = wire.feed_extra(addresses_of(site.federation, "Feed", name)["uri"])
    try:
        return await create_local_actor(site.federation, "Feed", name, extra=extra)
    except IntegrityError as error:
        raise name_taken() from error


async def _nameless_actor(site: Site, name: str) -> Actor:
    """What nothing finds by a name: no server, no search, no app."""
    row_id, now = site.ids.next(), site.clock.now()
    uri = site.federation.config.url(f"/feeds/{row_id}")
    return await Actor.create(
        id=row_id,
        uri=uri,
        url=uri,
        type="Feed",
        username=name,
        discoverable=False,
        created_at=now,
        updated_at=now,
    )


async def describe_feed(site: Site, editor: Actor, feed: Actor, about: FeedDescription) -> None:
    """Change what a feed says of itself, and tell its followers. One that was public once stays so: other servers have it.

    Raises `NotAllowed`, `Invalid`.
    """
    row = await must_own(editor, feed)
    _check(about)
    if row.is_public and not about.is_public:
        raise Invalid(
            "feed-stays-public",
            "Other servers know this feed. It cannot be taken back, only deleted.",
            field="is_public",
        )
    async with transaction():
        if about.is_public and not row.is_public:
            await _make_public(site, feed)
            await feed.change(extra=wire.feed_extra(feed.uri), discoverable=True)
            await row.change(is_public=True)
        await _write(site, editor, feed, about)
        await tell_update(site, row, feed)


async def _write(site: Site, editor: Actor, feed: Actor, about: FeedDescription) -> None:
    source = about.description.strip().replace("\x00", "")
    await feed.change(
        name=clean_name(about.title, MAX_TITLE) or feed.username,
        source=source,
        summary=render_markdown(source),
        updated_at=site.clock.now(),
    )
    await set_joins(site, feed, editor, joins=about.joins)


async def set_joins(site: Site, feed: Actor, member: Actor, *, joins: bool) -> None:
    """Remember whether somebody joins the communities of a feed, and let them join. In the transaction under way."""
    if not joins:
        await FeedJoiner.filter(feed_id=feed.id, member_id=member.id).delete()
        return
    await FeedJoiner.get_or_create(feed_id=feed.id, member_id=member.id, defaults={"id": site.ids.next()})
    await site.queue.enqueue(
        "join_communities_of_feed", feed.id, member.id, key=f"feed-joiner:{feed.id}:{member.id}"
    )


async def delete_feed(site: Site, by: Actor, feed: Actor) -> None:
    """Delete a feed of ours, for good. Raises `NotAllowed`."""
    await must_own(by, feed)
    async with transaction():
        await erase_feed(site, feed)


async def erase_feed(site: Site, feed: Actor) -> None:
    """The same without asking who wants it, in the transaction under way. Of a public one a tombstone keeps the name."""
    row = await Feed.get(actor_id=feed.id).select_related("owner")
    if not row.is_public:
        await feed.delete()
        return
    actor = row.owner if row.owner is not None and row.owner.is_usable else feed
    # Named one by one: its follows end soon, and a large audience might be looked up too late.
    inboxes = await inboxes_of_followers([feed], Reads.ANYTHING)
    await publish(
        site.federation, actor, wire.deletion(actor, feed), Audience(inbox_urls=list(inboxes)), is_public=True
    )
    await end_account(site, feed, Origin(""))


async def tell_update(site: Site, row: Feed, feed: Actor) -> None:
    """Tell followers elsewhere that a feed changed, in the transaction under way."""
    if not row.is_public or row.owner_id is None:
        return
    owner = await Actor.get(id=row.owner_id)
    document = await actor_document(site.federation.config, feed)
    told = Audience(followers_of=[feed])
    await publish(site.federation, owner, wire.update(owner, feed, document), told, is_public=True)


async def must_own(actor: Actor, feed: Actor) -> Feed:
    """The row of a feed of ours that `actor` may change: its owner, or a moderator of this server. Raises `NotAllowed`."""
    row = await Feed.get_or_none(actor_id=feed.id) if feed.is_local else None
    if row is not None and row.owner_id == actor.id:
        return row
    user = await User.get_or_none(actor_id=actor.id) if actor.is_local else None
    if row is None or not row.is_public or user is None or not (user.is_active and user.is_moderator):
        raise NotAllowed("not-your-feed", "Only who made this feed may do this.")
    return row


async def _make_public(site: Site, feed: Actor) -> None:
    if await Actor.exists(local_name=feed.username):
        raise name_taken()
    try:
        await give_address(site.federation, feed)
    except IntegrityError as error:
        raise name_taken() from error


def _check(about: FeedDescription) -> None:
    if len(about.title) > MAX_TITLE:
        raise Invalid("title-long", "A title has at most %(most)s characters.", field="title", most=MAX_TITLE)
    if len(about.description) > MAX_DESCRIPTION:
        raise Invalid(
            "description-long",
            "The description has at most %(most)s characters.",
            field="description",
            most=MAX_DESCRIPTION,
        )
