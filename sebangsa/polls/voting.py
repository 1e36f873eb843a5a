"""Votes in polls: one for each person, while the poll runs, for answers that it has (S-054)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from federation.database import execute, insert_once, rows, tally, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Poll, PollOption, PollVote, Post
from sebangsa.polls.wire import vote_activity
from sebangsa.visibility import may_read

if TYPE_CHECKING:
    from sebangsa.site import Site

ASKED_AGAIN_AFTER = timedelta(seconds=30)
"""So long after our vote the host of a poll is asked for its counts: by then it has ours."""


def has_ended(poll: Poll, now: datetime) -> bool:
    """Whether nobody may vote any more."""
    return poll.closed_at is not None or (poll.ends_at is not None and poll.ends_at <= now)


async def vote(site: Site, voter: Actor, post: Post, positions: Collection[int]) -> None:
    """One of ours chooses answers by their positions; once, and all at a time.

    The vote in a poll elsewhere goes to its author only. Raises `NotFound`, `NotAllowed`, or `Invalid` with the reason.
    """
    poll = await Poll.get_or_none(post_id=post.id)
    if poll is None or not await may_read(site, voter, post):
        raise NotFound
    if voter.id == post.author_id:
        raise Invalid("own-poll", "You cannot vote in your own poll.", field="choices")
    options = await PollOption.filter(poll_id=poll.id).order_by("position")
    chosen = [option for option in options if option.position in set(positions)]
    if not chosen or len(chosen) != len(set(positions)):
        raise Invalid("no-such-option", "The poll has no such answer.", field="choices")
    if len(chosen) > 1 and not poll.is_multiple:
        raise Invalid("one-option-only", "Choose one answer only.", field="choices")
    if has_ended(poll, site.clock.now()):
        raise Invalid("poll-ended", "The poll has ended.", field="choices")
    async with transaction():
        await site.hooks.may_vote.ask(voter, post)
        if not await write_vote(site, poll, voter, chosen, counts=post.is_local):
            raise Invalid("already-voted", "You have voted in this poll already.", field="choices")
        if not post.is_local:
            await _send(site, voter, post, chosen)


async def write_vote(
    site: Site,
    poll: Poll,
    voter: Actor,
    chosen: Sequence[PollOption],
    *,
    counts: bool = True,
    adds: bool = False,
) -> bool:
    """Write a vote in the transaction under way; false where that person has voted before.

    With `adds`, answers that were not chosen yet are added to the vote: peers send each choice by itself. It `counts`
    in polls of ours; a peer's host counts for itself.
    """
    new = await insert_once(
        PollVote,
        id=site.ids.next(),
        poll_id=poll.id,
        voter_id=voter.id,
        choices=_bits(chosen),
        created_at=site.clock.now(),
    )
    added: Sequence[PollOption] = chosen
    if not new:
        added = [option for option in chosen if adds and poll.is_multiple and await _add(poll, voter, option)]
    if not added:
        return False
    if counts:
        for option in added:
            await tally(PollOption, option.id, votes_count=1)
        if new:
            await tally(Poll, poll.id, voters_count=1)
        await mark_untold(site, poll.id)
    return True


def _bits(chosen: Sequence[PollOption]) -> int:
    return sum(1 << option.position for option in chosen)


async def _add(poll: Poll, voter: Actor, option: PollOption) -> bool:
    bit = 1 << option.position
    return bool(
        await execute(
            """UPDATE poll_votes SET choices = choices + ? WHERE poll_id = ? AND voter_id = ?
               AND (choices / ?) % 2 = 0""",
            [bit, poll.id, voter.id, bit],
        )
    )


async def mark_untold(site: Site, poll_id: int) -> None:
    """Remember that other servers have not heard of the counts; a sweep tells them."""
    await execute(
        "UPDATE polls SET untold_since = ? WHERE id = ? AND untold_since IS NULL", [site.clock.now(), poll_id]
    )


async def forget_voter(site: Site, voter: Actor) -> None:
    """An account ended: nothing tells any more what it chose. Polls that still run lose its votes; results stand."""
    found = await rows(
        """SELECT o.id, o.poll_id FROM poll_votes v JOIN polls p ON p.id = v.poll_id JOIN posts t ON t.id = p.post_id
           JOIN poll_options o ON o.poll_id = p.id AND (v.choices / (CAST(1 AS BIGINT) << o.position)) % 2 = 1
           WHERE v.voter_id = ? AND t.is_local = ? AND p.closed_at IS NULL AND p.ends_at > ?""",
        [voter.id, True, site.clock.now()],
    )
    for row in found:
        await tally(PollOption, row["id"], votes_count=-1)
    for poll_id in {row["poll_id"] for row in found}:
        await tally(Poll, poll_id, voters_count=-1)
        await mark_untold(site, poll_id)
    await PollVote.filter(voter_id=voter.id).delete()


async def _send(site: Site, voter: Actor, post: Post, chosen: Sequence[PollOption]) -> None:
    """One `Create` for each choice, to the author alone: that is what every server reads."""
    author = await Actor.get(id=post.author_id)
    for option in chosen:
        activity = vote_activity(voter, author, post.uri, option.name, number=site.ids.next())
        await publish(site.federation, voter, activity, Audience(actors=[author], personal=True), proof=False)
    await site.queue.enqueue("refresh_poll", post.id, key=f"refresh-poll-{post.id}", delay=ASKED_AGAIN_AFTER)
