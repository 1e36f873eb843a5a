"""A citizen files a report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from civic_bridge.areas import (
    NotInIndonesia,
    area_at,
    area_in_address,
    check_point,
    distance_km,
    nearest_area,
)
from civic_bridge.categories import CATEGORIES, category_of
from civic_bridge.models import Body, CivicCommunity, Report
from civic_bridge.offering import offer
from civic_bridge.photos import StoredPhoto, place_flags
from civic_bridge.references import draw_reference
from civic_bridge.routing import body_for
from civic_bridge.states import CLOSED
from civic_bridge.wire import report_extra, report_source
from federation.models import Actor
from sebangsa.errors import Invalid, NotAllowed, TooMany
from sebangsa.models import Post
from sebangsa.posting import Draft, create_post
from sebangsa.text.plain import clean_name
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_DESCRIPTION = 5_000
MAX_TITLE = 120
MAX_ADDRESS = 300
MAX_PER_HOUR = 10
"""Reports of one person in an hour: more is a flood, not a bad street (S-125)."""
NEAR_KM = 0.25
NEAR_DAYS = 90


@dataclass(frozen=True)
class Filing:
    """What a citizen fills in. A place is an area, an address or a point; at least one of them.

    `idempotency_key` is made by the form: the same key from the same person is the same report, however often a
    bad network sends it.
    """

    community: Actor
    category: str
    title: str
    description: str = ""
    area_code: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    photos: Sequence[StoredPhoto] = ()
    idempotency_key: str = ""
    flags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Prepared:
    """A report that waits for its post. Written by `attach_report` in the post's own transaction."""

    report: Report
    body: Body | None


_prepared: ContextVar[_Prepared | None] = ContextVar("prepared_report", default=None)


async def file_report(site: Site, reporter: Actor, filing: Filing) -> Report:
    """File a report: a post in its community with a number, sent to the office that answers for it.

    The report and its post are written in one transaction. Raises `Invalid` for what cannot be used, `NotAllowed`
    where the community takes no reports or no posts of this person, `TooMany`.
    """
    known = await report_with_key(reporter, filing.idempotency_key)
    if known is not None:
        return known
    filing = await checked(filing)
    await _must_not_flood(site, reporter)
    body = await body_for(filing.area_code, filing.category, filing.community)
    report = await _new_report(site, reporter, filing, body)
    draft = Draft(
        source=report_source(report),
        name=filing.title,
        kind="note",
        community=filing.community,
        attachments=[photo.attachment for photo in filing.photos],
        recipients=[body.actor] if body else [],
        extra=report_extra(report),
    )
    token = _prepared.set(_Prepared(report, body))
    try:
        await create_post(site, reporter, draft)
    except IntegrityError:
        # The same form was sent twice at once: the other one has won.
        known = await report_with_key(reporter, filing.idempotency_key)
        if known is None:
            raise
        return known
    finally:
        _prepared.reset(token)
    return report


async def attach_report(site: Site, post: Post) -> Report | None:
    """Write the prepared report beside its new post, in the transaction under way, and hand it to its office."""
    prepared = _prepared.get()
    if prepared is None:
        return None
    report = prepared.report
    report.post_id = post.id
    report.created_at = report.updated_at = post.created_at
    await report.save(force_create=True)
    if prepared.body is not None:
        await offer(site, report, prepared.body)
    return report


async def checked(filing: Filing) -> Filing:
    """The filing with texts cleaned and its area found. Raises `Invalid` naming the field."""
    civic = await CivicCommunity.get_or_none(actor_id=filing.community.id, is_open=True)
    if civic is None or filing.community.is_members_only:  # a report is for the office, which is no member
        raise NotAllowed("takes-no-reports", "This community takes no reports.")
    title = clean_name(filing.title, MAX_TITLE)
    description = filing.description.strip().replace("\x00", "")
    if not title:
        raise Invalid("title-needed", "Say in a few words what is wrong.", field="title")
    if len(description) > MAX_DESCRIPTION:
        raise Invalid(
            "too-long", "A report has at most %(most)s characters.", field="description", most=MAX_DESCRIPTION
        )
    if filing.category not in CATEGORIES:
        raise Invalid("category-unknown", "Choose what it is about.", field="category")
    area_code, flags = _place(filing)
    flags += place_flags(filing.lat, filing.lon, [photo.place for photo in filing.photos])
    return replace(
        filing, title=title, description=description, area_code=area_code,
        address=clean_name(filing.address, MAX_ADDRESS), flags=flags,
    )  # fmt: skip


def _place(filing: Filing) -> tuple[str, list[str]]:
    """The area's code, and what people should look at: places that disagree, or lie in no area (S-124)."""
    if (filing.lat is None) != (filing.lon is None):
        raise Invalid("point-half", "A point needs latitude and longitude.", field="lat")
    if filing.area_code and area_at(filing.area_code) is None:
        raise Invalid("area-unknown", "There is no such area.", field="area")
    nearest = None
    if filing.lat is not None and filing.lon is not None:
        if not (math.isfinite(filing.lat) and math.isfinite(filing.lon)):
            raise Invalid("point-bad", "That is not a place on Earth.", field="lat")
        try:
            check_point(filing.lat, filing.lon)
        except NotInIndonesia as elsewhere:
            if elsewhere.is_swapped:
                raise Invalid(
                    "point-swapped",
                    "That place is not in Indonesia. Latitude and longitude seem to have changed places.",
                    field="lat",
                ) from elsewhere
            raise Invalid("point-outside", "That place is not in Indonesia.", field="lat") from elsewhere
        nearest = nearest_area(filing.lat, filing.lon)
    chosen = area_at(filing.area_code) or nearest or area_in_address(filing.address)
    if chosen is None and nearest is None and filing.lat is None:
        raise Invalid("place-needed", "Say where it is: choose an area from the list.", field="area")
    flags = []
    if filing.lat is not None and nearest is None:
        flags.append("outside-areas")
    elif (
        nearest is not None
        and chosen is not None
        and not nearest.code.startswith(chosen.code)
        and (
            nearest.parent != chosen.parent  # next to a border the nearest centre may be a neighbour's
        )
    ):
        flags.append("place-disagrees")
    return chosen.code if chosen else "", flags


async def _must_not_flood(site: Site, reporter: Actor) -> None:
    if site.settings.rate_limits == "off":
        return
    since = site.clock.now() - timedelta(hours=1)
    if await Report.filter(reporter_id=reporter.id, created_at__gt=since).count() >= MAX_PER_HOUR:
        raise TooMany("That is many reports in one hour. Try again later.", retry_after=3600)


async def _new_report(site: Site, reporter: Actor, filing: Filing, body: Body | None) -> Report:
    category = category_of(filing.category)
    now = site.clock.now()
    reference = await _free_reference(site, filing.area_code)
    return Report(
        id=site.ids.next(),
        reference=reference,
        history_url=site.federation.config.url(f"/civic/{reference}/history"),
        reporter=reporter,
        category=category.code,
        area_code=filing.area_code,
        lat=filing.lat,
        lon=filing.lon,
        precision=category.precision,
        address=filing.address,
        description=filing.description,
        body_id=body.id if body else None,
        jurisdiction=body.actor.uri if body else "",
        expected_at=now + timedelta(days=category.days),
        idempotency_key=filing.idempotency_key or None,
        flags=filing.flags if body else sorted({*filing.flags, "needs-office"}),
        created_at=now,
        updated_at=now,
    )


async def _free_reference(site: Site, area_code: str) -> str:
    for _ in range(20):
        drawn = draw_reference(site.rng, area_code, site.clock.now())
        if not await Report.exists(host="", reference=drawn):
            return drawn
    raise TooMany("No number is free at the moment. Try again.", retry_after=60)


async def report_with_key(reporter: Actor, key: str) -> Report | None:
    """What this person filed with this form already."""
    return await Report.get_or_none(reporter_id=reporter.id, idempotency_key=key) if key else None


async def similar_reports(
    site: Site,
    category: str,
    area_code: str,
    lat: float | None = None,
    lon: float | None = None,
    limit: int = 5,
) -> list[Report]:
    """Open public reports of the same group that may be about the same thing: within 250 m of a point, nearest
    first, or without a point the newest of the same area; not older than 90 days.
    """
    since = site.clock.now() - timedelta(days=NEAR_DAYS)
    group = category.partition("-")[0]
    found = Report.filter(
        category__startswith=group, visibility="public", created_at__gt=since, post__deleted_at__isnull=True,
        post__visibility__in=OPEN,
        post__removed_at__isnull=True,
    ).exclude(status__in=list(CLOSED)).select_related("post")  # fmt: skip
    if lat is None or lon is None:
        return await found.filter(area_code=area_code).order_by("-id").limit(limit) if area_code else []
    north, east = NEAR_KM / 111.2, NEAR_KM / (111.2 * math.cos(math.radians(lat)))
    box = await found.filter(
        lat__gte=lat - north,
        lat__lte=lat + north,
        lon__gte=lon - east,
        lon__lte=lon + east,
        precision="exact",
    ).limit(100)
    by_distance = sorted(
        (distance_km(lat, lon, each.lat or 0.0, each.lon or 0.0), each.id, each) for each in box
    )
    return [each for away, _, each in by_distance if away <= NEAR_KM][:limit]
