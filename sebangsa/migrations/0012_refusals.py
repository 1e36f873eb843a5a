from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach"), ("sebangsa", "0011_backfills")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Post",
            name="refusal_code",
            field=fields.CharField(default="", db_default="", max_length=64),
        ),
        ops.AddField(
            model_name="Post",
            name="refusal_text",
            field=fields.CharField(default="", db_default="", max_length=500),
        ),
    ]
