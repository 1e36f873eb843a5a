"""Tortoise's SQLite engine, with transactions that take the write lock when they begin.

A deferred `BEGIN` takes it at the first write; when another process wrote in between, SQLite answers "database
is locked" at once, whatever `busy_timeout` says. `BEGIN IMMEDIATE` waits instead.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import TransactionManagementError

PRAGMAS = {
    "synchronous": "NORMAL",
    "busy_timeout": 5000,
    "cache_size": -65536,
    "journal_size_limit": 67108864,
    "temp_store": "MEMORY",
}


class _Transaction(SqliteTransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Transaction(self))

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error


class ImmediateSqliteClient(SqliteClient):
    """`SqliteClient` whose outermost transaction is immediate, with our pragmas."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **{**PRAGMAS, **options})

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(_Transaction(self), self._lock)


client_class = ImmediateSqliteClient
