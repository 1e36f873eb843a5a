"""The polls of a page of posts, read at once for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from federation.models import Actor
from sebangsa.models import Poll, PollOption, PollVote, Post
from sebangsa.polls.voting import has_ended
from sebangsa.text.plain import clean_name


@dataclass(frozen=True)
class PollView:
    """A poll as one viewer sees it. `choices` are the positions they chose; `may_vote` tells whether they still can."""

    poll: Poll
    options: list[PollOption]
    choices: frozenset[int]
    is_author: bool
    has_ended: bool
    may_vote: bool

    @property
    def shows_totals(self) -> bool:
        """Whether the numbers may be seen now."""
        return self.has_ended or not self.poll.hides_totals

    @property
    def votes(self) -> int:
        return sum(option.votes_count for option in self.options)

    @property
    def voters(self) -> int:
        """How many took part; where the host does not say, each vote is taken for a person."""
        return self.votes if self.poll.voters_count is None else self.poll.voters_count


async def polls_among(viewer: Actor | None, posts: Iterable[Post], now: datetime) -> dict[int, PollView]:
    """The polls of these posts and of those they boost, by post; no query where none is a question, else three."""
    shown = [
        post.boost_of if post.boost_of_id and isinstance(post.boost_of, Post) else post for post in posts
    ]
    questions = {post.id: post for post in shown if post.kind == "question"}
    if not questions:
        return {}
    polls = await Poll.filter(post_id__in=list(questions))
    options: dict[int, list[PollOption]] = {poll.id: [] for poll in polls}
    for option in await PollOption.filter(poll_id__in=list(options)).order_by("position"):
        options[option.poll_id].append(option)
    mine: dict[int, int] = {}
    if viewer is not None and options:
        cast = await PollVote.filter(voter_id=viewer.id, poll_id__in=list(options))
        mine = {vote.poll_id: vote.choices for vote in cast}
    found: dict[int, PollView] = {}
    for poll in polls:
        is_author = viewer is not None and questions[poll.post_id].author_id == viewer.id
        ended = has_ended(poll, now)
        bits = mine.get(poll.id, 0)
        found[poll.post_id] = PollView(
            poll,
            options[poll.id],
            frozenset(option.position for option in options[poll.id] if bits >> option.position & 1),
            is_author,
            ended,
            viewer is not None and not is_author and not ended and not bits,
        )
    return found


def label_of(option: PollOption) -> str:
    """An answer as it is shown. It is stored as it was sent, since votes name it so."""
    return clean_name(option.name, 500) or "?"
