"""64-bit ids that ascend with time (snowflake), so that "the newest N below this id" is a feed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from federation.clock import Clock

EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_LOW_BITS = 21
_REMEMBERED = 4096


class IdMaker:
    """Makes ids: 42 bits of milliseconds since 2024, then 21 bits that start at random and count up.

    Within a process ids only ascend, also when the clock is set back (S-147). Two processes meet on one id only
    when they draw the same of 2 million starts in one millisecond; the primary key then refuses the second.
    """

    def __init__(self, clock: Clock, rng: random.Random | None = None) -> None:
        self._clock = clock
        self._random = rng or random.SystemRandom()
        self._last = 0
        self._lately: set[int] = set()

    def next(self) -> int:
        now = int(self._clock.time() * 1000) - EPOCH_MS
        # Half of the range is left above the start, for what the same millisecond brings after it.
        made = now << _LOW_BITS | self._random.getrandbits(_LOW_BITS - 1)
        self._last = max(made, self._last + 1)
        return self._last

    def at(self, moment: datetime) -> int:
        """An id for something that was made at `moment`: now's next one, unless it is older than a minute."""
        if self._clock.time() - moment.timestamp() < 60:
            return self.next()
        # A thread read as a whole may bear one moment two hundred times: in one such of a hundred, two ids would meet.
        while (made := first_id_at(moment) | self._random.getrandbits(_LOW_BITS)) in self._lately:
            pass
        if len(self._lately) >= _REMEMBERED:
            self._lately.clear()
        self._lately.add(made)
        return made

    def later(self, by: timedelta) -> int:
        """An id that sorts behind all that is made until then, and behind the one before it."""
        return self.next() + (int(by.total_seconds() * 1000) << _LOW_BITS)

    def at_least_after(self, last: int) -> None:
        """Never make an id at or below `last` (the newest in the database, after a restore or a clock change)."""
        self._last = max(self._last, last)


def time_of(id_: int) -> datetime:
    """When an id was made."""
    return datetime.fromtimestamp(((id_ >> _LOW_BITS) + EPOCH_MS) / 1000, UTC)


def first_id_at(moment: datetime) -> int:
    """The lowest id that `moment` could have given: turns a time into a cursor."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS) << _LOW_BITS
