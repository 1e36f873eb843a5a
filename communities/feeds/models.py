"""What a feed knows besides its actor: whose it is, which communities it lists, and who joins them with it."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor


class Feed(Table):
    """A feed of ours, or our copy of one elsewhere.

    `owner` is a member of ours. One that is not public has an actor without a name, keys or addresses: nobody finds it.
    `read_at` is when its own server was asked last for what it lists; for one elsewhere only.
    """

    id = fields.BigIntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "federation.Actor", related_name="feed", on_delete=fields.CASCADE
    )
    actor_id: int
    owner: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="owned_feeds", null=True, on_delete=fields.SET_NULL
    )
    owner_id: int | None
    is_public = fields.BooleanField(default=True)
    read_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "feeds"
        indexes = [Index(fields=("owner_id", "id"), name="feeds_of_owner")]


class FeedEntry(Table):
    """A community that a feed lists."""

    id = fields.BigIntField(primary_key=True)
    feed: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="feed_entries", on_delete=fields.CASCADE
    )
    feed_id: int
    community: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="listed_in_feeds", on_delete=fields.CASCADE
    )
    community_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "feed_entries"
        unique_together = (("feed", "community"),)
        indexes = [Index(fields=("community_id",), name="feed_entries_of_community")]


class FeedJoiner(Table):
    """Somebody of ours joins the communities of a feed, also those that come into it later."""

    id = fields.BigIntField(primary_key=True)
    feed: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="feed_joiners", on_delete=fields.CASCADE
    )
    feed_id: int
    member: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="joins_feeds", on_delete=fields.CASCADE
    )
    member_id: int

    class Meta:
        table = "feed_joiners"
        unique_together = (("feed", "member"),)
