"""Quotes of other servers: what their posts quote, their requests to quote ours, and their answers to ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.inbound import Inbound
from federation.keys import NOT_NOW
from federation.models import Actor
from federation.outbox import publish
from federation.refusals import Refused
from federation.registry import Verdict
from federation.urls import host_of
from federation.wire import ObjectDocument
from sebangsa.fetching import fetch_post
from sebangsa.models import Post, Quote, QuoteState
from sebangsa.notifying import notify
from sebangsa.past import is_past, reading_the_past
from sebangsa.post_documents import document_of
from sebangsa.quote_wire import is_stamp_for
from sebangsa.quoting import answer_request, is_allowed
from sebangsa.visibility import OPEN
from sebangsa.wire import update_activity

if TYPE_CHECKING:
    from sebangsa.site import Site


ASKED_AGAIN_AFTER = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""When a host that could not be reached is asked for the quoted post or its stamp again."""


async def note_quote(site: Site, inbound: Inbound, post: Post, obj: ObjectDocument) -> None:
    """A post of a peer quotes: remember it, in the transaction under way; what it quotes is read in a job.

    What a quoted post quotes itself is not read on: a chain of quotes would make us fetch for ever (S-052).
    """
    if not obj.quote or obj.quote == post.uri:
        return
    known = await Quote.get_or_none(quoting_uri=post.uri)
    if known is not None and known.quoted_uri != obj.quote:
        await known.delete()  # edited to quote another
        known = None
    if known is None:
        known = await Quote.create(
            id=site.ids.next(), quoting_uri=post.uri, quoted_uri=obj.quote, created_at=site.clock.now()
        )
    stamp = obj.quote_authorization
    if not stamp or site.federation.config.is_ours(obj.quote) or host_of(stamp) != host_of(obj.quote):
        stamp = known.stamp_uri
    await known.change(quoting_id=post.id, stamp_uri=stamp)
    if not inbound.is_quoted:
        job = "read_old_quote" if is_past() else "read_quote"
        await site.queue.enqueue(job, known.id, key=f"quote:{known.id}")


async def read_old_quote(site: Site, quote_id: int, tries: int = 0) -> None:
    """The same for a quote in an old post that was read now: its author hears nothing of it."""
    with reading_the_past():
        await read_quote(site, quote_id, tries)


async def forget_quote(post: Post) -> None:
    """An edit took the quote out of a peer's post, in the transaction under way."""
    await Quote.filter(quoting_id=post.id).delete()


async def read_quote(site: Site, quote_id: int, tries: int = 0) -> None:
    """Fetch what a post quotes and see whether its author lets it. Never inside a transaction; runs twice without harm.

    Where a host is out of reach now, it is asked again later, `tries` times so far.
    """
    try:
        await _read_quote(site, quote_id)
    except Refused:
        if tries < len(ASKED_AGAIN_AFTER):
            job = "read_old_quote" if is_past() else "read_quote"
            key = f"quote:{quote_id}:{tries + 1}"
            await site.queue.enqueue(job, quote_id, tries + 1, key=key, delay=ASKED_AGAIN_AFTER[tries])


async def _read_quote(site: Site, quote_id: int) -> None:
    """Raises `Refused` where a host is out of reach now."""
    made = await Quote.get_or_none(id=quote_id)
    if made is None or made.state in (QuoteState.REVOKED, QuoteState.REJECTED):
        return
    quoting = await _read(site, made.quoting_uri)
    quoted = await _read(site, made.quoted_uri)
    if quoting is None or quoted is None:
        return
    author, quoter = await Actor.get(id=quoted.author_id), await Actor.get(id=quoting.author_id)
    state = made.state
    if state == QuoteState.PENDING and await _is_approved(site, made, quoting, quoted, quoter, author):
        state = QuoteState.ACCEPTED
    await (
        Quote.filter(id=made.id)
        .exclude(state=QuoteState.REVOKED)
        .update(quoting_id=quoting.id, quoted_id=quoted.id, state=state)
    )
    if state == QuoteState.ACCEPTED and quoting.visibility in OPEN:
        await notify(site, author.id, "quote", quoter.id, post=quoting)


async def _read(site: Site, uri: str) -> Post | None:
    known = await Post.get_or_none(uri=uri)
    if known is None:
        try:
            known = await fetch_post(site, uri, is_quoted=True)
        except Refused as refusal:
            if refusal.code in NOT_NOW:
                raise
            return None
    return known if known is not None and known.kind != "boost" else None


async def _is_approved(
    site: Site, made: Quote, quoting: Post, quoted: Post, quoter: Actor, author: Actor
) -> bool:
    """One's own, or stamped by the author's host; without a stamp, where the author's rule lets everybody or knows of none.

    The rule of a followers-only quote is the author's server's to judge: it alone knows who follows.
    """
    if quoted.visibility not in OPEN or not quoted.is_shown:
        return False
    if quoter.id == author.id:
        return True
    if made.stamp_uri and not quoted.is_local:
        if host_of(made.stamp_uri) != host_of(author.uri):
            return False
        try:
            fetched = await site.federation.client.get_document(made.stamp_uri)
        except Refused as refusal:
            if refusal.code in NOT_NOW:
                raise
            return False
        return is_stamp_for(fetched.document, made.stamp_uri, author.uri, quoting.uri, quoted.uri)
    return await is_allowed(quoter, quoted, author)


async def receive_quote_request(site: Site, inbound: Inbound) -> None:
    """Somebody asks to quote a post of ours; answered at once by its author's rule. Raises `Refused`."""
    activity = inbound.activity
    quoted = await Post.get_or_none(uri=activity.object_id, is_local=True)
    quoting_uri = activity.instrument
    if quoted is None or not quoted.is_shown or not quoting_uri:
        raise Refused("not-found", activity.object_id[:200])
    if host_of(quoting_uri) != host_of(inbound.actor.uri) or not inbound.is_authentic:
        raise Refused("foreign-id", quoting_uri[:200])
    quoting = await Post.get_or_none(uri=quoting_uri)
    if quoting is not None and quoting.author_id != inbound.actor.id:
        raise Refused("not-the-author", quoting_uri[:200])
    request = {
        "type": "QuoteRequest",
        "id": activity.id,
        "actor": inbound.actor.uri,
        "object": quoted.uri,
        "instrument": quoting_uri,
    }
    made = await answer_request(site, inbound.actor, quoted, quoting_uri, request)
    if made is not None and made.quoting_id is None:
        await site.queue.enqueue("read_quote", made.id, key=f"quote:{made.id}")


async def receive_quote_answer(site: Site, inbound: Inbound, *, accepted: bool) -> Verdict | None:
    """The author of what a post of ours quotes lets it, or does not (also later on)."""
    made = await Quote.get_or_none(
        request_uri=inbound.activity.object_id or "", quoted__author_id=inbound.actor.id
    ).select_related("quoting__author")
    if made is None or not made.request_uri or made.quoting is None or not made.quoting.is_local:
        return Verdict.PASS
    stamp = inbound.activity.result
    if accepted and (not stamp or host_of(stamp) != host_of(inbound.actor.uri)):
        raise Refused("bad-field", "an Accept of a quote needs its stamp")
    made.state = QuoteState.ACCEPTED if accepted else QuoteState.REJECTED
    made.stamp_uri = stamp if accepted else ""
    await made.save(update_fields=["state", "stamp_uri"])
    await _publish_anew(site, made.quoting)
    return None


async def receive_revocation(site: Site, inbound: Inbound, uri: str) -> bool:
    """An approval is taken back: its quote is not shown any more. Whether there was such a one."""
    made = await Quote.get_or_none(stamp_uri=uri, quoted__author_id=inbound.actor.id).select_related(
        "quoting__author"
    )
    if made is None:
        return False
    made.state, made.stamp_uri = QuoteState.REVOKED, ""
    await made.save(update_fields=["state", "stamp_uri"])
    if made.quoting is not None and made.quoting.is_local:
        await _publish_anew(site, made.quoting)
    return True


async def _publish_anew(site: Site, quoting: Post) -> None:
    """Tell who has a post of ours whether its quote is approved."""
    if quoting.deleted_at is not None or not isinstance(quoting.author, Actor):
        return
    document, addresses = await document_of(site, quoting)
    activity = update_activity(quoting.author, document, site.clock.now())
    await publish(
        site.federation, quoting.author, activity, addresses.audience, is_public=quoting.visibility in OPEN
    )
