from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sebangsa", "0015_who_comes_is_told")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="Attachment",
            index=Index(fields=["owner_id"], name="attachments_of_owner"),
        ),
        ops.AddIndex(
            model_name="Notification",
            index=Index(fields=["actor_id"], name="notifications_of_actor"),
        ),
    ]
