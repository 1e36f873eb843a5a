from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial"), ("sebangsa", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Move",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "origin",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="origin_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="moves",
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
                        related_name="moves_to_it",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "moves",
                "app": "sebangsa",
                "indexes": [
                    Index(fields=["origin_id", "created_at"], name="moves_from"),
                    Index(fields=["target_id", "created_at"], name="moves_to"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
