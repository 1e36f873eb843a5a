"""A server that nobody here wrote: Dewi's, on Fedify, run by Node beside the tests and gone with them."""

from __future__ import annotations

import selectors
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

FOLDER = Path(__file__).with_name("fedify")
SECONDS_TO_START = 60
SECONDS_TO_ACT = 30


@dataclass
class FedifyPeer:
    """Dewi's server. What she is asked to do goes out by Fedify's own ways before the answer comes."""

    port: int
    http: aiohttp.ClientSession

    @property
    def host(self) -> str:
        return f"fedify.localhost:{self.port}"

    @property
    def handle(self) -> str:
        return f"@dewi@{self.host}"

    @property
    def dewi(self) -> str:
        """The id of her actor."""
        return f"http://{self.host}/users/dewi"

    @property
    def citra(self) -> str:
        """The id of the account that she moves to."""
        return f"http://{self.host}/users/citra"

    async def ask(self, act: str, **wanted: Any) -> Any:
        """Have Dewi do one of the acts in `acting.mjs`; an AssertionError holds what Fedify threw."""
        async with self.http.post(f"http://127.0.0.1:{self.port}/control/{act}", json=wanted) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def deliver(self, body: str, *, to: str = "/inbox") -> int:
        """Bring an activity to an inbox of hers without any HTTP signature; the status that Fedify answers."""
        headers = {"Content-Type": "application/activity+json", "Host": self.host}
        async with self.http.post(
            f"http://127.0.0.1:{self.port}{to}", data=body.encode(), headers=headers
        ) as answer:
            return answer.status

    async def received(self, *kinds: str) -> list[dict[str, Any]]:
        """What came to her inboxes in order: `kinds` are the types from the outside in, as Fedify parsed them."""
        entries: list[dict[str, Any]] = await self.ask("received", kinds=kinds)
        return entries

    async def last(self, *kinds: str) -> dict[str, Any]:
        """The activity of these types that came last, as Fedify understood it."""
        entries = await self.received(*kinds)
        assert entries, kinds
        activity: dict[str, Any] = entries[-1]["activity"]
        return activity


@contextmanager
def running_fedify() -> Iterator[int]:
    """Run Node with Fedify; its port. Skips what asks for it without Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed (Debian: apt-get install nodejs npm).")
    if not (FOLDER / "node_modules" / "@fedify").is_dir():
        pytest.skip(f"{FOLDER.name}/node_modules is missing; scripts/test installs it.")
    process = subprocess.Popen(
        [node, "peer.mjs"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,  # it ends when this closes: even a killed run leaves nothing behind
        stdout=subprocess.PIPE,
    )
    try:
        yield _port(process)
    finally:
        process.kill()
        process.communicate()


def _port(process: subprocess.Popen[bytes]) -> int:
    """Its first line."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(SECONDS_TO_START), "the peer did not start in time"
    line = process.stdout.readline()
    assert line, "the peer did not start; its own words are above"
    return int(line)


@asynccontextmanager
async def fedify_peer(port: int, first_knock: str) -> AsyncIterator[FedifyPeer]:
    """Dewi's server as if just begun; `first_knock` is the kind of HTTP signature that it tries first."""
    timeout = aiohttp.ClientTimeout(total=SECONDS_TO_ACT)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        peer = FedifyPeer(port, http)
        await peer.ask("beginAnew", firstKnock=first_knock)
        yield peer
