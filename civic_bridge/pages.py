"""The public pages of reports: file one, find one, read one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.functions import Count

from civic_bridge import answering, forms, showing
from civic_bridge.areas import Area, area_at, area_name, children, villages
from civic_bridge.bodies import bodies_of, body_named
from civic_bridge.categories import (
    CATEGORIES,
    GROUPS,
    Category,
    Group,
)
from civic_bridge.desk import Filters, public_reports
from civic_bridge.history import locked
from civic_bridge.models import Body, Officer, Report, StatusEvent
from civic_bridge.reading import address_of, comments, is_officer_of, report_for, timeline
from civic_bridge.states import STATES, Side, next_states
from civic_bridge.village_map import HEIGHT, WIDTH, map_points, point_on_map
from civic_bridge.wire import history_document, public_point
from civic_bridge.words import category_choices, name_in, state_in, status_of
from federation.contexts import context_for
from federation.endpoints.answers import activity_answer, wants_activity
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Attachment
from sebangsa.visibility import OPEN
from sebangsa.web.i18n import language_of
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of

SHOWN = 20
CITY = "31.74"


def render(request: Request, name: str, context: dict[str, Any], status_code: int = 200) -> Response:
    """A page of this feature."""
    response: Response = request.app.state.templates.render(
        request, f"civic/{name}.html", context, status_code=status_code
    )
    return response


def viewer_actor(request: Request) -> Actor | None:
    """The actor of who looks, or None."""
    viewer = request.state.viewer
    return viewer.actor if viewer is not None else None


@page
async def public_list(request: Request) -> Response:
    """`/reports`: the map and the list, which say the same."""
    site, query, language = site_of(request), request.query_params, language_of(request)
    filters = filters_of(request, "all")
    found = await public_reports(filters, site.clock.now()).limit(SHOWN + 1)
    everywhere = Filters(state=filters.state, category=filters.category, older_than=filters.older_than)
    counts = dict(
        await public_reports(everywhere, site.clock.now())
        .annotate(count=Count("id"))
        .order_by("area_code")
        .group_by("area_code")
        .values_list("area_code", "count")
    )
    context = {
        "cards": await showing.cards(site, request, found[:SHOWN]),
        "next": f"?{_query_with(request, before=str(found[SHOWN - 1].id))}" if len(found) > SHOWN else "",
        "filters": filters,
        "states": state_choices(language),
        "groups": category_choices(language),
        "group_names": [(group.code, name_in(language, group)) for group in GROUPS.values()],
        "areas": [
            (area.code, area.name)
            for area in [*children(CITY), *sorted(villages(CITY), key=lambda a: a.name)]
        ],
        "area": area_at(filters.area),
        "map": {"width": WIDTH, "height": HEIGHT, "points": map_points(CITY, counts)},
        "area_query": _query_with(request, area="", before=""),
        "text": query.get("q", ""),
    }
    return render(request, "reports", context)


def state_choices(language: str) -> list[tuple[str, str]]:
    """The states by name."""
    return [(name, state_in(language, state)) for name, state in STATES.items()]


def filters_of(request: Request, state: str) -> Filters:
    """The filters of a query string; what it says wrongly is left out."""
    query = request.query_params
    wanted = query.get("state", state)
    area, category = query.get("area", "")[:20], query.get("category", "")[:40]
    return Filters(
        state=wanted if wanted in STATES or wanted in ("open", "closed", "all") else state,
        area=area if area_at(area) else "",
        category=category if category in GROUPS or category in CATEGORIES else "",
        older_than=min(forms.number(query.get("older_than", "")), 3650),
        sort=query.get("sort", "newest")[:10],
        before_id=forms.number(query.get("before", "")),
    )


def _query_with(request: Request, **values: str) -> str:
    kept = {key: value for key, value in request.query_params.items() if key not in values}
    return "&".join(f"{quote(key)}={quote(value)}" for key, value in (kept | values).items() if value)


@page
async def find(request: Request) -> Response:
    """`/reports/find?q=SBG-…`: go to a report by its number."""
    wanted = request.query_params.get("q", "").strip()[:300]
    report = await report_for(site_of(request), viewer_actor(request), wanted)
    return RedirectResponse(address_of(report), 303)


async def report(request: Request) -> Response:
    """`/civic/{name}`: a report with its timeline; for servers the post's own document."""
    if wants_activity(request):
        found = await report_for(site_of(request), None, request.path_params["name"])
        return RedirectResponse(found.post.uri, 303)
    return await _report_page(request)


@page
async def _report_page(request: Request) -> Response:
    site, viewer = site_of(request), viewer_actor(request)
    found = await report_for(site, viewer, request.path_params["name"])
    return render(request, "report", await report_context(request, found, viewer))


async def report_context(
    request: Request,
    found: Report,
    viewer: Actor | None,
    *,
    values: Any = None,
    error: Exception | None = None,
) -> dict[str, Any]:
    """What a report's page shows to somebody: its officers and its reporter have forms on it."""
    site, language = site_of(request), language_of(request)
    is_reporter = viewer is not None and viewer.id == found.reporter_id and found.is_ours
    is_officer = await is_officer_of(viewer, found)
    sees_exactly = is_reporter or is_officer
    point = (found.lat, found.lon) if sees_exactly and found.lat is not None else public_point(found)
    village = area_at(found.area_code)
    photos = await Attachment.filter(post_id=found.post_id).order_by("position")
    replies = await comments(found, viewer)
    refused = {
        event.post_id
        for event in await StatusEvent.filter(
            report_id=found.id, state__in=["refused", "held"], post_id__isnull=False
        )
    }
    others: list[Body] = []
    if is_officer:
        others = (
            await Body.filter(is_active=True)
            .exclude(id=found.body_id or 0)
            .select_related("actor")
            .limit(200)
        )
    return {
        "report": found,
        "card": showing.card(site, request, found),
        "address": address_of(found),
        "status": status_of(found, language),
        "lines": showing.lines(site, request, await timeline(found)),
        "photos": showing.pictures(site, photos),
        "reporter": showing.face(found.reporter),
        "office": showing.face(found.body.actor, found.body) if found.body is not None else None,
        "area_name": area_name(found.area_code),
        "exact_address": found.address if sees_exactly else "",
        "point": point,
        "map": {"width": WIDTH, "height": HEIGHT, "points": map_points(CITY)},
        "pin": _pin(point, village),
        "comments": replies,
        "refused": refused,
        "is_reporter": is_reporter,
        "is_officer": is_officer,
        "may_confirm": is_reporter and found.status == "resolved-claimed",
        "may_reopen": is_reporter
        and any(s.name == "reopened" for s in next_states(found.status, Side.CITIZEN)),
        "next_states": [(s.name, state_in(language, s)) for s in next_states(found.status, Side.BODY)],
        "other_offices": [(str(body.id), body.actor.name or body.actor.username) for body in others],
        "values": values or {},
        "error": error,
    }


def _pin(point: tuple[float | None, float | None] | None, village: Area | None) -> tuple[float, float] | None:
    """Where a report lies on the drawing: its point, else its village."""
    if point is None or point[0] is None or point[1] is None:
        point = (village.lat, village.lon) if village is not None else None
    return (
        point_on_map(point[0], point[1]) if point and point[0] is not None and point[1] is not None else None
    )


async def history(request: Request) -> Response:
    """`/civic/{reference}/history`: every step of a report of ours, for other servers."""
    found = await report_for(site_of(request), None, request.path_params["reference"])
    if not found.is_ours:
        raise Refused("not-found")
    steps = await timeline(found, official_only=True)
    events = sorted((step.event for step in steps), key=lambda event: event.seq or 0)
    document = history_document(found, found.post.uri, events)
    return activity_answer(request, document, cache="public, no-cache")


@signed_in
async def post_verdict(request: Request) -> Response:
    """`/civic/{name}/confirm` and `/civic/{name}/dispute`: its reporter says whether it is done."""
    site, viewer = site_of(request), viewer_of(request).actor
    found = await report_for(site, viewer, request.path_params["name"])
    verdict = request.path_params["verdict"]
    if verdict not in ("confirm", "dispute"):
        raise NotFound
    form = await request.form()
    try:
        if verdict == "confirm":
            await answering.confirm(site, viewer, found, forms.text(form, "text"))
        else:
            photos = await forms.uploads(site, viewer, form)
            await answering.dispute(
                site, viewer, found, forms.text(form, "text"), [photo.attachment for photo in photos.photos]
            )
    except Invalid as error:
        context = await report_context(request, await _again(found), viewer, values=form, error=error)
        return render(request, "report", context, error.status)
    return RedirectResponse(address_of(found), 303)


async def _again(found: Report) -> Report:
    await locked(found.id)
    return await Report.get(id=found.id).select_related(
        "post__author", "post__community", "reporter", "body__actor"
    )


@page
async def body_page(request: Request) -> Response:
    """`/bodies/{name}`: what an office answers for, and how it does."""
    site, language = site_of(request), language_of(request)
    body = await body_named(request.path_params["name"])
    found = Report.filter(
        body_id=body.id, visibility="public", post__deleted_at__isnull=True, post__visibility__in=OPEN
    )
    recent = await found.select_related("post", "body__actor").order_by("-id").limit(SHOWN)
    named: dict[str, Group | Category] = {**GROUPS, **CATEGORIES}
    context = {
        "body": body,
        "face": showing.face(body.actor, body),
        "actor": body.actor,
        "areas": [area_name(code) for code in body.areas],
        "services": [name_in(language, named[code]) for code in body.services if code in named],
        "all_services": "*" in body.services,
        "open": await found.filter(closed_at__isnull=True).count(),
        "closed": await found.filter(closed_at__isnull=False).count(),
        "disputed": await StatusEvent.filter(
            report__body_id=body.id, to_status="reopened", state="applied"
        ).count(),
        "cards": await showing.cards(site, request, recent),
        "is_mine": any(each.id == body.id for each in await bodies_of(viewer_actor(request))),
    }
    return render(request, "body", context)


async def officers(request: Request) -> Response:
    """`/bodies/{name}/officers`: those officers of a body of ours who let themselves be found, for other servers."""
    body = await body_named(request.path_params["name"])
    if not body.actor.is_local:
        raise Refused("not-found")
    listed = Officer.filter(body_id=body.id, actor__host="", actor__discoverable=True)
    uris = [str(uri) for uri in await listed.order_by("id").values_list("actor__uri", flat=True)]
    document = {
        "@context": context_for(),
        "id": body.officers_url,
        "type": "Collection",
        "attributedTo": body.actor.uri,
        "totalItems": len(uris),
        "items": uris,
    }
    return activity_answer(request, document)
