"""Tortoise's SQLite engine, with transactions that take the write lock when they begin and do not change threads.

A deferred `BEGIN` takes the lock at the first write; when another process wrote in between, SQLite answers "database
is locked" at once, whatever `busy_timeout` says. `BEGIN IMMEDIATE` waits instead.

Whatever may wait runs in the thread of the connection: opening, `BEGIN`, `COMMIT`, and every query outside a
transaction. Statements inside one run where they are asked for (docs/decisions/statements-of-a-transaction.md).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import aiosqlite
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import TransactionManagementError

from federation.database.noticing import Changes, Noticing, NoticingTransaction

PRAGMAS = {
    "synchronous": "NORMAL",
    "busy_timeout": 5000,
    "cache_size": -65536,
    "journal_size_limit": 67108864,
    "temp_store": "MEMORY",
}


class _Here:
    """A connection's statements, run in the event loop's thread; others get their turn before each.

    Of aiosqlite's methods those that Tortoise calls in a transaction.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._raw = connection._conn

    @property
    def total_changes(self) -> int:
        return self._raw.total_changes

    async def execute_fetchall(self, sql: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        await asyncio.sleep(0)
        return self._raw.execute(sql, parameters or ()).fetchall()

    async def execute_insert(self, sql: str, parameters: Sequence[Any] | None = None) -> tuple[int | None]:
        await asyncio.sleep(0)
        return (self._raw.execute(sql, parameters or ()).lastrowid,)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        await asyncio.sleep(0)
        self._raw.executemany(sql, parameters)

    async def executescript(self, sql: str) -> None:
        await self._connection.executescript(sql)  # of migrations; may take long

    async def __aenter__(self) -> _Here:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held: a statement is whole before another task runs."""


class _Transaction(NoticingTransaction, SqliteTransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Transaction(self))

    def acquire_connection(self) -> Any:
        return _Here(self._connection)

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error


class ImmediateSqliteClient(Noticing, SqliteClient):
    """`SqliteClient` whose outermost transaction is immediate, with our pragmas."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **{**PRAGMAS, **options})
        self.changes = Changes()

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        self._connection = await aiosqlite.connect(
            self.filename, isolation_level=None, check_same_thread=False
        )
        self._connection._conn.row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            await self._connection.execute_fetchall(f"PRAGMA {pragma}={value}")
        await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(_Transaction(self), self._lock)


client_class = ImmediateSqliteClient
