from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0001_initial"),
        ("federation", "0001_initial"),
        ("federation", "0002_what_peers_do"),
        ("federation", "0003_each_peer_has_its_turn"),
        ("sebangsa", "0004_the_same_link"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="PostFlair",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="flairs",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("flair", fields.CharField(max_length=500)),
            ],
            options={
                "table": "post_flairs",
                "app": "communities",
                "unique_together": (("post", "flair"),),
                "indexes": [Index(fields=["flair", "post_id"], name="post_flairs_feed")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
