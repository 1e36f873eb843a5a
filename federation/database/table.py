"""What every table's model derives from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tortoise import BaseDBAsyncClient
from tortoise.models import Model, ModelMeta


class _WithoutSource(ModelMeta):
    """Tortoise would read each model's source file for comments to put into the schema: a tenth of a server's start."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        return super().__new__(cls, name, bases, {"_no_comments": True, **attrs})


class Table(Model, metaclass=_WithoutSource):
    """A model. Comments beside its fields are for readers of the code."""

    class Meta:
        abstract = True

    async def change(self, **columns: Any) -> None:
        """Set columns and write these alone: what another transaction wrote to the row since it was read stays."""
        self.update_from_dict(columns)
        await self.save(update_fields=columns)

    async def save(
        self,
        using_db: BaseDBAsyncClient | None = None,
        update_fields: Iterable[str] | None = None,
        force_create: bool = False,
        force_update: bool = False,
    ) -> None:
        """Write a new row, or the columns that are named of one that is there.

        Raises `TypeError` for a row as a whole: a count, a removal or a suspension that was written since it was read
        would be lost.
        """
        if self._saved_in_db and update_fields is None:
            raise TypeError(f"name what changed of this {type(self).__name__}")
        # With names Tortoise would update a row that is not there yet.
        named = update_fields if self._saved_in_db else None
        await super().save(using_db, named, force_create, force_update)
