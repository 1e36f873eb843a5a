from tortoise import migrations
from tortoise.migrations import operations as ops
from sebangsa.models.events import EventStatus, JoinMode, ParticipationState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach"), ("sebangsa", "0008_relays")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Event",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.OneToOneField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="event",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("timezone", fields.CharField(default="", max_length=64)),
                ("place_name", fields.CharField(default="", max_length=500)),
                ("address", fields.CharField(default="", max_length=1500)),
                ("latitude", fields.FloatField(null=True)),
                ("longitude", fields.FloatField(null=True)),
                ("online_url", fields.CharField(default="", max_length=2048)),
                ("external_url", fields.CharField(default="", max_length=2048)),
                (
                    "join_mode",
                    fields.CharEnumField(
                        default=JoinMode.FREE,
                        description="FREE: free\nRESTRICTED: restricted\nEXTERNAL: external\nNONE: none",
                        enum_type=JoinMode,
                        max_length=16,
                    ),
                ),
                ("capacity", fields.IntField(null=True)),
                ("going_count", fields.IntField(null=True)),
                (
                    "status",
                    fields.CharEnumField(
                        default=EventStatus.CONFIRMED,
                        description="CONFIRMED: confirmed\nTENTATIVE: tentative\nCANCELLED: cancelled",
                        enum_type=EventStatus,
                        max_length=16,
                    ),
                ),
                ("revision", fields.IntField(default=0)),
                ("is_reminded", fields.BooleanField(default=False)),
            ],
            options={
                "table": "events",
                "app": "sebangsa",
                "indexes": [
                    Index(fields=["is_reminded", "starts_at"], name="events_to_remind_of"),
                    Index(fields=["starts_at"], name="events_by_start"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
        ops.CreateModel(
            name="Participation",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "event",
                    fields.ForeignKeyField(
                        "sebangsa.Event",
                        source_field="event_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="participations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="participations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="GOING: going\nASKED: asked\nREFUSED: refused",
                        enum_type=ParticipationState,
                        max_length=16,
                    ),
                ),
                ("message", fields.CharField(default="", max_length=500)),
                ("uri", fields.CharField(default="", max_length=2048)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "participations",
                "app": "sebangsa",
                "unique_together": (("event", "person"),),
                "indexes": [
                    Index(fields=["person_id", "event_id"], name="participations_of_actor"),
                    Index(fields=["uri"], name="participations_by_join"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
