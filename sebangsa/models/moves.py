"""Who moved where."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor


class Move(Table):
    """An account or community, ours or a peer's, that moved to another; written once the new one confirmed it."""

    id = fields.BigIntField(primary_key=True)
    origin: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="moves", on_delete=fields.CASCADE
    )
    origin_id: int
    target: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="moves_to_it", on_delete=fields.CASCADE
    )
    target_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "moves"
        indexes = [
            Index(fields=("origin_id", "created_at"), name="moves_from"),
            Index(fields=("target_id", "created_at"), name="moves_to"),
        ]
