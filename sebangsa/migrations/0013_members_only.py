from tortoise import migrations
from federation.database.same_column import SameColumn
from sebangsa.models.posts import Visibility
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("sebangsa", "0012_refusals")]

    initial = False

    operations = [
        SameColumn(
            model_name="Post",
            name="visibility",
            field=fields.CharEnumField(
                default=Visibility.PUBLIC,
                description="PUBLIC: public\nUNLISTED: unlisted\nFOLLOWERS: followers\nMEMBERS: members\nDIRECT: direct",
                enum_type=Visibility,
                max_length=9,
            ),
        ),
    ]
