"""Writing into a chat: a direct post to exactly its members."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from chat.membership import chat_between, member_for, members_of
from chat.models import Chat, ChatMember, ChatMessage
from chat.peers import reads_chat_messages_only
from chat.wording import addressed
from federation.actors import resolve_actor
from federation.database import transaction
from federation.models import Actor
from federation.refusals import Refused
from sebangsa import posting
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.models import Attachment, Post, Visibility
from sebangsa.posting import Draft

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_RECIPIENTS = 19
"""Misskey's role limit refuses a note with more mentions; larger circles are communities (chat.md b1)."""
MAX_KEY = 255


async def send(
    site: Site,
    sender: Actor,
    chat_id: int,
    source: str,
    *,
    attachments: Sequence[Attachment] = (),
    idempotency_key: str = "",
) -> ChatMessage:
    """Send a message to everybody else in the chat; writing into a request accepts it.

    The same `idempotency_key` of one sender gives the first message again (S-097). Raises `NotFound` for a chat that
    the sender is not in, `NotAllowed` where a member cannot be reached, `Invalid` for an empty or long text.
    """
    member = await member_for(sender, chat_id)
    if len(idempotency_key) > MAX_KEY:
        raise Invalid(
            "bad-key",
            "An idempotency key has at most %(most)s characters.",
            field="idempotency_key",
            most=MAX_KEY,
        )
    once = hashlib.sha256(f"{sender.id}:{idempotency_key}".encode()).hexdigest() if idempotency_key else None
    if once is not None and (sent := await _sent_before(once, chat_id)):
        return sent
    recipients = await _recipients(site, member)
    draft = await _draft(site, chat_id, source, recipients, attachments)
    try:
        async with transaction():
            post = await posting.create_post(site, sender, draft)
            message = await ChatMessage.get_or_none(post_id=post.id)
            if message is None or message.chat_id != chat_id:
                raise NotAllowed("members-changed", "The members of this chat cannot all be reached.")
            if once is not None:
                message.once_key = once
                await message.save(update_fields=["once_key"])
    except IntegrityError:
        if once is not None and (sent := await _sent_before(once, chat_id)):
            return sent  # the other tap was quicker
        raise
    message.post = post
    return message


async def _sent_before(once: str, chat_id: int) -> ChatMessage | None:
    sent = await ChatMessage.get_or_none(once_key=once).select_related("post__author")
    if sent is not None and sent.chat_id != chat_id:
        raise Invalid("key-used", "That idempotency key was used in another chat.", field="idempotency_key")
    return sent


async def _recipients(site: Site, member: ChatMember) -> list[Actor]:
    """Everybody but the sender; alone in a chat, the sender (notes to oneself)."""
    people = [other.actor for other in await members_of(member.chat_id)]
    for uri in member.chat.strangers:
        try:
            people.append(await resolve_actor(site.federation, uri))
        except Refused as refusal:
            raise NotAllowed(
                "member-unknown", "Somebody in this chat cannot be reached from here."
            ) from refusal
    others = [actor for actor in people if actor.id != member.actor_id]
    for actor in others:
        if not actor.is_usable:
            raise NotAllowed("member-gone", "This account is no longer there.")
    if len(others) > MAX_RECIPIENTS:
        raise NotAllowed("too-many-members", "A chat has at most %(most)s people.", most=MAX_RECIPIENTS + 1)
    return others or people


async def _draft(
    site: Site, chat_id: int, source: str, recipients: Sequence[Actor], attachments: Sequence[Attachment]
) -> Draft:
    text = source.strip()
    draft = Draft(
        source=text,
        visibility=Visibility.DIRECT,
        recipients=recipients,
        is_closed=True,
        attachments=attachments,
        in_reply_to=await _last_message(chat_id),
    )
    if not text and not attachments:
        raise Invalid("empty-post", "Write something first.", field="source")
    if len(recipients) == 1 and await reads_chat_messages_only(site, recipients[0]):
        return replace(draft, kind="chat-message")
    return replace(draft, source=addressed(text, recipients))


async def _last_message(chat_id: int) -> Post | None:
    """What the message answers. Every message of a chat was addressed to all of its members, so each can be resolved
    by them: Misskey drops an answer to what it cannot read. A ChatMessage is no note that could be answered.
    """
    found = await (
        ChatMessage.filter(chat_id=chat_id, post__deleted_at__isnull=True, post__removed_at__isnull=True)
        .exclude(post__kind="chat-message")
        .order_by("-id")
        .select_related("post")
        .first()
    )
    return found.post if found else None


async def edit(site: Site, editor: Actor, chat_id: int, message_id: int, source: str) -> Post:
    """Change one's own message in a chat.

    Raises `NotFound` for another's (S-108), `NotAllowed` for a `ChatMessage`: its readers know no edits.
    """
    message = await message_of(editor, chat_id, message_id)
    if message.post.kind == "chat-message":
        raise NotAllowed(
            "not-editable", "The other server cannot change messages. Delete it and write a new one."
        )
    others = [member.actor for member in await members_of(message.chat_id) if member.actor_id != editor.id]
    return await posting.edit_post(site, editor, message.post, source=addressed(source.strip(), others))


async def delete(site: Site, deleter: Actor, chat_id: int, message_id: int) -> None:
    """Take one's own message back, here and at the recipients' servers."""
    message = await message_of(deleter, chat_id, message_id)
    await posting.delete_post(site, deleter, message.post)


async def message_of(author: Actor, chat_id: int, message_id: int) -> ChatMessage:
    """A message that `author` wrote and has not deleted. Raises `NotFound` alike for none and for another's (S-108)."""
    message = await ChatMessage.get_or_none(
        id=message_id, chat_id=chat_id, post__author_id=author.id, post__deleted_at__isnull=True
    ).select_related("post__author")
    if message is None:
        raise NotFound
    return message


async def open_chat(site: Site, opener: Actor, people: Sequence[Actor]) -> Chat:
    """The chat of the opener with these people, made where there is none. Nothing is sent yet.

    Raises `Invalid` for nobody, for communities, and for more than 19.
    """
    others = {actor.id: actor for actor in people if actor.id != opener.id}
    if any(actor.is_group for actor in others.values()):
        raise Invalid("not-a-person", "A community has no chat. Write to one of its moderators.", field="to")
    if not people:
        raise Invalid("no-recipient", "Name somebody to write to.", field="to")
    if len(others) > MAX_RECIPIENTS:
        raise Invalid(
            "too-many-members", "A chat has at most %(most)s people.", field="to", most=MAX_RECIPIENTS + 1
        )
    async with transaction():
        return await chat_between(site, [opener, *others.values()])
