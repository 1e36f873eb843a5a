"""Which kind of message a recipient's server reads."""

from __future__ import annotations

from federation.models import Actor, Peer


async def reads_chat_messages_only(recipient: Actor) -> bool:
    """Whether a message to this actor must be a LitePub `ChatMessage` (chat.md b2).

    Mbin and Lemmy before 1.0 know no other; on Pleroma it keeps the chat in one place, where the person allows it.
    Akkoma names itself and has removed them; everybody else reads a `Note`.
    """
    if recipient.is_local:
        return False
    peer = await Peer.get_or_none(host=recipient.host)
    if peer is None:
        return False
    software = peer.software.lower()
    if software == "lemmy":
        return peer.version.startswith("0.")
    return software == "mbin" or (software == "pleroma" and recipient.accepts_chat_messages)
