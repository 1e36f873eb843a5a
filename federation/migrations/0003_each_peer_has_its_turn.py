from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from federation.database.same_column import SameColumn
from federation.models import InboundState


class Migration(migrations.Migration):
    dependencies = [("federation", "0002_what_peers_do")]

    initial = False

    operations = [
        ops.RemoveIndex(model_name="InboundActivity", name="inbound_lanes", fields=None),
        SameColumn(
            model_name="InboundActivity",
            name="state",
            field=fields.CharEnumField(
                default=InboundState.PENDING,
                description="PENDING: pending\nWAITING: waiting\nDONE: done\nIGNORED: ignored\nREFUSED: refused\nFAILED: failed",
                enum_type=InboundState,
                max_length=8,
            ),
        ),
        ops.AddField(
            model_name="InboundActivity",
            name="host",
            field=fields.CharField(default="", db_default="", max_length=255),
        ),
        ops.RunSQL(
            """UPDATE inbound_activities SET host = COALESCE((
                   SELECT a.host FROM actors a WHERE a.id = inbound_activities.actor_id AND a.host <> ''), 'unknown')
               WHERE state = 'pending'"""
        ),
        ops.AddIndex(
            model_name="InboundActivity", index=Index(fields=["state", "host", "id"], name="inbound_turns")
        ),
    ]
