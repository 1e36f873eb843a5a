"""What tests of polls ask and do, in whichever way the poll and its votes travel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sebangsa.models import Poll, PollOption, Post
from sebangsa.polls import jobs
from sebangsa.polls.asking import PollDraft
from tests.instances import Instance

DAY = timedelta(days=1)


def asking(*options: str, **more: Any) -> PollDraft:
    return PollDraft(options or ("Sabtu", "Minggu"), DAY, **more)


async def counts(post: Post) -> tuple[dict[str, int], int | None]:
    """The votes for each answer, and the voters."""
    poll = await Poll.get(post_id=post.id)
    options = await PollOption.filter(poll_id=poll.id).order_by("position")
    return {option.name: option.votes_count for option in options}, poll.voters_count


async def end(instance: Instance, post: Post) -> None:
    """Its time is over, and the sweep finds it."""
    async with instance.inside() as site:
        await Poll.filter(post_id=post.id).update(ends_at=site.clock.now() - timedelta(seconds=1))
        await jobs.tend_polls(site)


async def tell_at_once(instance: Instance) -> None:
    """Votes are gathered no longer: their counts are told."""
    async with instance.inside() as site:
        waited = site.clock.now() - jobs.TOLD_EVERY - timedelta(seconds=1)
        await Poll.filter(untold_since__isnull=False).update(untold_since=waited)
        await jobs.tend_polls(site)
