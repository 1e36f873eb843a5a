"""Hand-written SQL for the hot paths, written once with `?` and run on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tortoise.connection import get_connection
from tortoise.models import Model

from federation.database.noticing import Noticing, NoticingTransaction


@lru_cache(maxsize=1024)
def _numbered(query: str) -> str:
    parts = query.split("?")
    return "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], 1)) + parts[-1]


def is_postgres() -> bool:
    """Whether the database of the current context is PostgreSQL (else it is SQLite)."""
    return bool(get_connection("default").capabilities.dialect == "postgres")


def placeholders(count: int) -> str:
    """`?, ?, ?` for an `IN (…)` list."""
    return ", ".join("?" * count)


async def rows(query: str, values: Sequence[Any] = ()) -> list[Mapping[str, Any]]:
    """The rows of a query (or of `… RETURNING`), as mappings by column name."""
    connection = get_connection("default")
    if connection.capabilities.dialect == "postgres":
        return list(await connection.execute_query_dict(_numbered(query), list(values)))
    return list((await connection.execute_query(query, list(values)))[1])


async def execute_many(query: str, values: Sequence[Sequence[Any]]) -> None:
    """Run a statement once for each row of values, in their order."""
    connection = get_connection("default")
    if connection.capabilities.dialect == "postgres":
        query = _numbered(query)
    await connection.execute_many(query, [list(row) for row in values])


async def lock(model: type[Model], row_id: int) -> None:
    """Make whoever locks or changes the same row wait until the transaction under way ends. SQLite has one writer anyhow.

    In SQL, as Tortoise forgets `select_for_update()` where only some columns are asked for.
    """
    if is_postgres():
        await rows(f"SELECT 1 FROM {model._meta.db_table} WHERE id = ? FOR UPDATE", [row_id])  # noqa: S608


async def insert_late(table: str, query: str, values: Sequence[Any]) -> None:
    """Write a row when the transaction under way ends, or before something might miss it; at once where there is none.

    What the database says against it comes then, not here.
    """
    connection = get_connection("default")
    if isinstance(connection, NoticingTransaction):
        is_numbered = connection.capabilities.dialect == "postgres"
        connection.write_later(table, _numbered(query) if is_numbered else query, values)
    else:
        await execute(query, values)


async def write_late() -> None:
    """Write what waits in the transaction under way."""
    connection = get_connection("default")
    assert isinstance(connection, Noticing)
    await connection.write_late()


async def execute(query: str, values: Sequence[Any] = ()) -> int:
    """Run a statement; returns how many rows it touched."""
    connection = get_connection("default")
    if connection.capabilities.dialect != "postgres":
        return int((await connection.execute_query(query, list(values)))[0])
    if query.lstrip().startswith("INSERT"):
        # Of the server's word "INSERT 0 1" Tortoise reads the first number, which is never the count of rows.
        return len(await connection.execute_query_dict(f"{_numbered(query)} RETURNING 1", list(values)))
    return int((await connection.execute_query(_numbered(query), list(values)))[0])
