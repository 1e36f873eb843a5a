"""Our own client API for reports: JSON at `/api/sebangsa/v1/reports`."""

from __future__ import annotations

from typing import Any

from civic_bridge.categories import CATEGORIES, GROUPS
from civic_bridge.desk import PAGE, Filters, public_reports
from civic_bridge.models import CivicCommunity, Report
from civic_bridge.photos import MAX_PHOTOS, StoredPhoto
from civic_bridge.presenting import entry_json, photos_json, report_json
from civic_bridge.reading import report_for, timeline
from civic_bridge.reporting import Filing, file_report
from federation.models import Actor
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import json_answer
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Attachment

PATH = "/api/sebangsa/v1/reports"


async def listing(call: Call) -> Any:
    """`GET …?state=&area=&category=&older_than=&sort=&max_id=&limit=`: public reports, newest first unless asked."""
    given = call.given
    filters = Filters(
        state=given.text("state", "all", limit=40),
        area=given.text("area", limit=20),
        category=given.text("category", limit=40),
        older_than=given.number("older_than", 0, 3650) if given.text("older_than") not in ("", "0") else 0,
        sort=given.text("sort", "newest", limit=20),
        before_id=given.identity("max_id") or 0,
    )
    found = public_reports(filters, call.site.clock.now()).limit(given.number("limit", 20, PAGE))
    return [report_json(call.site, report) for report in await found]


async def show(call: Call) -> Any:
    """`GET …/{reference}`: one with its timeline and photos."""
    report = await report_for(call.site, call.viewer, call.request.path_params["reference"])
    return await _in_full(call, report)


async def create(call: Call) -> Any:
    """`POST …`: file a report. `Idempotency-Key` (or `idempotency_key`): the same one again gives the first report.

    Fields: community (name), category, title, description, area_code, address, lat, lon, media_ids[].
    """
    given = call.given
    key = call.request.headers.get("idempotency-key", "") or given.text("idempotency_key", limit=200)
    filing = Filing(
        community=await _community(given.text("community", limit=300)),
        category=given.text("category", limit=40),
        title=given.text("title", limit=1000),
        description=given.text("description", limit=20_000),
        area_code=given.text("area_code", limit=20),
        address=given.text("address", limit=1000),
        lat=_degrees(given.text("lat", limit=30), "lat"),
        lon=_degrees(given.text("lon", limit=30), "lon"),
        photos=await _uploads(call),
        idempotency_key=key[:64],
    )
    report = await file_report(call.site, call.me, filing)
    report = await report_for(call.site, call.me, report.reference)
    return json_answer(await _in_full(call, report), 201)


async def categories(call: Call) -> Any:
    """`GET /api/sebangsa/v1/report_categories`: what a report can be about, in groups."""
    return [
        {
            "code": group.code,
            "name": group.word,
            "categories": [
                {"code": each.code, "name": each.word, "days": each.days, "precision": each.precision}
                for each in CATEGORIES.values()
                if each.group == group.code
            ],
        }
        for group in GROUPS.values()
    ]


async def _in_full(call: Call, report: Report) -> dict[str, Any]:
    photos = await Attachment.filter(post_id=report.post_id).order_by("position")
    entries = await timeline(report)
    return report_json(call.site, report) | {
        "photos": photos_json(call.site, photos),
        "timeline": [entry_json(call.site, entry) for entry in entries],
    }


async def _community(name: str) -> Actor:
    """The community that takes the report; without a name the only one that takes any."""
    taking = CivicCommunity.filter(is_open=True).select_related("actor")
    if not name:
        found = await taking.limit(2)
        if len(found) == 1:
            return found[0].actor
        raise Invalid("community-needed", "Name the community that the report goes to.", field="community")
    username, _, domain = name.strip().lower().lstrip("!@").partition("@")
    civic = await taking.filter(actor__username=username, actor__domain=domain).first()
    if civic is None:
        raise NotFound("No community with that name takes reports here.")
    return civic.actor


async def _uploads(call: Call) -> list[StoredPhoto]:
    ids = call.given.identities("media_ids", MAX_PHOTOS)
    rows = {each.id: each for each in await Attachment.filter(id__in=ids, owner_id=call.me.id, post_id=None)}
    if set(ids) - set(rows):
        raise Invalid("picture-unusable", "That picture is not yours or was used already.", field="media_ids")
    return [StoredPhoto(rows[number], None) for number in ids]


def _degrees(text: str, field: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError as error:
        raise Invalid("point-bad", "That is not a place on Earth.", field=field) from error


_READ = Rule(Caller.ANYBODY, "read")

ROUTES = [
    ApiRoute(PATH, listing, _READ),
    ApiRoute(PATH, create, Rule(Caller.PERSON, "write:statuses"), methods=["POST"]),
    ApiRoute(f"{PATH}/{{reference}}", show, _READ),
    ApiRoute("/api/sebangsa/v1/report_categories", categories, _READ),
]
