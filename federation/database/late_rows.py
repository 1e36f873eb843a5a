"""Rows that wait for the end of their transaction, and go to the database together.

A row costs us more on its way there and back than anything else that is done for it. So rows that hardly anybody reads
before the commit wait. Whatever may see them, or rest on them, writes them first: every statement that is no plain
`SELECT`, and a `SELECT` that names their table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


class LateRows:
    """What waits in one transaction: values by their statement, in the order in which they came."""

    def __init__(self) -> None:
        self._values: dict[str, list[Sequence[Any]]] = {}
        self._tables: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._values)

    def add(self, table: str, statement: str, values: Sequence[Any]) -> None:
        """Let a row wait."""
        self._values.setdefault(statement, []).append(values)
        self._tables.add(table)

    def must_be_written_before(self, query: str) -> bool:
        """Whether a statement might miss them. In doubt it does."""
        return not query.startswith("SELECT") or any(
            re.search(rf"\b{table}\b", query) for table in self._tables
        )

    def take(self) -> list[tuple[str, list[Sequence[Any]]]]:
        """All of them, to be written now."""
        taken = list(self._values.items())
        self._values.clear()
        self._tables.clear()
        return taken
