"""That something changed: a number which every write of something shown moves on, once it is committed.

Whoever keeps what was read from the database (`federation/endpoints/document_cache.py`) keeps the number with it: as long
as it stands, so does what was read. The database itself is listened to, so no use case can forget to say that it wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from tortoise.connection import get_connection

from federation.database.late_rows import LateRows

BOOKKEEPING = frozenset(
    ("deliveries", "fan_outs", "inbound_activities", "jobs", "notifications", "peers", "sessions", "waiting_votes")
)  # fmt: skip
"""Tables of which no document for servers shows anything. They are written all the time."""

_WRITE = re.compile(r'\s*(?:INSERT(?: OR [A-Z]+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
_HEAD = 80
"""Characters of a statement that tell what it does."""


class Changes:
    """The count of one database, as far as this process knows."""

    def __init__(self) -> None:
        self.number = 0
        self._heard: list[Callable[[], None]] = []

    def happened(self) -> None:
        """Something was committed here."""
        self.number += 1
        for heard in self._heard:
            heard()

    def happened_elsewhere(self) -> None:
        """Something was committed by another process."""
        self.number += 1

    def hear(self, heard: Callable[[], None]) -> None:
        """Call `heard` after each commit of this process, before anything is sent that tells of it."""
        self._heard.append(heard)


def changes() -> Changes:
    """The count of the database of the current context."""
    connection = get_connection("default")
    assert isinstance(connection, Noticing)
    found: Changes = connection.changes
    return found


class Noticing:
    """What an engine's client adds: each statement that may change something shown is noticed after it ran; what waits in
    a transaction is written before a statement that might miss it (`late_rows.py`).
    """

    changes: Any
    late: LateRows | None = None

    def notice(self) -> None:
        """Something shown was written, outside of a transaction or by one that is committed."""
        self.changes.happened()

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        if self.late and self.late.must_be_written_before(query):
            await self.write_late()
        done = await super().execute_insert(query, values)  # type: ignore[misc]
        self._look_at(query)
        return done

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        if self.late and self.late.must_be_written_before(query):
            await self.write_late()
        await super().execute_many(query, values)  # type: ignore[misc]
        self._look_at(query)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> Any:
        if self.late and self.late.must_be_written_before(query):
            await self.write_late()
        done = await super().execute_query(query, values)  # type: ignore[misc]
        self._look_at(query)
        return done

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        if self.late and self.late.must_be_written_before(query):
            await self.write_late()
        done = await super().execute_query_dict(query, values)  # type: ignore[misc]
        self._look_at(query)
        return done

    async def execute_script(self, query: str) -> None:
        if self.late and self.late.must_be_written_before(query):
            await self.write_late()
        await super().execute_script(query)  # type: ignore[misc]
        self.notice()

    async def write_late(self) -> None:
        """Write what waits, if anything does. Raises what the database raises, `IntegrityError` for a row that is there."""
        for statement, values in self.late.take() if self.late else ():
            await self.execute_many(statement, [list(row) for row in values])

    def _look_at(self, query: str) -> None:
        if query[:1] not in "Ss" and writes_what_is_shown(query[:_HEAD]):
            self.notice()


class NoticingTransaction(Noticing):
    """A transaction's client: what was noticed in it is told once it is committed, to its outer transaction or to all."""

    _wrote = False
    _parent: Any

    def write_later(self, table: str, statement: str, values: Sequence[Any]) -> None:
        """Let a row wait; the statement is in the engine's own form."""
        if self.late is None:
            self.late = LateRows()
        self.late.add(table, statement, values)

    def drop_late(self) -> None:
        """Forget what waits: the part of the transaction that it belongs to is taken back."""
        if self.late:
            self.late.take()

    async def savepoint(self) -> None:
        # Statements inside go through the outer client, which so holds what waits in this part alone.
        await self._parent.write_late()
        await super().savepoint()  # type: ignore[misc]

    @property
    def changes(self) -> Any:
        """Those of the database that it is a transaction of."""
        return self._parent.changes

    def notice(self) -> None:
        self._wrote = True

    async def commit(self) -> None:
        await super().commit()  # type: ignore[misc]
        self._tell()

    async def savepoint_rollback(self) -> None:
        self._parent.drop_late()
        await super().savepoint_rollback()  # type: ignore[misc]

    async def release_savepoint(self) -> None:
        await self._parent.write_late()
        await super().release_savepoint()  # type: ignore[misc]
        self._tell()

    def _tell(self) -> None:
        if self._wrote:
            self._wrote = False
            self._parent.notice()


@lru_cache(maxsize=2048)
def writes_what_is_shown(statement: str) -> bool:
    """Whether a statement, by its beginning, may change what a document shows. In doubt it does."""
    found = _WRITE.match(statement)
    return found is None or found[1].lower() not in BOOKKEEPING
