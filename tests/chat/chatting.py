"""People who chat, for the tests of this folder."""

from __future__ import annotations

from chat import conversations, requests, sending
from chat.conversations import ShownChat, ShownMessage
from chat.models import ChatMember, ChatMessage, MemberState
from federation.models import Actor
from sebangsa.lookup import find_actor
from sebangsa.site import Site
from sebangsa.text.plain import html_to_plain
from sebangsa.timelines import Window
from tests.instances import Instance, settle

Pair = tuple[Instance, Instance]


async def person(site: Site, name: str) -> Actor:
    """One of the site's own people."""
    return await Actor.get(local_name=name)


async def found(site: Site, handle: str) -> Actor:
    """Somebody elsewhere, looked up as a person would."""
    actor = await find_actor(site, handle)
    assert actor is not None
    return actor


async def write(instance: Instance, sender: str, to: str, text: str, **more: str) -> ChatMessage:
    """`sender` of this instance opens the chat with `to` and sends."""
    async with instance.inside() as site:
        author = await person(site, sender)
        chat = await sending.open_chat(site, author, [await found(site, to)])
        return await sending.send(site, author, chat.id, text, **more)


async def listed(instance: Instance, name: str, state: MemberState = MemberState.ACTIVE) -> list[ShownChat]:
    """The chats in somebody's list."""
    async with instance.inside() as site:
        return await conversations.chats_of(await person(site, name), Window(), state)


async def log(instance: Instance, name: str, chat_id: int) -> list[ShownMessage]:
    """A chat's messages as this person sees them."""
    async with instance.inside() as site:
        viewer = await person(site, name)
        shown = await conversations.chat_for(viewer, chat_id)
        return await conversations.messages_of(site, viewer, shown, Window(limit=80))


def texts(messages: list[ShownMessage]) -> list[str]:
    return [html_to_plain(message.html) for message in messages]


async def let_in(instance: Instance, name: str) -> int:
    """Accept the only request; the chat's id."""
    [request] = await listed(instance, name, MemberState.REQUEST)
    async with instance.inside() as site:
        await requests.accept(site, await person(site, name), request.chat.id)
    return request.chat.id


async def acquaint(warga: Instance, kota: Instance) -> tuple[int, int]:
    """Ani at warga and Budi at kota, in a chat that both keep; its id on each side."""
    await warga.user("ani")
    await kota.user("budi")
    message = await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "halo")
    await settle(warga, kota)
    return message.chat_id, await let_in(kota, "budi")


async def member_row(instance: Instance, name: str, chat_id: int) -> ChatMember:
    async with instance.inside() as site:
        return await ChatMember.get(chat_id=chat_id, actor_id=(await person(site, name)).id)
