from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from moderation.models import CaseState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Case",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                (
                    "reporter",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="reporter_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="cases_reported",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "accused",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="accused_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="cases_about",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post_ids",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("comment", fields.TextField(default="", unique=False)),
                ("is_forwarded", fields.BooleanField(default=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=CaseState.OPEN,
                        description="OPEN: open\nRESOLVED: resolved",
                        enum_type=CaseState,
                        max_length=8,
                    ),
                ),
                (
                    "resolved_by",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="resolved_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="cases_resolved",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("answer", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("resolved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "moderation_cases",
                "app": "moderation",
                "indexes": [Index(fields=["state", "id"], name="moderation_cases_queue")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DomainBlock",
            fields=[
                ("domain", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255)),
                ("reason", fields.TextField(default="", unique=False)),
                ("is_public", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "domain_blocks", "app": "moderation", "pk_attr": "domain"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogEntry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "moderator",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="moderator_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="moderation_log",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("action", fields.CharField(max_length=32)),
                ("target", fields.CharField(max_length=2048)),
                ("reason", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "moderation_log", "app": "moderation", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
