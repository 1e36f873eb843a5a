from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0003_each_peer_has_its_turn"), ("sebangsa", "0005_quotes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Poll",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "post",
                    fields.OneToOneField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="poll",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("is_multiple", fields.BooleanField(default=False)),
                ("hides_totals", fields.BooleanField(default=False)),
                ("ends_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("has_ended", fields.BooleanField(default=False)),
                ("voters_count", fields.IntField(null=True)),
                ("untold_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "polls",
                "app": "sebangsa",
                "indexes": [
                    Index(fields=["has_ended", "ends_at"], name="polls_by_end"),
                    Index(fields=["untold_since"], name="polls_untold"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
        ops.CreateModel(
            name="PollOption",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "poll",
                    fields.ForeignKeyField(
                        "sebangsa.Poll",
                        source_field="poll_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="options",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.SmallIntField()),
                ("name", fields.CharField(max_length=500)),
                ("votes_count", fields.IntField(default=0)),
            ],
            options={
                "table": "poll_options",
                "app": "sebangsa",
                "unique_together": (("poll", "position"),),
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
        ops.CreateModel(
            name="PollVote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "poll",
                    fields.ForeignKeyField(
                        "sebangsa.Poll",
                        source_field="poll_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="votes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "voter",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="voter_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="poll_votes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("choices", fields.BigIntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "poll_votes",
                "app": "sebangsa",
                "unique_together": (("poll", "voter"),),
                "indexes": [Index(fields=["voter_id", "poll_id"], name="poll_votes_of_actor")],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
