"""Documents for servers, kept as bytes for a moment.

A post that many follow is fetched by thousands of servers within seconds, each for the same bytes. They are kept as long
as nothing was written to the database that a document could show (`federation/database/noticing.py`), and no longer than
`KEPT_FOR`: what another process wrote without telling, and what changes by the clock alone (a poll ends), shows then.

Only what its endpoint gives to everybody is kept: `Cache-Control: public`. Whoever shows a token is asked no less than
before, for this answers only those who show none.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.database import changes
from federation.endpoints.answers import ACTIVITY_JSON, PUBLIC_FOR, is_known, prefers_activity

KEPT_FOR = 2.0
"""Seconds."""
MOST_BYTES = 16 * 1024 * 1024
"""Of all bodies together; the one that was asked for the longest time ago goes first."""
MAX_BODY = 256 * 1024
KEPT_STATUSES = frozenset((200, 410))

_Key = tuple[bytes, bytes]
_Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Kept:
    status: int
    headers: _Headers
    body: bytes
    etag: str
    number: int
    until: float


class DocumentCache:
    """Answers from bytes where it can; else keeps what its app answers. Several who ask at once wait for one answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0
        self._asked: dict[_Key, asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        key, known = asked
        if key in self._asked and self._found(key) is None:
            await asyncio.wait([self._asked[key]])
        kept = self._found(key)
        if kept is None:
            await self._ask(key, scope, receive, send)
        elif known and is_known(known, kept.etag):
            headers = [pair for pair in kept.headers if pair[0] not in (b"content-length", b"content-type")]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            # A new list each time: what stands outside of this adds its own headers to it.
            await send({"type": "http.response.start", "status": kept.status, "headers": list(kept.headers)})
            await send({"type": "http.response.body", "body": kept.body})

    def _found(self, key: _Key) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.number != changes().number or kept.until < time.monotonic():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    async def _ask(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        number = changes().number
        start: Message | None = None

        async def keep(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {**message, "headers": list(message["headers"])}
            elif start is not None and not message.get("more_body", False):
                self._keep(key, start, message.get("body", b""), number)
            else:
                start = None  # it comes in pieces: none of ours
            await send(message)

        if key in self._asked:
            await self._app(scope, receive, keep)
            return
        self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            await self._app(scope, receive, keep)
        finally:
            self._asked.pop(key).set_result(None)

    def _keep(self, key: _Key, start: Message, body: bytes, number: int) -> None:
        headers: _Headers = start["headers"]
        named = dict(headers)
        if (
            start["status"] not in KEPT_STATUSES
            or len(body) > MAX_BODY
            or number != changes().number
            or named.get(b"cache-control") != PUBLIC_FOR.encode()
            or named.get(b"content-type") != ACTIVITY_JSON.encode()
            or b"set-cookie" in named
        ):
            return
        self._drop(key)
        etag = named.get(b"etag", b"").decode("latin-1")
        self._kept[key] = _Kept(start["status"], headers, body, etag, number, time.monotonic() + KEPT_FOR)
        self._size += len(body)
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= len(kept.body)


def _asked(scope: Scope) -> tuple[_Key, str] | None:
    """For which document a request asks, and which it knows (`If-None-Match`); None for what is not answered here."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    accept, known = b"", b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value if not accept else accept + b"," + value
        elif name == b"authorization":
            return None
        elif name == b"if-none-match":
            known = value
    if not _is_for_documents(accept):
        return None
    return (scope["path"].encode(), scope["query_string"]), known.decode("latin-1")


@lru_cache(maxsize=512)
def _is_for_documents(accept: bytes) -> bool:
    return prefers_activity(accept.decode("latin-1"))
