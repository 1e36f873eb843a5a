"""Counters on rows that many write to: added up while a transaction runs, written just before it commits.

Two transactions that count up the same two rows in different order would each wait for the other, and PostgreSQL
would end one of them. Written last, and in the order of the rows, they cannot; the row of a post that everybody likes
is locked for the shortest time, and thirty posts of one author in one transaction are one statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from tortoise.models import Model

from federation.database.sql import execute_many


@dataclass
class _Row:
    by: Counter[str] = field(default_factory=Counter)
    latest: dict[str, datetime] = field(default_factory=dict)
    then: Callable[[], Awaitable[None]] | None = None

    def add(self, other: _Row) -> None:
        for column, by in other.by.items():
            self.by[column] += by
        for column, moment in other.latest.items():
            self.latest[column] = max(moment, self.latest.get(column, moment))
        self.then = other.then or self.then


class Tallies:
    """What one transaction counts, by table and row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], _Row] = {}

    def add(
        self,
        model: type[Model],
        row_id: int,
        by: dict[str, int],
        latest: dict[str, datetime],
        then: Callable[[], Awaitable[None]] | None,
    ) -> None:
        """Count up one row's columns."""
        self._row((model._meta.db_table, row_id)).add(_Row(Counter(by), latest, then))

    def merge(self, inner: Tallies) -> None:
        """Take over what a part of the transaction counted."""
        for key, row in inner._rows.items():
            self._row(key).add(row)

    async def write(self) -> None:
        """Write all, row by row in one order; neighbours that count the same columns go to the database together."""
        statement = ""
        waiting: list[list[object]] = []
        for (table, row_id), row in sorted(self._rows.items(), key=lambda item: item[0]):
            own, values = _update(table, row)
            if own != statement and waiting:
                await execute_many(statement, waiting)
                waiting = []
            statement = own
            waiting.append([*values, row_id])
            if row.then is not None:
                await execute_many(statement, waiting)
                waiting = []
                await row.then()
        if waiting:
            await execute_many(statement, waiting)

    def _row(self, key: tuple[str, int]) -> _Row:
        return self._rows.setdefault(key, _Row())


def _update(table: str, row: _Row) -> tuple[str, list[object]]:
    by, latest = sorted(row.by.items()), sorted(row.latest.items())
    sets = [f"{column} = {column} + ?" for column, _ in by]
    sets += [f"{column} = CASE WHEN {column} > ? THEN {column} ELSE ? END" for column, _ in latest]
    values: list[object] = [number for _, number in by]
    for _, moment in latest:
        values += [moment, moment]
    return f"UPDATE {table} SET {', '.join(sets)} WHERE id = ?", values  # noqa: S608 - names of our own
