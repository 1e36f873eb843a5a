"""What open pages and apps show of a chat's events, each as its own viewer may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from chat import conversations
from chat.entities import conversations as conversation_entities
from chat.live import ChatEvent
from chat.models import ChatMessage, MemberState
from chat.presenting import bubbles_of
from sebangsa.errors import NotFound
from sebangsa.models import User
from sebangsa.streams import StreamEvent
from sebangsa.web.live import Looker
from sebangsa.web.sse import Frame

if TYPE_CHECKING:
    from sebangsa.site import Site

MISSED = 50
"""Messages that a page gets when it comes back; after more it offers to load anew."""


async def show_message(looker: Looker, event: StreamEvent) -> Iterable[Frame]:
    """The message, on a page that shows its chat (`/events?chat=…`), and the number beside the chats' entry."""
    rung = msgspec.json.decode(event.data, type=ChatEvent)
    frames = []
    if looker.asked.get("chat") == str(rung.chat):
        frames = await _messages(looker, rung.chat, [rung.message])
    return [*frames, Frame("chats", str(await conversations.unread_total(looker.user.actor_id)), event.id)]


async def show_read(looker: Looker, event: StreamEvent) -> Iterable[Frame]:
    """The number, after another page of the same person showed the chat."""
    return [Frame("chats", str(await conversations.unread_total(looker.user.actor_id)))]


async def missed_messages(looker: Looker, last_id: int) -> Iterable[Frame]:
    """What came into the open chat since this page was cut off, and the number as it is."""
    frames: list[Frame] = []
    asked = looker.asked.get("chat", "")
    if last_id and asked.isascii() and asked.isdigit() and len(asked) < 19:
        chat_id = int(asked)
        rows = ChatMessage.filter(chat_id=chat_id, filed_id__gt=last_id).order_by("filed_id").limit(MISSED)
        frames = await _messages(looker, chat_id, [row.id for row in await rows])
    return [*frames, Frame("chats", str(await conversations.unread_total(looker.user.actor_id)))]


async def _messages(looker: Looker, chat_id: int, ids: list[int]) -> list[Frame]:
    try:
        shown = await conversations.chat_for(looker.user.actor, chat_id)
    except NotFound:
        return []  # a page may name any chat; it is shown its viewer's only (S-108)
    if shown.member.state == MemberState.BLOCKED or not ids:
        return []
    messages = await conversations.shown_messages(looker.site, looker.user.actor, shown, ids)
    places = dict(await ChatMessage.filter(id__in=ids).values_list("id", "filed_id"))
    templates = looker.request.app.state.templates
    return [
        Frame("message", _fragment(templates, looker, chat_id, bubble), places[bubble.id])
        for bubble in bubbles_of(looker.site, messages)
    ]


def _fragment(templates: object, looker: Looker, chat_id: int, bubble: object) -> str:
    page = templates.render(looker.request, "chat/_bubble.html", {"chat_id": chat_id, "bubble": bubble})  # type: ignore[attr-defined]
    return bytes(page.body).decode().strip()


async def conversation_payload(site: Site, user: User, event: StreamEvent) -> tuple[str, str] | None:
    """Mastodon's `conversation`, for its stream `direct`. A request is no conversation until it is accepted."""
    rung = msgspec.json.decode(event.data, type=ChatEvent)
    try:
        shown = await conversations.chat_for(user.actor, rung.chat)
    except NotFound:
        return None
    if shown.member.state != MemberState.ACTIVE:
        return None
    [entity] = await conversation_entities(site, [shown], user.actor)
    return "conversation", msgspec.json.encode(entity).decode()
