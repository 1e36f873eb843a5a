"""Votes are most of what a community has to pass on: several in one announcement where that is read, and behind all
else where it is not (interop 3.2: 1,500 votes and 100 servers are 150,000 requests for one post).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities import wire
from communities.announcing import announce_activity, announcing
from communities.audiences import readers_of_batches, readers_of_votes_one_by_one
from communities.models import WaitingVote
from federation.clock import Clock
from federation.database import is_postgres, rows, transaction
from federation.fetch_limits import BudgetSpent, HostBudget
from federation.models import Actor
from federation.outbox import publish
from sebangsa.hooks import Origin
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site

AT_ONCE, AT_ONCE_A_SECOND = 20, 1 / 3
"""Votes that a quiet community passes on the moment they come; in a busy one they gather until the next half minute."""
MOST_TOGETHER = 100
"""Votes of one announcement: what we read of one ourselves."""


class Pace:
    """Which votes are passed on at once."""

    def __init__(self, clock: Clock) -> None:
        self._budget = HostBudget(clock, burst=AT_ONCE, per_second=AT_ONCE_A_SECOND)

    def allows(self, community: Actor) -> bool:
        try:
            self._budget.spend(str(community.id))
        except BudgetSpent:
            return False
        return True


async def announce_vote(site: Site, pace: Pace, voter: Actor, post: Post, value: int, origin: Origin) -> None:
    """A vote goes round so that every server counts alike; it is shown to nobody and stands in no outbox."""
    community = await announcing(post, origin)
    if community is None:
        return
    await WaitingVote.create(id=site.ids.next(), community=community, body=origin.activity)
    if pace.allows(community):
        await site.queue.enqueue("announce_votes")


async def announce_votes(site: Site) -> None:
    """Pass on all votes that wait. Runs twice without harm."""
    while await _announce_some(site):
        pass


async def _announce_some(site: Site) -> bool:
    """The oldest votes of one community, in one transaction; false when none wait."""
    skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    async with transaction():
        first = await rows("SELECT community_id FROM waiting_votes ORDER BY id LIMIT 1", [])
        if not first:
            return False
        found = await rows(
            f"""SELECT id, body FROM waiting_votes WHERE community_id = ? ORDER BY id
                LIMIT {MOST_TOGETHER} {skip}""",  # noqa: S608 - constants
            [first[0]["community_id"]],
        )
        if not found:
            return False  # another worker has them
        community = await Actor.get(id=first[0]["community_id"])
        bodies = [row["body"] for row in found]
        if community.is_usable:
            await publish(
                site.federation,
                community,
                wire.announce_all(community, bodies)
                if len(bodies) > 1
                else wire.announce(community, bodies[0]),
                readers_of_batches(community),
                proof=False,
            )
            for body in bodies:
                await announce_activity(site, community, body, readers_of_votes_one_by_one(community))
        await WaitingVote.filter(id__in=[row["id"] for row in found]).delete()
    return True
