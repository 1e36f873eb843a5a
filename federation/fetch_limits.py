"""What keeps our fetching small: remembered failures, and a budget per host.

Without them a stranger's inbox requests, each with another made-up key id, would turn us into an amplifier
against a third server (S-025, S-026).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

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


MINUTE, HOUR = 60.0, 3600.0


@dataclass(slots=True)
class _Window:
    """What was spent since `began`."""

    began: float
    fetches: int = 0
    received: int = 0


class PeerAllowance:
    """What reading the past of one peer may cost it: fetches in a minute and in an hour, and bytes in an hour.

    Much less than `HostBudget` lets through: nobody waits for old posts, and a peer pays for each. Windows begin with
    their first fetch. Each process counts for itself; at most `size` hosts are kept.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        a_minute: int = 60,
        an_hour: int = 600,
        bytes_an_hour: int = 50_000_000,
        size: int = 10_000,
    ) -> None:
        self._clock = clock
        self.a_minute = a_minute
        self.an_hour = an_hour
        self.bytes_an_hour = bytes_an_hour
        self._size = size
        self._hosts: OrderedDict[str, tuple[_Window, _Window]] = OrderedDict()

    def spend(self, host: str) -> None:
        """Take one fetch from the host's allowance. Raises `BudgetSpent`."""
        if self.wait(host) > 0:
            raise BudgetSpent(host)
        for window in self._windows(host):
            window.fetches += 1

    def add_received(self, host: str, size: int) -> None:
        """Count the bytes that an answer brought."""
        for window in self._windows(host):
            window.received += size

    def wait(self, host: str) -> float:
        """Seconds until the host may be asked again; 0 when it may be now."""
        now = self._clock.monotonic()
        minute, hour = self._windows(host)
        if hour.fetches >= self.an_hour or hour.received >= self.bytes_an_hour:
            return max(hour.began + HOUR - now, 1.0)
        if minute.fetches >= self.a_minute:
            return max(minute.began + MINUTE - now, 1.0)
        return 0.0

    def _windows(self, host: str) -> tuple[_Window, _Window]:
        now = self._clock.monotonic()
        minute, hour = self._hosts.get(host) or (_Window(now), _Window(now))
        if now - minute.began >= MINUTE:
            minute = _Window(now)
        if now - hour.began >= HOUR:
            hour = _Window(now)
        self._hosts[host] = (minute, hour)
        self._hosts.move_to_end(host)
        if len(self._hosts) > self._size:
            self._hosts.popitem(last=False)
        return minute, hour


@dataclass(slots=True)
class Meter:
    """Counts what is fetched inside `metered(…)`, whoever asks for it, and holds it to the allowance of each host.

    `wait` is how many seconds the last refused host must be left alone; 0 while none was refused.
    """

    allowance: PeerAllowance
    fetches: int = 0
    received: int = 0
    wait: float = field(default=0.0)

    def spend(self, host: str, budget: HostBudget) -> None:
        """Take one fetch from the allowance and from what all of us may ask that host. Raises `BudgetSpent`."""
        try:
            self.allowance.spend(host)
            budget.spend(host)
        except BudgetSpent:
            self.wait = self.allowance.wait(host) or MINUTE
            raise
        self.fetches += 1

    def add_received(self, host: str, size: int) -> None:
        self.allowance.add_received(host, size)
        self.received += size


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """All GETs of the client inside are counted by `meter`."""
    token = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(token)


def current_meter() -> Meter | None:
    """The meter that counts what is fetched now; usually none."""
    return _meter.get()
