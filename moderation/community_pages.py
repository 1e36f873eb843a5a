"""The page on which a community's moderators, of this server or not, answer what was reported in it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from communities.pages import address_of, header_of
from communities.rules import community_by_name, numbered_rules
from federation.models import Actor
from moderation import reporting
from moderation.case_views import case_views
from moderation.judges import has_communities
from moderation.models import Case, CaseState
from moderation.pages import render
from moderation.resolving import resolve_in_community
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.web.forms import back_to, form_of, id_of, text_of
from sebangsa.web.pieces import Tab
from sebangsa.web.viewing import signed_in, site_of, viewer_of


async def reports_tab(community: Actor, moderator: Actor) -> Tab:
    """For `site.moderator_tabs`: the queue, and how many wait in it."""
    waiting = Case.filter(community_id=community.id, state=CaseState.OPEN).exclude(accused_id=moderator.id)
    return Tab("Reports", f"{address_of(community)}/reports", await waiting.count())


async def _community(request: Request) -> Actor:
    if not has_communities(site_of(request)):
        raise NotFound
    return await community_by_name(request.path_params["name"])


@signed_in
async def queue(request: Request) -> Response:
    """`/c/{name}/reports`: what waits for an answer, oldest first; for those who moderate there."""
    site, viewer = site_of(request), viewer_of(request).actor
    community = await _community(request)
    header = await header_of(request, community)
    if not header["may_moderate"]:
        raise NotAllowed("not-a-moderator", "Only moderators of this community may do this.")
    found = await reporting.queue_of(community, viewer)
    context = header | {
        "cases": await case_views(site, viewer, found, within=community),
        "cited": numbered_rules(header["rules"]),
        "max_answer": reporting.MAX_COMMENT,
    }
    return render(request, "community_reports", context)


@signed_in
async def post_resolve(request: Request) -> Response:
    """`POST /c/{name}/reports/{id}/resolve` with `answer`."""
    community = await _community(request)
    case = await Case.get_or_none(id=id_of(request), community_id=community.id)
    if case is None:
        raise NotFound
    answer = text_of(await form_of(request), "answer")
    await resolve_in_community(site_of(request), viewer_of(request).actor, community, case, answer)
    return back_to(request, f"{address_of(community)}/reports")
