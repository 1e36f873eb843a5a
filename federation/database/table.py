"""What every table's model derives from."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model, ModelMeta


class _WithoutSource(ModelMeta):
    """Tortoise would read each model's source file for comments to put into the schema: a tenth of a server's start."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        return super().__new__(cls, name, bases, {"_no_comments": True, **attrs})


class Table(Model, metaclass=_WithoutSource):
    """A model. Comments beside its fields are for readers of the code."""

    class Meta:
        abstract = True
