"""Tortoise's PostgreSQL engine, which notices what is written (`noticing.py`)."""

from __future__ import annotations

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionContext,
    TransactionContextPooled,
)

from federation.database.noticing import Changes, Noticing, NoticingTransaction


class _Transaction(NoticingTransaction, TransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Transaction(self))


class NoticingPostgresClient(Noticing, AsyncpgDBClient):
    """`AsyncpgDBClient`, noticing."""

    def __init__(self, *credentials: Any, **options: Any) -> None:
        super().__init__(*credentials, **options)
        self.changes = Changes()

    def _in_transaction(self) -> TransactionContext:
        return TransactionContextPooled(_Transaction(self), self._pool_init_lock)


client_class = NoticingPostgresClient
