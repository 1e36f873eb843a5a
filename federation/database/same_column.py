"""A migration that changes what the models say of a column, and nothing in the database."""

from __future__ import annotations

from typing import Any

from tortoise.migrations.operations import AlterField


class SameColumn(AlterField):
    """For a word more in an enumeration: a column of text holds it as it is, while Tortoise would build the table anew
    (docs/decisions/migrations.md).
    """

    async def database_forward(self, *args: Any, **kwargs: Any) -> None:
        """The column stays as it is."""

    async def database_backward(self, *args: Any, **kwargs: Any) -> None:
        """The column stays as it is."""
