"""What every activity of a group asks is asked once for the whole group, before the first of them is handled.

A question to PostgreSQL costs a tenth of handling a post. An answer holds for its group; whoever writes what makes it stale
forgets it, and it is asked again when somebody needs it.
"""

from __future__ import annotations

from typing import Any


class Ahead:
    """The answers of one group, by question and what it is about. Empty for an activity that is handled alone."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, Any], Any] = {}

    def tell(self, question: str, about: Any, answer: Any) -> None:
        self._answers[question, about] = answer

    def ask(self, question: str, about: Any) -> Any:
        """The answer; None where nobody looked, or it does not hold any more."""
        return self._answers.get((question, about))

    def forget(self, question: str, about: Any) -> None:
        """Something was written that this was about."""
        self._answers.pop((question, about), None)
