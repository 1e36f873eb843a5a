from tortoise import migrations
from tortoise.migrations import operations as ops
from communities.models import JoinMode, Posting, Role
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial"), ("sebangsa", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="AnnouncedThread",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="announced_threads",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "post",
                    fields.OneToOneField(
                        "sebangsa.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="announced",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("body", fields.TextField(unique=False)),
                ("boost_uri", fields.CharField(max_length=2048)),
            ],
            options={
                "table": "announced_threads",
                "app": "communities",
                "indexes": [Index(fields=["community_id", "post_id"], name="announced_threads_newest")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Community",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "actor",
                    fields.OneToOneField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="community",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("rules", fields.TextField(default="", unique=False)),
                (
                    "join_mode",
                    fields.CharEnumField(
                        default=JoinMode.OPEN,
                        description="OPEN: open\nAPPROVAL: approval",
                        enum_type=JoinMode,
                        max_length=16,
                    ),
                ),
                ("join_question", fields.CharField(default="", max_length=500)),
                (
                    "posting",
                    fields.CharEnumField(
                        default=Posting.ANYONE,
                        description="ANYONE: anyone\nMEMBERS: members\nMODERATORS: moderators",
                        enum_type=Posting,
                        max_length=16,
                    ),
                ),
                ("language", fields.CharField(default="", max_length=16)),
                (
                    "moderators_fetched_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "communities", "app": "communities", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CommunityLogEntry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="community_log",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "moderator",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="moderator_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="moderated",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("action", fields.CharField(max_length=32)),
                (
                    "subject",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="subject_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="moderated_in",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "post",
                    fields.ForeignKeyField(
                        "sebangsa.Post",
                        source_field="post_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="community_log",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("reason", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "community_log",
                "app": "communities",
                "indexes": [Index(fields=["community_id", "id"], name="community_log_newest")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Membership",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "community",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="community_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="memberships",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "federation.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="member_of",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "role",
                    fields.CharEnumField(
                        default=Role.MEMBER,
                        description="OWNER: owner\nMODERATOR: moderator\nMEMBER: member",
                        enum_type=Role,
                        max_length=16,
                    ),
                ),
                ("answer", fields.TextField(default="", unique=False)),
                ("banned_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("banned_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ban_reason", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "memberships",
                "app": "communities",
                "unique_together": (("community", "actor"),),
                "indexes": [Index(fields=["actor_id", "role"], name="memberships_of_actor")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
