from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Peer",
            name="seen",
            field=fields.CharField(default="", db_default="", max_length=255),
        ),
    ]
