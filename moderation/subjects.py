"""Reports about the same thing are judged together, and nobody fills the queue (S-130)."""

from __future__ import annotations

from collections.abc import Sequence

from federation.models import Actor
from moderation.models import Case, CaseState
from sebangsa.models import Post

MAX_OPEN = 30
"""Open reports that one reporter has; the actor of a server speaks for all its people, so it has `MAX_OPEN_OF_HOST`."""
MAX_OPEN_OF_HOST = 300
MAX_TOGETHER = 200
"""Reports about one thing that are closed at once."""

Subject = tuple[int | None, int, tuple[int, ...]]


def subject_of(case: Case) -> Subject:
    """What a report is about: where, whom, and which posts."""
    return case.community_id, case.accused_id, tuple(sorted(case.post_ids))


async def open_together(case: Case) -> list[Case]:
    """The open reports about the same thing, this one first."""
    open_ = Case.filter(accused_id=case.accused_id, state=CaseState.OPEN).exclude(id=case.id)
    found = await open_.order_by("id").limit(MAX_TOGETHER)
    return [case, *(other for other in found if subject_of(other) == subject_of(case))]


async def repeated(reporter: Actor, accused: Actor, posts: Sequence[Post]) -> Case | None:
    """The open report that the same reporter made about the same."""
    wanted = tuple(sorted(post.id for post in posts))
    open_ = Case.filter(accused_id=accused.id, reporter_id=reporter.id, state=CaseState.OPEN)
    return next((case for case in await open_ if tuple(sorted(case.post_ids)) == wanted), None)


async def is_full(reporter: Actor) -> bool:
    """Whether so many reports of this reporter, or of their server, wait that no more is taken."""
    waiting = Case.filter(state=CaseState.OPEN)
    if not reporter.is_local:
        if await waiting.filter(reporter__host=reporter.host).count() >= MAX_OPEN_OF_HOST:
            return True
        if reporter.type == "Application":
            return False
    return await waiting.filter(reporter_id=reporter.id).count() >= MAX_OPEN
