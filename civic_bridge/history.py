"""A report's place in its own history: locked, moved forward, told to others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from civic_bridge.models import Report, StatusEvent
from civic_bridge.states import CLOSED
from civic_bridge.wire import Step
from federation.models import Actor
from sebangsa.models import Mention

if TYPE_CHECKING:
    from sebangsa.site import Site


async def locked(report_id: int) -> Report:
    """The report as it is now; on PostgreSQL nobody else changes it until the transaction under way ends.

    So a transfer and a resolution that come at the same time are judged one after the other (S-119).
    """
    return await Report.filter(id=report_id).select_for_update().get()


def next_step(site: Site, report: Report, report_uri: str, to_status: str, **values: Any) -> Step:
    """The step from where the report stands now. Times are kept to the second, as the wire has them."""
    step = Step(
        report=report_uri,
        from_status=report.status,
        to_status=to_status,
        seq=report.seq + 1,
        prev=report.head_hash,
        at=site.clock.now().replace(microsecond=0),
    )
    return replace(step, **values)


async def advance(report: Report, event: StatusEvent, seq: int) -> None:
    """Set the report to what an applied step says, the last of `seq`. In the transaction under way."""
    await report.change(
        status=event.to_status,
        seq=seq,
        head_hash=event.hash,
        updated_at=event.at,
        expected_at=event.expected_at or report.expected_at,
        closed_at=event.at if event.to_status in CLOSED else None,
    )


async def announce_later(site: Site, report: Report) -> None:
    """Ask for the report's `Update`: rendering its text may ask other servers, which no transaction may wait for."""
    await site.queue.enqueue("announce_report_status", report.id, key=f"report-status:{report.id}")


async def mention_body(site: Site, report: Report, actor: Actor) -> None:
    """Address a body in the report's post, so that its updates reach it."""
    if not await Mention.exists(post_id=report.post_id, actor_id=actor.id):
        await Mention.create(id=site.ids.next(), post_id=report.post_id, actor_id=actor.id)
