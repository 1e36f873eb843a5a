"""Finding people and communities by handle or address, here and on other servers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from federation.actors import resolve_actor
from federation.discovery import lookup_handle
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.text.handles import Handle, parse_handle

if TYPE_CHECKING:
    from sebangsa.site import Site

FEED_SIGN = "~"
"""Stands before the name of a feed of communities, as in PieFed."""


async def actor_by_handle(site: Site, handle: Handle, *, fetch: bool = True) -> Actor | None:
    """Whom a handle names: ours, known, or (unless `fetch` is false) asked for by WebFinger. None for nobody."""
    found = Actor.filter(deleted_at=None, suspended_at=None)
    if handle.sigil == FEED_SIGN:
        found = found.filter(type="Feed")
    if handle.domain in (None, site.federation.config.domain, site.federation.config.authority):
        return await found.get_or_none(local_name=handle.name.lower())
    known = await found.filter(username=handle.name.lower(), domain=handle.domain).first()
    if known is not None or not fetch:
        return known
    return await _asked_for(site, handle)


async def _asked_for(site: Site, handle: Handle) -> Actor | None:
    """Whom the handle's own server names. PieFed finds a feed only by a name with its sign, all others by the bare name."""
    names = [handle.name]
    if handle.sigil == FEED_SIGN:
        names.insert(0, FEED_SIGN + handle.name)
    for name in names:
        try:
            uri = await lookup_handle(site.federation.client, f"{name}@{handle.domain}")
            actor = await resolve_actor(site.federation, uri)
        except Refused:
            continue
        if actor.is_usable and (actor.is_feed or handle.sigil != FEED_SIGN):
            return actor
    return None


async def was_deleted(site: Site, handle: Handle) -> bool:
    """Whether the handle was somebody's who deleted their account, here or elsewhere, as far as we know."""
    if handle.domain in (None, site.federation.config.domain, site.federation.config.authority):
        return await Actor.exists(local_name=handle.name.lower(), deleted_at__isnull=False)
    return await Actor.exists(username=handle.name.lower(), domain=handle.domain, deleted_at__isnull=False)


async def actors_by_handle(site: Site, handles: Iterable[Handle]) -> dict[str, Actor]:
    """Those of the handles that name somebody, by `Handle.key`. May ask other servers: not inside a transaction."""
    found = {handle.key: await actor_by_handle(site, handle) for handle in handles}
    return {key: actor for key, actor in found.items() if actor is not None}


async def find_actor(site: Site, text: str) -> Actor | None:
    """Whom somebody means who typed a handle or pasted an address."""
    text = text.strip()
    if text.startswith(("https://", "http://")):
        try:
            return await resolve_actor(site.federation, text)
        except Refused:
            return None
    handle = parse_handle(text)
    return await actor_by_handle(site, handle) if handle else None
