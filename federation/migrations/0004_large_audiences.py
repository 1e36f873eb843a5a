from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("federation", "0003_each_peer_has_its_turn")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FanOut",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "federation.OutboundActivity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="fan_outs",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "target_ids",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("reads", fields.CharField(default="", max_length=16)),
                ("is_low_priority", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "fan_outs", "app": "federation", "pk_attr": "id"},
            bases=["Table"],
        ),
    ]
