"""Reports as the plain values that template macros take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import Request

from civic_bridge.areas import area_name
from civic_bridge.categories import category_of
from civic_bridge.models import Body, Report
from civic_bridge.reading import Entry as Step
from civic_bridge.reading import address_of
from civic_bridge.routing import SETS_STATUS
from civic_bridge.wire import public_address
from civic_bridge.words import flag_sentence, name_in, state_in, status_of
from federation.models import Actor
from sebangsa.media.remote import shown_url
from sebangsa.models import Attachment
from sebangsa.web.i18n import language_of
from sebangsa.web.pieces import Entry, Face, Picture, Status

if TYPE_CHECKING:
    from sebangsa.site import Site


@dataclass(frozen=True)
class ReportCard:
    """A report in a list."""

    id: int
    href: str
    title: str
    reference: str
    status: Status
    category: str
    place: str
    office: str
    at: datetime
    expected_at: datetime | None
    is_overdue: bool
    flags: Sequence[str]
    picture: Picture | None = None


def card(
    site: Site, request: Request, report: Report, pictures: dict[int, Picture] | None = None
) -> ReportCard:
    """The card of a report; its post and body's actor are loaded."""
    language = language_of(request)
    status = status_of(report, language)
    return ReportCard(
        id=report.id,
        href=address_of(report),
        title=report.post.name,
        reference=report.reference,
        status=status,
        category=name_in(language, category_of(report.category)),
        place=public_address(report) or area_name(report.area_code),
        office=report.body.actor.name if report.body is not None else "",
        at=report.created_at,
        expected_at=report.expected_at,
        is_overdue=report.closed_at is None
        and report.expected_at is not None
        and report.expected_at < site.clock.now(),
        flags=[flag_sentence(flag) for flag in report.flags],
        picture=(pictures or {}).get(report.post_id),
    )


async def cards(site: Site, request: Request, reports: Sequence[Report]) -> list[ReportCard]:
    """The cards of some reports, each with its first photo, in one more query."""
    first: dict[int, Picture] = {}
    ids = [report.post_id for report in reports]
    if ids:
        for photo in await Attachment.filter(post_id__in=ids, position=0):
            shown = picture(site, photo)
            if shown is not None:
                first[photo.post_id or 0] = shown
    return [card(site, request, report, first) for report in reports]


def picture(site: Site, photo: Attachment) -> Picture | None:
    """A photo as it is shown; None for what is no picture."""
    if not photo.media_type.startswith("image/"):
        return None
    full = photo.remote_url or site.media.url(photo.key)
    if photo.remote_url:
        small = shown_url(site, photo.remote_url, "picture")
    else:
        small = site.media.url(photo.small_key or photo.key)
    return Picture(
        src=small, width=photo.width or 640, height=photo.height or 480, alt=photo.description, full=full,
        bytes=photo.size or 0,
    )  # fmt: skip


def pictures(site: Site, photos: Sequence[Attachment]) -> list[Picture]:
    """Photos as they are shown."""
    return [shown for photo in photos if (shown := picture(site, photo)) is not None]


def face(actor: Actor, body: Body | None = None) -> Face:
    """Somebody at a glance; an office has its own page and its seal."""
    if body is not None:
        href = f"/bodies/{actor.handle}"
        return Face(actor.name or actor.username, actor.handle, href, actor.icon_url if actor.is_local else "", "body",
                    body.tier in SETS_STATUS)  # fmt: skip
    href = f"/u/{actor.local_name}" if actor.is_local else f"/u/{actor.handle}"
    kind = "community" if actor.is_group else "person"
    return Face(
        actor.name or actor.username, actor.handle, href, actor.icon_url if actor.is_local else "", kind
    )


@dataclass(frozen=True)
class Line:
    """A line of the timeline: the macro's entry, and what it does not show."""

    entry: Entry
    is_official: bool
    refusal: str
    reason: str
    expected_at: datetime | None
    post_id: int | None


def lines(site: Site, request: Request, steps: Sequence[Step]) -> list[Line]:
    """A timeline for its page."""
    language = language_of(request)
    found = []
    for step in steps:
        same = step.body is not None and step.body.actor_id == step.by.id
        entry = Entry(
            label=state_in(language, step.state),
            meaning=step.state.meaning,
            at=step.event.at,
            by=face(step.by, step.body if same else None),
            text=step.event.text,
            pictures=pictures(site, step.photos),
            is_public_voice=step.body is None,
        )
        found.append(
            Line(
                entry,
                step.is_official,
                step.refusal,
                step.event.reason,
                step.event.expected_at,
                step.event.post_id,
            )
        )
    return found
