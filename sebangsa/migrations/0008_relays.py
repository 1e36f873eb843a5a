from tortoise import migrations
from tortoise.migrations import operations as ops
from sebangsa.models.relays import RelayKind, RelayState
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach"), ("sebangsa", "0007_polls_of_earlier_posts")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Relay",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("url", fields.CharField(unique=True, max_length=2048)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="MASTODON: mastodon\nLITEPUB: litepub", enum_type=RelayKind, max_length=8
                    ),
                ),
                ("inbox_url", fields.CharField(max_length=2048)),
                ("host", fields.CharField(max_length=255)),
                (
                    "state",
                    fields.CharEnumField(
                        default=RelayState.ASKED,
                        description="ASKED: asked\nACCEPTED: accepted\nREFUSED: refused",
                        enum_type=RelayState,
                        max_length=8,
                    ),
                ),
                ("follow_uri", fields.CharField(max_length=2048)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="relays",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("follows_back", fields.BooleanField(default=False)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "relays", "app": "sebangsa", "pk_attr": "id"},
            bases=["Table"],
        ),
    ]
