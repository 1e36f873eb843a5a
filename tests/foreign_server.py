"""A server that is not ours: serves actors and documents, takes what is delivered, signs what it sends.

It plays Mastodon, Lemmy or somebody hostile: the test decides what the documents say, which software NodeInfo names, and
how requests are signed (`SigningStyle`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
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
from tests.signing_styles import SigningStyle

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY = "application/activity+json"

_numbers = count()


@cache
def key_pair(number: int) -> KeyPair:
    """RSA keys take long to make; tests share a few."""
    return generate_rsa_pem()


@dataclass(frozen=True)
class Delivered:
    """One POST to an inbox, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class ForeignServer:
    """`documents` by path are what it serves, `redirects` where else a path leads, `statuses` the error that one is
    answered with instead; `received` is what was delivered to
    its inboxes; `headers` are those of the last request for each path; `links` stand in each WebFinger answer besides.
    `pages` are HTML.

    `software` is what NodeInfo names (nothing, and there is no NodeInfo); `actors_at` where a person and a group live;
    `style` how it signs, ours where it is None.
    """

    origin: str
    documents: dict[str, Any] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[Delivered] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, Any] = field(default_factory=dict)
    inbox_status: int = 202
    links: list[dict[str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    software: tuple[str, str] | None = None
    actors_at: tuple[str, str] = ("/users/{name}", "/users/{name}")
    key_id: str = "{actor}#main-key"
    style: SigningStyle | None = None
    content_type: str = ACTIVITY
    handles: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    def actor(self, name: str, *, type_: str = "Person", key: int = 0, **more: Any) -> Actor:
        """Make an actor that this server serves and vouches for by WebFinger. What is given as None is left out; `path` is
        where it lives, if not under its name. A key whose id is no fragment of the actor is served as a stub of it
        (GoToSocial).
        """
        path = more.pop("path", "") or self.actors_at[type_ == "Group"].format(name=name)
        uri = f"{self.origin}{path}"
        key_id = self.key_id.format(actor=uri)
        public = {"id": key_id, "owner": uri, "publicKeyPem": key_pair(key).public}
        self.handles[name.lower()] = uri
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": uri,
            "type": type_,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": public,
            **more,
        }
        self.documents[path] = {name: value for name, value in document.items() if value is not None}
        if "#" not in key_id and key_id != uri:
            stub = {
                name: self.documents[path][name] for name in ("@context", "id", "type", "preferredUsername")
            }
            self.documents[key_id.removeprefix(self.origin)] = stub | {"publicKey": public}
        return Actor(self, uri, SigningKey(key_id, load_private_key(key_pair(key).private)))

    def serve(self, document: dict[str, Any]) -> dict[str, Any]:
        """Serve a document at its id from now on."""
        uri = str(document["id"])
        if not uri.startswith(f"{self.origin}/"):
            raise ValueError(f"{uri} is not on {self.origin}")
        self.documents[uri.removeprefix(self.origin)] = document
        return document

    def collection(self, uri: str, items: Sequence[Any], *, page: int = 0, **more: Any) -> dict[str, Any]:
        """Serve an `OrderedCollection`: in one piece, or in pages of `page` items each."""
        head = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": uri,
            "type": "OrderedCollection",
            "totalItems": len(items),
            **more,
        }
        if not page:
            return self.serve(head | {"orderedItems": list(items)})
        pages = [list(items[start : start + page]) for start in range(0, len(items), page)] or [[]]
        for number, part in enumerate(pages, 1):
            following = {"next": f"{uri}/page/{number + 1}"} if number < len(pages) else {}
            self.serve(
                {
                    "@context": head["@context"],
                    "id": f"{uri}/page/{number}",
                    "type": "OrderedCollectionPage",
                    "partOf": uri,
                    "orderedItems": part,
                    **following,
                }
            )
        return self.serve(head | {"first": f"{uri}/page/1"})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.headers[request.path] = request.headers
        if request.method == "POST":
            body = await request.read()
            self.received.append(json.loads(body))
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.deliveries.append(Delivered(request.path, headers, body))
            return web.Response(status=self.inbox_status)
        if request.path == "/.well-known/webfinger":
            return self._webfinger(request.query.get("resource", ""))
        if request.path in self.statuses:
            return web.Response(status=self.statuses[request.path])
        if request.path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[request.path]})
        if request.path in self.pages:
            return web.Response(text=self.pages[request.path], content_type="text/html")
        if self.software is not None and request.path in ("/.well-known/nodeinfo", "/nodeinfo/2.0"):
            return web.json_response(self._nodeinfo(request.path))
        document = self.documents.get(request.path)
        if document is None:
            return web.Response(status=404)
        is_gone = isinstance(document, dict) and document.get("type") == "Tombstone"
        return web.Response(
            status=410 if is_gone else 200,
            body=json.dumps(document).encode(),
            headers={"Content-Type": self.content_type},
        )

    def _webfinger(self, resource: str) -> web.Response:
        name = resource.removeprefix("acct:").partition("@")[0].lower()
        uri = self.handles.get(name, "")
        if uri.removeprefix(self.origin) not in self.documents:
            return web.Response(status=404)
        document = {
            "subject": f"acct:{name}@{self.host}",
            "links": [{"rel": "self", "type": ACTIVITY, "href": uri}, *self.links],
        }
        return web.Response(
            body=json.dumps(document).encode(), headers={"Content-Type": "application/jrd+json"}
        )

    def _nodeinfo(self, path: str) -> dict[str, Any]:
        assert self.software is not None
        if path != "/nodeinfo/2.0":
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
            return {"links": [{"rel": rel, "href": f"{self.origin}/nodeinfo/2.0"}]}
        name, version = self.software
        return {
            "version": "2.0",
            "software": {"name": name, "version": version},
            "protocols": ["activitypub"],
        }


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
        now = options.get("now", SystemClock().time())
        style = self.server.style
        if style is not None and "scheme" not in options:
            headers = style.sign("POST", url, body, key or self.key, now=now)
        else:
            scheme = options.get("scheme", "cavage")
            headers = sign_request("POST", url, body, key or self.key, scheme=scheme, now=now)
        headers |= options.get("headers", {})
        for name in options.get("without", ()):
            headers.pop(next((h for h in headers if h.lower() == name), ""), None)
        return await post(instance.http, url, options.get("body", body), headers)

    async def ask(
        self,
        instance: Instance,
        url: str,
        accept: str,
        *,
        is_signed: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str, bytes]:
        """GET as this actor: status, `Content-Type` and body."""
        headers = {"Accept": accept, **(headers or {})}
        if is_signed:
            style = self.server.style or SigningStyle()
            headers |= style.sign("GET", url, b"", self.key, now=SystemClock().time(), accept=accept)
        async with instance.http.get(url, headers=headers) as answer:
            return answer.status, answer.headers.get("content-type", ""), await answer.read()


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
