"""Emoji under posts."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import URL_LENGTH, Actor
from sebangsa.models.posts import Post


class Reaction(Table):
    """One emoji of one person under one post.

    `emoji` is a Unicode emoji, or a `:shortcode:` whose picture lies at `icon_url`; two with one shortcode are the same
    when their pictures are. `is_like` says that it came as a `Like`, and counts as one. `is_vouched` says that its
    author's server or proof stands behind it: only then is a name shown.
    """

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="reactions", on_delete=fields.CASCADE
    )
    actor_id: int
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "sebangsa.Post", related_name="reactions", on_delete=fields.CASCADE
    )
    post_id: int
    emoji = fields.CharField(330)
    icon_url = fields.CharField(URL_LENGTH, default="")
    uri = fields.CharField(URL_LENGTH, default="")  # id of the activity
    is_like = fields.BooleanField(default=False)
    is_vouched = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "reactions"
        unique_together = (("actor", "post", "emoji"),)
        indexes = [
            Index(fields=("post_id", "id"), name="reactions_of_post"),
            Index(fields=("uri",), name="reactions_by_uri"),
        ]
