"""What a person is told."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor
from sebangsa.models.posts import Post


class Notification(Table):
    """One thing that concerns `recipient`. Types are Mastodon's (`mention`, `follow`, `follow_request`,
    `favourite`, `reblog`, `status`, `update` …) and ours (`community.…`, `report.…`).
    """

    id = fields.BigIntField(primary_key=True)
    recipient: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="notifications", on_delete=fields.CASCADE
    )
    recipient_id: int
    type = fields.CharField(32)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="caused_notifications", on_delete=fields.CASCADE
    )
    actor_id: int
    post: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="notifications", null=True, on_delete=fields.CASCADE
    )
    post_id: int | None
    extra: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        table = "notifications"
        indexes = [
            Index(fields=("recipient_id", "id"), name="notifications_feed"),
            # An account that ends takes its own along.
            Index(fields=("actor_id",), name="notifications_of_actor"),
        ]
