from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sebangsa", "0014_unnamed_votes")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Event",
            name="untold_since",
            field=fields.DatetimeField(null=True),
        ),
        ops.AddIndex(
            model_name="Event",
            index=Index(fields=["untold_since"], name="events_untold"),
        ),
    ]
