"""What only client apps need to have kept: bookmarks, read markers, and which post answered which key."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor
from sebangsa.models import Post


class Bookmark(Table):
    """A post that somebody keeps for later; told to nobody."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="bookmarks", on_delete=fields.CASCADE
    )
    actor_id: int
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="bookmarks", on_delete=fields.CASCADE
    )
    post_id: int

    class Meta:
        table = "bookmarks"
        unique_together = (("actor", "post"),)
        indexes = [Index(fields=("actor_id", "id"), name="bookmarks_of_actor")]


class Marker(Table):
    """Up to where somebody has read a timeline (`home` or `notifications`), for their other devices."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="markers", on_delete=fields.CASCADE
    )
    actor_id: int
    timeline = fields.CharField(16)
    last_read_id = fields.BigIntField()
    version = fields.IntField(default=1)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "markers"
        unique_together = (("actor", "timeline"),)


class IdempotencyKey(Table):
    """One request to post, so that its repetition gets the same post. `post_id` is empty while it is being written."""

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="idempotency_keys", on_delete=fields.CASCADE
    )
    actor_id: int
    key_hash = fields.CharField(64)
    post_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_keys"
        unique_together = (("actor", "key_hash"),)
