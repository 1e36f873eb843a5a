"""Offers and their answers from other servers, and what must be fetched before a step can be judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from civic_bridge import handover
from civic_bridge.areas import NotInIndonesia, check_point
from civic_bridge.bodies import OFFICERS_FRESH, store_officers
from civic_bridge.models import Body, Offer, OfferState, Report
from civic_bridge.offering import OFFERED_AS, tell_officers
from civic_bridge.wire import EVENT
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.registry import Verdict
from federation.urls import same_host
from federation.wire import ids_of, read_object
from federation.wire.places import read_place
from federation.wire.shapes import first_id, text_of
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from sebangsa.receiving import receive_post

if TYPE_CHECKING:
    from sebangsa.site import Site


async def prepare_step(site: Site, inbound: Inbound) -> Verdict:
    """`Create` of a step: read the office's list of officers first when its author may stand in it.

    Only this floor can ask for it: the listener that judges the step runs where nothing may wait for the network.
    Never claims the activity.
    """
    document = inbound.activity.object
    if not isinstance(document, dict) or not isinstance(document.get(EVENT), dict):
        return Verdict.PASS
    terms = document[EVENT]
    report = await Report.get_or_none(post__uri=first_id(terms.get("civic:report")) or "-")
    body = (
        await Body.get_or_none(id=report.body_id).select_related("actor")
        if report and report.body_id
        else None
    )
    if body is None or not body.officers_url or body.actor.is_local:
        return Verdict.PASS
    if inbound.actor.id == body.actor_id or inbound.actor.host != body.actor.host:
        return Verdict.PASS
    if body.officers_read_at is None or site.clock.now() - body.officers_read_at > OFFICERS_FRESH:
        try:
            listed = inbound.document_at(body.officers_url)
        except Refused:
            return Verdict.PASS  # then nobody but the office itself and those named here speak for it
        await store_officers(site, body, ids_of(listed.get("items") or listed.get("orderedItems")))
    return Verdict.PASS


async def receive_offer(site: Site, inbound: Inbound) -> Verdict | None:
    """A report's home server hands it to an office of ours. Only somebody of the report's own host may."""
    target = await Body.get_or_none(actor__uri=inbound.activity.target or "-", actor__host="")
    uri = inbound.activity.object_id
    if target is None or not uri:
        return Verdict.PASS
    if not same_host(uri, inbound.actor.uri):
        raise Refused("not-allowed", "a report is offered by its own server")
    report = await Report.get_or_none(post__uri=uri)
    if report is None:
        report = await _fetch_report(site, inbound, target, uri)
    if report is None:
        return Verdict.PASS
    is_transfer = inbound.document.get("civic:isTransfer") is True
    if await Offer.exists(uri=inbound.activity.id or ""):
        return None
    await _learn_exact_place(inbound, report)
    made = await Offer.create(
        id=site.ids.next(), uri=inbound.activity.id or "", report=report, offerer=inbound.actor, body=target,
        is_transfer=is_transfer, created_at=site.clock.now(),
    )  # fmt: skip
    await tell_officers(site, report, made.body_id, inbound.actor.id, OFFERED_AS)
    return None


async def _fetch_report(site: Site, inbound: Inbound, target: Body, uri: str) -> Report | None:
    """The offer was quicker than the report: read it from its own host."""
    document = inbound.document_at(uri)
    author = await inbound.actor_at(
        read_object(document, allow_http=site.settings.is_development).attributed_to
    )
    if not await Post.exists(uri=uri):
        # It is meant for us, though nobody here follows its author.
        await receive_post(
            site,
            replace(inbound, actor=author, announcer=None, inbox_of=target.actor_id, is_asked_for=True),
            document,
        )
    return await Report.get_or_none(post__uri=uri)


async def _learn_exact_place(inbound: Inbound, report: Report) -> None:
    place = read_place(inbound.document.get("civic:location"))
    if place is None or place.latitude is None or place.longitude is None:
        return
    try:
        check_point(place.latitude, place.longitude)
    except NotInIndonesia:
        return
    report.lat, report.lon = place.latitude, place.longitude
    report.address = place.name[:300] or report.address
    await report.save(update_fields=["lat", "lon", "address"])


async def receive_accept(site: Site, inbound: Inbound) -> Verdict | None:
    """An office takes a report that was offered to it."""
    made = await _offer_answered(inbound)
    if made is None:
        return Verdict.PASS
    await _answer(site, inbound, made, OfferState.ACCEPTED, "")
    case = first_id(inbound.document.get("result"))
    case = case if case and same_host(case, inbound.actor.uri) else ""
    await handover.accepted(site, made, case, inbound.activity.id or "")
    return None


async def receive_reject(site: Site, inbound: Inbound) -> Verdict | None:
    """An office sends a report back."""
    made = await _offer_answered(inbound)
    if made is None:
        return Verdict.PASS
    reason = text_of(inbound.document.get("content"), limit=handover.MAX_REASON)
    await _answer(site, inbound, made, OfferState.REJECTED, reason)
    await handover.rejected(site, made, reason, inbound.activity.id or "")
    return None


async def _offer_answered(inbound: Inbound) -> Offer | None:
    uri = inbound.activity.object_id
    return await Offer.get_or_none(uri=uri, report__host="") if uri else None


async def _answer(site: Site, inbound: Inbound, made: Offer, state: OfferState, reason: str) -> None:
    body = await Body.get(id=made.body_id).select_related("actor")
    actor: Actor = body.actor
    if inbound.actor.id != actor.id or not body.is_active:
        raise Refused("not-allowed", "only the office that it was offered to may answer")
    try:
        await handover.answer(site, made, state, reason)
    except NotAllowed as no:
        raise Refused("not-allowed", no.sentence) from no
