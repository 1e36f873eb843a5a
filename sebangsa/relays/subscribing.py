"""An administrator adds a relay or removes it; the relay answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from federation.actors import fetch_actor
from federation.database import after_commit, transaction
from federation.local_actors import server_actor
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.refusals import Refused
from federation.urls import host_of, parse_url
from federation.vocabulary import AS_PUBLIC
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Relay, RelayKind, RelayState
from sebangsa.relays.confirmed import confirmed_relays
from sebangsa.wire import activity_about, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

SILENT_AFTER = timedelta(days=1)
"""A relay that was asked so long ago and has not answered will hardly answer any more."""


async def add_relay(site: Site, url: str) -> Relay:
    """Ask a relay to exchange public posts: by its inbox (`…/inbox`, Mastodon's way) or its actor (LitePub's).

    One that is known is asked again unless it has accepted. Never inside a transaction. Raises `Invalid`.
    """
    url = url.strip()
    kind, inbox_url, actor = await _address(site, url)
    known = await Relay.get_or_none(url=url)
    if known is not None and known.state == RelayState.ACCEPTED:
        return known
    us = await server_actor(site.federation)
    row_id = site.ids.next()
    values: dict[str, Any] = {
        "kind": kind,
        "inbox_url": inbox_url,
        "host": host_of(inbox_url),
        "state": RelayState.ASKED,
        "follow_uri": site.federation.config.url(f"/a/{row_id}"),
        "actor_id": actor.id if actor is not None else None,
        "follows_back": False,
        "asked_at": site.clock.now(),
        "answered_at": None,
    }
    async with transaction():
        relay, is_new = await Relay.get_or_create(url=url, defaults={"id": row_id, **values})
        if not is_new:
            await relay.change(**values)
        await _send(site, us, relay, _follow(us, relay, actor))
    return relay


async def remove_relay(site: Site, url: str) -> None:
    """Leave a relay. What it brought stays. Raises `NotFound`."""
    relay = await Relay.get_or_none(url=url.strip()).select_related("actor")
    if relay is None:
        raise NotFound
    us = await server_actor(site.federation)
    async with transaction():
        undone = _follow(us, relay, relay.actor if relay.kind is RelayKind.LITEPUB else None)
        await _send(site, us, relay, undo_activity(us, undone))
        await relay.delete()
        after_commit(confirmed_relays(site).forget)


async def all_relays() -> list[Relay]:
    """All that were added, the oldest first."""
    return await Relay.all().order_by("id")


def standing_of(relay: Relay, now: datetime) -> str:
    """`asked`, `accepted`, `refused`, or `silent`: asked a day ago, and no answer."""
    if relay.state == RelayState.ASKED and now - relay.asked_at > SILENT_AFTER:
        return "silent"
    return str(relay.state)


async def _address(site: Site, url: str) -> tuple[RelayKind, str, Actor | None]:
    """How the relay at `url` is spoken to, its inbox, and its actor where the address is one."""
    try:
        read = parse_url(url, allow_http=site.settings.is_development)
        if site.federation.config.is_ours(read.text):
            raise Invalid("own-domain", "This server is no relay.", field="url")
        await site.federation.registry.admit(read.authority)
        if read.path_query.endswith("/inbox"):
            return RelayKind.MASTODON, read.text, None
        actor = await fetch_actor(site.federation, read.text)
    except Refused as refusal:
        raise Invalid(
            "relay-unreadable",
            "There is no relay at that address: %(reason)s",
            field="url",
            reason=refusal.sentence,
        ) from refusal
    if not actor.is_usable or actor.uri != read.text:
        raise Invalid("relay-unreadable", "There is no relay at that address.", field="url")
    return RelayKind.LITEPUB, actor.inbox_url, actor


def _follow(us: Actor, relay: Relay, actor: Actor | None) -> dict[str, Any]:
    if actor is None:
        return activity_about("Follow", us, AS_PUBLIC, to=[], cc=[], id=relay.follow_uri)
    return activity_about("Follow", us, actor.uri, to=[actor.uri], cc=[], id=relay.follow_uri)


async def _send(site: Site, us: Actor, relay: Relay, activity: dict[str, Any]) -> None:
    await publish(site.federation, us, activity, Audience(inbox_urls=[relay.inbox_url]))
