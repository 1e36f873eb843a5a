"""Chats: who is in one, what each has read, and which direct posts are its messages."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.indexes import Index

from federation.database import Table
from federation.models import Actor
from sebangsa.models import Post


class MemberState(StrEnum):
    ACTIVE = "active"
    REQUEST = "request"  # a stranger wrote; the member has not answered
    LEFT = "left"  # taken off the member's list until the next message
    BLOCKED = "blocked"  # declined: what comes is filed, never shown or counted


class Chat(Table):
    """One conversation of one set of people, for ever.

    `key` stands for that set (a hash of the sorted actor ids on the wire), so a message with one person more or
    less is another chat. `strangers` are ids on the wire of people who were addressed and whom we do not know.
    """

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(64, unique=True)
    strangers: fields.Field[list[str]] = fields.JSONField(default=list)
    last_message_id = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    members: fields.ReverseRelation[ChatMember]

    class Meta:
        table = "chats"


class ChatMember(Table):
    """Somebody in a chat, ours or a peer's. Unread messages and place in the list are kept, not counted each time."""

    id = fields.BigIntField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "chat.Chat", related_name="members", on_delete=fields.CASCADE
    )
    chat_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "federation.Actor", related_name="chats", on_delete=fields.CASCADE
    )
    actor_id: int
    state = fields.CharEnumField(MemberState, max_length=8, default=MemberState.ACTIVE)
    unread_count = fields.IntField(default=0)
    last_read_id = fields.BigIntField(default=0)
    last_message_id = fields.BigIntField(default=0)  # 0 in a chat without messages

    class Meta:
        table = "chat_members"
        unique_together = (("chat", "actor"),)
        indexes = [Index(fields=("actor_id", "state", "last_message_id"), name="chat_members_list")]


class ChatMessage(Table):
    """A direct post as a message of its chat. Its id is the post's, so that it ascends with the time it was written.

    `filed_id` ascends with the time it came here: a message that was hours on its way is new to whoever reconnects.
    `once_key` is the hash of author and idempotency key: the same send twice meets the unique column (S-097).
    """

    id = fields.BigIntField(primary_key=True)
    chat: fields.ForeignKeyRelation[Chat] = fields.ForeignKeyField(
        "chat.Chat", related_name="messages", on_delete=fields.CASCADE
    )
    chat_id: int
    post: fields.OneToOneRelation[Post] = fields.OneToOneField(
        "sebangsa.Post", related_name="chat_message", on_delete=fields.CASCADE
    )
    post_id: int
    filed_id = fields.BigIntField()
    once_key: fields.Field[Any] = fields.CharField(64, unique=True, null=True)

    class Meta:
        table = "chat_messages"
        indexes = [
            Index(fields=("chat_id", "id"), name="chat_messages_page"),
            Index(fields=("chat_id", "filed_id"), name="chat_messages_replay"),
        ]
