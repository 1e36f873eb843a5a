"""Which followers' servers get which form of an announcement: by what they run and do (interop b7.2).

Lemmy and its kin read the activity and pass over the bare id; Mastodon and its kin show the id as a boost, and would
show every comment whose `Create` they can fetch. Software that we do not know gets both, until it shows what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from federation.database import rows
from federation.models import Actor
from federation.outbox import Audience
from federation.peer_profiles import PeerProfile, profile_for

if TYPE_CHECKING:
    from sebangsa.site import Site


async def readers_of_activities(community: Actor) -> Audience:
    """The inboxes of all followers but those on microblogs."""
    return await _inboxes(community, lambda profile: profile.reads_activities)


async def readers_of_ids(community: Actor) -> Audience:
    """The inboxes of all followers but those on the threadiverse."""
    return await _inboxes(community, lambda profile: profile.shows_boosts)


async def _inboxes(community: Actor, is_meant: Callable[[PeerProfile], bool]) -> Audience:
    found = await rows(
        """SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS inbox, p.software, p.version, p.seen
           FROM follows f JOIN actors a ON a.id = f.follower_id LEFT JOIN peers p ON p.host = a.host
           WHERE f.target_id = ? AND f.state = 'accepted' AND a.host <> ''
             AND a.suspended_at IS NULL AND a.deleted_at IS NULL""",
        [community.id],
    )
    return Audience(
        inbox_urls=[
            row["inbox"]
            for row in found
            if is_meant(profile_for(row["software"] or "", row["version"] or "", (row["seen"] or "").split()))
        ]
    )


async def ask_for_software(site: Site, follower: Actor, target: Actor) -> None:
    """Somebody elsewhere joined: learn what their server runs, in the transaction that wrote it."""
    if target.is_group and target.is_local and not follower.is_local:
        await site.queue.enqueue("learn_software", follower.host, key=f"software:{follower.host}")
