"""A server that is not ours: serves actors and documents, takes what is delivered, signs what it sends.

It plays Mastodon, Lemmy or somebody hostile: the test decides what the documents say.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

from federation.clock import SystemClock
from federation.signatures import KeyPair, SigningKey, generate_rsa_pem, load_private_key, sign_request
from tests.instances import Instance

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY = "application/activity+json"

_numbers = count()


@cache
def key_pair(number: int) -> KeyPair:
    """RSA keys take long to make; tests share a few."""
    return generate_rsa_pem()


@dataclass
class ForeignServer:
    """`documents` by path are what it serves, `redirects` where else a path leads; `received` is what was delivered to
    its inboxes; `headers` are those of the last request for each path; `links` stand in each WebFinger answer besides.
    `pages` are HTML.
    """

    origin: str
    documents: dict[str, Any] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, Any] = field(default_factory=dict)
    inbox_status: int = 202
    links: list[dict[str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    def actor(self, name: str, *, type_: str = "Person", key: int = 0, **more: Any) -> Actor:
        """Make an actor that this server serves and vouches for by WebFinger."""
        uri = f"{self.origin}/users/{name}"
        self.documents[f"/users/{name}"] = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": uri,
            "type": type_,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key_pair(key).public},
            **more,
        }
        return Actor(self, uri, SigningKey(f"{uri}#main-key", load_private_key(key_pair(key).private)))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.headers[request.path] = request.headers
        if request.method == "POST":
            self.received.append(json.loads(await request.read()))
            return web.Response(status=self.inbox_status)
        if request.path == "/.well-known/webfinger":
            return self._webfinger(request.query.get("resource", ""))
        if request.path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[request.path]})
        if request.path in self.pages:
            return web.Response(text=self.pages[request.path], content_type="text/html")
        document = self.documents.get(request.path)
        if document is None:
            return web.Response(status=404)
        return web.Response(body=json.dumps(document).encode(), headers={"Content-Type": ACTIVITY})

    def _webfinger(self, resource: str) -> web.Response:
        name = resource.removeprefix("acct:").partition("@")[0]
        if f"/users/{name}" not in self.documents:
            return web.Response(status=404)
        document = {
            "subject": f"acct:{name}@{self.host}",
            "links": [{"rel": "self", "type": ACTIVITY, "href": f"{self.origin}/users/{name}"}, *self.links],
        }
        return web.Response(
            body=json.dumps(document).encode(), headers={"Content-Type": "application/jrd+json"}
        )


@dataclass
class Actor:
    """Somebody on a foreign server."""

    server: ForeignServer
    uri: str
    key: SigningKey

    def note(self, name: str, content: str, **more: Any) -> dict[str, Any]:
        """A public note of theirs, served at its id."""
        uri = f"{self.server.origin}/notes/{name}"
        document = {
            "id": uri,
            "type": "Note",
            "attributedTo": self.uri,
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
            "content": content,
            "published": "2026-11-20T01:02:03Z",
            **more,
        }
        self.server.documents[f"/notes/{name}"] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            **document,
        }
        return document

    def activity(self, type_: str, obj: Any, **more: Any) -> dict[str, Any]:
        """An activity of theirs with an id of its own."""
        made = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.server.origin}/activities/{type_.lower()}-{next(_numbers)}",
            "type": type_,
            "actor": self.uri,
            "object": obj,
        }
        if isinstance(obj, dict):
            made |= {name: obj[name] for name in ("to", "cc") if name in obj}
        return made | more

    async def send(
        self,
        instance: Instance,
        activity: Any,
        *,
        path: str = "/inbox",
        key: SigningKey | None = None,
        **options: Any,
    ) -> tuple[int, dict[str, Any]]:
        """Deliver to an instance, signed; status and JSON answer. `body` overrides the bytes sent after signing."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        url = instance.url + path
        headers = sign_request(
            "POST",
            url,
            body,
            key or self.key,
            scheme=options.get("scheme", "cavage"),
            now=options.get("now", SystemClock().time()),
        )
        headers |= options.get("headers", {})
        for name in options.get("without", ()):
            headers.pop(next((h for h in headers if h.lower() == name), ""), None)
        return await post(instance.http, url, options.get("body", body), headers)


async def post(
    http: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """POST raw bytes; status and JSON answer (empty when there is none)."""
    async with http.post(url, data=body, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else {}


@asynccontextmanager
async def foreign_server(name: str = "lain") -> AsyncIterator[ForeignServer]:
    """Run one on loopback at `http://<name>.localhost:<port>`."""
    server = ForeignServer("")
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.origin = f"http://{name}.localhost:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
