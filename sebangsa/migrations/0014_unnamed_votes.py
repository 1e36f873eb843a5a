from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("federation", "0005_reach"), ("sebangsa", "0013_members_only")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Post",
            name="unnamed_likes",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Post",
            name="unnamed_dislikes",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Post",
            name="counted_at",
            field=fields.DatetimeField(null=True),
        ),
    ]
