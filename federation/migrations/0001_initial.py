from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from federation.models import DeliveryState, FollowState, InboundState
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Actor",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                ("type", fields.CharField(max_length=16)),
                ("username", fields.CharField(max_length=255)),
                ("local_name", fields.CharField(null=True, unique=True, max_length=64)),
                ("domain", fields.CharField(default="", max_length=255)),
                ("host", fields.CharField(default="", max_length=255)),
                ("name", fields.CharField(default="", max_length=2048)),
                ("summary", fields.TextField(default="", unique=False)),
                ("source", fields.TextField(default="", unique=False)),
                ("url", fields.CharField(default="", max_length=2048)),
                ("icon_url", fields.CharField(default="", max_length=2048)),
                ("image_url", fields.CharField(default="", max_length=2048)),
                ("inbox_url", fields.CharField(default="", max_length=2048)),
                ("shared_inbox_url", fields.CharField(default="", max_length=2048)),
                ("outbox_url", fields.CharField(default="", max_length=2048)),
                ("followers_url", fields.CharField(default="", max_length=2048)),
                ("following_url", fields.CharField(default="", max_length=2048)),
                ("featured_url", fields.CharField(default="", max_length=2048)),
                ("moderators_url", fields.CharField(default="", max_length=2048)),
                ("manually_approves_followers", fields.BooleanField(default=False)),
                ("discoverable", fields.BooleanField(default=True)),
                ("indexable", fields.BooleanField(default=True)),
                ("accepts_chat_messages", fields.BooleanField(default=False)),
                (
                    "profile_fields",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "also_known_as",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("moved_to", fields.CharField(default="", max_length=2048)),
                (
                    "extra",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("followers_count", fields.IntField(default=0)),
                ("following_count", fields.IntField(default=0)),
                ("posts_count", fields.IntField(default=0)),
                ("last_post_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("fetched_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("suspended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "actors",
                "app": "federation",
                "indexes": [
                    Index(fields=["username", "domain"], name="actors_handle"),
                    Index(fields=["host"], name="actors_host"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActorKey",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="keys",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("key_id", fields.CharField(unique=True, max_length=2048)),
                ("kind", fields.CharField(max_length=8)),
                ("public", fields.TextField(unique=False)),
                ("private", fields.TextField(default="", unique=False)),
                ("fetched_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "actor_keys", "app": "federation", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Follow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "follower",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="follower_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="follows",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "target",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="target_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="followed_by",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PENDING: pending\nACCEPTED: accepted",
                        enum_type=FollowState,
                        max_length=8,
                    ),
                ),
                ("uri", fields.CharField(max_length=2048)),
                ("shows_boosts", fields.BooleanField(default=True)),
                ("notifies", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "follows",
                "app": "federation",
                "unique_together": (("follower", "target"),),
                "indexes": [Index(fields=["target_id", "state", "id"], name="follows_of_target")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InboundActivity",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                ("type", fields.CharField(max_length=32)),
                ("actor_id", fields.BigIntField()),
                ("inbox_of", fields.BigIntField(null=True)),
                ("body", fields.TextField(unique=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=InboundState.PENDING,
                        description="PENDING: pending\nDONE: done\nIGNORED: ignored\nREFUSED: refused\nFAILED: failed",
                        enum_type=InboundState,
                        max_length=8,
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=255)),
                ("attempts", fields.IntField(default=0)),
                ("run_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("locked_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "inbound_activities",
                "app": "federation",
                "indexes": [
                    Index(fields=["state", "actor_id", "id"], name="inbound_lanes"),
                    Index(fields=["received_at"], name="inbound_age"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutboundActivity",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                ("type", fields.CharField(max_length=32)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="outbound",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("body", fields.TextField(unique=False)),
                ("is_public", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "outbound_activities",
                "app": "federation",
                "indexes": [Index(fields=["actor_id", "is_public", "id"], name="outbound_of_actor")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Delivery",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "federation.OutboundActivity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="deliveries",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("host", fields.CharField(max_length=255)),
                ("inbox_url", fields.CharField(max_length=2048)),
                (
                    "state",
                    fields.CharEnumField(
                        default=DeliveryState.PENDING,
                        description="PENDING: pending\nDELIVERED: delivered\nREFUSED: refused\nFAILED: failed\nCANCELLED: cancelled",
                        enum_type=DeliveryState,
                        max_length=10,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("run_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("status", fields.IntField(null=True)),
                ("reason", fields.CharField(default="", max_length=255)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "deliveries",
                "app": "federation",
                "unique_together": (("activity", "inbox_url"),),
                "indexes": [
                    Index(fields=["state", "host", "id"], name="deliveries_lanes"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Peer",
            fields=[
                ("host", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255)),
                ("software", fields.CharField(default="", max_length=64)),
                ("version", fields.CharField(default="", max_length=64)),
                ("software_seen_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("signature_scheme", fields.CharField(default="cavage", max_length=8)),
                ("failures", fields.IntField(default=0)),
                ("failing_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("succeeded_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("retry_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("locked_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("locked_by", fields.CharField(default="", max_length=32)),
                ("is_paused", fields.BooleanField(default=False)),
                ("is_gone", fields.BooleanField(default=False)),
                ("last_error", fields.CharField(default="", max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "peers", "app": "federation", "pk_attr": "host"},
            bases=["Model"],
        ),
    ]
