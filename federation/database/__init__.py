"""The ground under every floor: one database, reached the same way by everybody.

`Database` opens SQLite or PostgreSQL; `transaction()` joins or begins a transaction and runs what must wait
for its commit; `tally()` counts; models derive from `Table`; `rows()` and `execute()` run hand-written SQL on either engine.
"""

from federation.database.noticing import Changes, changes
from federation.database.opening import Database
from federation.database.quick_models import insert, insert_once
from federation.database.sql import execute, is_postgres, lock, placeholders, rows
from federation.database.table import Table
from federation.database.transactions import after_commit, savepoint, tally, transaction

__all__ = [
    "Changes",
    "Database",
    "Table",
    "after_commit",
    "changes",
    "execute",
    "insert",
    "insert_once",
    "is_postgres",
    "lock",
    "placeholders",
    "rows",
    "savepoint",
    "tally",
    "transaction",
]
