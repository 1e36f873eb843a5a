"""The poll of a post that is written here: checked, and stored with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sebangsa.errors import Invalid
from sebangsa.models import Poll, PollOption, Post
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MIN_OPTIONS = 2
MAX_OPTIONS = 8
MAX_OPTION = 100
"""Characters of an answer."""
SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class PollDraft:
    """What is asked in a post. `runs_for` counts from its publication."""

    options: Sequence[str]
    runs_for: timedelta
    is_multiple: bool = False
    hides_totals: bool = False


def checked(draft: PollDraft) -> PollDraft:
    """The draft with clean texts. Raises `Invalid`."""
    # Votes come back by an option's text: what is cleaned once more at the other end must be the same.
    options = [name for option in draft.options if (name := clean_name(option, 500))]
    if len(options) < MIN_OPTIONS:
        raise Invalid("poll-too-few", "A poll has at least two answers.", field="poll")
    if len(options) > MAX_OPTIONS:
        raise Invalid("poll-too-many", "A poll has at most %(most)s answers.", field="poll", most=MAX_OPTIONS)
    if any(len(option) > MAX_OPTION for option in options):
        raise Invalid(
            "poll-option-too-long",
            "An answer of a poll has at most %(most)s characters.",
            field="poll",
            most=MAX_OPTION,
        )
    if len(set(options)) < len(options):
        raise Invalid("poll-alike", "Two answers of the poll are the same.", field="poll")
    if not SHORTEST <= draft.runs_for <= LONGEST:
        raise Invalid("poll-length", "A poll runs from five minutes to a month.", field="poll")
    return PollDraft(options, draft.runs_for, draft.is_multiple, draft.hides_totals)


async def write_poll(site: Site, post: Post, draft: PollDraft) -> Poll:
    """Store a checked draft as the poll of a post of ours, in the transaction under way."""
    poll = await Poll.create(
        id=site.ids.next(),
        post=post,
        is_multiple=draft.is_multiple,
        hides_totals=draft.hides_totals,
        ends_at=_whole_seconds(post.created_at + draft.runs_for),
        voters_count=0,
    )
    await write_options(site, poll, [(name, 0) for name in draft.options])
    return poll


async def write_options(site: Site, poll: Poll, options: Sequence[tuple[str, int]]) -> None:
    """Store a poll's answers with their counts."""
    await PollOption.bulk_create(
        [
            PollOption(id=site.ids.next(), poll=poll, position=position, name=name, votes_count=votes)
            for position, (name, votes) in enumerate(options)
        ]
    )


def _whole_seconds(moment: datetime) -> datetime:
    """As it is said on the wire: here and there it ends at the same moment."""
    return moment.replace(microsecond=0)
