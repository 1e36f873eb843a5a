"""An office on a plain Mastodon account moves its report along by answering with a hashtag.

Only for offices and officers that an administrator linked; for everybody else a hashtag is a hashtag. The community
answers with a Like when it understood, and in words when it did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from civic_bridge.authority import speaks_for
from civic_bridge.hashtags import StatusWords, TwoStates, read_status_words
from civic_bridge.history import next_step
from civic_bridge.models import Body, EventState, Offer, OfferState, Report, StatusEvent
from civic_bridge.states import STATES, state_named
from civic_bridge.steps import take_step
from civic_bridge.wire import MAX_TEXT
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.hooks import Origin
from sebangsa.models import Attachment, Mention, Post, Visibility
from sebangsa.posting import Draft, create_post
from sebangsa.text.plain import html_to_plain
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

PROBLEMS: dict[str, str] = {
    "two-states": "Satu balasan hanya bisa satu status. Kirim lagi dengan satu tagar.",
    "photo-needed": "Status #selesai perlu foto hasil pekerjaan. Kirim lagi dengan foto.",
    "text-needed": "Beri alasan penolakan dalam kalimat, lalu kirim lagi dengan #ditolak.",
    "not-a-step": "Laporan ini tidak bisa berpindah ke status itu dari statusnya sekarang.",
    "unknown-body": "Sebut akun dinas penerima yang terdaftar di sini, misalnya: #alihkan @dinas@contoh.go.id",
}
"""What the office is told, in the language of the country: it reads no page of ours."""


async def take_plain_reply(site: Site, report: Report, post: Post, author: Actor, origin: Origin) -> None:
    """Read a reply for a status, in the transaction under way. Only the home server does: it keeps the history."""
    if not report.is_ours or await StatusEvent.exists(post_id=post.id, state=EventState.APPLIED):
        return
    if not await _may_speak(report, author):
        return
    try:
        words = read_status_words(html_to_plain(post.content))
    except TwoStates:
        await _answer_later(site, post, "two-states")
        return
    if words is None:
        return
    problem = await _missing(post, words)
    proposed = await _proposed(report, post, words)
    if not problem and words.to_status == "transferred" and not proposed:
        problem = "unknown-body"
    if problem:
        await _answer_later(site, post, problem)
        return
    opening = await Post.get(id=report.post_id)
    step = next_step(
        site,
        report,
        opening.uri,
        words.to_status,
        text=words.text[:MAX_TEXT],
        proposed=tuple(proposed),
        duplicate_of=words.links[0] if words.to_status == "duplicate" and words.links else "",
    )
    await StatusEvent.filter(post_id=post.id).update(
        post_id=None
    )  # an earlier try with this reply, before its edit
    event = await take_step(site, report.id, author, step, post=post)
    if event.state == EventState.APPLIED:
        await _like(site, post, author)
    else:
        await _answer_later(site, post, event.refusal)


async def _may_speak(report: Report, author: Actor) -> bool:
    body = await Body.get_or_none(id=report.body_id) if report.body_id else None
    if body is not None and await speaks_for(author, body):
        return True
    waiting = Offer.filter(report_id=report.id, state=OfferState.PENDING, is_transfer=True).select_related(
        "body"
    )
    return any([await speaks_for(author, offer.body) for offer in await waiting])


async def _missing(post: Post, words: StatusWords) -> str:
    state = STATES[words.to_status]
    if (
        state.needs_photo
        and not await Attachment.filter(post_id=post.id, media_type__startswith="image/").exists()
    ):
        return "photo-needed"
    if state.needs_text and not words.text:
        return "text-needed"
    return ""


async def _proposed(report: Report, post: Post, words: StatusWords) -> list[str]:
    """The offices that a transfer names. By the reply's mentions: Mastodon's text shows handles without domain."""
    if words.to_status != "transferred":
        return []
    named = await Mention.filter(post_id=post.id).values_list("actor_id", flat=True)
    bodies = Body.filter(actor_id__in=list(named)).exclude(id=report.body_id or 0)
    return [body.actor.uri for body in await bodies.select_related("actor")]


async def _like(site: Site, post: Post, author: Actor) -> None:
    """The community's receipt."""
    community = await Actor.get(id=post.community_id) if post.community_id else None
    if community is None or not community.is_local:
        return
    activity = activity_about("Like", community, post.uri, to=[author.uri], cc=[])
    await publish(site.federation, community, activity, Audience(actors=[author], personal=True))


async def _answer_later(site: Site, post: Post, problem: str) -> None:
    await site.queue.enqueue("answer_plain_reply", post.id, problem, key=f"plain-reply:{post.id}:{problem}")


async def answer_plain_reply(site: Site, post_id: int, problem: str) -> None:
    """Job: tell an office why its reply changed nothing, as a message from the community."""
    post = await Post.get_or_none(id=post_id).select_related("author", "community")
    if post is None or post.deleted_at is not None:
        return
    sender = post.community
    if sender is None or not sender.is_local or not sender.is_usable:
        return
    report = await Report.get_or_none(post_id=post.root_id)
    if report is None:
        return
    sentence = PROBLEMS.get(problem, "Balasan ini tidak mengubah status laporan.")
    source = f"{sentence}\n\n{report.reference}: {state_named(report.status).word}"
    draft = Draft(source=source, visibility=Visibility.DIRECT, in_reply_to=post, recipients=[post.author])
    await create_post(site, sender, draft)
