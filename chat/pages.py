"""The chat's pages. Everything works as forms and links; live updates come on top."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat import conversations, requests, sending
from chat.conversations import PAGE, ShownChat
from chat.membership import members_of
from chat.models import MemberState
from chat.presenting import bubbles_of, line_of, title_of
from chat.wording import own_source
from federation.models import Actor
from sebangsa.errors import Invalid, NotFound
from sebangsa.lookup import find_actor
from sebangsa.timelines import Window
from sebangsa.web.forms import id_of
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

CHATS_PAGE = 30


def _render(request: Request, name: str, context: dict[str, Any], status_code: int = 200) -> Response:
    response: Response = request.app.state.templates.render(
        request, f"chat/{name}.html", context, status_code=status_code
    )
    return response


def _cursor(request: Request, name: str) -> int | None:
    """An id of the query; what is none counts as not given (S-096)."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@signed_in
async def chat_list(request: Request) -> Response:
    """`/chats`: the chats, or with `?tab=requests` what strangers wrote."""
    me = viewer_of(request).actor
    is_requests = request.query_params.get("tab") == "requests"
    window = Window(max_id=_cursor(request, "before"), limit=CHATS_PAGE)
    state = MemberState.REQUEST if is_requests else MemberState.ACTIVE
    shown = await conversations.chats_of(me, window, state)
    context = {
        "lines": [line_of(site_of(request), me, chat) for chat in shown],
        "is_requests": is_requests,
        "waiting": await conversations.requests_count(me.id),
        "older": shown[-1].member.last_message_id if len(shown) == CHATS_PAGE else None,
    }
    return _render(request, "list", context)


@signed_in
async def new_chat(request: Request) -> Response:
    """`/chats/new?to=@name@host`: to whom, and the first message. The chat is there once it is sent."""
    if request.method == "GET":
        return _render(
            request, "new", _new(request.query_params.get("to", ""), "", secrets.token_urlsafe(12))
        )
    form = await request.form()
    to, text, key = (str(form.get(name, "")) for name in ("to", "text", "key"))
    site, me = site_of(request), viewer_of(request).actor
    try:
        people = await _people(request, to)
        chat = await sending.open_chat(site, me, people)
        if text.strip():
            await sending.send(site, me, chat.id, text, idempotency_key=key)
    except Invalid as error:
        return _render(request, "new", _new(to, text, key, error), error.status)
    return RedirectResponse(f"/chats/{chat.id}#end", 303)


def _new(to: str, text: str, key: str, error: Invalid | None = None) -> dict[str, Any]:
    return {"to": to[:500], "text": text, "key": key, "error": error}


async def _people(request: Request, to: str) -> list[Actor]:
    names = to.replace(",", " ").split()[: sending.MAX_RECIPIENTS + 1]
    if not names:
        raise Invalid("no-recipient", "Name somebody to write to.", field="to")
    found = []
    for name in names:
        actor = await find_actor(site_of(request), name[:500])
        if actor is None:
            raise Invalid("nobody-there", "Nobody with this name was found. Check the spelling.", field="to")
        found.append(actor)
    return found


@signed_in
async def chat_page(request: Request) -> Response:
    """`/chats/{id}`: the messages, newest at the bottom; a POST sends one."""
    site, me = site_of(request), viewer_of(request).actor
    shown = await conversations.chat_for(me, id_of(request))
    if request.method == "POST":
        return await _send(request, shown)
    window = Window(max_id=_cursor(request, "before"), min_id=_cursor(request, "after"), limit=PAGE)
    is_newest = window.max_id is None and window.min_id is None
    if is_newest and shown.member.state == MemberState.ACTIVE:
        await conversations.mark_read(site, me, shown.chat.id)
    return _render(request, "chat", await _chat_context(request, shown, window))


async def _chat_context(
    request: Request,
    shown: ShownChat,
    window: Window,
    *,
    text: str = "",
    key: str = "",
    error: Invalid | None = None,
) -> dict[str, Any]:
    site, me = site_of(request), viewer_of(request).actor
    messages = await conversations.messages_of(site, me, shown, window)
    bubbles = bubbles_of(site, messages)
    return {
        "chat_id": shown.chat.id,
        "title": title_of(shown),
        "faces": [face_of(site, actor) for actor in shown.others],
        "is_alone": [actor.id for actor in shown.others] == [me.id],
        "strangers": shown.chat.strangers,
        "state": str(shown.member.state),
        "bubbles": bubbles,
        "is_past": window.max_id is not None,
        "older": bubbles[0].id if len(bubbles) == PAGE else None,
        "newest": bubbles[-1].id if bubbles else window.min_id,
        "text": text,
        "key": key or secrets.token_urlsafe(12),
        "error": error,
    }


async def _send(request: Request, shown: ShownChat) -> Response:
    form = await request.form()
    text, key = str(form.get("text", "")), str(form.get("key", ""))[:64]
    try:
        await sending.send(
            site_of(request), viewer_of(request).actor, shown.chat.id, text, idempotency_key=key
        )
    except Invalid as error:
        context = await _chat_context(request, shown, Window(limit=PAGE), text=text, key=key, error=error)
        return _render(request, "chat", context, error.status)
    return RedirectResponse(f"/chats/{shown.chat.id}#end", 303)


@signed_in
async def edit_page(request: Request) -> Response:
    """`/chats/{id}/messages/{message}/edit`: one's own message as it was typed."""
    site, me = site_of(request), viewer_of(request).actor
    chat_id, message_id = id_of(request), id_of(request, "message")
    message = await sending.message_of(me, chat_id, message_id)
    others = [member.actor for member in await members_of(chat_id) if member.actor_id != me.id]
    context = {"chat_id": chat_id, "message_id": message_id, "error": None}
    if request.method == "GET":
        return _render(request, "edit", context | {"text": own_source(message.post.source, others)})
    text = str((await request.form()).get("text", ""))
    try:
        await sending.edit(site, me, chat_id, message_id, text)
    except Invalid as error:
        return _render(request, "edit", context | {"text": text, "error": error}, error.status)
    return RedirectResponse(f"/chats/{chat_id}#m{message_id}", 303)


@signed_in
async def delete_message(request: Request) -> Response:
    """`POST /chats/{id}/messages/{message}/delete`."""
    chat_id = id_of(request)
    await sending.delete(site_of(request), viewer_of(request).actor, chat_id, id_of(request, "message"))
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


@signed_in
async def answer_request(request: Request) -> Response:
    """`POST /chats/{id}/accept`, `/decline`, `/leave`."""
    site, me, chat_id = site_of(request), viewer_of(request).actor, id_of(request)
    match request.path_params["answer"]:
        case "accept":
            await requests.accept(site, me, chat_id)
            return RedirectResponse(f"/chats/{chat_id}#end", 303)
        case "decline":
            await requests.decline(site, me, chat_id)
            return RedirectResponse("/chats?tab=requests", 303)
        case "leave":
            await conversations.leave_list(me, chat_id)
            return RedirectResponse("/chats", 303)
    raise NotFound
