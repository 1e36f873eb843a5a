"""An office answers a report, and its reporter says whether it is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from civic_bridge.authority import REFUSALS, body_problem
from civic_bridge.bodies import must_be_officer
from civic_bridge.handover import take
from civic_bridge.history import next_step
from civic_bridge.models import Body, EventState, Offer, OfferState, Report, StatusEvent
from civic_bridge.states import STATES, Side, may_follow, state_named
from civic_bridge.wire import EVENT, MAX_TEXT, Step, step_terms
from federation.database import transaction
from federation.models import Actor
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Attachment, Post
from sebangsa.posting import Draft, create_post

if TYPE_CHECKING:
    from sebangsa.site import Site


@dataclass(frozen=True)
class Answer:
    """What somebody says of a report. `text` is Markdown; `transfer_to` is for `transferred`, `duplicate_of` an
    address for `duplicate`; photos are uploads of the actor that will speak.
    """

    to_status: str
    text: str = ""
    expected_at: datetime | None = None
    photos: Sequence[Attachment] = ()
    transfer_to: Body | None = None
    duplicate_of: str = ""


async def answer_report(site: Site, officer: Actor, report: Report, answer: Answer) -> StatusEvent:
    """An officer answers in the name of the office that is responsible. Who of them did it is kept inside.

    The answer is a reply that everybody can read, with the step in it; the report's home server puts it into its
    history. Raises `NotAllowed`, `Invalid` with the field.
    """
    body = await _body_of(report)
    await must_be_officer(officer, body)
    if problem := await body_problem(body):
        raise NotAllowed(problem, REFUSALS[problem])
    _check(report, answer, Side.BODY)
    proposed: tuple[str, ...] = ()
    if answer.to_status == "transferred":
        if answer.transfer_to is None or answer.transfer_to.id == body.id:
            raise Invalid("office-needed", "Choose the office that it goes to.", field="transfer_to")
        proposed = ((await Actor.get(id=answer.transfer_to.actor_id)).uri,)
    event = await _say(site, body.actor, report, answer, proposed)
    event.officer_id = officer.id
    await event.save(update_fields=["officer_id"])
    await _close_first_offer(site, report, body)
    return event


async def confirm(site: Site, reporter: Actor, report: Report, text: str = "") -> StatusEvent:
    """Its reporter says: it is done indeed."""
    return await _by_reporter(site, reporter, report, Answer("resolved-confirmed", text))


async def dispute(
    site: Site, reporter: Actor, report: Report, text: str = "", photos: Sequence[Attachment] = ()
) -> StatusEvent:
    """Its reporter says: it is not done. The report is open again."""
    return await _by_reporter(site, reporter, report, Answer("reopened", text, photos=photos))


async def _by_reporter(site: Site, reporter: Actor, report: Report, answer: Answer) -> StatusEvent:
    if report.reporter_id != reporter.id or not report.is_ours:
        raise NotAllowed("not-the-reporter", "Only who filed the report may say this.")
    _check(report, answer, Side.CITIZEN)
    return await _say(site, reporter, report, answer, ())


async def _body_of(report: Report) -> Body:
    body = await Body.get_or_none(id=report.body_id).select_related("actor") if report.body_id else None
    if body is None or not body.actor.is_local:
        raise NotAllowed("not-responsible", "No office of this server is responsible for this report.")
    return body


def _check(report: Report, answer: Answer, side: Side) -> None:
    state = STATES.get(answer.to_status)
    if state is None or not may_follow(report.status, answer.to_status, side):
        raise Invalid("not-a-step", REFUSALS["not-a-step"], field="to")
    if len(answer.text) > MAX_TEXT:
        raise Invalid("too-long", "An answer has at most %(most)s characters.", field="text", most=MAX_TEXT)
    if state.needs_photo and not answer.photos:
        raise Invalid("photo-needed", "Show that it is done: add a photo.", field="photos")
    if state.needs_text and not answer.text.strip():
        raise Invalid("text-needed", "Say why.", field="text")


async def _say(
    site: Site, speaker: Actor, report: Report, answer: Answer, proposed: tuple[str, ...]
) -> StatusEvent:
    """The reply with its step. The listener of new posts judges it like anybody's, in the same transaction."""
    opening = await Post.get(id=report.post_id)
    step = next_step(
        site,
        report,
        opening.uri,
        answer.to_status,
        text=answer.text.strip(),
        expected=answer.expected_at.replace(microsecond=0) if answer.expected_at else None,
        proposed=proposed,
        duplicate_of=answer.duplicate_of,
    )
    draft = Draft(
        source=reply_source(step),
        in_reply_to=opening,
        attachments=answer.photos,
        extra={EVENT: step_terms(step)},
    )
    post = await create_post(site, speaker, draft)
    event = await StatusEvent.get(post_id=post.id)
    if event.state != EventState.APPLIED:
        # Somebody was quicker between reading the report and writing the answer: it stands as a comment.
        raise Invalid(event.refusal or "held", REFUSALS.get(event.refusal, REFUSALS["too-late"]), field="to")
    return event


def reply_source(step: Step) -> str:
    """The Markdown of a step's reply: the new state in words first, so that it reads everywhere."""
    line = f"**{state_named(step.to_status).word}**"
    if step.expected:
        line += f" ({step.expected:%d/%m/%Y})"
    return f"{line}: {step.text}" if step.text else line


async def _close_first_offer(site: Site, report: Report, body: Body) -> None:
    """Whoever answers has taken the report: its pending first offer is accepted with it."""
    first = Offer.filter(report_id=report.id, body_id=body.id, state=OfferState.PENDING, is_transfer=False)
    made = await first.first()
    if made is not None:
        async with transaction():
            await take(site, made)
