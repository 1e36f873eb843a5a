"""Offers answered: a report taken, or sent back as not ours; and what the home server writes down of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civic_bridge.bodies import must_be_officer
from civic_bridge.history import announce_later, locked, next_step
from civic_bridge.models import Body, Offer, OfferState
from civic_bridge.offering import take_over
from civic_bridge.steps import write_step
from civic_bridge.wire import offer_answer
from federation.database import transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.errors import NotAllowed
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_REASON = 500


async def accept_offer(site: Site, officer: Actor, made: Offer) -> None:
    """An officer takes a report that was handed to their office. Raises `NotAllowed` for one that is answered."""
    await must_be_officer(officer, await Body.get(id=made.body_id))
    async with transaction():
        await take(site, made)


async def take(site: Site, made: Offer) -> None:
    """Accept in the transaction under way: written down where the report is ours, told to its home otherwise."""
    report = await locked(made.report_id)
    await answer(site, made, OfferState.ACCEPTED)
    if report.is_ours:
        await accepted(site, made, "", made.uri)
        return
    result = site.federation.config.url(f"/civic/{report.reference}")
    await _send_answer(site, "Accept", made, result=result)


async def reject_offer(site: Site, officer: Actor, made: Offer, reason: str) -> None:
    """An officer sends a report back: not ours. Raises `NotAllowed` for an offer that is answered."""
    await must_be_officer(officer, await Body.get(id=made.body_id))
    reason = reason.strip()[:MAX_REASON]
    async with transaction():
        report = await locked(made.report_id)
        await answer(site, made, OfferState.REJECTED, reason)
        if report.is_ours:
            await rejected(site, made, reason, made.uri)
        else:
            await _send_answer(site, "Reject", made, reason=reason)


async def _send_answer(site: Site, kind: str, made: Offer, **what: str) -> None:
    body = await Body.get(id=made.body_id).select_related("actor")
    offerer = await Actor.get(id=made.offerer_id)
    activity = offer_answer(kind, body.actor, made.uri, offerer.uri, **what)
    await publish(site.federation, body.actor, activity, Audience(actors=[offerer], personal=True))


async def answer(site: Site, made: Offer, state: OfferState, reason: str = "") -> None:
    """Close a pending offer. Raises `NotAllowed` for one that was answered or taken back."""
    answered = await Offer.filter(id=made.id, state=OfferState.PENDING).update(
        state=state, reason=reason[:MAX_REASON], answered_at=site.clock.now()
    )
    if not answered:
        raise NotAllowed("offer-answered", "This was answered already, or taken back.")
    made.state = state


async def accepted(site: Site, made: Offer, case_url: str, note_uri: str) -> None:
    """The home server writes down that a body took the report. A transfer becomes a step of its receiver."""
    report = await locked(made.report_id)
    if case_url:
        report.case_url = case_url
        await report.save(update_fields=["case_url"])
    if made.is_transfer and report.status == "transferred":
        await take_over(site, report, made)
        await _step_of_receiver(site, made, note_uri, "")
    await announce_later(site, report)


async def rejected(site: Site, made: Offer, reason: str, note_uri: str) -> None:
    """The home server writes down that a body sent the report back.

    A transfer goes back to its sender, by a step of the one who refused; a first offer leaves a report that people
    must find an office for.
    """
    report = await locked(made.report_id)
    if made.is_transfer:
        if report.status == "transferred":
            await _step_of_receiver(site, made, note_uri, reason)
        return
    if report.body_id == made.body_id:
        await report.change(body_id=None, jurisdiction="", flags=sorted({*report.flags, "needs-office"}))
        await announce_later(site, report)


async def _step_of_receiver(site: Site, made: Offer, note_uri: str, reason: str) -> None:
    report = await locked(made.report_id)
    body = await Body.get(id=made.body_id).select_related("actor")
    post = await Post.get(id=report.post_id)
    step = next_step(site, report, post.uri, "acknowledged", reason=reason[:200])
    await write_step(site, report, body.actor, step, body=body, note_uri=note_uri)
