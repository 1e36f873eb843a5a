"""A clock that is set back at first and moved on scene by scene, so that a week's story is told in seconds."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class StoryClock:
    """Runs like the machine's clock, so many seconds behind it. Only ever moves forward (ids must ascend)."""

    def __init__(self, begins: datetime) -> None:
        self._behind = datetime.now(UTC) - begins
        self._leapt = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) - self._behind

    def time(self) -> float:
        return time.time() - self._behind.total_seconds()

    def monotonic(self) -> float:
        return time.monotonic() + self._leapt

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def move_to(self, moment: datetime) -> None:
        """Let time pass until `moment`, at most until the real now."""
        leap = min(moment - self.now(), self._behind)
        if leap > timedelta(0):
            self._behind -= leap
            self._leapt += leap.total_seconds()

    def catch_up(self) -> None:
        """Be the machine's clock from now on."""
        self.move_to(datetime.now(UTC))
        self._behind = timedelta(0)
