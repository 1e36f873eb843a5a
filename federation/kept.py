"""What is asked often and changes seldom, kept for some seconds: another process may change it without telling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from federation.clock import Clock

T = TypeVar("T")


class Kept(Generic[T]):
    """The answer of `read`, asked again when it is older than `seconds`.

    One of a crowd asks again; the others go by the answer before it. Nobody waits for another: who asks within a
    transaction may hold what the other waits for.
    """

    def __init__(self, clock: Clock, seconds: float, read: Callable[[], Awaitable[T]]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._read = read
        self._answer: T | None = None
        self._read_again_at = 0.0
        self._times_forgotten = 0
        self._is_reading = False

    async def current(self) -> T:
        """The answer, as it was `seconds` ago, or when it was last asked for; raises what `read` raises."""
        now = self._clock.monotonic()
        if self._answer is not None and (now < self._read_again_at or self._is_reading):
            return self._answer
        times_forgotten, self._is_reading = self._times_forgotten, True
        try:
            answer = await self._read()
        finally:
            self._is_reading = False
        if times_forgotten == self._times_forgotten:  # else it may be from before the change
            self._answer, self._read_again_at = answer, now + self._seconds
        return answer

    def forget(self) -> None:
        """Read again at the next question: it was changed here."""
        self._answer = None
        self._times_forgotten += 1
