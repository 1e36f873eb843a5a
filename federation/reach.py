"""Whom something of ours reached: each server counted once, by the best of its deliveries.

An object may go out in several activities (an author's `Create`, both forms of a community's `Announce`); they share
`OutboundActivity.about`. Deliveries are cleaned away in time, their numbers stay with the activities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from federation.database import execute, placeholders, rows, transaction
from federation.lanes import moment
from federation.retry import is_dead

if TYPE_CHECKING:
    from federation.federation import Federation

LISTED = 50
"""Troubled servers that are named; the others are only counted."""
TRIED_AGAIN_AT_ONCE = 500
OBJECTS_A_RUN = 200

_RANK = """CASE d.state WHEN 'delivered' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END"""
_REACHED, _WAITING, _MISSED = 0, 1, 2

_AGAIN = """d.state IN ('refused', 'failed', 'cancelled') AND d.reason <> 'gone' AND d.reason NOT LIKE 'blocked-domain%'"""
"""Deliveries that may be tried again: no block of ours stands in the way, and the inbox did not say that it is gone."""


class Trouble(StrEnum):
    """Why a server does not have it, for the sentence that people read."""

    QUEUED = "queued"  # its turn has not come yet
    SILENT = "silent"  # it does not answer, or answers with its own fault; tried again
    DEAD = "dead"  # silent for a week: only probed now
    PAUSED = "paused"  # an admin of ours holds it back
    REFUSED = "refused"  # it said no for good
    GONE = "gone"  # the inbox, or the whole server, says that it is no more
    BLOCKED = "blocked"  # we do not talk with it
    GIVEN_UP = "given-up"  # after the last try, or after waiting too long


@dataclass(frozen=True)
class TroubledServer:
    """`since` is when we began to wait, or when it ended. `last_word` is its last answer or error (English)."""

    host: str
    trouble: Trouble
    since: datetime | None
    attempts: int
    status: int | None
    last_word: str

    @property
    def is_waited_for(self) -> bool:
        return self.trouble in (Trouble.QUEUED, Trouble.SILENT, Trouble.DEAD, Trouble.PAUSED)


@dataclass(frozen=True)
class Reach:
    """Numbers of servers; `troubled` names at most `LISTED` of those without it, those that failed first.

    `is_complete` is false while deliveries to a large audience are still being written.
    """

    reached: int = 0
    waiting: int = 0
    missed: int = 0
    troubled: Sequence[TroubledServer] = ()
    is_complete: bool = True

    @property
    def total(self) -> int:
        return self.reached + self.waiting + self.missed

    @property
    def may_be_tried_again(self) -> bool:
        """Whether another try could change anything for a server that is named."""
        hopeless = (Trouble.GONE, Trouble.BLOCKED, Trouble.PAUSED)
        return any(server.trouble not in hopeless for server in self.troubled)


async def reach_of(fed: Federation, uris: Sequence[str]) -> dict[str, Reach]:
    """How far each object went. Three statements at most, however many objects and servers."""
    if not uris:
        return {}
    numbers = {uri: [0, 0, 0] for uri in uris}
    is_complete = dict.fromkeys(uris, True)
    for row in await rows(
        f"""SELECT a.about, max(a.reached_count) AS reached, max(a.missed_count) AS missed, count(f.id) AS unwritten
            FROM outbound_activities a LEFT JOIN fan_outs f ON f.activity_id = a.id
            WHERE a.about IN ({placeholders(len(uris))}) GROUP BY a.about""",  # noqa: S608 - placeholders
        list(uris),
    ):
        numbers[row["about"]][_REACHED] = row["reached"]
        numbers[row["about"]][_MISSED] = row["missed"]
        is_complete[row["about"]] = row["unwritten"] == 0
    is_troubled = False
    for row in await rows(
        f"""SELECT about, best, count(*) AS servers FROM ({_best_by_host(len(uris))}) AS hosts
            GROUP BY about, best""",  # noqa: S608 - placeholders
        list(uris),
    ):
        numbers[row["about"]][row["best"]] += row["servers"]
        is_troubled = is_troubled or row["best"] != _REACHED
    troubled = await _troubled(fed, uris) if is_troubled else {}
    return {
        uri: Reach(reached, waiting, missed, troubled.get(uri, ()), is_complete[uri])
        for uri, (reached, waiting, missed) in numbers.items()
    }


def _best_by_host(objects: int) -> str:
    return f"""SELECT a.about, d.host, min({_RANK}) AS best
               FROM outbound_activities a JOIN deliveries d ON d.activity_id = a.id
               WHERE a.about IN ({placeholders(objects)}) GROUP BY a.about, d.host"""  # noqa: S608 - placeholders


async def _troubled(fed: Federation, uris: Sequence[str]) -> dict[str, list[TroubledServer]]:
    """The servers without it, by object, those that failed for good first; `LISTED` for each object."""
    found = await rows(
        f"""SELECT t.about, t.host, t.best, d.state, d.status, d.reason, d.attempts, d.done_at, a.created_at,
                   p.is_paused, p.failing_since, p.failures, p.last_error
            FROM (SELECT about, host, best, row_number() OVER (PARTITION BY about ORDER BY best DESC, host) AS place
                  FROM ({_best_by_host(len(uris))}) AS hosts WHERE best > 0) AS t
            JOIN outbound_activities a ON a.about = t.about
            JOIN deliveries d ON d.activity_id = a.id AND d.host = t.host AND {_RANK} = t.best
            LEFT JOIN peers p ON p.host = t.host
            WHERE t.place <= {LISTED} ORDER BY t.best DESC, t.host, d.id""",  # noqa: S608 - placeholders, constants
        list(uris),
    )
    named: dict[str, dict[str, TroubledServer]] = {}
    for row in found:
        named.setdefault(row["about"], {}).setdefault(row["host"], _server(fed, row))
    return {about: list(servers.values()) for about, servers in named.items()}


def _server(fed: Federation, row: Any) -> TroubledServer:
    word = row["reason"] or (f"HTTP {row['status']}" if row["status"] else "")
    is_waiting = row["best"] == _WAITING
    if is_waiting and not word and row["failures"]:
        word = row["last_error"] or ""  # it waits behind another: what the server said to that one
    return TroubledServer(
        host=row["host"],
        trouble=_waiting_for(fed, row) if is_waiting else _missed_by(row),
        since=moment(row["created_at"] if is_waiting else row["done_at"]),
        attempts=row["attempts"],
        status=row["status"],
        last_word=word or ("" if is_waiting else row["state"]),
    )


def _waiting_for(fed: Federation, row: Any) -> Trouble:
    if row["is_paused"]:
        return Trouble.PAUSED
    if is_dead(moment(row["failing_since"]), fed.clock.now()):
        return Trouble.DEAD
    return Trouble.SILENT if row["failures"] or row["attempts"] else Trouble.QUEUED


def _missed_by(row: Any) -> Trouble:
    if row["reason"] == "gone":
        return Trouble.GONE
    if row["reason"].startswith("blocked-domain"):
        return Trouble.BLOCKED
    return Trouble.GIVEN_UP if row["state"] == "failed" else Trouble.REFUSED


async def try_again(fed: Federation, uri: str) -> int:
    """Send an object once more to the servers that do not have it, as far as another try may help; returns how many
    deliveries. Those that wait are tried now. A delivery begins anew: with a new id, at the end of its lane.
    """
    now = fed.clock.now()
    async with transaction():
        waiting = await rows(
            """SELECT d.id, d.host FROM deliveries d JOIN outbound_activities a ON a.id = d.activity_id
               WHERE a.about = ? AND d.state = 'pending' AND d.attempts > 0 ORDER BY d.id LIMIT ?""",
            [uri, TRIED_AGAIN_AT_ONCE],
        )
        ended = await rows(
            f"""SELECT d.id, d.activity_id, d.host, d.inbox_url FROM deliveries d
                JOIN outbound_activities a ON a.id = d.activity_id
                WHERE a.about = ? AND {_AGAIN} AND d.host NOT IN (
                    SELECT had.host FROM deliveries had JOIN outbound_activities b ON b.id = had.activity_id
                    WHERE b.about = ? AND had.state = 'delivered')
                ORDER BY d.id LIMIT ?""",  # noqa: S608 - a constant
            [uri, uri, TRIED_AGAIN_AT_ONCE],
        )
        if waiting:
            await execute(
                f"UPDATE deliveries SET run_at = ? WHERE id IN ({placeholders(len(waiting))})",  # noqa: S608
                [now, *(row["id"] for row in waiting)],
            )
        if ended:
            await execute(
                f"DELETE FROM deliveries WHERE id IN ({placeholders(len(ended))})",  # noqa: S608
                [row["id"] for row in ended],
            )
            await execute(
                f"""INSERT INTO deliveries (id, activity_id, host, inbox_url, state, attempts, run_at, reason)
                    VALUES {", ".join(["(?, ?, ?, ?, 'pending', 0, ?, '')"] * len(ended))}""",  # noqa: S608
                [
                    value
                    for row in ended
                    for value in (fed.ids.next(), row["activity_id"], row["host"], row["inbox_url"], now)
                ],
            )
        hosts = sorted({row["host"] for row in [*waiting, *ended]})
        if hosts:
            # Its pause ends for one try; when that fails, the next pause is longer than the last.
            await execute(
                f"UPDATE peers SET retry_at = NULL WHERE host IN ({placeholders(len(hosts))})",  # noqa: S608
                hosts,
            )
    if hosts:
        fed.wake("deliver")
    return len(waiting) + len(ended)


async def keep_numbers(delivered_before: int, ended_before: int) -> None:
    """Before deliveries with ids below these are cleaned away: count their servers on the activities, and delete them.

    All deliveries to a server are counted and deleted together, or it would be counted again with the rest.
    """
    while await _count_away("reached_count", "d.state = 'delivered'", delivered_before):
        pass
    while await _count_away("missed_count", "d.state IN ('refused', 'failed', 'cancelled')", ended_before):
        pass


async def _count_away(column: str, which: str, before: int) -> int:
    objects = await rows(
        f"""SELECT DISTINCT a.about FROM deliveries d JOIN outbound_activities a ON a.id = d.activity_id
            WHERE d.id < ? AND {which} AND a.about <> '' LIMIT {OBJECTS_A_RUN}""",  # noqa: S608 - constants
        [before],
    )
    for row in objects:
        about = row["about"]
        async with transaction():
            hosts = f"""SELECT d.host FROM deliveries d JOIN outbound_activities a ON a.id = d.activity_id
                        WHERE a.about = ? AND d.id < ? AND {which}"""  # noqa: S608 - constants
            counted = await rows(
                f"SELECT count(DISTINCT host) AS number FROM ({hosts}) AS servers",  # noqa: S608
                [about, before],
            )
            await execute(
                f"UPDATE outbound_activities SET {column} = {column} + ? WHERE about = ?",  # noqa: S608
                [counted[0]["number"], about],
            )
            await execute(
                f"""DELETE FROM deliveries WHERE host IN ({hosts})
                    AND activity_id IN (SELECT id FROM outbound_activities WHERE about = ?)""",  # noqa: S608
                [about, before, about],
            )
    return len(objects)
