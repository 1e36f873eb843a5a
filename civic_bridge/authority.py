"""Who may move a report along, and when. One place decides it for our own answers and for those of peers.

Anything that does not pass is an ordinary comment, shown with the words "not an official status" (civic.md,
authority 4).
"""

from __future__ import annotations

from dataclasses import dataclass

from civic_bridge.bodies import key_fingerprint
from civic_bridge.models import Body, Offer, OfferState, Officer, Report
from civic_bridge.routing import SETS_STATUS
from civic_bridge.states import STATES, Side, may_follow
from civic_bridge.wire import Step
from federation.models import Actor

REFUSALS: dict[str, str] = {
    "unknown-status": "The state is not one that reports have.",
    "not-responsible": "Its author does not speak for the office that is responsible now.",
    "body-suspended": "The office is suspended here.",
    "key-changed": "The office's keys have changed since somebody here vouched for it.",
    "not-a-step": "The report cannot go there from where it is.",
    "too-late": "Another step was taken before.",
    "other-chain": "It does not follow the last step that is known here.",
    "unknown-body": "It is handed to somebody who is not an office known here.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a try at a step is: applied (`code` empty), held until the step before it arrives, or refused.

    `receiver` is the pending transfer that the step accepts, when its author is the office it was offered to.
    """

    code: str = ""
    is_held: bool = False
    body: Body | None = None
    receiver: Offer | None = None

    @property
    def is_applied(self) -> bool:
        return not self.code and not self.is_held


async def speaks_for(actor: Actor, body: Body) -> bool:
    """Whether the actor is the body itself or one of its officers."""
    return actor.id == body.actor_id or await Officer.exists(body_id=body.id, actor_id=actor.id)


async def body_problem(body: Body) -> str:
    """Why a body's word does not count now: it was switched off, its actor suspended or deleted, its keys changed
    (S-120), or it is only its own claim; "" when it counts.
    """
    actor = await Actor.get(id=body.actor_id)
    if not body.is_active or not actor.is_usable:
        return "body-suspended"
    if body.tier not in SETS_STATUS:
        return "not-responsible"
    if not actor.is_local and await key_fingerprint(actor) != body.key_fingerprint:
        return "key-changed"
    return ""


async def judge(report: Report, author: Actor, step: Step) -> Judgement:
    """Judge a step against the report as it stands. `report` is locked by the caller."""
    if step.to_status not in STATES:
        return Judgement("unknown-status")
    who = await _who(report, author, step)
    if who.code:
        return who
    side = Side.BODY if who.body is not None else Side.CITIZEN
    if step.seq > report.seq + 1:
        return Judgement(is_held=True, body=who.body)
    if step.seq <= report.seq:
        return Judgement("too-late", body=who.body)
    if step.prev != report.head_hash:
        return Judgement("other-chain", body=who.body)
    if step.from_status != report.status or not may_follow(report.status, step.to_status, side):
        return Judgement("not-a-step", body=who.body)
    if step.to_status == "transferred" and await transfer_target(report, step) is None:
        return Judgement("unknown-body", body=who.body)
    return who


async def _who(report: Report, author: Actor, step: Step) -> Judgement:
    """As whom the author speaks: the responsible body, the one a transfer waits for, or the reporter."""
    if author.id == report.reporter_id and author.is_usable and Side.CITIZEN in STATES[step.to_status].by:
        return Judgement()
    body = await Body.get_or_none(id=report.body_id) if report.body_id else None
    if body is not None and await speaks_for(author, body):
        return Judgement(await body_problem(body), body=body)
    if step.to_status == "acknowledged":
        pending = Offer.filter(report_id=report.id, state=OfferState.PENDING, is_transfer=True)
        for offer in await pending.select_related("body"):
            if await speaks_for(author, offer.body):
                return Judgement(await body_problem(offer.body), body=offer.body, receiver=offer)
    return Judgement("not-responsible")


async def transfer_target(report: Report, step: Step) -> Body | None:
    """The office that a transfer names: one known here, in force, and another than the present one."""
    for uri in step.proposed:
        body = await Body.get_or_none(actor__uri=uri).select_related("actor")
        if body is not None and body.id != report.body_id and not await body_problem(body):
            return body
    return None
