"""Offering a report to an office, and the office taking it over.

Only the report's home server offers. Until the receiver of a transfer accepts, the sender stays responsible and the
clock stays with it (civic.md, authority 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from civic_bridge.history import mention_body
from civic_bridge.models import Body, Offer, OfferState, Officer, Report
from civic_bridge.wire import offer_activity, place, public_point
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.models import Post
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

OFFERED_AS = "report.offered"


async def offer(site: Site, report: Report, body: Body, *, is_transfer: bool = False) -> Offer:
    """Hand a report of ours to a body, in the transaction under way.

    The community offers when it lives here, else the reporter: in either case somebody of the report's own host.
    """
    post = await Post.get(id=report.post_id).select_related("community")
    community = post.community
    offerer = (
        community if community is not None and community.is_local else await Actor.get(id=report.reporter_id)
    )
    actor = await Actor.get(id=body.actor_id)
    uri = site.federation.config.url(
        f"/a/{site.ids.next()}"
    )  # of an activity that nobody elsewhere must be sent
    if not actor.is_local and body.reached_by == "sebangsa":
        exact = None
        if (
            report.lat is not None
            and report.lon is not None
            and public_point(report) != (report.lat, report.lon)
        ):
            exact = place(report.address, (report.lat, report.lon))
        activity = offer_activity(offerer, post.uri, actor, exact, is_transfer=is_transfer)
        uri = (await publish(site.federation, offerer, activity, Audience(actors=[actor], personal=True))).uri
    made = await Offer.create(
        id=site.ids.next(), uri=uri, report=report, offerer=offerer, body=body, is_transfer=is_transfer,
        created_at=site.clock.now(),
    )  # fmt: skip
    if actor.is_local:
        await tell_officers(site, report, body.id, offerer.id, OFFERED_AS)
    return made


async def tell_officers(
    site: Site, report: Report, body_id: int, from_actor_id: int, kind: str, *, post: Post | None = None
) -> None:
    """Notify the officers of one of our bodies that there is something to do; `post` is what they look at first."""
    post = post or await Post.get(id=report.post_id)
    for officer in await Officer.filter(body_id=body_id, actor__host=""):
        await notify(site, officer.actor_id, kind, from_actor_id, post=post)


async def take_over(site: Site, report: Report, made: Offer) -> None:
    """The receiver of a transfer becomes responsible, in the transaction under way."""
    body = await Body.get(id=made.body_id).select_related("actor")
    report.body_id, report.jurisdiction = body.id, body.actor.uri
    await report.save(update_fields=["body_id", "jurisdiction"])
    await (
        Offer.filter(report_id=report.id, is_transfer=True, state=OfferState.PENDING)
        .exclude(id=made.id)
        .update(state=OfferState.WITHDRAWN, answered_at=site.clock.now())
    )
    made.state, made.answered_at = OfferState.ACCEPTED, site.clock.now()
    await made.save(update_fields=["state", "answered_at"])
    if report.is_ours:
        await mention_body(site, report, body.actor)
