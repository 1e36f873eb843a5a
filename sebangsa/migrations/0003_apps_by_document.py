from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("federation", "0002_what_peers_do"), ("sebangsa", "0002_moves")]

    initial = False

    operations = [
        ops.AddField(
            model_name="OAuthApp",
            name="metadata_read_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="OAuthApp",
            name="metadata_url",
            field=fields.CharField(default="", db_default="", max_length=2048),
        ),
    ]
