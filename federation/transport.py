"""One HTTP exchange with another server: the only door through which bytes leave for the network.

No redirects, no cookies, no proxy from the environment. The address that is *connected to* is checked, not
one that was looked up before (S-004), and each exchange has a deadline for the whole of it (S-008).
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from federation.addresses import is_loopback, is_public
from federation.refusals import Refused
from federation.urls import is_loopback_name

_NOT_PUBLIC = "the address is not on the public network"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: `connect` to open the connection, `total` for everything up to the last byte of the body."""

    connect: float = 5.0
    total: float = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are lower-case; a header sent twice is joined with a comma.

    `fault` is None when `body` is whole; else the refusal code that says why it is not: `too-large` (`body`
    holds the first `max_bytes`) or `bad-encoding`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    fault: str | None = field(default=None)


class Transport(Protocol):
    """One hop. A simulation hands in another that loses, doubles and delays."""

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
        """Send one request and read at most `max_bytes` of the answer, counted after decoding.

        Raises `Refused`: `private-address` or `unreachable`. Any status is an answer, also a redirect.
        """
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class AddressNotPublic(OSError):
    """The gate's refusal; an OSError, so that the next address of the same name is tried."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, _NOT_PUBLIC)


class AioTransport:
    """The transport for the real network.

    `user_agent` is `Name/version (+base URL)`. `allow_loopback` is the development mode: loopback addresses
    are dialled, and `localhost` with all names under it is 127.0.0.1 whatever the machine's resolver says;
    other private addresses stay refused. `tls` replaces the usual certificate authorities. Use as
    `async with`, or call `close`.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_loopback: bool = False,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        connections: int = 200,
        connections_per_host: int = 8,
    ) -> None:
        self._user_agent = user_agent
        self._allow_loopback = allow_loopback
        names = resolver or ThreadResolver()
        self._names = LoopbackNames(names) if allow_loopback else names
        self._tls = tls
        self._connections = connections
        self._connections_per_host = connections_per_host
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> AioTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; a later request opens a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            await self._names.close()

    def _opened_session(self) -> aiohttp.ClientSession:
        # Made on first use: a session belongs to the loop that runs then.
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._names,
                socket_factory=self._gate,
                ssl=self._tls or True,
                limit=self._connections,
                limit_per_host=self._connections_per_host,
                ttl_dns_cache=60,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                connector_owner=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session

    def _gate(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket for one address, or refuse it. Sees names and literal addresses alike."""
        family, kind, protocol, _, place = address
        ip = str(place[0])
        if not (is_public(ip) or (self._allow_loopback and is_loopback(ip))):
            raise AddressNotPublic
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        return opened

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
        """See `Transport.request`."""
        try:
            async with (
                asyncio.timeout(timeout.total),
                self._opened_session().request(
                    method,
                    # The bytes that were checked and signed are the bytes sent.
                    yarl.URL(url, encoded=True),
                    headers=dict(headers),
                    data=body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect),
                ) as answer,
            ):
                content, fault = await _read_body(answer, max_bytes)
                if fault:
                    answer.close()  # what is left in the pipe must not reach the next request
                return Response(answer.status, _lower_case(answer.headers), content, url, fault)
        except TimeoutError:
            raise Refused("unreachable", "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            if _NOT_PUBLIC in str(problem):
                raise Refused("private-address") from None
            raise Refused("unreachable", type(problem).__name__) from None


def _lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers.items():
        name = name.lower()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


async def _read_body(answer: aiohttp.ClientResponse, max_bytes: int) -> tuple[bytes, str | None]:
    """The decoded body and the fault, if there is one."""
    encoding = ",".join(answer.headers.getall("Content-Encoding", ())).strip().lower()
    content = bytearray()
    # Closed by name: an abandoned generator would hold the connection until the collector comes by.
    async with aclosing(_decoded(answer.content, encoding, max_bytes)) as chunks:
        try:
            async for chunk in chunks:
                content += chunk
                if len(content) > max_bytes:
                    return bytes(content[:max_bytes]), "too-large"
        except zlib.error:
            return b"", "bad-encoding"
    return bytes(content), None


async def _decoded(stream: aiohttp.StreamReader, encoding: str, max_bytes: int) -> AsyncGenerator[bytes]:
    """The body in pieces, each at most `_CHUNK` long after decoding, so that a bomb stays small (S-009).

    Raises `zlib.error` for a broken stream and for encodings that were not asked for: br, nested ones.
    """
    if encoding in ("", "identity"):
        async for chunk in stream.iter_chunked(_CHUNK):
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise zlib.error(f"encoding {encoding[:40]}")
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16 if "gzip" in encoding else zlib.MAX_WBITS)
    received = 0
    async for chunk in stream.iter_chunked(_CHUNK):
        received += len(chunk)
        if decoder.eof or received > max_bytes + _CHUNK:
            # Padding after the end, or empty blocks without end: never more than a plain body of that size.
            raise zlib.error("more data than the stream holds")
        # Output can be left inside the decoder when its input is used up, so an empty piece ends this.
        while piece := decoder.decompress(chunk, _CHUNK):
            yield piece
            chunk = decoder.unconsumed_tail
    if not decoder.eof and received:
        raise zlib.error("the stream is cut off")


class ThreadResolver(AbstractResolver):
    """The machine's resolver, in its own threads: slow name servers must not hold up hashing and images."""

    def __init__(self, threads: int = 16) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="dns")
        found = await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [
            _resolved(host, str(place[0]), int(place[1]), kin)
            for kin, _, _, _, place in found
            if kin in (socket.AF_INET, socket.AF_INET6)
        ]

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


class LoopbackNames(AbstractResolver):
    """`localhost` and all under it are 127.0.0.1 (RFC 6761); other names go on to `beyond`."""

    def __init__(self, beyond: AbstractResolver) -> None:
        self._beyond = beyond

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if is_loopback_name(host):
            return [_resolved(host, "127.0.0.1", port, socket.AF_INET)]
        return await self._beyond.resolve(host, port, family)

    async def close(self) -> None:
        await self._beyond.close()


def _resolved(host: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
