"""A community's collections, for servers: moderators, pinned posts, outbox, followers (shapes: interop b1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from communities import wire
from communities.listing import pinned
from communities.membership import moderators_of
from communities.models import AnnouncedThread
from federation import strict_json
from federation.actor_tokens import issue_token
from federation.endpoints.actors import OUTBOX_PAGE, local_actor
from federation.endpoints.answers import PUBLIC_FOR, activity_answer, refusal_answer
from federation.endpoints.collections import (
    collection_document,
    page_document,
    place_in,
    raw_items,
)
from federation.endpoints.signers import signer_of
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from sebangsa.activitypub import PRIVATE, reader_of
from sebangsa.counts import count_terms
from sebangsa.models import Visibility
from sebangsa.post_documents import document_of
from sebangsa.visibility import OPEN, has_member_on, may_read_in
from sebangsa.web.viewing import site_of

_SHOWN = {
    "post__deleted_at__isnull": True,
    "post__removed_at__isnull": True,
    "post__author__suspended_at__isnull": True,
}


async def _community(request: Request) -> Actor:
    actor = await local_actor(request.path_params["name"], group=True)
    if actor.deleted_at is not None:
        raise Refused("gone", actor.uri)
    return actor


async def _read_by(request: Request) -> tuple[Actor, Actor | None]:
    """The community, and who asks where it is for members: one of them, or a server of theirs. Raises `Refused`."""
    community = await _community(request)
    if not community.is_members_only:
        return community, None
    reader = await reader_of(site_of(request), request)
    if not await may_read_in(reader, community):
        raise Refused("not-found")
    return community, reader


def _cache(community: Actor) -> str:
    return PRIVATE if community.is_members_only else PUBLIC_FOR


async def wall(request: Request) -> Response:
    """`/c/{name}/wall`: the newest threads of a community for members, as ids (FEP-400e)."""
    try:
        community, _ = await _read_by(request)
        if not community.is_members_only:
            raise Refused("not-found")
    except Refused as refusal:
        return refusal_answer(refusal)
    shown = AnnouncedThread.filter(community_id=community.id, **_SHOWN)
    total = await shown.count()
    found = await shown.order_by("-post_id").limit(OUTBOX_PAGE).values_list("post__uri", flat=True)
    uris = [str(uri) for uri in found]
    return activity_answer(request, wire.wall_document(community, uris, total), cache=PRIVATE)


async def actor_token(request: Request) -> Response:
    """`/c/{name}/actorToken`: that the server which signs has a member here, for servers of others who write (FEP-db0e)."""
    fed = site_of(request).federation
    try:
        community = await _community(request)
        if not community.is_members_only:
            raise Refused("not-found")
        signer = await signer_of(fed, request)
        if signer is None:
            raise Refused("signature-missing")
        if not await has_member_on(signer.host, community.id):
            raise Refused("not-allowed", "nobody on that server is a member")
    except Refused as refusal:
        return refusal_answer(refusal)
    token = await issue_token(fed, community, signer)
    return JSONResponse(token, headers={"cache-control": PRIVATE, "vary": "Signature"})


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
        community, reader = await _read_by(request)
    except Refused as refusal:
        return refusal_answer(refusal)
    site = site_of(request)
    posts = [post for post in await pinned(community, reader) if post.kind != "question"]
    documents = [(await document_of(site, post))[0] for post in posts]
    return activity_answer(request, wire.featured_document(community, documents), cache=_cache(community))


async def outbox(request: Request) -> Response:
    """`/c/{name}/outbox`: `Announce{Create{Page}}`, newest first, in one piece: Lemmy does not page. Older ones by pages."""
    try:
        community, _ = await _read_by(request)
        place = place_in(request, "below")
    except Refused as refusal:
        return refusal_answer(refusal)
    shown = AnnouncedThread.filter(
        community_id=community.id,
        post__visibility__in=[Visibility.MEMBERS] if community.is_members_only else OPEN,
        **_SHOWN,
    )
    total = await shown.count()
    found = (
        await (shown.filter(post_id__lt=place) if place else shown)
        .order_by("-post_id")
        .limit(OUTBOX_PAGE)
        .select_related("post")
    )
    items = raw_items(with_counts(row) for row in found)
    if place is None:
        document = collection_document(community.outbox_url, items, total)
        return activity_answer(request, document, cache=_cache(community))
    following = found[-1].post_id if len(found) == OUTBOX_PAGE else None
    page = page_document(community.outbox_url, items, total, name="below", place=place, following=following)
    return activity_answer(request, page, cache=_cache(community))


def with_counts(row: AnnouncedThread) -> str:
    """An announcement as it was sent, with how often its post was voted on: who reads it late does not begin at zero.

    On the `Announce`, for what is inside stays byte for byte (FEP-1b12), and may be another server's.
    """
    counts = {
        name: {"type": "Collection", "totalItems": count["totalItems"]}
        for name, count in count_terms(row.post).items()
    }
    return f"{strict_json.dumps(counts).decode()[:-1]},{row.body.removeprefix('{')}"


async def followers(request: Request) -> Response:
    """`/c/{name}/followers`: how many; not who. With `is_follower` (an actor's id) a server of members of a private one asks
    whether another server has members too, before it shows it what its own people wrote there: 404 is no (Lemmy 1.0).
    """
    asked = request.query_params.get("is_follower", "")
    try:
        community = await (_community(request) if not asked else _asked_by_members(request))
        if asked and not await has_member_on(host_of(asked), community.id):
            raise Refused("not-found")
    except Refused as refusal:
        return refusal_answer(refusal)
    cache = PRIVATE if asked else PUBLIC_FOR
    return activity_answer(request, wire.followers_document(community), cache=cache)


async def _asked_by_members(request: Request) -> Actor:
    community, _ = await _read_by(request)
    if not community.is_members_only:
        raise Refused("not-found")
    return community
