"""The event streams of one's inbox and outbox (SWICG, Server-Sent Events for the ActivityPub API).

Each event is an activity without a name of its own: `Add` of a new item, `Update` and `Delete` of what an item is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from federation import strict_json
from federation.contexts import context_for
from federation.endpoints.actors import local_actor
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from sebangsa.api.access import must_include
from sebangsa.api.answers import error_answer
from sebangsa.api.parameters import as_id
from sebangsa.api.streaming import person_token
from sebangsa.broadcasting import outbox_channel
from sebangsa.c2s.inbox import Item, at_home, items_of, post_items, received, told, told_items
from sebangsa.errors import NotAllowed, ProductError
from sebangsa.models import AccessToken, Notification, Post
from sebangsa.streams import StreamEvent
from sebangsa.timelines import with_parts
from sebangsa.web.sse import Credential, Frame, stream
from sebangsa.web.viewing import site_of

if TYPE_CHECKING:
    from sebangsa.site import Site

REPLAYED = 40
"""Entries that a client gets at most of what it missed; for more it reads the collection."""


class CollectionStream:
    """The endpoint of one collection, a raw ASGI app: `Authorization`, or `access_token` in the query (`EventSource`
    sends no headers).
    """

    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"allow": "GET"})
        request = Request(scope)
        site = site_of(request)
        try:
            token = await person_token(site, request)
            me = await _owner(request, token)
        except ProductError as error:
            await error_answer(error)(scope, receive, send)
            return
        except Refused as refused:
            told_as = ProductError(refused.code, refused.sentence)
            await error_answer(told_as, status=refused.status)(scope, receive, send)
            return
        view = _Inbox(site, me) if self._name == "inbox" else _Outbox(site, me)
        # The person's own channel ends with their tokens (S-084), and is where their streams are counted.
        listener = site.streams.listen(f"user:{me.id}", outbox_channel(me.id))
        try:
            missed = await view.missed(as_id(request.headers.get("last-event-id", "")) or 0)
        except BaseException:
            site.streams.leave(listener)
            raise
        await stream(receive, send, site, listener, Credential("token", token.id), view.render, missed=missed)


async def _owner(request: Request, token: AccessToken) -> Actor:
    """The person whose collection it is and whose token was sent. Raises `Denied`, `NotAllowed`, `Refused`."""
    owner = await local_actor(request.path_params["name"], group=False)
    assert token.user is not None
    if owner.id != token.user.actor_id:
        raise NotAllowed("not-your-actor", "An app acts for the person who let it in, for nobody else.")
    must_include(token, "read:statuses")
    must_include(token, "read:notifications")
    return owner


class _Inbox:
    """What reaches somebody."""

    __slots__ = ("_me", "_site")

    def __init__(self, site: Site, me: Actor) -> None:
        self._site = site
        self._me = me

    async def render(self, event: StreamEvent) -> Iterable[Frame]:
        if event.name == "update":
            return await self._added(int(event.data))
        if event.name == "notification":
            return await self._told(int(event.data))
        if event.name == "status.update":
            return await self._changed(int(event.data))
        if event.name == "delete":
            return await self._deleted(int(event.data))
        return []

    async def missed(self, last_id: int) -> list[Frame]:
        """What came after the last event that the client saw, oldest first."""
        if not last_id:
            return []
        items = await items_of(self._site, self._me, limit=REPLAYED, above=last_id)
        return [_add(item, self._me.inbox_url) for item in reversed(items)]

    async def _items(self, post_id: int) -> list[Item]:
        return await post_items(self._site, self._me, await with_parts(received(self._me).filter(id=post_id)))

    async def _added(self, post_id: int) -> list[Frame]:
        return [_add(item, self._me.inbox_url) for item in await self._items(post_id)]

    async def _told(self, row_id: int) -> list[Frame]:
        row = await Notification.get_or_none(id=row_id, recipient_id=self._me.id)
        if row is not None and row.type == "mention" and row.post_id is not None:
            # What stands at home too rang as that.
            return (
                []
                if await at_home(self._me).filter(id=row.post_id).exists()
                else await self._added(row.post_id)
            )
        rows = await told(self._me).filter(id=row_id).select_related("actor", "post__author")
        return [_add(item, self._me.inbox_url) for item in await told_items(self._me, rows)]

    async def _changed(self, post_id: int) -> list[Frame]:
        found = []
        for item in await self._items(post_id):
            activity = item.activity
            document = {"@context": activity["@context"], "type": "Update", "actor": activity["actor"]}
            found.append(_frame(document | {"object": activity["object"]}))
        return found

    async def _deleted(self, post_id: int) -> list[Frame]:
        post = await Post.get_or_none(id=post_id).select_related("author")
        if post is None or post.author_id == self._me.id:
            return []
        return [
            _frame(
                {"@context": context_for(), "type": "Delete", "actor": post.author.uri, "object": post.uri}
            )
        ]


class _Outbox:
    """What somebody does, from whichever app or page."""

    __slots__ = ("_me", "_site")

    def __init__(self, site: Site, me: Actor) -> None:
        self._site = site
        self._me = me

    async def render(self, event: StreamEvent) -> Iterable[Frame]:
        if event.name != "published":
            return []
        row = await OutboundActivity.get_or_none(id=int(event.data), actor_id=self._me.id)
        return [self._added(row)] if row is not None else []

    async def missed(self, last_id: int) -> list[Frame]:
        if not last_id:
            return []
        rows = OutboundActivity.filter(actor_id=self._me.id, id__gt=last_id)
        return [self._added(row) for row in reversed(await rows.order_by("-id").limit(REPLAYED))]

    def _added(self, row: OutboundActivity) -> Frame:
        return _add(Item(row.id, {}), self._me.outbox_url, msgspec.Raw(row.body.encode()))


def _add(item: Item, target: str, body: Any = None) -> Frame:
    document = {
        "@context": context_for(),
        "type": "Add",
        "object": body if body is not None else item.activity,
        "target": target,
    }
    return _frame(document, item.id)


def _frame(document: dict[str, Any], place: int = 0) -> Frame:
    # `message` is what `EventSource` calls an event without a name.
    return Frame("message", strict_json.dumps(document).decode(), place)
