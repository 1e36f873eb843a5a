"""Which followers' servers get which form of an announcement: by what they run and do (interop b7.2).

Lemmy and its kin read the activity and pass over the bare id; Mastodon and its kin show the id as a boost, and would
show every comment whose `Create` they can fetch. Software that we do not know gets both, until it shows what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.models import Actor, Reads
from federation.outbox import Audience

if TYPE_CHECKING:
    from sebangsa.site import Site


def readers_of_activities(community: Actor) -> Audience:
    """All followers but those on microblogs."""
    return Audience(followers_of=[community], reads=Reads.ACTIVITIES)


def readers_of_ids(community: Actor) -> Audience:
    """All followers but those on the threadiverse."""
    return Audience(followers_of=[community], reads=Reads.IDS)


def readers_of_batches(community: Actor) -> Audience:
    """Followers whose servers take several activities in one announcement."""
    return Audience(followers_of=[community], reads=Reads.BATCHES)


def readers_of_votes_one_by_one(community: Actor) -> Audience:
    """The other readers of activities; votes are most of the traffic, so they let everything else go first."""
    return Audience(followers_of=[community], reads=Reads.SINGLE_ACTIVITIES, low_priority=True)


async def ask_for_software(site: Site, follower: Actor, target: Actor) -> None:
    """Somebody elsewhere joined, or one of ours joined there: learn what their server runs, in the transaction that
    wrote it. The first post into a group there must have the right form already.
    """
    if target.is_group and follower.is_local != target.is_local:
        host = follower.host or target.host
        await site.queue.enqueue("learn_software", host, key=f"software:{host}")
