"""Documents for servers: an actor and a post, fetched by 32 at once, signed or not.

    .venv/bin/python -m benchmarks.documents [--database postgres://…] [--fetches 20000]

Prints the server's own CPU for a fetch, and that of a bare uvicorn with one Starlette route that answers as many bytes, in
the same run: the limit. Signed ones carry a signature as Mastodon makes it; a server whose documents are for everybody
looks only whom it names.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from benchmarks.measuring import ROOT, ServerProcess, cpu_seconds, free_port, loopback_session
from federation.signatures import SigningKey, generate_rsa_pem, load_private_key, sign_request
from sebangsa.accounts import create_user
from sebangsa.posting import Draft, create_post
from sebangsa.settings import load_settings
from sebangsa.site import Site

ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
IN_FLIGHT = 32
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = b"x" * int(sys.argv[2])
async def answer(request): return Response(body, media_type="application/activity+json")
app = Starlette(routes=[Route("/u/ani", answer)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


class _Asking(asyncio.Protocol):
    """One connection that asks again as soon as it was answered: the cheapest client that reads an answer to its end."""

    def __init__(self, request: bytes, times: int, done: asyncio.Future[None]) -> None:
        self._request, self._left, self._done = request, times, done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        if len(self._buffer) < end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0]):
            return
        if not head.startswith(b"http/1.1 200"):
            self._done.set_exception(RuntimeError(self._buffer.decode()))
            self._transport.close()
            return
        self._buffer, self._left = b"", self._left - 1
        if self._left:
            self._transport.write(self._request)
        else:
            self._transport.close()
            self._done.set_result(None)


async def _fetch(port: int, request: bytes, times: int) -> float:
    """Seconds that so many fetches took."""
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(IN_FLIGHT)]
    begin = time.perf_counter()
    for end in ends:
        await loop.create_connection(
            lambda end=end: _Asking(request, times // IN_FLIGHT, end),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
    await asyncio.gather(*ends)
    return time.perf_counter() - begin


def _request(url: str, key: SigningKey | None) -> bytes:
    host, _, path = url.removeprefix("http://").partition("/")
    headers = {
        "Host": host,
        "Accept": ACCEPT,
        "User-Agent": "Mastodon/4.5 (http.rb/5.3; +https://p.example/)",
    }
    if key is not None:
        headers |= sign_request("GET", url, b"", key, scheme="cavage", now=time.time())
    lines = [f"GET /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


@asynccontextmanager
async def _bare(size: int) -> AsyncIterator[tuple[int, int]]:
    """Port and process of the limit."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port), str(size)], cwd=ROOT)
    try:
        async with asyncio.timeout(30), loopback_session(1) as http:
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{port}/u/ani"):
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


async def _measure(port: int, pid: int, request: bytes, times: int) -> float:
    """The server's CPU for one, in seconds; prints its line's figures."""
    await _fetch(port, request, IN_FLIGHT * 10)
    cpu = cpu_seconds(pid)
    seconds = await _fetch(port, request, times)
    spent = (cpu_seconds(pid) - cpu) / times
    print(
        f"{spent * 1000:8.3f} ms CPU ({1 / spent:6.0f} /s a core)  {times / seconds:6.0f} /s by the clock",
        end="",
    )
    return spent


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--fetches", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        url = f"http://warga.localhost:{port}"
        settings = {"url": url, "mode": "development", "data_dir": Path(name), "rate_limits": "off"}
        if options.database != "sqlite":
            settings["database_url"] = options.database
        site = Site(load_settings({}, **settings))
        await site.open()
        await site.database.migrate()
        with site.database.entered():
            ani = (await create_user(site, "ani")).actor
            post = await create_post(site, ani, Draft("Jalan Melati banjir lagi sejak pagi. #tebet " * 8))
        await site.stop()
        key = SigningKey(
            "https://p.example/users/budi#main-key", load_private_key(generate_rsa_pem().private)
        )
        ours: dict[str, float] = {}
        with ServerProcess(settings) as server:
            await server.ready()
            async with (
                loopback_session(1) as http,
                http.get(f"{url}/u/ani", headers={"accept": ACCEPT}) as answer,
            ):
                size = len(await answer.read())
            for kind, path in (("actor", "u/ani"), ("post", f"p/{post.id}")):
                for how, signer in (("unsigned", None), ("signed", key)):
                    print(f"{kind + ', ' + how:18}", end="")
                    request = _request(f"{url}/{path}", signer)
                    ours[f"{kind} {how}"] = await _measure(port, server.pid, request, options.fetches)
                    print()
        async with _bare(size) as (port, pid):
            print(f"{'limit':18}", end="")
            limit = await _measure(
                port, pid, _request(f"http://127.0.0.1:{port}/u/ani", None), options.fetches
            )
            print(f"  ({size} bytes)")
    print(f"ratio             {max(ours.values()) / limit:8.2f} × the limit (the dearest of the four)")


if __name__ == "__main__":
    asyncio.run(main())
