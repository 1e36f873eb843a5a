"""A community's collections, for servers: moderators, pinned posts, outbox, followers (shapes: interop b1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from communities import wire
from communities.listing import pinned
from communities.membership import moderators_of
from communities.models import AnnouncedThread
from federation.endpoints.actors import OUTBOX_PAGE, local_actor
from federation.endpoints.answers import activity_answer, refusal_answer
from federation.endpoints.collections import (
    collection_document,
    page_document,
    place_in,
    raw_items,
)
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.posting import document_of
from sebangsa.visibility import OPEN
from sebangsa.web.viewing import site_of


async def _community(request: Request) -> Actor:
    actor = await local_actor(request.path_params["name"], group=True)
    if actor.deleted_at is not None:
        raise Refused("gone", actor.uri)
    return actor


async def moderators(request: Request) -> Response:
    """`/c/{name}/moderators`: who may moderate; the only place that peers may believe (S-057)."""
    try:
        community = await _community(request)
    except Refused as refusal:
        return refusal_answer(refusal)
    held = await moderators_of(community)
    return activity_answer(request, wire.moderators_document(community, [row.actor for row in held]))


async def featured(request: Request) -> Response:
    """`/c/{name}/featured`: the pinned posts, in full."""
    try:
        community = await _community(request)
    except Refused as refusal:
        return refusal_answer(refusal)
    site = site_of(request)
    posts = [post for post in await pinned(community, None) if post.kind != "question"]
    documents = [(await document_of(site, post))[0] for post in posts]
    return activity_answer(request, wire.featured_document(community, documents))


async def outbox(request: Request) -> Response:
    """`/c/{name}/outbox`: `Announce{Create{Page}}`, newest first, in one piece: Lemmy does not page. Older ones by pages."""
    try:
        community = await _community(request)
        place = place_in(request, "below")
    except Refused as refusal:
        return refusal_answer(refusal)
    shown = AnnouncedThread.filter(
        community_id=community.id,
        post__deleted_at__isnull=True,
        post__removed_at__isnull=True,
        post__visibility__in=OPEN,
        post__author__suspended_at__isnull=True,
    )
    total = await shown.count()
    found = (
        await (shown.filter(post_id__lt=place) if place else shown).order_by("-post_id").limit(OUTBOX_PAGE)
    )
    items = raw_items(row.body for row in found)
    if place is None:
        return activity_answer(request, collection_document(community.outbox_url, items, total))
    following = found[-1].post_id if len(found) == OUTBOX_PAGE else None
    page = page_document(community.outbox_url, items, total, name="below", place=place, following=following)
    return activity_answer(request, page)


async def followers(request: Request) -> Response:
    """`/c/{name}/followers`: how many; not who."""
    try:
        community = await _community(request)
    except Refused as refusal:
        return refusal_answer(refusal)
    return activity_answer(request, wire.followers_document(community))
