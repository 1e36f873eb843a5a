from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0004_large_audiences")]

    initial = False

    operations = [
        ops.AddField(
            model_name="OutboundActivity",
            name="about",
            field=fields.CharField(default="", db_default="", max_length=2048),
        ),
        ops.AddField(
            model_name="OutboundActivity",
            name="missed_count",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="OutboundActivity",
            name="reached_count",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddIndex(
            model_name="OutboundActivity",
            index=Index(fields=["about"], name="outbound_about"),
        ),
        # What was sent before tells its authors too, as far as an activity's own address says what it is about.
        ops.RunSQL(
            """UPDATE outbound_activities SET about = substr(uri, 1, length(uri) - 9)
               WHERE type = 'Create' AND uri LIKE '%/activity'"""
        ),
    ]
