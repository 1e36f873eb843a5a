from tortoise import migrations
from communities.models import JoinMode
from federation.database.same_column import SameColumn
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("communities", "0005_feeds")]

    initial = False

    operations = [
        SameColumn(
            model_name="Community",
            name="join_mode",
            field=fields.CharEnumField(
                default=JoinMode.OPEN,
                description="OPEN: open\nAPPROVAL: approval\nPRIVATE: private",
                enum_type=JoinMode,
                max_length=16,
            ),
        ),
    ]
