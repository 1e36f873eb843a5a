from tortoise import migrations
from tortoise.migrations import operations as ops
from sebangsa.models.quotes import QuoteState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("federation", "0001_initial"),
        ("federation", "0002_what_peers_do"),
        ("federation", "0003_each_peer_has_its_turn"),
        ("sebangsa", "0001_initial"),
        ("sebangsa", "0002_moves"),
        ("sebangsa", "0003_apps_by_document"),
        ("sebangsa", "0003_reactions"),
        ("sebangsa", "0004_the_same_link"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="Quote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("quoting_uri", fields.CharField(unique=True, max_length=2048)),
                (
                    "quoting",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="quoting_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="quotes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("quoted_uri", fields.CharField(max_length=2048)),
                (
                    "quoted",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="quoted_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="quoted_by",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=QuoteState.PENDING,
                        description="PENDING: pending\nACCEPTED: accepted\nREJECTED: rejected\nREVOKED: revoked",
                        enum_type=QuoteState,
                        max_length=16,
                    ),
                ),
                ("stamp_uri", fields.CharField(default="", max_length=2048)),
                ("request_uri", fields.CharField(default="", max_length=2048)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "quotes",
                "app": "sebangsa",
                "indexes": [
                    Index(fields=["quoting_id"], name="quotes_by_quoting"),
                    Index(fields=["quoted_id", "id"], name="quotes_of_post"),
                    Index(fields=["stamp_uri"], name="quotes_by_stamp"),
                    Index(fields=["request_uri"], name="quotes_by_request"),
                ],
                "pk_attr": "id",
            },
            bases=["Table"],
        ),
    ]
