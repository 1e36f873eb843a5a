"""What open pages and apps are told about chats. Ids only: each connection reads the message as its own viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chat.models import ChatMember
from federation.database import after_commit

if TYPE_CHECKING:
    from sebangsa.site import Site


class ChatEvent(msgspec.Struct):
    """The data of the events `chat`, `chat.edited`, `chat.deleted`."""

    chat: int
    message: int


def tell(site: Site, member: ChatMember, name: str, chat_id: int, message_id: int, *, place: int = 0) -> None:
    """Ring at a member's open connections, once the transaction under way has committed."""
    data = msgspec.json.encode(ChatEvent(chat_id, message_id)).decode()
    after_commit(lambda: site.streams.publish(f"user:{member.actor_id}", name, data, id=place))
