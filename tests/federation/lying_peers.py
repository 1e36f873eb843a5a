"""Peers for the client's tests: a real HTTP server on loopback, and a network in memory with real names."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from federation.refusals import Refused
from federation.transport import Response, Timeouts
from federation.urls import parse_url

ACTIVITY = "application/activity+json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def activity(document: Any, content_type: str = ACTIVITY) -> web.Response:
    return web.Response(body=json.dumps(document).encode(), headers={"Content-Type": content_type})


@asynccontextmanager
async def peer(**handlers: Handler) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A server on loopback: `/name` is answered by the handler `name`. Yields its origin and the requests."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        handler = handlers.get(request.path.strip("/").partition("/")[0])
        return await handler(request) if handler else web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_peer(
    speak: Callable[[asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A server on loopback that answers each request with whatever bytes `speak` writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class Names(AbstractResolver):
    """A resolver that gives each name the next of its answers; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): lists for name, lists in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        lists = self.answers[host]
        addresses = lists.pop(0) if len(lists) > 1 else lists[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Network:
    """A transport over answers in memory, under https and real names; `asked`: (method, URL, headers)."""

    def __init__(self) -> None:
        self.answers: dict[str, Response | Refused] = {}
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def serve(
        self, url: str, document: Any, content_type: str = ACTIVITY, status: int = 200, **headers: str
    ) -> None:
        """Answer `url` with a document (or with raw bytes)."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        named = {"content-type": content_type, **headers}
        self.answers[url] = Response(status, named, body, url)

    def redirect(self, url: str, to: str, status: int = 302) -> None:
        self.answers[url] = Response(status, {"location": to}, b"", url)

    def urls(self) -> list[str]:
        return [url for _, url, _ in self.asked]

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_bytes: int,
        timeout: Timeouts,
    ) -> Response:
        self.asked.append((method, url, headers))
        await asyncio.sleep(0)
        assert parse_url(url).text == url, "only URLs in their one spelling reach the network"
        answer = self.answers.get(url, Response(404, {}, b"", url))
        if isinstance(answer, Refused):
            raise answer
        return answer


class StoppedClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def now(self) -> Any:
        raise AssertionError("the client asks for seconds only")

    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
