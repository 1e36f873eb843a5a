"""First messages of strangers: they wait until their recipient answers for the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.membership import member_for
from chat.models import ChatMember, MemberState
from federation.models import Actor
from sebangsa.errors import Invalid

if TYPE_CHECKING:
    from sebangsa.site import Site


async def accept(site: Site, viewer: Actor, chat_id: int) -> ChatMember:
    """Let a stranger in: the chat joins the list, its pictures are shown. Also takes back a declined one.

    Runs twice without harm. Raises `NotFound` for a chat that the viewer is not in.
    """
    member = await member_for(viewer, chat_id)
    if member.state != MemberState.ACTIVE:
        member.state = MemberState.ACTIVE
        await member.save(update_fields=["state"])
    return member


async def decline(site: Site, viewer: Actor, chat_id: int) -> ChatMember:
    """Refuse a stranger, for this chat: what comes later is neither shown nor counted. The stranger is not told.

    Raises `Invalid` for a chat that is no request.
    """
    member = await member_for(viewer, chat_id)
    if member.state not in (MemberState.REQUEST, MemberState.BLOCKED):
        raise Invalid("not-a-request", "This chat is no request.")
    member.state = MemberState.BLOCKED
    member.unread_count = 0
    await member.save(update_fields=["state", "unread_count"])
    return member
