"""Chats as JSON: Mastodon's Conversation, and our own richer one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chat.conversations import ShownChat, ShownMessage
from federation.models import Actor
from sebangsa.api.answers import moment
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.media import media_attachment
from sebangsa.api.entities.statuses import attachments_of, statuses

if TYPE_CHECKING:
    from sebangsa.site import Site


async def conversations(site: Site, shown: Sequence[ShownChat], viewer: Actor) -> list[dict[str, Any]]:
    """Mastodon's entities. A deleted last message leaves `last_status` null."""
    posts = [chat.last for chat in shown if chat.last is not None and chat.last.is_shown]
    found = {entry["id"]: entry for entry in await statuses(site, posts, viewer)}
    return [
        {
            "id": str(chat.chat.id),
            "unread": chat.member.unread_count > 0,
            "accounts": [account(site, actor) for actor in chat.others],
            "last_status": found.get(str(chat.member.last_message_id)),
        }
        for chat in shown
    ]


def chat_entity(site: Site, shown: ShownChat) -> dict[str, Any]:
    """A chat with its members, what is unread and how the last message begins."""
    return {
        "id": str(shown.chat.id),
        "state": str(shown.member.state),
        "unread_count": shown.member.unread_count,
        "last_read_id": str(shown.member.last_read_id) if shown.member.last_read_id else None,
        "accounts": [account(site, actor) for actor in shown.others],
        "unknown_members": shown.chat.strangers,
        "preview": shown.preview,
        "last_message_id": str(shown.member.last_message_id) if shown.member.last_message_id else None,
        "last_message_at": moment(shown.last.created_at) if shown.last else None,
        "is_encrypted": False,
    }


def message_entity(site: Site, message: ShownMessage) -> dict[str, Any]:
    """A message. `delivery` is null for others' and says of one's own what their servers answered."""
    post = message.post
    return {
        "id": str(post.id),
        "account_id": str(post.author_id),
        "is_own": message.is_own,
        "is_deleted": message.is_deleted,
        "content": message.html,
        "created_at": moment(post.created_at),
        "edited_at": moment(post.edited_at),
        "media_attachments": []
        if message.hides_media
        else [media_attachment(site, a) for a in attachments_of(post)],
        "media_hidden": message.hides_media and bool(attachments_of(post)),
        "delivery": {
            "state": str(message.delivery.state),
            "host": message.delivery.host or None,
            "reason": message.delivery.reason or None,
        }
        if message.delivery
        else None,
    }
