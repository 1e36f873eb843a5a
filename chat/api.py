"""`/api/v1/conversations` for Mastodon's apps, and `/api/sebangsa/v1/chats`."""

from __future__ import annotations

from typing import Any

from starlette.routing import BaseRoute

from chat import conversations, requests, sending
from chat.conversations import PAGE
from chat.entities import chat_entity, message_entity
from chat.entities import conversations as conversation_entities
from chat.models import MemberState
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import json_answer
from sebangsa.api.paging import link_pages, window_of
from sebangsa.errors import Invalid
from sebangsa.lookup import find_actor
from sebangsa.models import Attachment
from sebangsa.posting import MAX_PICTURES, MAX_SOURCE

STATES = {
    "active": MemberState.ACTIVE,
    "requests": MemberState.REQUEST,
    "declined": MemberState.BLOCKED,
}


async def list_conversations(call: Call) -> Any:
    """`GET /api/v1/conversations`; the cursors are ids of last statuses."""
    window = window_of(call)
    shown = await conversations.chats_of(call.me, window)
    link_pages(call, [chat.member.last_message_id for chat in shown], window.limit)
    return await conversation_entities(call.site, shown, call.me)


async def read_conversation(call: Call) -> Any:
    """`POST /api/v1/conversations/{id}/read`."""
    await conversations.mark_read(call.site, call.me, call.path_id())
    return await _conversation(call)


async def unread_conversation(call: Call) -> Any:
    """`POST /api/v1/conversations/{id}/unread`."""
    await conversations.mark_unread(call.me, call.path_id())
    return await _conversation(call)


async def remove_conversation(call: Call) -> Any:
    """`DELETE /api/v1/conversations/{id}`: off the list until the next message."""
    await conversations.leave_list(call.me, call.path_id())
    return {}


async def _conversation(call: Call) -> Any:
    shown = await conversations.chat_for(call.me, call.path_id())
    return (await conversation_entities(call.site, [shown], call.me))[0]


async def list_chats(call: Call) -> Any:
    """`GET /api/sebangsa/v1/chats?state=active|requests|declined`."""
    state = STATES.get(call.given.text("state", "active"))
    if state is None:
        raise Invalid("unknown-state", "state is one of %(names)s.", field="state", names=", ".join(STATES))
    window = window_of(call)
    shown = await conversations.chats_of(call.me, window, state)
    link_pages(call, [chat.member.last_message_id for chat in shown], window.limit)
    return [chat_entity(call.site, chat) for chat in shown]


async def open_chat(call: Call) -> Any:
    """`POST /api/sebangsa/v1/chats` with `to[]`, handles or addresses. The chat that is there, or a new one."""
    people = []
    for text in call.given.many("to", sending.MAX_RECIPIENTS + 1):
        actor = await find_actor(call.site, text[:500])
        if actor is None:
            raise Invalid("nobody-there", "Nobody was found for %(name)s.", field="to", name=text[:100])
        people.append(actor)
    chat = await sending.open_chat(call.site, call.me, people)
    return chat_entity(call.site, await conversations.chat_for(call.me, chat.id))


async def show_chat(call: Call) -> Any:
    """`GET /api/sebangsa/v1/chats/{id}`."""
    return chat_entity(call.site, await conversations.chat_for(call.me, call.path_id()))


async def list_messages(call: Call) -> Any:
    """`GET /api/sebangsa/v1/chats/{id}/messages`, newest first as every list of the API."""
    window = window_of(call, PAGE)
    shown = await conversations.chat_for(call.me, call.path_id())
    found = (await conversations.messages_of(call.site, call.me, shown, window))[::-1]
    link_pages(call, [message.post.id for message in found], window.limit)
    return [message_entity(call.site, message) for message in found]


async def send_message(call: Call) -> Any:
    """`POST /api/sebangsa/v1/chats/{id}/messages` with `text`, `media_ids[]` and the header `Idempotency-Key`."""
    ids = call.given.identities("media_ids", MAX_PICTURES)
    attachments = await Attachment.filter(id__in=ids, owner_id=call.me.id)
    if len(attachments) != len(ids):
        raise Invalid("picture-unusable", "That picture is not yours or was used already.", field="media_ids")
    message = await sending.send(
        call.site,
        call.me,
        call.path_id(),
        call.given.text("text", limit=MAX_SOURCE),
        attachments=sorted(attachments, key=lambda attachment: ids.index(attachment.id)),
        idempotency_key=call.request.headers.get("idempotency-key", ""),
    )
    return await _message(call, message.id)


async def edit_message(call: Call) -> Any:
    """`PUT /api/sebangsa/v1/chats/{id}/messages/{message}` with `text`."""
    text = call.given.text("text", limit=MAX_SOURCE)
    await sending.edit(call.site, call.me, call.path_id(), call.path_id("message"), text)
    return await _message(call, call.path_id("message"))


async def delete_message(call: Call) -> Any:
    """`DELETE /api/sebangsa/v1/chats/{id}/messages/{message}`."""
    await sending.delete(call.site, call.me, call.path_id(), call.path_id("message"))
    return {}


async def _message(call: Call, message_id: int) -> Any:
    shown = await conversations.chat_for(call.me, call.path_id())
    [message] = await conversations.shown_messages(call.site, call.me, shown, [message_id])
    return json_answer(message_entity(call.site, message))


async def read_chat(call: Call) -> Any:
    """`POST /api/sebangsa/v1/chats/{id}/read`."""
    await conversations.mark_read(call.site, call.me, call.path_id())
    return await show_chat(call)


async def accept_request(call: Call) -> Any:
    """`POST /api/sebangsa/v1/chats/{id}/accept`."""
    await requests.accept(call.site, call.me, call.path_id())
    return await show_chat(call)


async def decline_request(call: Call) -> Any:
    """`POST /api/sebangsa/v1/chats/{id}/decline`."""
    await requests.decline(call.site, call.me, call.path_id())
    return await show_chat(call)


READ = Rule(Caller.PERSON, "read:statuses")
KEEP = Rule(Caller.PERSON, "write:conversations")
WRITE = Rule(Caller.PERSON, "write:statuses", "post")
OPEN = Rule(Caller.PERSON, "write:statuses", "resolve")
MASTODON, OURS = "/api/v1/conversations", "/api/sebangsa/v1/chats"

ROUTES: list[BaseRoute] = [
    ApiRoute(MASTODON, list_conversations, READ),
    ApiRoute(f"{MASTODON}/{{id}}", remove_conversation, KEEP, methods=["DELETE"]),
    ApiRoute(f"{MASTODON}/{{id}}/read", read_conversation, KEEP, methods=["POST"]),
    ApiRoute(f"{MASTODON}/{{id}}/unread", unread_conversation, KEEP, methods=["POST"]),
    ApiRoute(OURS, list_chats, READ),
    ApiRoute(OURS, open_chat, OPEN, methods=["POST"]),
    ApiRoute(f"{OURS}/{{id}}", show_chat, READ),
    ApiRoute(f"{OURS}/{{id}}", remove_conversation, KEEP, methods=["DELETE"]),
    ApiRoute(f"{OURS}/{{id}}/messages", list_messages, READ),
    ApiRoute(f"{OURS}/{{id}}/messages", send_message, WRITE, methods=["POST"]),
    ApiRoute(f"{OURS}/{{id}}/messages/{{message}}", edit_message, WRITE, methods=["PUT"]),
    ApiRoute(f"{OURS}/{{id}}/messages/{{message}}", delete_message, WRITE, methods=["DELETE"]),
    ApiRoute(f"{OURS}/{{id}}/read", read_chat, KEEP, methods=["POST"]),
    ApiRoute(f"{OURS}/{{id}}/accept", accept_request, KEEP, methods=["POST"]),
    ApiRoute(f"{OURS}/{{id}}/decline", decline_request, KEEP, methods=["POST"]),
]
