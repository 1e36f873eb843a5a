from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [
        ("federation", "0003_each_peer_has_its_turn"),
        ("sebangsa", "0003_apps_by_document"),
        ("sebangsa", "0003_reactions"),
    ]

    initial = False

    operations = [
        ops.AddField(
            model_name="Post",
            name="link_key",
            field=fields.CharField(default="", db_default="", max_length=32),
        ),
        ops.AddIndex(
            model_name="Post",
            index=Index(fields=["link_key", "id"], name="posts_with_link"),
        ),
    ]
