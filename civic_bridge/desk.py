"""The officers' queue: what waits for an office, filtered and sorted in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from civic_bridge.answering import Answer, answer_report
from civic_bridge.bodies import bodies_of
from civic_bridge.models import Body, Offer, OfferState, Report
from civic_bridge.states import CLOSED, STATES
from federation.models import Actor
from sebangsa.errors import ProductError
from sebangsa.models import User
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

PAGE = 50
MAX_BULK = 50
SORTS = {"newest": "-id", "oldest": "id", "due": "expected_at"}


@dataclass(frozen=True)
class Filters:
    """What to show. `state` is a state's name, `open` or `closed`; `older_than` in days; `sort` a key of `SORTS`."""

    state: str = "open"
    area: str = ""
    category: str = ""
    older_than: int = 0
    sort: str = "newest"
    before_id: int = 0


def queue(bodies: Sequence[Body], filters: Filters, now: datetime) -> QuerySet[Report]:
    """The reports of some offices, those offered to them by transfer included, in the order asked for."""
    ids = [body.id for body in bodies]
    offered = Q(offers__body_id__in=ids, offers__state=OfferState.PENDING)
    found = Report.filter(Q(body_id__in=ids) | offered, post__deleted_at__isnull=True).distinct()
    return narrowed(found, filters, now).select_related("post", "reporter", "body__actor")


def public_reports(filters: Filters, now: datetime) -> QuerySet[Report]:
    """All public reports that this server knows."""
    found = Report.filter(
        visibility="public", post__deleted_at__isnull=True, post__removed_at__isnull=True,
        post__visibility__in=OPEN,
        reporter__suspended_at__isnull=True,
    )  # fmt: skip
    return narrowed(found, filters, now).select_related("post", "body__actor")


def narrowed(found: QuerySet[Report], filters: Filters, now: datetime) -> QuerySet[Report]:
    """Apply filters; unknown words in them are passed over."""
    if filters.state == "open":
        found = found.exclude(status__in=list(CLOSED))
    elif filters.state == "closed":
        found = found.filter(status__in=list(CLOSED))
    elif filters.state in STATES:
        found = found.filter(status=filters.state)
    if filters.area:
        found = found.filter(Q(area_code=filters.area) | Q(area_code__startswith=f"{filters.area}."))
    if filters.category:
        found = found.filter(Q(category=filters.category) | Q(category__startswith=f"{filters.category}-"))
    if filters.older_than > 0:
        found = found.filter(created_at__lt=now - timedelta(days=min(filters.older_than, 3650)))
    if filters.before_id:
        found = found.filter(id__lt=filters.before_id)
    return (
        found.order_by(SORTS.get(filters.sort, "-id"), "-id")
        if filters.sort == "due"
        else found.order_by(SORTS.get(filters.sort, "-id"))
    )


async def waiting_offers(bodies: Sequence[Body]) -> list[Offer]:
    """What was handed to these offices and waits for their answer."""
    waiting = Offer.filter(body_id__in=[body.id for body in bodies], state=OfferState.PENDING)
    return await waiting.select_related("report__post", "body__actor").order_by("id").limit(PAGE)


async def waiting_for(user: User) -> int | None:
    """How many offers wait for the offices that somebody speaks for; None for who speaks for none."""
    bodies = await bodies_of(user.actor)
    if not bodies:
        return None
    return await Offer.filter(body_id__in=[body.id for body in bodies], state=OfferState.PENDING).count()


async def assign_many(site: Site, officer: Actor, report_ids: Sequence[int], text: str) -> tuple[int, int]:
    """Mark several reports as assigned; returns how many were, and how many could not be."""
    done = failed = 0
    for report in await Report.filter(id__in=list(report_ids)[:MAX_BULK]):
        try:
            await answer_report(site, officer, report, Answer("assigned", text))
        except ProductError:
            failed += 1
        else:
            done += 1
    return done, failed
