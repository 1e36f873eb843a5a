from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach")]

    initial = False

    operations = [
        ops.AddField(
            model_name="FanOut",
            name="to_all_servers",
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
