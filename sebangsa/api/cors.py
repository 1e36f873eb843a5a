"""Web apps on other origins may call the API with a token, and read ActivityPub documents; cookies never count there
(S-094).
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.media_types import ACTIVITY_JSON

EXPOSED = (
    "Link, Location, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id, "
    "Mastodon-Async-Refresh"
)
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED = "Authorization, Content-Type, Idempotency-Key, X-Requested-With, Accept, Range, Last-Event-ID"

_EXACT = frozenset(
    (
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/register",
        "/oauth/userinfo",
        "/.well-known/oauth-authorization-server",
    )
)
_COLLECTION = re.compile(r"/u/[^/]+/(?:in|out)box(?:/stream)?")
_DOCUMENT = re.compile(r"/(?:u|c|p|a)/.+|/actor")


def is_open(path: str) -> bool:
    """Whether any origin may call this path. Pages, and the one where a person agrees, are not open."""
    return path.startswith(("/api/", "/c2s/")) or path in _EXACT or _COLLECTION.fullmatch(path) is not None


def holds_documents(path: str) -> bool:
    """Whether what lies there is a page for browsers and a document for servers: the document alone is open."""
    return _DOCUMENT.fullmatch(path) is not None


class OpenApi:
    """Answers preflights, and marks every answer under the API's paths as readable: `*`, without credentials."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opens = scope["type"] == "http" and is_open(scope["path"])
        shows = scope["type"] == "http" and not opens and holds_documents(scope["path"])
        if not opens and not shows:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = _PREFLIGHT if opens else _PREFLIGHT_OF_DOCUMENTS
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def open_send(message: Message) -> None:
            if message["type"] == "http.response.start" and (opens or _is_document(message)):
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = "*"
                headers["access-control-expose-headers"] = EXPOSED
            await send(message)

        await self._app(scope, receive, open_send)


def _is_document(message: Message) -> bool:
    return MutableHeaders(scope=message).get("content-type", "").startswith(ACTIVITY_JSON)


_PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", METHODS.encode()),
    (b"access-control-allow-headers", ALLOWED.encode()),
    (b"access-control-max-age", b"86400"),
]
_PREFLIGHT_OF_DOCUMENTS = [
    (name, b"GET, OPTIONS" if name == b"access-control-allow-methods" else value)
    for name, value in _PREFLIGHT
]
