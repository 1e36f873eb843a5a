"""What posts mean for reports: a report of a peer gets its copy here, a reply may be a step of one.

Listens to every post that is written here, ours and those of peers, inside the transaction that writes it. So our own
offices' answers and those of other servers take the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civic_bridge.areas import NotInIndonesia, area_at, check_point
from civic_bridge.categories import category_of
from civic_bridge.models import Body, Report
from civic_bridge.offering import tell_officers
from civic_bridge.plain_replies import take_plain_reply
from civic_bridge.references import is_reference
from civic_bridge.reporting import attach_report
from civic_bridge.states import FIRST
from civic_bridge.steps import take_step
from civic_bridge.wire import REPORT, read_step
from federation.models import Actor
from federation.urls import host_of, same_host
from federation.wire import CivicReport, ObjectDocument
from sebangsa.hooks import Origin
from sebangsa.models import Post
from sebangsa.posting import Draft
from sebangsa.text.plain import clean_name
from sebangsa.visibility import OPEN

if TYPE_CHECKING:
    from sebangsa.site import Site

ANSWERED_AS = "report.answer"
"""What officers are told when the citizen answers: an office that asked for something waits for it."""


async def address_office(author: Actor, draft: Draft, people: list[Actor]) -> None:
    """Event `also_addressed`: what a citizen answers below their report goes to its office, which may follow nobody."""
    parent = draft.in_reply_to
    if parent is None or draft.visibility not in OPEN:
        return
    report = await Report.get_or_none(
        post_id=parent.root_id or parent.id, reporter_id=author.id, host=""
    ).select_related("body__actor")
    if report is not None and report.body is not None and report.body.actor not in people:
        people.append(report.body.actor)


async def see_post(site: Site, post: Post, origin: Origin) -> None:
    """Event `post_created`."""
    if post.is_local and REPORT in post.extra:
        await attach_report(site, post)
        return
    if origin.object is not None and origin.object.civic_report is not None and post.in_reply_to_id is None:
        await copy_report(site, post, origin.object, origin.object.civic_report)
        return
    if post.root_id is None or post.visibility not in OPEN:
        return
    report = await Report.get_or_none(post_id=post.root_id)
    if report is not None:
        await see_reply(site, report, post, origin)


async def see_reply(site: Site, report: Report, post: Post, origin: Origin) -> None:
    """A reply in a report's thread: a structured step, a status in plain words, or a comment like any other."""
    author = await Actor.get(id=post.author_id)
    if author.id == report.reporter_id and report.body_id is not None:
        await tell_officers(site, report, report.body_id, author.id, ANSWERED_AS, post=post)
    step = read_step(post.extra, post.created_at.replace(microsecond=0))
    if step is None:
        await take_plain_reply(site, report, post, author, origin)
        return
    opening = await Post.get(id=report.post_id)
    if step.report == opening.uri:
        await take_step(site, report.id, author, step, post=post)


async def see_edit(site: Site, post: Post, origin: Origin) -> None:
    """Event `post_edited`: a report's home server tells of a new state, or an office put a hashtag in afterwards."""
    if origin.object is not None and origin.object.civic_report is not None:
        report = await Report.get_or_none(post_id=post.id)
        if report is not None and not report.is_ours:
            await _follow_home(site, report, post, origin.object)
        return
    if post.is_local and REPORT in post.extra:
        await keep_description(post)
        return
    if post.root_id is None or post.visibility not in OPEN:
        return
    report = await Report.get_or_none(post_id=post.root_id)
    if report is not None and read_step(post.extra, post.created_at) is None:
        await take_plain_reply(site, report, post, await Actor.get(id=post.author_id), origin)


async def keep_description(post: Post) -> None:
    """Its author edited a report: what they wrote is kept apart from the status line, which is ours to write."""
    report = await Report.get_or_none(post_id=post.id)
    if report is not None:
        lines = [line for line in post.source.split("\n") if report.reference not in line]
        await Report.filter(id=report.id).update(description="\n".join(lines).strip())


async def copy_report(site: Site, post: Post, obj: ObjectDocument, terms: CivicReport) -> Report | None:
    """Keep a copy of a peer's report. What we do not know of it becomes general or empty (S-126).

    Its state is not taken from here: the copy begins with the first one and reads the rest from the home server's
    history.
    """
    host = host_of(post.uri)
    if not is_reference(terms.reference) or await Report.exists(host=host, reference=terms.reference):
        return None  # a second report under one number is an ordinary post
    body = await _body(terms.jurisdiction)
    lat, lon = _point(obj)
    report = await Report.create(
        id=site.ids.next(),
        post=post,
        reference=terms.reference,
        host=host,
        reporter_id=post.author_id,
        category=category_of(terms.service_code).code,
        area_code=terms.area_code if area_at(terms.area_code) else "",
        lat=lat,
        lon=lon,
        precision=terms.precision,
        address=clean_name(obj.place.name, 300) if obj.place else "",
        visibility=terms.visibility,
        body=body,
        jurisdiction=terms.jurisdiction,
        expected_at=terms.expected,
        history_url=terms.history if same_host(terms.history, post.uri) else "",
        created_at=post.created_at,
        updated_at=post.created_at,
    )
    if terms.status != FIRST or _seq(post.extra):
        await read_history_later(site, report)
    return report


async def _follow_home(site: Site, report: Report, post: Post, obj: ObjectDocument) -> None:
    terms = obj.civic_report
    assert terms is not None
    if terms.jurisdiction != report.jurisdiction:
        body = await _body(terms.jurisdiction)
        await report.change(jurisdiction=terms.jurisdiction, body_id=body.id if body else None)
    await report.change(
        case_url=terms.case,
        expected_at=terms.expected or report.expected_at,
        address=clean_name(obj.place.name, 300) if obj.place else report.address,
    )
    said = post.extra.get(REPORT)
    head = said.get("civic:head") if isinstance(said, dict) else None
    if _seq(post.extra) != report.seq or head != report.head_hash or await _unconfirmed(report):
        await read_history_later(site, report)


async def _unconfirmed(report: Report) -> bool:
    return await report.events.filter(is_confirmed=False, state="applied").exists()  # type: ignore[attr-defined]


async def read_history_later(site: Site, report: Report) -> None:
    """Ask for the home server's history, which no transaction may wait for."""
    if report.history_url:
        await site.queue.enqueue("read_report_history", report.id, key=f"report-history:{report.id}")


def _seq(extra: dict[str, Any]) -> int:
    terms = extra.get(REPORT)
    seq = terms.get("civic:seq") if isinstance(terms, dict) else None
    return seq if isinstance(seq, int) else 0


async def _body(uri: str) -> Body | None:
    return await Body.get_or_none(actor__uri=uri) if uri else None


def _point(obj: ObjectDocument) -> tuple[float | None, float | None]:
    """The point of a peer's document; none outside the country, and none is guessed from swapped numbers."""
    if obj.place is None or obj.place.latitude is None or obj.place.longitude is None:
        return None, None
    try:
        check_point(obj.place.latitude, obj.place.longitude)
    except NotInIndonesia:
        return None, None
    return obj.place.latitude, obj.place.longitude
