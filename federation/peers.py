"""What an admin sees of other servers, and may do about their lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.database import execute, placeholders, rows
from federation.delivery_marks import cancel_waiting
from federation.lanes import moment
from federation.models import DeliveryState, Peer
from federation.retry import is_dead

if TYPE_CHECKING:
    from federation.federation import Federation


@dataclass(frozen=True)
class PeerReport:
    """A peer and its deliveries, counted by state (`pending`, `delivered` …)."""

    peer: Peer
    condition: str  # well | failing | dead | waiting | paused | gone
    counts: dict[str, int]


@dataclass(frozen=True)
class QueueSummary:
    """All lanes together. `oldest_seconds` is the age of the oldest activity that waits; 0 when none does."""

    deliveries: dict[str, int]
    inbound: dict[str, int]
    lanes_waiting: int
    peers: int
    peers_failing: int
    oldest_seconds: float


async def list_peers(
    fed: Federation, *, only_troubled: bool = False, limit: int = 100, after: str = ""
) -> list[PeerReport]:
    """Peers in order of their names; `after` is the last host of the page before."""
    found = Peer.filter(host__gt=after)
    if only_troubled:
        troubled = await rows(
            """SELECT host FROM peers WHERE host > ? AND (failures > 0 OR is_paused OR is_gone OR retry_at > ?)
               ORDER BY host LIMIT ?""",
            [after, fed.clock.now(), limit],
        )
        found = Peer.filter(host__in=[row["host"] for row in troubled])
    peers = await found.order_by("host").limit(limit)
    counts = await _counts([peer.host for peer in peers])
    return [PeerReport(peer, condition_of(fed, peer), counts.get(peer.host, {})) for peer in peers]


async def show_peer(fed: Federation, host: str) -> PeerReport | None:
    """One peer; None when we never met it."""
    peer = await Peer.get_or_none(host=host)
    if peer is None:
        return None
    counts = await _counts([host])
    return PeerReport(peer, condition_of(fed, peer), counts.get(host, {}))


def condition_of(fed: Federation, peer: Peer) -> str:
    """How a peer is, in one word: `well`, `failing`, `dead`, `waiting`, `paused` or `gone`."""
    now = fed.clock.now()
    if peer.is_gone:
        return "gone"
    if peer.is_paused:
        return "paused"
    if is_dead(peer.failing_since, now):
        return "dead"
    if peer.failures:
        return "failing"
    return "waiting" if peer.retry_at is not None and peer.retry_at > now else "well"


async def pause(fed: Federation, host: str) -> bool:
    """Send nothing to a host until `resume`; what is published meanwhile waits. False when we never met it."""
    return bool(await Peer.filter(host=host).update(is_paused=True))


async def resume(fed: Federation, host: str) -> bool:
    """End a pause and send what waits."""
    found = bool(await Peer.filter(host=host).update(is_paused=False))
    fed.wake("deliver")
    return found


async def retry(fed: Federation, host: str) -> bool:
    """Try a host now, whatever its past: forget its failures, its 410, and all pauses of its deliveries."""
    found = await Peer.filter(host=host).update(
        failures=0, failing_since=None, retry_at=None, is_gone=False, last_error=""
    )
    await execute(
        "UPDATE deliveries SET run_at = ? WHERE state = 'pending' AND host = ?", [fed.clock.now(), host]
    )
    fed.wake("deliver")
    return bool(found)


async def cancel(fed: Federation, host: str, reason: str) -> int:
    """Drop all that waits for a host (a block does this); returns how many deliveries."""
    return await cancel_waiting(host, None, reason, fed.clock.now())


async def queue_summary(fed: Federation) -> QueueSummary:
    """Numbers for the command line, the admin's page and `/metrics`."""
    out = await rows("SELECT state, count(*) AS number FROM deliveries GROUP BY state")
    inbound = await rows("SELECT state, count(*) AS number FROM inbound_activities GROUP BY state")
    lanes = await rows("SELECT count(DISTINCT host) AS number FROM deliveries WHERE state = 'pending'")
    oldest = await rows(
        """SELECT a.created_at FROM deliveries d JOIN outbound_activities a ON a.id = d.activity_id
           WHERE d.id = (SELECT min(id) FROM deliveries WHERE state = 'pending')"""
    )
    age = 0.0
    if oldest:
        from_then = moment(oldest[0]["created_at"])
        age = max(0.0, (fed.clock.now() - from_then).total_seconds()) if from_then else 0.0
    return QueueSummary(
        deliveries={row["state"]: row["number"] for row in out},
        inbound={row["state"]: row["number"] for row in inbound},
        lanes_waiting=lanes[0]["number"],
        peers=await Peer.all().count(),
        peers_failing=await Peer.filter(failures__gt=0).count(),
        oldest_seconds=age,
    )


async def ignored_types(limit: int = 20) -> dict[str, int]:
    """Activity types that were answered 202 and that nothing here handled, with how many came; the most first.

    Counted from the rows, so that all processes count together and a peer that invents types fills no memory.
    """
    found = await rows(
        """SELECT type, count(*) AS number FROM inbound_activities WHERE state = 'ignored' AND reason = ''
           GROUP BY type ORDER BY count(*) DESC, type LIMIT ?""",
        [limit],
    )
    return {row["type"]: row["number"] for row in found}


async def _counts(hosts: Sequence[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    if hosts:
        for row in await rows(
            f"""SELECT host, state, count(*) AS number FROM deliveries
                WHERE state IN ({placeholders(len(DeliveryState))}) AND host IN ({placeholders(len(hosts))})
                GROUP BY host, state""",  # noqa: S608 - placeholders; the states let the index be used
            [*(str(state) for state in DeliveryState), *hosts],
        ):
            counts.setdefault(row["host"], {})[row["state"]] = row["number"]
    return counts
