"""A community's moderation state, for servers that have a member in it: to find what they missed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from communities import wire
from communities.moderation_state import state_of, window_at
from communities.state_digest import Section
from federation.endpoints.actors import local_actor
from federation.endpoints.answers import activity_answer, refusal_answer
from federation.endpoints.signers import signer_of
from federation.models import Actor, Follow, FollowState
from federation.refusals import Refused
from sebangsa.activitypub import PRIVATE
from sebangsa.site import Site
from sebangsa.web.viewing import site_of

PAGE = 500


async def _asked_for(site: Site, request: Request) -> Actor:
    """The community, when the signed request comes from a server where somebody is a member of it.

    Raises `Refused`: bans name people (docs/decisions/who-reads-a-communitys-state.md).
    """
    community = await local_actor(request.path_params["name"], group=True)
    if community.deleted_at is not None:
        raise Refused("gone", community.uri)
    signer = await signer_of(site.federation, request)
    if signer is None:
        raise Refused("signature-missing")
    if not await Follow.exists(
        target_id=community.id, state=FollowState.ACCEPTED, follower__host=signer.host
    ):
        raise Refused("not-allowed", "nobody on that server is a member")
    return community


async def state(request: Request) -> Response:
    """`/c/{name}/state`: the digest of each section."""
    site = site_of(request)
    try:
        community = await _asked_for(site, request)
    except Refused as refusal:
        return refusal_answer(refusal)
    now = site.clock.now()
    since = window_at(now)
    sections = await state_of(community, now, since)
    return activity_answer(request, wire.state_document(community, since, sections), cache=PRIVATE)


async def section(request: Request) -> Response:
    """`/c/{name}/state/{section}` and its pages `/c/{name}/state/{section}/{page}`: one list."""
    site = site_of(request)
    try:
        community = await _asked_for(site, request)
        wanted, page = request.path_params["section"], request.path_params.get("page")
        if wanted == Section.ABOUT or wanted not in set(Section):
            raise Refused("not-found", wanted[:64])
        now = site.clock.now()
        listing = (await state_of(community, now, window_at(now)))[Section(wanted)]
        if page is not None and not 0 < page <= -(-len(listing.items) // PAGE):
            raise Refused("not-found", "there is no such page")
    except Refused as refusal:
        return refusal_answer(refusal)
    document = wire.state_section(community, Section(wanted), listing, page, PAGE)
    return activity_answer(request, document, cache=PRIVATE)
