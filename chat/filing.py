"""Every direct post, ours or a peer's, finds its chat. Listeners of the product's events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tortoise.expressions import F

from chat.live import tell
from chat.membership import chat_between, knows, members_of
from chat.models import ChatMember, ChatMessage, MemberState
from federation.models import Actor
from sebangsa.hooks import Origin
from sebangsa.models import Mention, Notification, Post, Visibility

if TYPE_CHECKING:
    from sebangsa.site import Site


async def file_post(site: Site, post: Post, origin: Origin) -> None:
    """File a new direct post into the chat of exactly its author and those it is addressed to.

    Nobody is ever added to a chat by a message: a reply that names a third person is another chat, which shows
    that reply alone (S-110).
    """
    if post.visibility != Visibility.DIRECT or post.kind == "boost":
        return
    author = await Actor.get(id=post.author_id)
    addressed = [mention.actor for mention in await Mention.filter(post_id=post.id).select_related("actor")]
    people = {actor.id: actor for actor in [author, *addressed]}
    if not any(actor.is_local for actor in people.values()):
        return
    chat = await chat_between(site, people.values(), _strangers(origin, people.values()))
    message = await ChatMessage.create(id=post.id, chat=chat, post=post, filed_id=site.ids.next())
    if post.id > chat.last_message_id:
        chat.last_message_id = post.id
        await chat.save(update_fields=["last_message_id"])
    for member in await members_of(chat.id):
        await _receive(site, message, member, author)


def _strangers(origin: Origin, people: Iterable[Actor]) -> set[str]:
    """Ids on the wire that were addressed beside the people we know: groups, and people never met."""
    if origin.object is None:
        return set()
    known = {actor.uri for actor in people}
    mentioned = (mention.href for mention in origin.object.mentions)
    return {uri for uri in (*origin.object.to, *origin.object.cc, *mentioned) if uri} - known


async def _receive(site: Site, message: ChatMessage, member: ChatMember, author: Actor) -> None:
    is_first = member.last_message_id == 0
    member.last_message_id = max(member.last_message_id, message.id)
    if member.actor_id == author.id:
        member.state = MemberState.ACTIVE  # who writes wants the chat
        member.unread_count, member.last_read_id = 0, member.last_message_id
    elif member.actor.is_local:
        await _sort(member, author, is_first=is_first)
        if member.state != MemberState.BLOCKED:
            member.unread_count += 1
        if member.state != MemberState.ACTIVE:
            # A stranger's message waits among the requests; a declined chat says nothing more (S-115).
            await Notification.filter(
                recipient_id=member.actor_id, type="mention", post_id=message.post_id
            ).delete()
    await member.save(update_fields=["state", "unread_count", "last_read_id", "last_message_id"])
    if member.actor.is_local and member.state != MemberState.BLOCKED:
        tell(site, member, "chat", message.chat_id, message.id, place=message.filed_id)


async def _sort(member: ChatMember, author: Actor, *, is_first: bool) -> None:
    if member.state == MemberState.LEFT:
        member.state = MemberState.ACTIVE
    elif member.state == MemberState.ACTIVE and is_first and not await knows(member.actor, author):
        member.state = MemberState.REQUEST


async def refresh_message(site: Site, post: Post, origin: Origin) -> None:
    """An edit: whoever has the chat open sees it."""
    await _tell_all(site, post, "chat.edited")


async def withdraw_message(site: Site, post: Post, origin: Origin) -> None:
    """A message was taken back: it is no longer something to read."""
    message = await ChatMessage.get_or_none(post_id=post.id)
    if message is None:
        return
    await (
        ChatMember.filter(chat_id=message.chat_id, last_read_id__lt=message.id, unread_count__gt=0)
        .exclude(actor_id=post.author_id)
        .update(unread_count=F("unread_count") - 1)
    )
    await _tell_all(site, post, "chat.deleted")


async def _tell_all(site: Site, post: Post, name: str) -> None:
    message = await ChatMessage.get_or_none(post_id=post.id)
    if message is None:
        return
    for member in await members_of(message.chat_id):
        if member.actor.is_local and member.state != MemberState.BLOCKED:
            tell(site, member, name, message.chat_id, post.id)
