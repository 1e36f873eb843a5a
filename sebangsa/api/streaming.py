"""`/api/v1/streaming/…`: Mastodon's streams as server-sent events."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from federation.models import Actor
from sebangsa.api.access import Denied, bearer
from sebangsa.api.answers import error_answer
from sebangsa.api.entities.notifications import notifications
from sebangsa.api.entities.statuses import statuses
from sebangsa.errors import Invalid, ProductError
from sebangsa.models import AccessToken, Notification, Post, PostTag, User
from sebangsa.oauth.scopes import includes
from sebangsa.streams import StreamEvent
from sebangsa.text.hashtags import normal_form
from sebangsa.timelines import with_parts
from sebangsa.visibility import may_read
from sebangsa.web.sse import Credential, Frame, stream
from sebangsa.web.viewing import site_of

if TYPE_CHECKING:
    from sebangsa.site import Site

STATUS_EVENTS = ("update", "status.update")
KEPT = 128
"""Statuses kept as JSON: one new post is told to a thousand connections at one time."""

OPEN_STREAMS = {"public": "public", "public:local": "public:local", "public:remote": "public:remote"}
TAG_STREAMS = {"hashtag": "public", "hashtag:local": "public:local"}
OWN_STREAMS = ("user", "user:notification", "direct")


class Statuses:
    """Posts as JSON, made once for all connections: as in Mastodon, without flags of who looks."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._made: OrderedDict[int, asyncio.Task[tuple[Post, str] | None]] = OrderedDict()

    def forget(self, post_id: int) -> None:
        self._made.pop(post_id, None)

    async def get(self, post_id: int) -> tuple[Post, str] | None:
        """The post and its JSON; None for one that is gone."""
        task = self._made.get(post_id)
        if task is None:
            task = self._made[post_id] = asyncio.create_task(self._make(post_id))
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return await asyncio.shield(task)

    async def _make(self, post_id: int) -> tuple[Post, str] | None:
        found = await with_parts(Post.filter(id=post_id, deleted_at__isnull=True, removed_at__isnull=True))
        shown = await statuses(self._site, found, None)
        return (found[0], msgspec.json.encode(shown[0]).decode()) if shown else None


class Subscription:
    """One stream of one person: the channel behind it, and what of its events belongs to it.

    Raises `Invalid` for a stream that there is not, `Denied` where the token's scopes do not reach.
    """

    def __init__(self, site: Site, kept: Statuses, token: AccessToken, name: str, tag: str = "") -> None:
        assert token.user is not None
        self._site = site
        self._kept = kept
        self._user: User = token.user
        self.name = name
        self._tag = normal_form(tag) or ""
        if name in OWN_STREAMS:
            self.channel = f"user:{token.user.actor_id}"
        elif name in OPEN_STREAMS:
            self.channel = OPEN_STREAMS[name]
        elif name in TAG_STREAMS:
            self.channel = TAG_STREAMS[name]
            if not self._tag:
                raise Invalid("tag-missing", "Missing tag name parameter", field="tag")
        else:
            raise Invalid("unknown-stream", "Unknown stream type", field="stream")
        scope = "read:notifications" if name == "user:notification" else "read:statuses"
        if not includes(token.scopes, scope):
            raise Denied(403, "outside-scopes", "This action is outside the authorized scopes")
        self._hears_notifications = includes(token.scopes, "read:notifications")

    @property
    def me(self) -> Actor:
        return self._user.actor

    async def payload(self, event: StreamEvent) -> tuple[str, str] | None:
        """The event's name and payload for this stream, or None."""
        if self.name == "direct":
            view = self._site.live.direct.get(event.name)
            return await view(self._site, self._user, event) if view else None
        if event.name == "notification":
            return (
                await self._notification(int(event.data))
                if self.name in ("user", "user:notification")
                else None
            )
        if self.name == "user:notification":
            return None
        if event.name == "delete":
            return event.name, event.data
        return await self._status(event) if event.name in STATUS_EVENTS else None

    async def _status(self, event: StreamEvent) -> tuple[str, str] | None:
        made = await self._kept.get(int(event.data))
        if made is None:
            return None
        post, body = made
        tags = {tag.name for tag in post.tags if isinstance(tag, PostTag)}
        if self._tag and self._tag not in tags:
            return None
        return (event.name, body) if await may_read(self._site, self.me, post) else None

    async def _notification(self, row_id: int) -> tuple[str, str] | None:
        if not self._hears_notifications:
            return None
        row = await Notification.get_or_none(id=row_id, recipient_id=self.me.id).select_related("actor")
        shown = await notifications(self._site, [row], self.me) if row is not None else []
        return ("notification", msgspec.json.encode(shown[0]).decode()) if shown else None


class Stream:
    """One SSE endpoint. `name_of` tells which stream a request asks for."""

    def __init__(self, name_of: Callable[[Request], str]) -> None:
        self._name_of = name_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"allow": "GET"})
        request = Request(scope)
        site = site_of(request)
        try:
            token = await person_token(site, request)
            subscription = subscribe(
                scope, site, token, self._name_of(request), request.query_params.get("tag", "")
            )
        except ProductError as error:
            await error_answer(error)(scope, receive, send)
            return
        listener = site.streams.listen(subscription.channel)

        async def render(event: StreamEvent) -> Iterable[Frame]:
            found = await subscription.payload(event)
            return [Frame(*found)] if found else []

        await stream(receive, send, site, listener, Credential("token", token.id), render)


async def person_token(site: Site, request: Request) -> AccessToken:
    """The person's token, also from the URL: browsers cannot send headers here. Raises `Denied`."""
    token = await bearer(site, request, in_url=True)
    if token is None or token.user is None:
        raise Denied(401, "invalid-token", "The access token is invalid")
    return token


def subscribe(scope: Scope, site: Site, token: AccessToken, name: str, tag: str = "") -> Subscription:
    """A stream for the holder of a token. Raises `Invalid`, `Denied`."""
    app: Starlette = scope["app"]
    if not hasattr(app.state, "streamed_statuses"):
        kept = app.state.streamed_statuses = Statuses(site)
        _forget_changed(site, kept)
    return Subscription(site, cast(Statuses, app.state.streamed_statuses), token, name, tag)


def _forget_changed(site: Site, kept: Statuses) -> None:
    """An edited post is made anew. Hears the same bell as everybody, before them."""
    site.streams.overhear(
        lambda event: kept.forget(int(event.data)) if event.name in ("status.update", "delete") else None
    )


async def health(request: Request) -> Response:
    """`/api/v1/streaming/health`."""
    return PlainTextResponse("OK", headers={"cache-control": "no-store"})


def _from_path(request: Request) -> str:
    return str(request.path_params["stream"]).replace("/", ":")


def _from_query(request: Request) -> str:
    return request.query_params.get("stream", "")


ROUTES: list[BaseRoute] = [
    Route("/api/v1/streaming/health", health),
    Route("/api/v1/streaming", Stream(_from_query), methods=["GET"]),
    Route("/api/v1/streaming/{stream:path}", Stream(_from_path), methods=["GET"]),
]
