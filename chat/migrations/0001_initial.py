from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from chat.models import MemberState
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial"), ("sebangsa", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Chat",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(unique=True, max_length=64)),
                (
                    "strangers",
                    fields.JSONField(
                        default=list, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("last_message_id", fields.BigIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "chats", "app": "chat", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ChatMember",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "chat",
                    fields.ForeignKeyField(
                        "chat.Chat",
                        source_field="chat_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="members",
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
                        related_name="chats",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=MemberState.ACTIVE,
                        description="ACTIVE: active\nREQUEST: request\nLEFT: left\nBLOCKED: blocked",
                        enum_type=MemberState,
                        max_length=8,
                    ),
                ),
                ("unread_count", fields.IntField(default=0)),
                ("last_read_id", fields.BigIntField(default=0)),
                ("last_message_id", fields.BigIntField(default=0)),
            ],
            options={
                "table": "chat_members",
                "app": "chat",
                "unique_together": (("chat", "actor"),),
                "indexes": [Index(fields=["actor_id", "state", "last_message_id"], name="chat_members_list")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ChatMessage",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "chat",
                    fields.ForeignKeyField(
                        "chat.Chat",
                        source_field="chat_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="messages",
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
                        related_name="chat_message",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("filed_id", fields.BigIntField()),
                ("once_key", fields.CharField(null=True, unique=True, max_length=64)),
            ],
            options={
                "table": "chat_messages",
                "app": "chat",
                "indexes": [
                    Index(fields=["chat_id", "id"], name="chat_messages_page"),
                    Index(fields=["chat_id", "filed_id"], name="chat_messages_replay"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
