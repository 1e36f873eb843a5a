from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0004_comparisons"),
        ("federation", "0001_initial"),
        ("federation", "0002_what_peers_do"),
        ("federation", "0003_each_peer_has_its_turn"),
        ("federation", "0004_large_audiences"),
        ("federation", "0005_reach"),
        ("sebangsa", "0011_backfills"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="Feed",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="feed",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="owner_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="owned_feeds",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("is_public", fields.BooleanField(default=True)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feeds",
                "app": "communities",
                "indexes": [Index(fields=["owner_id", "id"], name="feeds_of_owner")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
        ops.CreateModel(
            name="FeedEntry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "feed",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="feed_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="feed_entries",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="listed_in_feeds",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feed_entries",
                "app": "communities",
                "unique_together": (("feed", "community"),),
                "indexes": [Index(fields=["community_id"], name="feed_entries_of_community")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
        ops.CreateModel(
            name="FeedJoiner",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "feed",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="feed_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="feed_joiners",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="joins_feeds",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "feed_joiners",
                "app": "communities",
                "unique_together": (("feed", "member"),),
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
