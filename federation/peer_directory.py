"""The servers that we know, for everybody to read: what they run, how many of their people we met, who follows whom.

Counting reads whole tables, so it is done once in some minutes and for all readers together.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from federation.clock import Clock
from federation.database import rows
from federation.kept import Kept
from federation.lanes import moment
from federation.refusals import Refused
from federation.registry import Registry
from federation.retry import is_dead

FRESH_FOR = 300.0
"""Seconds for which the directory is used again."""


class Condition(StrEnum):
    """How a server is, as far as it concerns everybody. Whether an admin of ours paused it does not."""

    WELL = "well"
    FAILING = "failing"  # its last answers were errors, or it did not answer
    SILENT = "silent"  # no answer for a week, or it said that it is gone


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """One server. `following` counts follows from here to there, `followers` those from there to here.

    `has_exchanged` is false for one that we only looked something up at, or that never took what we sent: any stranger
    can make us look at any host, so such a host is no acquaintance.
    """

    host: str
    software: str
    version: str
    people: int
    followers: int
    following: int
    condition: Condition
    is_paused: bool
    has_exchanged: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """All peers that are not blocked, those with the most people first; `by_host` finds one."""

    peers: Sequence[KnownPeer]
    by_host: dict[str, KnownPeer]

    @property
    def acquaintances(self) -> list[KnownPeer]:
        """Those with whom something was exchanged."""
        return [peer for peer in self.peers if peer.has_exchanged]


class PeerDirectory:
    """The directory, counted anew when it is asked for and older than `FRESH_FOR`. Four statements, whatever there is."""

    def __init__(self, clock: Clock, registry: Registry) -> None:
        self._clock = clock
        self._registry = registry
        self._counted = Kept(clock, FRESH_FOR, self._count)
        self._counting = asyncio.Lock()

    async def current(self) -> Directory:
        """The directory as it was some minutes ago at most."""
        async with self._counting:  # the first crowd, too, counts once
            return await self._counted.current()

    def forget(self) -> None:
        """Count anew the next time: an admin did something about a peer."""
        self._counted.forget()

    async def _count(self) -> Directory:
        people = await _numbers("SELECT host, count(*) AS number FROM actors WHERE host <> '' AND type = 'Person' "
                                "AND deleted_at IS NULL GROUP BY host")  # fmt: skip
        followers = await _numbers(_follows("follower", "target"))
        following = await _numbers(_follows("target", "follower"))
        now = self._clock.now()
        peers = [
            _known(row, people, followers, following, now)
            for row in await rows(
                """SELECT p.host, p.software, p.version, p.failures, p.failing_since, p.is_gone, p.is_paused,
                          p.succeeded_at IS NOT NULL OR EXISTS (SELECT 1 FROM inbound_activities i
                              WHERE i.state = 'done' AND i.host = p.host) AS has_exchanged
                   FROM peers p"""
            )
            if await self._is_admitted(row["host"])
        ]
        peers.sort(key=lambda peer: (-peer.people, peer.host))
        return Directory(peers, {peer.host: peer for peer in peers})

    async def _is_admitted(self, host: str) -> bool:
        try:
            await self._registry.admit(host)
        except Refused:
            return False
        return True


def by_software(peers: Sequence[KnownPeer]) -> list[tuple[str, int]]:
    """Names of software with the number of its servers, the most first; "" for those that do not say."""
    return sorted(Counter(peer.software for peer in peers).items(), key=lambda found: (-found[1], found[0]))


def _follows(there: str, here: str) -> str:
    """Accepted follows between a peer's actor (the column `there`) and one of ours, by the peer's host."""
    return f"""SELECT a.host, count(*) AS number FROM follows f JOIN actors a ON a.id = f.{there}_id
               JOIN actors own ON own.id = f.{here}_id
               WHERE f.state = 'accepted' AND a.host <> '' AND own.host = '' GROUP BY a.host"""  # noqa: S608


async def _numbers(statement: str) -> dict[str, int]:
    return {row["host"]: row["number"] for row in await rows(statement)}


def _known(
    row: Any, people: dict[str, int], followers: dict[str, int], following: dict[str, int], now: datetime
) -> KnownPeer:
    host = row["host"]
    has_follows = host in followers or host in following
    return KnownPeer(
        host=host,
        software=row["software"],
        version=row["version"],
        people=people.get(host, 0),
        followers=followers.get(host, 0),
        following=following.get(host, 0),
        condition=_condition(row, now),
        is_paused=bool(row["is_paused"]),
        has_exchanged=bool(row["has_exchanged"]) or has_follows,
    )


def _condition(row: Any, now: datetime) -> Condition:
    if row["is_gone"] or is_dead(moment(row["failing_since"]), now):
        return Condition.SILENT
    return Condition.FAILING if row["failures"] else Condition.WELL
