"""Rate limits: how often somebody may do something, counted in memory or, for a cluster, in Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import structlog

from sebangsa.errors import TooMany

if TYPE_CHECKING:
    from federation.clock import Clock

log = structlog.get_logger("sebangsa")

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Bucket:
    """`amount` hits in any window of `seconds`."""

    amount: int
    seconds: int


BUCKETS: Mapping[str, Bucket] = {
    # Mastodon 4.6's numbers: apps are written against them.
    "account": Bucket(1500, 5 * MINUTE),
    "token": Bucket(300, 5 * MINUTE),
    "address": Bucket(300, 5 * MINUTE),
    "media": Bucket(30, 30 * MINUTE),
    "delete": Bucket(30, 30 * MINUTE),
    "register-app": Bucket(5, 10 * MINUTE),
    "sign-up": Bucket(5, 30 * MINUTE),
    "paging": Bucket(300, 15 * MINUTE),
    "post": Bucket(300, 3 * HOUR),
    "follow": Bucket(400, DAY),
    "report": Bucket(400, DAY),
    # Sending a post once more wakes servers that did not want it.
    "send-again": Bucket(20, HOUR),
    # Guessing is slowed for each address and for each name; no stranger locks the owner out for long (S-088).
    "sign-in": Bucket(25, 5 * MINUTE),
    # Each address gets so many, whoever asks: nobody's mailbox is filled.
    "mail": Bucket(3, HOUR),
    # Asking other servers on somebody's behalf.
    "resolve": Bucket(60, 5 * MINUTE),
    # Fetching older posts and comments of other servers.
    "backfill": Bucket(30, HOUR),
    # The same, document by document: how an app on ActivityPub reads what lies elsewhere.
    "proxy": Bucket(300, 5 * MINUTE),
    # What one relay may bring; beyond it is dropped.
    "relay": Bucket(120, MINUTE),
    # An administrator looks how documents of other servers are read.
    "inspect": Bucket(60, 5 * MINUTE),
    # Reading whom another server lists as followers of somebody there.
    "compare-followers": Bucket(1, HOUR),
}
"""Every limit of the server, in one place."""


@dataclass(frozen=True)
class Standing:
    """Where somebody stands in a bucket; `reset_at` is when the window ends."""

    limit: int
    remaining: int
    reset_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """As Mastodon tells it: the end of the window in ISO 8601."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": self.reset_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


class Counter(Protocol):
    """Counts in windows that begin with their first hit."""

    async def count(self, key: str, seconds: int) -> tuple[int, float]:
        """One more; returns how many in this window, and when it ends (epoch seconds)."""
        ...


class MemoryCounter:
    """Counts of one process. Ended windows are swept out now and then, so that strangers cannot fill the memory."""

    SWEEP_AT = 10_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[int, float]] = {}
        self._sweep_at = self.SWEEP_AT

    async def count(self, key: str, seconds: int) -> tuple[int, float]:
        now = self._clock.time()
        counted, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            counted, ends = 0, now + seconds
        self._windows[key] = (counted + 1, ends)
        if len(self._windows) > self._sweep_at:
            self._windows = {name: window for name, window in self._windows.items() if window[1] > now}
            self._sweep_at = max(self.SWEEP_AT, 2 * len(self._windows))
        return counted + 1, ends


class RedisCounter:
    """Counts that all processes of a cluster share. While Redis is away each process counts for itself: nobody is
    turned away because of it, and nobody may do without limits.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        from limits.aio.storage import RedisStorage
        from redis.exceptions import RedisError

        self._storage = RedisStorage(f"async+{url}", implementation="redispy")
        self._away: tuple[type[Exception], ...] = (RedisError, OSError)
        self._alone = MemoryCounter(clock)
        self._is_alone = False

    async def count(self, key: str, seconds: int) -> tuple[int, float]:
        name = f"sebangsa:limit:{key}"
        try:
            counted = (
                int(await self._storage.incr(name, seconds)),
                float(await self._storage.get_expiry(name)),
            )
        except self._away as error:
            if not self._is_alone:
                log.warning("limits are counted by this process alone until Redis answers", error=str(error))
            self._is_alone = True
            return await self._alone.count(key, seconds)
        self._is_alone = False
        return counted


class Limiter:
    """`await site.limiter.hit("sign-in", address)` counts one, and raises `TooMany` when it was one too many."""

    def __init__(self, clock: Clock, queue_url: str, *, is_on: bool = True) -> None:
        self._clock = clock
        self.is_on = is_on
        self._counter: Counter = (
            MemoryCounter(clock) if queue_url == "inprocess" else RedisCounter(queue_url, clock)
        )

    async def hit(self, bucket: str, key: str | int) -> Standing:
        """Count one hit of `key` (an address, a name, an id) in a bucket of `BUCKETS`. Raises `TooMany`."""
        rule = BUCKETS[bucket]
        if not self.is_on:
            ends = self._clock.time() + rule.seconds
            return Standing(rule.amount, rule.amount, datetime.fromtimestamp(ends, UTC))
        counted, ends = await self._counter.count(f"{bucket}:{key}", rule.seconds)
        if counted > rule.amount:
            raise TooMany("Too many requests", max(1, round(ends - self._clock.time())))
        return Standing(rule.amount, rule.amount - counted, datetime.fromtimestamp(ends, UTC))
