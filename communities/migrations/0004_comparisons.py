from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0003_waiting_votes"),
        ("federation", "0004_large_audiences"),
        ("sebangsa", "0005_quotes"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="Comparison",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "community",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="comparison",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("compared_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "digests",
                    fields.JSONField(
                        default=dict, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
            ],
            options={
                "table": "community_comparisons",
                "app": "communities",
                "indexes": [Index(fields=["due_at"], name="community_comparisons_due")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
