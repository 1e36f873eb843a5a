from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from civic_bridge.models import EventState, OfferState
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial"), ("sebangsa", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Body",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="body",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "areas",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "services",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("tier", fields.CharField(default="C", max_length=1)),
                ("reached_by", fields.CharField(default="sebangsa", max_length=16)),
                ("officers_url", fields.CharField(default="", max_length=2048)),
                ("officers_read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("key_fingerprint", fields.CharField(default="", max_length=64)),
                ("is_active", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "bodies", "app": "civic_bridge", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CivicCommunity",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="civic_community",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "default_body",
                    fields.ForeignKeyField(
                        "civic_bridge.Body",
                        source_field="default_body_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="default_of",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("area_code", fields.CharField(default="", max_length=20)),
                ("is_open", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "civic_communities", "app": "civic_bridge", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Officer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "body",
                    fields.ForeignKeyField(
                        "civic_bridge.Body",
                        source_field="body_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="officers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="officer_of",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("source", fields.CharField(default="here", max_length=8)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "officers",
                "app": "civic_bridge",
                "unique_together": (("body", "actor"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Report",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.OneToOneField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="report",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("reference", fields.CharField(max_length=40)),
                ("host", fields.CharField(default="", max_length=255)),
                (
                    "reporter",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="reporter_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reports",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("category", fields.CharField(max_length=40)),
                ("area_code", fields.CharField(default="", max_length=20)),
                ("lat", fields.FloatField(null=True)),
                ("lon", fields.FloatField(null=True)),
                ("precision", fields.CharField(default="exact", max_length=10)),
                ("address", fields.CharField(default="", max_length=500)),
                ("description", fields.TextField(default="", unique=False)),
                ("visibility", fields.CharField(default="public", max_length=8)),
                ("status", fields.CharField(default="received", max_length=20)),
                (
                    "body",
                    fields.ForeignKeyField(
                        "civic_bridge.Body",
                        source_field="body_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="reports",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("jurisdiction", fields.CharField(default="", max_length=2048)),
                ("expected_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("idempotency_key", fields.CharField(null=True, max_length=64)),
                ("seq", fields.IntField(default=0)),
                ("head_hash", fields.CharField(default="", max_length=80)),
                ("history_url", fields.CharField(default="", max_length=2048)),
                ("case_url", fields.CharField(default="", max_length=2048)),
                (
                    "flags",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reports",
                "app": "civic_bridge",
                "unique_together": (("host", "reference"), ("reporter", "idempotency_key")),
                "indexes": [
                    Index(fields=["body_id", "status", "id"], name="reports_of_body"),
                    Index(fields=["area_code", "id"], name="reports_of_area"),
                    Index(fields=["lat", "lon"], name="reports_by_place"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Offer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uri", fields.CharField(unique=True, max_length=2048)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "civic_bridge.Report",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="offers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "offerer",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="offerer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reports_offered",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "body",
                    fields.ForeignKeyField(
                        "civic_bridge.Body",
                        source_field="body_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="offers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("is_transfer", fields.BooleanField(default=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=OfferState.PENDING,
                        description="PENDING: pending\nACCEPTED: accepted\nREJECTED: rejected\nWITHDRAWN: withdrawn",
                        enum_type=OfferState,
                        max_length=9,
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=500)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "report_offers",
                "app": "civic_bridge",
                "indexes": [Index(fields=["body_id", "state", "id"], name="report_offers_of_body")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StatusEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "civic_bridge.Report",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=EventState.APPLIED,
                        description="APPLIED: applied\nHELD: held\nREFUSED: refused",
                        enum_type=EventState,
                        max_length=8,
                    ),
                ),
                ("refusal", fields.CharField(default="", max_length=32)),
                ("seq", fields.IntField(null=True)),
                ("claimed_seq", fields.IntField(default=0)),
                ("from_status", fields.CharField(max_length=20)),
                ("to_status", fields.CharField(max_length=20)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="status_events",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "body",
                    fields.ForeignKeyField(
                        "civic_bridge.Body",
                        source_field="body_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="officer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="answers_given",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "post",
                    fields.OneToOneField(
                        "sebangsa.Post",
                        source_field="post_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="status_event",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("note_uri", fields.CharField(default="", max_length=2048)),
                ("text", fields.TextField(default="", unique=False)),
                ("reason", fields.CharField(default="", max_length=200)),
                (
                    "proposed",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("duplicate_of", fields.CharField(default="", max_length=2048)),
                ("expected_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("prev", fields.CharField(default="", max_length=80)),
                ("hash", fields.CharField(default="", max_length=80)),
                ("is_confirmed", fields.BooleanField(default=True)),
            ],
            options={
                "table": "status_events",
                "app": "civic_bridge",
                "unique_together": (("report", "seq"),),
                "indexes": [Index(fields=["report_id", "id"], name="status_events_of_report")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
