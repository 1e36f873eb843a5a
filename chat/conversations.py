"""Reading chats: the list, one chat's messages, what is unread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from chat.delivery_state import MessageDelivery, delivery_states
from chat.membership import member_for, members_of
from chat.models import Chat, ChatMember, ChatMessage, MemberState
from chat.wording import own_content
from federation.models import Actor
from sebangsa.models import Post
from sebangsa.text.plain import excerpt
from sebangsa.timelines import Window, with_parts

if TYPE_CHECKING:
    from sebangsa.site import Site

PAGE = 30
MAX_PAGE = 80
PREVIEW = 80
"""Characters of the last message in the list."""


@dataclass(frozen=True)
class ShownMessage:
    """A message as its viewer sees it. `html` is without the leading mentions; media of a request are not shown."""

    post: Post
    html: str
    is_own: bool
    is_deleted: bool
    hides_media: bool
    delivery: MessageDelivery | None


@dataclass(frozen=True)
class ShownChat:
    """A chat as one of its members sees it. `others` leaves the viewer out, unless they are alone in it."""

    member: ChatMember
    chat: Chat
    others: list[Actor]
    last: Post | None = None
    preview: str = ""
    links: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_request(self) -> bool:
        return self.member.state == MemberState.REQUEST


async def chats_of(
    viewer: Actor, window: Window, state: MemberState = MemberState.ACTIVE, *, with_empty: bool = False
) -> list[ShownChat]:
    """One page of the viewer's chats, newest message first; the window's ids are those of last messages.

    Five queries, however many chats there are.
    """
    limit = max(1, min(window.limit, MAX_PAGE))
    rows: QuerySet[ChatMember] = ChatMember.filter(actor_id=viewer.id, state=state)
    if not with_empty:
        rows = rows.filter(last_message_id__gt=0)
    if window.max_id is not None:
        rows = rows.filter(last_message_id__lt=window.max_id)
    if window.since_id is not None:
        rows = rows.filter(last_message_id__gt=window.since_id)
    if window.min_id is not None:
        rising = rows.filter(last_message_id__gt=window.min_id).order_by("last_message_id", "id").limit(limit)
        mine = (await rising.select_related("chat", "actor"))[::-1]
    else:
        mine = await rows.order_by("-last_message_id", "-id").limit(limit).select_related("chat", "actor")
    return await _shown(viewer, mine)


async def chat_for(viewer: Actor, chat_id: int) -> ShownChat:
    """One chat. Raises `NotFound` alike for none and for one the viewer is not in (S-108)."""
    [shown] = await _shown(viewer, [await member_for(viewer, chat_id)])
    return shown


async def _shown(viewer: Actor, mine: Sequence[ChatMember]) -> list[ShownChat]:
    people: dict[int, list[Actor]] = defaultdict(list)
    for member in (
        await ChatMember.filter(chat_id__in=[m.chat_id for m in mine]).select_related("actor").order_by("id")
    ):
        people[member.chat_id].append(member.actor)
    last = {
        p.id: p
        for p in await with_parts(Post.filter(id__in=[m.last_message_id for m in mine if m.last_message_id]))
    }
    shown = []
    for member in mine:
        everybody = people[member.chat_id]
        links = frozenset(link for actor in everybody for link in (actor.uri, actor.url) if link)
        post = last.get(member.last_message_id)
        shown.append(
            ShownChat(
                member=member,
                chat=member.chat,
                others=[actor for actor in everybody if actor.id != viewer.id] or everybody,
                last=post,
                preview=excerpt(own_content(post.content, links), PREVIEW) if post and post.content else "",
                links=links,
            )
        )
    return shown


async def messages_of(site: Site, viewer: Actor, shown: ShownChat, window: Window) -> list[ShownMessage]:
    """One page of a chat's messages, oldest first, as a log is read. Raises nothing: `shown` proves membership."""
    limit = max(1, min(window.limit, MAX_PAGE))
    rows = ChatMessage.filter(chat_id=shown.chat.id)
    if window.max_id is not None:
        rows = rows.filter(id__lt=window.max_id)
    after = max((cursor for cursor in (window.since_id, window.min_id) if cursor is not None), default=None)
    if after is not None:
        rows = rows.filter(id__gt=after)
    rising = window.min_id is not None
    ids = await rows.order_by("id" if rising else "-id").limit(limit).values_list("id", flat=True)
    return await shown_messages(site, viewer, shown, list(ids))


async def shown_messages(
    site: Site, viewer: Actor, shown: ShownChat, ids: Sequence[object]
) -> list[ShownMessage]:
    """These messages of the chat, oldest first, with what became of the viewer's own."""
    found = Post.filter(id__in=list(ids), chat_message__chat_id=shown.chat.id)
    posts = sorted(await with_parts(found), key=lambda post: post.id)
    own = [post for post in posts if post.author_id == viewer.id]
    states = await delivery_states(site, own)
    return [_message(viewer, shown, post, states.get(post.id)) for post in posts]


def _message(viewer: Actor, shown: ShownChat, post: Post, delivery: MessageDelivery | None) -> ShownMessage:
    is_own = post.author_id == viewer.id
    return ShownMessage(
        post=post,
        html=own_content(post.content, shown.links) if post.is_shown else "",
        is_own=is_own,
        is_deleted=not post.is_shown,
        hides_media=not is_own and shown.member.state != MemberState.ACTIVE,
        delivery=delivery,
    )


async def mark_read(site: Site, viewer: Actor, chat_id: int) -> ChatMember:
    """Everything in the chat was seen. Tells the viewer's other open pages."""
    member = await member_for(viewer, chat_id)
    if member.unread_count or member.last_read_id < member.last_message_id:
        member.unread_count, member.last_read_id = 0, member.last_message_id
        await member.save(update_fields=["unread_count", "last_read_id"])
        site.streams.publish(f"user:{viewer.id}", "chat.read", str(chat_id))
    return member


async def mark_unread(viewer: Actor, chat_id: int) -> ChatMember:
    """Put a chat back among the unread ones."""
    member = await member_for(viewer, chat_id)
    if member.unread_count == 0:
        member.unread_count = 1
        await member.save(update_fields=["unread_count"])
    return member


async def leave_list(viewer: Actor, chat_id: int) -> None:
    """Take a chat off the list until the next message. A declined one stays declined."""
    member = await member_for(viewer, chat_id)
    if member.state == MemberState.ACTIVE:
        member.state, member.unread_count = MemberState.LEFT, 0
        await member.save(update_fields=["state", "unread_count"])


async def unread_total(viewer_id: int) -> int:
    """Unread messages in all chats of the list; requests are not counted."""
    found = await (
        ChatMember.filter(actor_id=viewer_id, state=MemberState.ACTIVE, unread_count__gt=0)
        .annotate(total=Sum("unread_count"))
        .group_by("actor_id")
        .values_list("total", flat=True)
    )
    return int(found[0]) if found else 0  # type: ignore[call-overload]


async def requests_count(viewer_id: int) -> int:
    """How many strangers wait for an answer."""
    return await ChatMember.filter(
        actor_id=viewer_id, state=MemberState.REQUEST, last_message_id__gt=0
    ).count()


__all__ = [
    "ShownChat",
    "ShownMessage",
    "chat_for",
    "chats_of",
    "leave_list",
    "mark_read",
    "mark_unread",
    "members_of",
    "messages_of",
    "requests_count",
    "shown_messages",
    "unread_total",
]
