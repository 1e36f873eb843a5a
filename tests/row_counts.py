"""How many rows there are: what must not have changed after something was refused."""

from __future__ import annotations

from federation.database import rows
from tests.instances import Instance

_BOOKKEEPING = frozenset({"inbound_activities", "sqlite_sequence"})
"""The log of what came in is no effect of it."""


async def row_counts(instance: Instance, *, log: bool = False) -> dict[str, int]:
    """Rows of every table of an instance on SQLite; with `log`, also of what was received."""
    async with instance.inside():
        tables = await rows(
            """SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
               AND name NOT LIKE 'sqlite_%' ORDER BY name""",
            [],
        )
        found = {}
        for table in tables:
            name = str(table["name"])
            if log or name not in _BOOKKEEPING:
                counted = await rows(f'SELECT count(*) AS number FROM "{name}"', [])
                found[name] = int(counted[0]["number"])
    return found
