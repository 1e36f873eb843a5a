"""Writing a step into a report's history: judged, numbered, chained, told to those it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civic_bridge.authority import Judgement, judge, transfer_target
from civic_bridge.history import advance, announce_later, locked
from civic_bridge.models import Body, EventState, Offer, OfferState, Report, StatusEvent
from civic_bridge.offering import offer, take_over
from civic_bridge.wire import Step, step_hash
from federation.models import Actor
from sebangsa.models import Post
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

NOTIFIED_AS = "report.status"


async def take_step(
    site: Site, report_id: int, author: Actor, step: Step, *, post: Post | None, note_uri: str = ""
) -> StatusEvent:
    """Judge a step and write it as applied, held or refused, in the transaction under way.

    The home server tells everybody afterwards (`announce_status`); what was held for it follows at once.
    """
    report = await locked(report_id)
    judgement = await judge(report, author, step)
    event = await _write(site, report, author, step, judgement, post, note_uri or (post.uri if post else ""))
    if judgement.is_applied:
        await _apply(site, report, event, judgement)
        await _apply_held(site, report)
    elif report.is_ours and judgement.body is not None:
        # The office acted on an older state: telling it anew lets its copy catch up. Strangers cause nothing.
        await announce_later(site, report)
    return event


async def write_step(
    site: Site, report: Report, author: Actor, step: Step, *, body: Body, note_uri: str
) -> StatusEvent:
    """Write a step that the home server itself draws from an answered offer. `report` is locked by the caller."""
    judgement = Judgement(body=body)
    event = await _write(site, report, author, step, judgement, None, note_uri)
    await _apply(site, report, event, judgement)
    return event


async def _write(
    site: Site,
    report: Report,
    author: Actor,
    step: Step,
    judgement: Judgement,
    post: Post | None,
    note_uri: str,
) -> StatusEvent:
    state = (
        EventState.APPLIED
        if judgement.is_applied
        else EventState.HELD
        if judgement.is_held
        else EventState.REFUSED
    )
    return await StatusEvent.create(
        id=site.ids.next(),
        report=report,
        state=state,
        refusal=judgement.code,
        seq=step.seq if judgement.is_applied else None,
        claimed_seq=step.seq,
        from_status=step.from_status,
        to_status=step.to_status,
        actor=author,
        body_id=judgement.body.id if judgement.body else None,
        post=post,
        note_uri=note_uri,
        text=step.text,
        reason=step.reason,
        proposed=list(step.proposed),
        duplicate_of=step.duplicate_of,
        expected_at=step.expected,
        at=step.at,
        prev=step.prev,
        hash=step_hash(step, author.uri),
        is_confirmed=report.is_ours,
    )


async def _apply(site: Site, report: Report, event: StatusEvent, judgement: Judgement) -> None:
    assert event.seq is not None
    if judgement.receiver is not None:
        await take_over(site, report, judgement.receiver)
    elif report.status == "transferred" and event.body_id is not None:
        await Offer.filter(report_id=report.id, state=OfferState.PENDING, is_transfer=True).update(
            state=OfferState.WITHDRAWN, answered_at=site.clock.now()
        )
    await advance(report, event, event.seq)
    if event.to_status == "transferred" and report.is_ours:
        target = await transfer_target(report, _step(event))
        if target is not None:
            await offer(site, report, target, is_transfer=True)
    if event.post_id is None:  # a step with a reply was told of as an answer already
        post = await Post.get(id=report.post_id)
        await notify(site, report.reporter_id, NOTIFIED_AS, event.actor_id, post=post, to=event.to_status)
    if report.is_ours:
        await announce_later(site, report)


def _step(event: StatusEvent, report_uri: str = "") -> Step:
    return Step(
        report=report_uri,
        from_status=event.from_status,
        to_status=event.to_status,
        seq=event.claimed_seq,
        prev=event.prev,
        at=event.at,
        text=event.text,
        reason=event.reason,
        expected=event.expected_at,
        proposed=tuple(event.proposed),
        duplicate_of=event.duplicate_of,
    )


async def _apply_held(site: Site, report: Report) -> None:
    """What came too early is judged again now that the step before it is here."""
    held = StatusEvent.filter(report_id=report.id, state=EventState.HELD, claimed_seq=report.seq + 1)
    for event in await held.select_related("actor").order_by("id"):
        step = _step(event)
        judgement = await judge(report, event.actor, step)
        if judgement.is_held:
            continue
        await event.change(
            refusal=judgement.code,
            state=EventState.APPLIED if judgement.is_applied else EventState.REFUSED,
            seq=step.seq if judgement.is_applied else None,
        )
        if judgement.is_applied:
            await _apply(site, report, event, judgement)
            await _apply_held(site, report)
            return
