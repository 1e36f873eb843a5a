from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0002_what_peers_do"), ("moderation", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Case",
            name="community",
            field=fields.ForeignKeyField(
                "federation.Actor",
                source_field="community_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="cases_in",
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddField(
            model_name="Case",
            name="is_for_site",
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name="Case",
            name="rule",
            field=fields.CharField(default="", db_default="", max_length=500),
        ),
        ops.AddIndex(
            model_name="Case",
            index=Index(fields=["community_id", "state", "id"], name="moderation_cases_in_community"),
        ),
    ]
