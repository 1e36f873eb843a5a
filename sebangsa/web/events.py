"""`/events`: what concerns the signed-in person, live, as HTML fragments for open pages."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sebangsa.accounts import hash_token, user_of_session
from sebangsa.models import Session, User
from sebangsa.site import Site
from sebangsa.streams import StreamEvent
from sebangsa.web.live import Looker
from sebangsa.web.sse import Credential, Frame, stream
from sebangsa.web.viewing import SESSION_COOKIE, site_of

MAX_ASKED = 4
"""Parameters of the query that are read: a page names what it shows (`?chat=…`)."""
NOT_SIGNED_IN = 401


class Events:
    """The endpoint, a raw ASGI app. Anonymous pages have no stream: 401 makes the browser give up for good."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"allow": "GET"})
        request = Request(scope)
        site = site_of(request)
        token = request.cookies.get(SESSION_COOKIE, "")
        user = await user_of_session(site, token) if token else None
        session_id = (
            await Session.filter(token_hash=hash_token(token)).values_list("id", flat=True) if user else []
        )
        if user is None or not session_id:
            await PlainTextResponse("Sign in first.", NOT_SIGNED_IN, {"cache-control": "no-store"})(
                scope, receive, send
            )
            return
        page = _Page(site, user.id, request)
        listener = site.streams.listen(f"user:{user.actor_id}")
        try:
            missed = await page.missed(user, _last_event_id(request))
        except BaseException:
            site.streams.leave(listener)
            raise
        del user, request
        credential = Credential("session", int(session_id[0]))  # type: ignore[call-overload]
        await stream(receive, send, site, listener, credential, page.show, missed=missed)


class _Page:
    """One connection's view. The person is read anew for each event: their reading place and language move."""

    __slots__ = ("_asked", "_request", "_site", "_user_id")

    def __init__(self, site: Site, user_id: int, request: Request) -> None:
        self._site = site
        self._user_id = user_id
        self._request = request
        self._asked = dict(list(request.query_params.items())[:MAX_ASKED])

    async def show(self, event: StreamEvent) -> Iterable[Frame]:
        view = self._site.live.views.get(event.name)
        user = await User.get_or_none(id=self._user_id).select_related("actor") if view else None
        if view is None or user is None:
            return []
        return await view(self._looker(user), event)

    async def missed(self, user: User, last_id: int) -> list[Frame]:
        looker = self._looker(user)
        return [frame for replay in self._site.live.replays for frame in await replay(looker, last_id)]

    def _looker(self, user: User) -> Looker:
        self._request.state.viewer = user
        return Looker(self._site, user, self._request, self._asked)


def _last_event_id(request: Request) -> int:
    text = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


ROUTES: list[BaseRoute] = [Route("/events", Events(), methods=["GET"])]
