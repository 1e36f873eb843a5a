"""Which followers' servers get which form of an announcement: by what they run (interop b7.2).

Lemmy and its kin read the activity and pass over the bare id; Mastodon and its kin show the id as a boost, and would
show every comment whose `Create` they can fetch. Software that we do not know gets both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from federation.database import placeholders, rows
from federation.discovery import fetch_software
from federation.models import Actor, Peer
from federation.outbox import Audience
from federation.refusals import Refused

if TYPE_CHECKING:
    from sebangsa.site import Site

THREADIVERSE = ("lemmy", "piefed", "mbin", "kbin", "nodebb", "sebangsa")
MICROBLOGS = (
    "mastodon", "hometown", "pleroma", "akkoma", "misskey", "sharkey", "firefish", "iceshrimp",
    "gotosocial", "pixelfed", "takahe", "snac", "mitra", "wafrn", "bookwyrm",
)  # fmt: skip

log = structlog.get_logger("communities.audiences")


async def readers_of_activities(community: Actor) -> Audience:
    """The inboxes of all followers but those on microblogs."""
    return await _inboxes(community, MICROBLOGS)


async def readers_of_ids(community: Actor) -> Audience:
    """The inboxes of all followers but those on the threadiverse."""
    return await _inboxes(community, THREADIVERSE)


async def _inboxes(community: Actor, without: tuple[str, ...]) -> Audience:
    found = await rows(
        f"""SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS inbox
            FROM follows f JOIN actors a ON a.id = f.follower_id LEFT JOIN peers p ON p.host = a.host
            WHERE f.target_id = ? AND f.state = 'accepted' AND a.host <> ''
              AND a.suspended_at IS NULL AND a.deleted_at IS NULL
              AND COALESCE(p.software, '') NOT IN ({placeholders(len(without))})""",  # noqa: S608 - placeholders
        [community.id, *without],
    )
    return Audience(inbox_urls=[row["inbox"] for row in found])


async def ask_for_software(site: Site, follower: Actor, target: Actor) -> None:
    """Somebody elsewhere joined: learn what their server runs, in the transaction that wrote it."""
    if target.is_group and target.is_local and not follower.is_local:
        await site.queue.enqueue("learn_software", follower.host, key=f"software:{follower.host}")


async def learn_software(site: Site, host: str) -> None:
    """Read a peer's NodeInfo, when we have not."""
    peer, _ = await Peer.get_or_create(host=host, defaults={"created_at": site.clock.now()})
    if peer.software:
        return
    try:
        found = await fetch_software(site.federation.client, host)
    except Refused as refusal:
        log.info("a server does not say what it runs", host=host, reason=str(refusal))
        return
    await Peer.filter(host=host).update(
        software=found.name[:64].lower(), version=found.version[:64], software_seen_at=site.clock.now()
    )
