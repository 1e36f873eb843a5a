from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from sebangsa.models.backfills import BackfillState
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach"), ("sebangsa", "0010_events_of_earlier_posts")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Backfill",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=8)),
                ("subject_id", fields.BigIntField()),
                ("host", fields.CharField(max_length=255)),
                (
                    "state",
                    fields.CharEnumField(
                        default=BackfillState.WAITING,
                        description="WAITING: waiting\nMORE: more\nCLIPPED: clipped\nFAILED: failed\nDONE: done",
                        enum_type=BackfillState,
                        max_length=8,
                    ),
                ),
                (
                    "steps",
                    fields.JSONField(
                        default=list,
                        encoder=functools.partial(dumps, separators=(",", ":")),
                        decoder=loads,
                    ),
                ),
                (
                    "pages",
                    fields.JSONField(
                        default=list,
                        encoder=functools.partial(dumps, separators=(",", ":")),
                        decoder=loads,
                    ),
                ),
                ("fetches", fields.IntField(default=0)),
                ("received", fields.BigIntField(default=0)),
                ("brought", fields.IntField(default=0)),
                ("listed", fields.IntField(default=0)),
                ("stated", fields.BigIntField(null=True)),
                ("rounds", fields.IntField(default=0)),
                ("error", fields.CharField(default="", max_length=32)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "backfills",
                "app": "sebangsa",
                "unique_together": (("kind", "subject_id"),),
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
