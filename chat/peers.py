"""Which kind of message a recipient's server reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.models import Actor

if TYPE_CHECKING:
    from sebangsa.site import Site


async def reads_chat_messages_only(site: Site, recipient: Actor) -> bool:
    """Whether a message to this actor must be a LitePub `ChatMessage` (chat.md b2).

    Mbin and Lemmy before 1.0 know no other; on Pleroma it keeps the chat in one place, where the person allows it.
    """
    if recipient.is_local:
        return False
    messages = (await site.federation.profiles.of(recipient.host)).messages
    return messages == "chat-message" or (
        messages == "chat-message-if-accepted" and recipient.accepts_chat_messages
    )
