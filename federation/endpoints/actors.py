"""Our actors, their follower collections and our activities, for servers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from federation.actor_document import actor_document, tombstone
from federation.contexts import context_for
from federation.endpoints.answers import activity_answer
from federation.endpoints.collections import (
    collection_document,
    page_document,
    place_in,
    raw_items,
)
from federation.endpoints.strangers import key_document, open_to_all, show_strangers
from federation.federation import Federation
from federation.local_actors import actor_named
from federation.models import Actor, Follow, FollowState, OutboundActivity
from federation.refusals import Refused

OUTBOX_PAGE = 50
"""Lemmy reads an outbox unpaged, up to this many (interop b1)."""


async def local_actor(name: str, *, group: bool | None = None) -> Actor:
    """One of ours by name, whatever the letter case. With `group` only a community, or only people and the like.

    Raises `Refused('not-found')`; a suspended one is not shown.
    """
    actor = await actor_named(name)
    is_another = group is not None and actor is not None and (actor.is_group != group or actor.is_feed)
    if actor is None or actor.suspended_at or is_another:
        raise Refused("not-found", name[:64])
    return actor


async def local_feed(name: str) -> Actor:
    """A feed of ours by name. Raises `Refused`: `not-found`, and `gone` for a deleted one."""
    actor = await local_actor(name)
    if not actor.is_feed:
        raise Refused("not-found", name[:64])
    if actor.deleted_at is not None:
        raise Refused("gone", actor.uri)
    return actor


async def actor_answer(fed: Federation, request: Request, actor: Actor) -> Response:
    """The actor's document, or its tombstone. Where fetches must be signed, strangers get its key only; the server's own
    actor and tombstones stay open: each side must read the other's before it can say who it is.
    """
    if actor.deleted_at is not None:
        open_to_all(request)
        return activity_answer(request, tombstone(actor.uri, actor.deleted_at, actor.type), status=410)
    document = await actor_document(fed.config, actor)
    if actor.type == "Application":
        open_to_all(request)
    else:
        show_strangers(request, key_document(document))
    return activity_answer(request, document)


async def followers_answer(fed: Federation, request: Request, actor: Actor) -> Response:
    """How many there are; not who (they did not ask to be listed)."""
    return _count(request, actor.followers_url, actor.followers_count)


async def following_answer(fed: Federation, request: Request, actor: Actor) -> Response:
    """How many there are; not who."""
    return _count(request, actor.following_url, actor.following_count)


def _count(request: Request, uri: str, total: int) -> Response:
    return activity_answer(
        request,
        {"@context": context_for(), "id": uri, "type": "OrderedCollection", "totalItems": total},
    )


async def outbox_answer(fed: Federation, request: Request, actor: Actor) -> Response:
    """The newest public activities, newest first, in one piece: Lemmy does not page (interop b1). Older ones by pages."""
    shown = OutboundActivity.filter(actor_id=actor.id, is_public=True, type__in=["Create", "Announce"])
    place = place_in(request, "below")
    total = await shown.count()
    found = await (shown.filter(id__lt=place) if place else shown).order_by("-id").limit(OUTBOX_PAGE)
    items = raw_items(row.body for row in found)
    if place is None:
        return activity_answer(request, collection_document(actor.outbox_url, items, total))
    following = found[-1].id if len(found) == OUTBOX_PAGE else None
    page = page_document(actor.outbox_url, items, total, name="below", place=place, following=following)
    return activity_answer(request, page)


async def featured_answer(request: Request, actor: Actor) -> Response:
    """What somebody pinned to their profile: nothing can be, and an empty list says so."""
    return activity_answer(request, collection_document(actor.featured_url, [], 0, attributedTo=actor.uri))


async def activity_answer_of(request: Request, row: OutboundActivity | None) -> Response:
    """A public activity of ours as it was sent. Raises `Refused("not-found")` alike for none and for any other."""
    if row is None or not row.is_public:
        raise Refused("not-found")
    return activity_answer(request, row.body.encode())


async def is_follower(host: str, actor: Actor) -> bool:
    """Whether anybody on `host` follows the actor (FEP-8fcf, private communities of Lemmy)."""
    return await Follow.filter(target_id=actor.id, follower__host=host, state=FollowState.ACCEPTED).exists()
