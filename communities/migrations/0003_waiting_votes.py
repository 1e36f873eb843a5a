from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0002_labels_of_posts"),
        ("federation", "0001_initial"),
        ("sebangsa", "0001_initial"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="WaitingVote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="waiting_votes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "waiting_votes",
                "app": "communities",
                "indexes": [Index(fields=["community_id", "id"], name="waiting_votes_of_community")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
