"""What polls need in the background: telling counts, asking for them, and the end. Each may run twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import execute, rows, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.refusals import Refused
from federation.wire import read_object
from sebangsa.hooks import Origin
from sebangsa.models import Poll, PollVote, Post, Visibility
from sebangsa.notifying import notify
from sebangsa.polls.receiving import renew_counts
from sebangsa.post_documents import document_of
from sebangsa.visibility import OPEN
from sebangsa.wire import update_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

TOLD_EVERY = timedelta(minutes=3)
"""So long votes are gathered before other servers hear of them: Mastodon waits as long."""
AT_ONCE = 50


_NOBODY_TO_TELL = """UPDATE polls SET has_ended = ? WHERE has_ended = ? AND ends_at <= ?
    AND EXISTS (SELECT 1 FROM posts t WHERE t.id = polls.post_id AND t.is_local = ?)
    AND NOT EXISTS (SELECT 1 FROM poll_votes v WHERE v.poll_id = polls.id)"""
"""Polls elsewhere in which nobody here voted: there is nobody to tell."""


async def tend_polls(site: Site) -> None:
    """Find the polls whose counts are due to be told, and those that have ended. The rows say so, no queue."""
    now = site.clock.now()
    await execute(_NOBODY_TO_TELL, [True, False, now, False])
    ended = Poll.filter(has_ended=False, ends_at__lte=now).order_by("ends_at").limit(AT_ONCE)
    for poll_id in await ended.values_list("id", flat=True):
        await end_poll(site, int(poll_id))  # type: ignore[call-overload]
    untold = Poll.filter(untold_since__lte=now - TOLD_EVERY).order_by("untold_since").limit(AT_ONCE)
    for poll_id in await untold.values_list("id", flat=True):
        await _tell_counts(site, int(poll_id))  # type: ignore[call-overload]


async def end_poll(site: Site, poll_id: int) -> None:
    """Tell other servers the result of a poll of ours, and those of ours who took part that it is there."""
    async with transaction():
        # Whoever writes this first does the rest, in the same transaction: it is told once, also after a crash.
        if not await Poll.filter(id=poll_id, has_ended=False).update(has_ended=True):
            return
        poll = await Poll.get(id=poll_id).select_related("post")
        post = poll.post
        if not post.is_shown:
            return
        if post.is_local:
            await Poll.filter(id=poll_id).update(closed_at=poll.closed_at or poll.ends_at, untold_since=None)
            await _publish_counts(site, post)
        voters = await PollVote.filter(poll_id=poll_id, voter__host="").values_list("voter_id", flat=True)
        if not post.is_local and voters:
            await site.queue.enqueue("refresh_poll", post.id, key=f"refresh-poll-{post.id}")
        for voter_id in voters:
            await notify(site, int(voter_id), "poll", post.author_id, post=post)  # type: ignore[call-overload]
        if post.is_local:
            await notify(site, post.author_id, "poll", post.author_id, post=post)


async def _tell_counts(site: Site, poll_id: int) -> None:
    async with transaction():
        if not await Poll.filter(id=poll_id, untold_since__isnull=False).update(untold_since=None):
            return
        poll = await Poll.get(id=poll_id).select_related("post")
        if poll.post.is_shown and poll.post.is_local:
            await _publish_counts(site, poll.post)


async def _publish_counts(site: Site, post: Post) -> None:
    """`Update{Question}` to those who have the post, and to the servers of those who voted. It is no edit."""
    author = await Actor.get(id=post.author_id)
    document, addresses = await document_of(site, post)
    audience = addresses.audience
    sent = await publish(
        site.federation,
        author,
        update_activity(author, document, site.clock.now()),
        Audience(
            actors=[*audience.actors, *await _voters_elsewhere(post)],
            followers_of=audience.followers_of,
            personal=audience.personal,
        ),
        is_public=post.visibility in OPEN,
    )
    await site.hooks.recounted.emit(post, Origin(sent.body))


async def _voters_elsewhere(post: Post) -> list[Actor]:
    """One voter of each server: its shared inbox is all that is needed, and nobody is named."""
    found = await rows(
        """SELECT MIN(a.id) AS id FROM poll_votes v JOIN polls p ON p.id = v.poll_id JOIN actors a ON a.id = v.voter_id
           WHERE p.post_id = ? AND a.host <> '' GROUP BY a.host""",
        [post.id],
    )
    return await Actor.filter(id__in=[row["id"] for row in found]) if found else []


async def refresh_poll(site: Site, post_id: int) -> None:
    """Ask the host of a poll elsewhere for its counts; only it knows them (S-054)."""
    post = await Post.get_or_none(id=post_id, is_local=False, deleted_at=None)
    if post is None:
        return
    group = await Actor.get(id=post.community_id) if post.visibility == Visibility.MEMBERS else None
    try:
        shown = await site.federation.actor_tokens.authorization(site.federation, group, post.uri)
        fetched = await site.federation.client.get_document(post.uri, authorization=shown)
        found = read_object(fetched.document, allow_http=site.settings.is_development)
    except Refused:
        return  # it may be gone, or not for us; its Update will tell
    if found.id == post.uri and found.poll is not None:
        async with transaction():
            await renew_counts(post, found.poll)
