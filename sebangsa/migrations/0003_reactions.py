from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0002_what_peers_do"), ("sebangsa", "0002_moves")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Reaction",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reactions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reactions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("emoji", fields.CharField(max_length=330)),
                ("icon_url", fields.CharField(default="", max_length=2048)),
                ("uri", fields.CharField(default="", max_length=2048)),
                ("is_like", fields.BooleanField(default=False)),
                ("is_vouched", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reactions",
                "app": "sebangsa",
                "unique_together": (("actor", "post", "emoji"),),
                "indexes": [
                    Index(fields=["post_id", "id"], name="reactions_of_post"),
                    Index(fields=["uri"], name="reactions_by_uri"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
