"""A copy follows its home server's history; the home server tells others of a new state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from civic_bridge.hashtags import TwoStates, read_status_words
from civic_bridge.history import advance, locked
from civic_bridge.models import Body, EventState, Report, StatusEvent
from civic_bridge.states import FIRST, STATES
from civic_bridge.wire import BrokenChain, HistoryItem, read_history, read_step, report_extra, report_source
from federation.actors import resolve_actor
from federation.database import transaction
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from sebangsa.posting import edit_post
from sebangsa.text.plain import html_to_plain

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_STEPS = 500
REWRITTEN = "history-rewritten"
"""Flag: the home server changed or dropped a step that it had confirmed, or put words into an office of ours."""

log = structlog.get_logger("civic_bridge")


async def announce_status(site: Site, report_id: int) -> None:
    """Job: `Update` of a report of ours with its present state, so that every reader elsewhere sees it."""
    report = await Report.get_or_none(id=report_id).select_related("post", "reporter")
    if report is None or not report.is_ours or report.post.deleted_at is not None:
        return
    post = report.post
    try:
        await edit_post(
            site,
            report.reporter,
            post,
            source=report_source(report),
            name=post.name,
            summary=post.summary,
            extra={**post.extra, **report_extra(report)},
        )
    except NotAllowed as no:
        # Its reporter was banned from the community: the history stands, but nothing new goes round.
        log.warning("a report's state cannot be announced", report=post.uri, reason=no.code)


async def read_home_history(site: Site, report_id: int) -> None:
    """Job: fetch the home server's history of a copy, verify its chain, and make ours equal to it."""
    report = await Report.get_or_none(id=report_id).select_related("post")
    if report is None or report.is_ours or not report.history_url:
        return
    try:
        document = (await site.federation.client.get_document(report.history_url)).document
        items = read_history(document, report.post.uri)[:MAX_STEPS]
        actors = {uri: await resolve_actor(site.federation, uri) for uri in {item.actor for item in items}}
    except Refused as refusal:
        if refusal.code == "unreachable":
            raise  # the queue tries again
        log.warning("a report's history cannot be read", report=report.post.uri, reason=str(refusal))
        return
    except BrokenChain as broken:
        await _flag(report, f"history-broken at {broken}")
        return
    async with transaction():
        await _follow(site, await locked(report.id), items, actors)


async def _follow(site: Site, report: Report, items: list[HistoryItem], actors: dict[str, Actor]) -> None:
    ours = {
        event.seq: event for event in await StatusEvent.filter(report_id=report.id, state=EventState.APPLIED)
    }
    for number, event in ours.items():
        said = items[number - 1] if number is not None and number <= len(items) else None
        if event.is_confirmed and (said is None or said.hash != event.hash):
            await _flag(report, REWRITTEN)
            return
    for item in items:
        if not await _was_said(item, actors[item.actor]):
            await _flag(report, REWRITTEN)
            return
    for number, event in ours.items():
        said = items[number - 1] if number is not None and number <= len(items) else None
        if said is None or said.hash != event.hash:
            # Our office's step lost against another one: it stays as a comment.
            await event.change(state=EventState.REFUSED, refusal="too-late", seq=None)
    for item in items:
        await _confirm(site, report, item, actors[item.actor])
    last = await StatusEvent.get_or_none(report_id=report.id, seq=len(items))
    if last is None:
        await report.change(status=FIRST, seq=0, head_hash="", closed_at=None)
    else:
        await advance(report, last, len(items))


async def _was_said(item: HistoryItem, actor: Actor) -> bool:
    """A home server cannot put words into an office of this server: its reply, or its answer to an offer, is here.

    What peers said is the home server's to show: others could ask them.
    """
    if not actor.is_local:
        return True
    post = await Post.get_or_none(uri=item.note, author_id=actor.id)
    if post is not None:
        step = read_step(post.extra, post.created_at)
        return (step.to_status if step else _said_in_words(post)) == item.step.to_status
    answered = await OutboundActivity.exists(uri=item.note, actor_id=actor.id, type__in=["Accept", "Reject"])
    return answered and item.step.to_status == "acknowledged"


def _said_in_words(post: Post) -> str:
    try:
        words = read_status_words(html_to_plain(post.content))
    except TwoStates:
        return ""
    return words.to_status if words else ""


async def _confirm(site: Site, report: Report, item: HistoryItem, actor: Actor) -> None:
    step = item.step
    if step.to_status not in STATES:
        return
    note = await Post.get_or_none(uri=item.note) if item.note else None
    known = await StatusEvent.get_or_none(report_id=report.id, seq=step.seq)
    if known is None and note is not None:
        known = await StatusEvent.get_or_none(report_id=report.id, post_id=note.id)
    body = await Body.get_or_none(actor_id=actor.id)
    values: dict[str, Any] = {
        "state": EventState.APPLIED,
        "refusal": "",
        "seq": step.seq,
        "claimed_seq": step.seq,
        "from_status": step.from_status,
        "to_status": step.to_status,
        "actor_id": actor.id,
        "post_id": note.id if note else None,
        "note_uri": item.note,
        "text": step.text,
        "reason": step.reason,
        "proposed": list(step.proposed),
        "duplicate_of": step.duplicate_of,
        "expected_at": step.expected,
        "at": step.at,
        "prev": step.prev,
        "hash": item.hash,
        "is_confirmed": True,
    }
    if body is not None:
        values["body_id"] = body.id
    if known is None:
        await StatusEvent.create(id=site.ids.next(), report=report, **values)
    else:
        await known.change(**values)


async def _flag(report: Report, flag: str) -> None:
    log.warning("a report's history is not what it was", report=report.id, flag=flag)
    report.flags = sorted({*report.flags, flag})
    await report.save(update_fields=["flags"])
