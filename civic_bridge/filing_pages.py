"""The pages on which a citizen files a report, and the receipt."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from civic_bridge import forms, showing
from civic_bridge.areas import children
from civic_bridge.categories import EMERGENCY_NUMBERS, NOT_OURS, sounds_urgent
from civic_bridge.models import CivicCommunity, Report
from civic_bridge.pages import CITY, render
from civic_bridge.reading import report_for
from civic_bridge.reporting import file_report, similar_reports
from civic_bridge.village_map import HEIGHT, WIDTH, map_points
from civic_bridge.words import category_choices, row_in
from sebangsa.errors import Invalid, NotAllowed, NotFound, TooMany
from sebangsa.web.i18n import language_of
from sebangsa.web.pieces import Choice
from sebangsa.web.viewing import signed_in, site_of, viewer_of


@signed_in
async def report_form(request: Request) -> Response:
    """`/report`: the form; a POST files the report, after showing similar ones once."""
    site, reporter = site_of(request), viewer_of(request).actor
    if request.method == "GET":
        values = {"key": secrets.token_urlsafe(16), "category": request.query_params.get("category", "")}
        return await _form(request, values)
    form = await request.form()
    photos = forms.Uploads()
    try:
        photos = await forms.uploads(site, reporter, form)
        filing = await forms.filing_of(form, photos)
        similar: list[Report] = []
        if not forms.text(form, "confirmed"):
            similar = await similar_reports(site, filing.category, filing.area_code, filing.lat, filing.lon)
        urgent = not forms.text(form, "not_urgent") and sounds_urgent(f"{filing.title} {filing.description}")
        if similar or urgent:
            return await _form(request, form, photos=photos, similar=similar, urgent=urgent)
        report = await file_report(site, reporter, filing)
    except (Invalid, NotAllowed, TooMany) as error:
        return await _form(request, form, photos=photos, error=error)
    return RedirectResponse(f"/report/received/{report.reference}", 303)


async def _form(
    request: Request,
    values: Any,
    *,
    photos: forms.Uploads | None = None,
    similar: list[Report] | None = None,
    urgent: bool = False,
    error: Exception | None = None,
) -> Response:
    site, language = site_of(request), language_of(request)
    taking = await CivicCommunity.filter(is_open=True).select_related("actor").order_by("id").limit(100)
    context = {
        "values": values,
        "error": error,
        "communities": [
            Choice(str(each.id), each.actor.name or each.actor.username, f"@{each.actor.handle}")
            for each in taking
        ],
        "groups": category_choices(language),
        "districts": [
            (area.name, [(each.code, each.name) for each in children(area.code)]) for area in children(CITY)
        ],
        "map": {"width": WIDTH, "height": HEIGHT, "points": map_points(CITY)},
        "numbers": [row_in(language, row) for row in EMERGENCY_NUMBERS],
        "not_ours": [row_in(language, row) for row in NOT_OURS],
        "kept": showing.pictures(site, [photo.attachment for photo in photos.photos]) if photos else [],
        "kept_ids": photos.ids if photos else [],
        "similar": await showing.cards(site, request, await _whole(similar)) if similar else [],
        "urgent": urgent,
    }
    status = getattr(error, "status", 200)
    return render(request, "report_form", context, status)


async def _whole(reports: list[Report]) -> list[Report]:
    found = await Report.filter(id__in=[report.id for report in reports]).select_related(
        "post", "body__actor"
    )
    by_id = {report.id: report for report in found}
    return [by_id[report.id] for report in reports if report.id in by_id]


@signed_in
async def received(request: Request) -> Response:
    """`/report/received/{reference}`: the receipt, for its reporter."""
    site, viewer = site_of(request), viewer_of(request).actor
    report = await report_for(site, viewer, request.path_params["reference"])
    if report.reporter_id != viewer.id:
        raise NotFound
    context = {
        "report": report,
        "card": (await showing.cards(site, request, [report]))[0],
        "office": showing.face(report.body.actor, report.body) if report.body is not None else None,
    }
    return render(request, "received", context)
