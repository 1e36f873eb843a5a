"""What keeps our fetching small: remembered failures, and a budget per host.

Without them a stranger's inbox requests, each with another made-up key id, would turn us into an amplifier
against a third server (S-025, S-026).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from federation.clock import Clock
from federation.refusals import Refused


class BudgetSpent(Refused):
    """Our own limit, not the peer's answer: never remembered as a failure of the URL."""

    def __init__(self, host: str) -> None:
        super().__init__("too-many", f"too many requests to or from {host} at once")


class FailureMemory:
    """Failed fetches, remembered for `seconds`, at most `size` of them (the oldest goes first)."""

    def __init__(self, clock: Clock, *, seconds: float = 300.0, size: int = 5_000) -> None:
        self._clock = clock
        self._seconds = seconds
        self._size = size
        self._failures: OrderedDict[Hashable, tuple[float, str, str]] = OrderedDict()

    def raise_remembered(self, key: Hashable) -> None:
        """Raise again what was remembered under `key`, if it is still fresh."""
        found = self._failures.get(key)
        if found is None:
            return
        until, code, detail = found
        if self._clock.monotonic() < until:
            raise Refused(code, detail)
        del self._failures[key]

    def remember(self, key: Hashable, refused: Refused) -> None:
        self._failures.pop(key, None)
        self._failures[key] = (self._clock.monotonic() + self._seconds, refused.code, refused.detail)
        if len(self._failures) > self._size:
            self._failures.popitem(last=False)

    def __len__(self) -> int:
        return len(self._failures)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class HostBudget:
    """A token bucket for each host: `burst` requests at once, then `per_second`; at most `size` hosts kept.

    The default lets one request backfill a long thread (Lemmy reads up to 100 parents) and no more.
    """

    def __init__(
        self, clock: Clock, *, burst: int = 150, per_second: float = 2.0, size: int = 10_000
    ) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._per_second = per_second
        self._size = size
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def spend(self, host: str) -> None:
        """Take one request to `host` from its budget; `BudgetSpent` (`too-many`) when there is none left."""
        now = self._clock.monotonic()
        bucket = self._buckets.pop(host, None) or _Bucket(self._burst, now)
        self._buckets[host] = bucket
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens < 1:
            raise BudgetSpent(host)
        bucket.tokens -= 1
