"""Lanes: all that waits for one peer. A worker leases some, reads what is due in them, and gives them back.

The lease stands in the peer's row, so that of many workers one at a time sends to a peer, in order, and a lane
whose worker was killed is free again when the lease ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from federation.database import is_postgres, placeholders, rows, transaction
from federation.fan_out import is_any_waiting
from federation.ids import first_id_at
from federation.peer_profiles import PeerProfile, profile_for

if TYPE_CHECKING:
    from federation.federation import Federation

LEASE = timedelta(minutes=5)
LANE_SECONDS = 60.0
"""After so long a lane is given back, well within its lease; what is left waits for its next turn."""

ROWS_AT_ONCE = 20
NEWEST = 256
NEW = timedelta(minutes=1)

_READY = """NOT p.is_paused AND NOT p.is_gone AND (p.retry_at IS NULL OR p.retry_at <= ?)
    AND (p.locked_until IS NULL OR p.locked_until < ?)"""
# Walks the index (state, host, id) from host to host: its cost does not grow with what waits in a lane. Written so
# that no planner can take another way, whatever its statistics say of a table that is empty one minute and full
# the next: `ORDER BY … LIMIT 1` in place of min() and EXISTS, and no join.
_IN_TURN = f"""
WITH RECURSIVE waiting(host) AS (
    SELECT (SELECT host FROM deliveries WHERE state = 'pending' AND host > ? ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT d.host FROM deliveries d WHERE d.state = 'pending' AND d.host > waiting.host
            ORDER BY d.host LIMIT 1)
    FROM waiting WHERE waiting.host IS NOT NULL
)
SELECT waiting.host FROM waiting
WHERE (SELECT p.failures FROM peers p WHERE p.host = waiting.host AND {_READY}) {{sign}} 0 AND (
    SELECT d.id FROM deliveries d WHERE d.state = 'pending' AND d.host = waiting.host AND d.run_at <= ?
    ORDER BY d.id LIMIT 1) IS NOT NULL
LIMIT ?"""  # noqa: S608 - constants, here and below

_NEWEST = f"""
SELECT newest.host FROM (
    SELECT host, max(id) AS latest FROM (
        SELECT id, host, state, run_at FROM deliveries WHERE id > ? ORDER BY id DESC LIMIT {NEWEST}
    ) AS lately WHERE state = 'pending' AND run_at <= ? GROUP BY host
) AS newest
WHERE (SELECT p.failures FROM peers p WHERE p.host = newest.host AND {_READY}) = 0 ORDER BY newest.latest DESC LIMIT ?"""  # noqa: S608

_DUE = "state = 'pending' AND host = {host} AND run_at <= ? {after} ORDER BY id LIMIT ?"

_HEADS_POSTGRES = f"""
WITH lanes(host) AS (VALUES {{lanes}})
SELECT d.id, d.host, d.activity_id, d.inbox_url, d.attempts FROM lanes CROSS JOIN LATERAL (
    SELECT * FROM deliveries WHERE {_DUE.format(host="lanes.host", after="")}) d"""  # noqa: S608

# SQLite knows no LATERAL; it looks the rows of the inner list up by their id.
_HEADS_SQLITE = f"""
WITH lanes(host) AS (VALUES {{lanes}})
SELECT d.id, d.host, d.activity_id, d.inbox_url, d.attempts FROM lanes CROSS JOIN deliveries d
WHERE d.id IN (SELECT id FROM deliveries WHERE {_DUE.format(host="lanes.host", after="")})"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery to make."""

    id: int
    activity_id: int
    inbox_url: str
    attempts: int


@dataclass(slots=True, eq=False)
class Lane:
    """A leased lane: what the peer's row says, what is due, and what is to be written back (`changes`)."""

    host: str
    scheme: str
    profile: PeerProfile
    failures: int
    failing_since: datetime | None
    started: float
    due: deque[Due] = field(default_factory=deque)
    changes: dict[str, Any] = field(default_factory=dict)
    is_troubled: bool = False
    has_more: bool = False
    is_slow: bool = False
    sending_since: float | None = None
    both_schemes_refused: bool = False


class Turns:
    """Whose turn it is. Half of what is asked for goes to lanes in turn, so that none starves, and half to those
    with the newest deliveries: a direct note does not stand behind a fan-out to 20,000 servers."""

    def __init__(self, fed: Federation, worker: str) -> None:
        self._fed = fed
        self._worker = worker
        self._after = {
            True: "",
            False: "",
        }  # the host after which to go on, among the troubled and the others

    async def claim(self, limit: int, *, troubled: bool) -> list[Lane]:
        """Lease up to `limit` lanes that have something due, and read their first deliveries.

        `troubled` asks for peers that failed last time; they have slots of their own.
        """
        now = self._fed.clock.now()
        hosts: dict[str, None] = {}
        if not troubled:
            newest = await rows(_NEWEST, [first_id_at(now - NEW), now, now, now, max(1, limit // 2)])
            hosts |= dict.fromkeys(row["host"] for row in newest)
        hosts |= dict.fromkeys(await self._in_turn(limit, now, troubled))
        if not hosts:
            return []
        leased = await _lease(list(hosts)[:limit], now, self._worker)
        if not leased:
            return []
        monotonic = self._fed.clock.monotonic()
        order = {host: place for place, host in enumerate(hosts)}
        lanes = {
            row["host"]: Lane(
                row["host"],
                row["signature_scheme"],
                profile_for(row["software"], row["version"], row["seen"].split()),
                row["failures"],
                moment(row["failing_since"]),
                monotonic,
                is_troubled=troubled,
            )
            for row in sorted(leased, key=lambda row: order[row["host"]])
        }
        await _read_heads(lanes, now)
        return list(lanes.values())

    async def _in_turn(self, limit: int, now: datetime, troubled: bool) -> list[str]:
        found: list[str] = []
        while True:
            after = self._after[troubled]
            query = _IN_TURN.format(sign=">" if troubled else "=")
            more = await rows(query, [after, now, now, now, limit - len(found)])
            found.extend(row["host"] for row in more)
            if len(found) >= limit:
                self._after[troubled] = found[-1]
                return found
            self._after[troubled] = ""
            if after == "":
                return found


async def is_anything_due(fed: Federation) -> bool:
    """Whether a worker would find a lane to serve now, or an audience to write out."""
    now = fed.clock.now()
    if await is_any_waiting():
        return True
    for sign in ("=", ">"):
        if await rows(_IN_TURN.format(sign=sign), ["", now, now, now, 1]):
            return True
    return False


async def read_more(fed: Federation, lane: Lane, after: int) -> None:
    """Read what is due in a leased lane after the delivery `after`."""
    found = await rows(
        f"""SELECT id, activity_id, inbox_url, attempts FROM deliveries
            WHERE {_DUE.format(host="?", after="AND id > ?")}""",  # noqa: S608 - constants
        [lane.host, fed.clock.now(), after, ROWS_AT_ONCE],
    )
    _fill(lane, found)


async def _lease(hosts: Sequence[str], now: datetime, worker: str) -> list[Mapping[str, Any]]:
    # Another worker may have been quicker since we looked: what is taken is passed over, never waited for.
    skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    async with transaction():
        return await rows(
            f"""UPDATE peers SET locked_until = ?, locked_by = ? WHERE host IN (
                    SELECT p.host FROM peers p WHERE p.host IN ({placeholders(len(hosts))}) AND {_READY} {skip})
                RETURNING host, failures, failing_since, signature_scheme, software, version, seen""",  # noqa: S608 - placeholders
            [now + LEASE, worker, *hosts, now, now],
        )


async def _read_heads(lanes: Mapping[str, Lane], now: datetime) -> None:
    query = (_HEADS_POSTGRES if is_postgres() else _HEADS_SQLITE).format(
        lanes=", ".join(["(?)"] * len(lanes))
    )
    found: dict[str, list[Mapping[str, Any]]] = {host: [] for host in lanes}
    for row in await rows(query, [*lanes, now, ROWS_AT_ONCE]):
        found[row["host"]].append(row)
    for host, due in found.items():
        _fill(lanes[host], due)


def _fill(lane: Lane, found: Sequence[Mapping[str, Any]]) -> None:
    lane.has_more = len(found) >= ROWS_AT_ONCE
    lane.due.extend(
        Due(row["id"], row["activity_id"], row["inbox_url"], row["attempts"])
        for row in sorted(found, key=lambda row: row["id"])
    )


def moment(value: Any) -> datetime | None:
    """A column's time: hand-written SQL gives text on SQLite."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
