"""Whose chat a message belongs to: the exact set of people it is between."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Subquery

from chat.models import Chat, ChatMember, MemberState
from federation.database import savepoint
from federation.models import Actor, Follow, FollowState
from sebangsa.errors import NotFound

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_MEMBERS = 100


def key_of(uris: Iterable[str]) -> str:
    """What stands for a set of people: the same for each order, another for one person more or less."""
    return hashlib.sha256("\n".join(sorted(set(uris))).encode()).hexdigest()


async def chat_between(site: Site, people: Iterable[Actor], strangers: Iterable[str] = ()) -> Chat:
    """The chat of exactly these people, made where there is none. Inside a transaction.

    `strangers` are ids on the wire of those who are addressed and not known here: they count for who the chat
    is between, so that a message that also went to them is not shown as one between two.
    """
    known = {actor.uri: actor for actor in people}
    others = sorted(set(strangers) - known.keys())[:MAX_MEMBERS]
    key = key_of([*known, *others])
    chat = await Chat.get_or_none(key=key)
    if chat is not None:
        return await _with_acquainted(site, chat, known)
    try:
        async with savepoint():
            chat = await Chat.create(
                id=site.ids.next(), key=key, strangers=others, created_at=site.clock.now()
            )
            await ChatMember.bulk_create(
                [ChatMember(id=site.ids.next(), chat=chat, actor=actor) for actor in known.values()]
            )
    except IntegrityError:  # two first messages at one time
        return await Chat.get(key=key)
    return chat


async def _with_acquainted(site: Site, chat: Chat, known: dict[str, Actor]) -> Chat:
    """Strangers of the chat whom we have met since then become members; the set stays the same."""
    met = [known[uri] for uri in chat.strangers if uri in known]
    if met:
        await ChatMember.bulk_create(
            [ChatMember(id=site.ids.next(), chat=chat, actor=actor) for actor in met]
        )
        chat.strangers = [uri for uri in chat.strangers if uri not in known]
        await chat.save(update_fields=["strangers"])
    return chat


async def members_of(chat_id: int) -> list[ChatMember]:
    """Everybody in a chat, with their actors, in the order in which they came."""
    return await ChatMember.filter(chat_id=chat_id).select_related("actor").order_by("id")


async def member_for(viewer: Actor, chat_id: int) -> ChatMember:
    """The viewer's own place in a chat, with the chat. Raises `NotFound` alike for no chat and for another's (S-108)."""
    member = await ChatMember.get_or_none(chat_id=chat_id, actor_id=viewer.id).select_related("chat", "actor")
    if member is None:
        raise NotFound
    return member


async def knows(member: Actor, other: Actor) -> bool:
    """Whether a message of `other` needs no asking: followed by the member, or met in a chat that they keep."""
    if await Follow.exists(follower_id=member.id, target_id=other.id, state=FollowState.ACCEPTED):
        return True
    shared = ChatMember.filter(actor_id=other.id).values("chat_id")
    return await ChatMember.exists(
        actor_id=member.id,
        state__in=(MemberState.ACTIVE, MemberState.LEFT),
        last_message_id__gt=0,
        chat_id__in=Subquery(shared),
    )
