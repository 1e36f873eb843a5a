"""Finding reports for somebody who looks, and what of them may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civic_bridge.authority import REFUSALS
from civic_bridge.bodies import bodies_of
from civic_bridge.models import Body, EventState, Report, StatusEvent
from civic_bridge.states import State, state_named
from federation.models import Actor
from sebangsa.errors import NotFound
from sebangsa.models import Attachment, Post
from sebangsa.timelines import with_parts
from sebangsa.visibility import may_read, readable
from sebangsa.web.i18n import N_

if TYPE_CHECKING:
    from sebangsa.site import Site


def address_of(report: Report) -> str:
    """Where a report is shown on this server: `/civic/SBG-…`, with `@host` for one of a peer."""
    return f"/civic/{report.reference}" + (f"@{report.host}" if report.host else "")


async def report_for(site: Site, viewer: Actor | None, name: str) -> Report:
    """The report with this number (`SBG-…` or `SBG-…@host`). Raises `NotFound` alike for none and for one that they
    may not read: whoever guesses numbers learns only what is public (S-127).

    A bare number means ours, else the oldest copy: peers may use the same one.
    """
    reference, _, host = name.partition("@")
    found = Report.filter(reference=reference[:40].upper())
    found = found.filter(host=host[:255]) if host else found.order_by("host", "id")
    report = await found.select_related("post__author", "post__community", "reporter", "body__actor").first()
    if report is None or not await may_see(site, viewer, report):
        raise NotFound("There is no report with that number here.")
    return report


async def may_see(site: Site, viewer: Actor | None, report: Report) -> bool:
    """Whether somebody may read a report: as they may read its post; one that a peer marked as not public only its
    reporter and the responsible office.
    """
    if not await may_read(site, viewer, report.post):
        return False
    if report.visibility == "public":
        return True
    return viewer is not None and (viewer.id == report.reporter_id or await is_officer_of(viewer, report))


async def is_officer_of(viewer: Actor | None, report: Report) -> bool:
    """Whether somebody speaks for the local office that is responsible now."""
    return any(body.id == report.body_id for body in await bodies_of(viewer))


@dataclass(frozen=True)
class Entry:
    """One line of a report's timeline. `refusal` says why a try at a step is no official status; "" for a step."""

    state: State
    event: StatusEvent
    by: Actor
    body: Body | None
    photos: Sequence[Attachment]
    refusal: str

    @property
    def is_official(self) -> bool:
        return not self.refusal


async def timeline(report: Report, *, official_only: bool = False) -> list[Entry]:
    """The steps of a report in their order, and (unless `official_only`) tries that were refused, by time."""
    found = StatusEvent.filter(report_id=report.id)
    if official_only:
        found = found.filter(state=EventState.APPLIED)
    events = await found.select_related("actor", "body__actor", "post").order_by("at", "seq", "id")
    shown = [event for event in events if _is_shown(event)]
    photos: dict[int, list[Attachment]] = {}
    for attachment in await Attachment.filter(post_id__in=[e.post_id for e in shown if e.post_id]).order_by(
        "position"
    ):
        photos.setdefault(attachment.post_id or 0, []).append(attachment)
    return [
        Entry(
            state_named(event.to_status),
            event,
            event.actor,
            event.body,
            photos.get(event.post_id or -1, []),
            "" if event.is_official else REFUSALS.get(event.refusal, N_("It waits for the step before it.")),
        )
        for event in shown
    ]


def _is_shown(event: StatusEvent) -> bool:
    """An official step stays also when its author deletes the reply (civic.md, authority 6); a try at one does not."""
    return event.is_official or (event.post is not None and event.post.is_shown and event.actor.is_usable)


async def comments(report: Report, viewer: Actor | None, limit: int = 200) -> list[Post]:
    """What people wrote under a report, without the official answers."""
    official = await StatusEvent.filter(
        report_id=report.id, state=EventState.APPLIED, post_id__isnull=False
    ).values_list("post_id", flat=True)
    found = readable(Post.filter(root_id=report.post_id), viewer).exclude(visibility="direct")
    if official:
        found = found.exclude(id__in=list(official))
    return await with_parts(found.order_by("id").limit(limit))
