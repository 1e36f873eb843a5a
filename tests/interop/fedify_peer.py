"""A server that nobody here wrote: Dewi's, on Fedify, run by Node beside the test and gone with it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
        entries: list[dict[str, Any]] = await self.ask("received")
        return [entry for entry in entries if _kinds(entry["activity"])[: len(kinds)] == list(kinds)]


def _kinds(thing: dict[str, Any] | None) -> list[str]:
    return [thing["type"], *_kinds(thing.get("object"))] if thing else []


@asynccontextmanager
async def fedify_peer(first_knock: str) -> AsyncIterator[FedifyPeer]:
    """Run the peer; `first_knock` is the kind of HTTP signature that it tries first. Skips the test without Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed (Debian: apt-get install nodejs npm).")
    if not (FOLDER / "node_modules" / "@fedify").is_dir():
        pytest.skip(f"{FOLDER.name}/node_modules is missing; scripts/test installs it.")
    process = await asyncio.create_subprocess_exec(
        node,
        "peer.mjs",
        first_knock,
        cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE,  # it ends when this closes: even a killed run leaves nothing behind
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), SECONDS_TO_START)
        assert line, "the peer did not start; its own words are above"
        timeout = aiohttp.ClientTimeout(total=SECONDS_TO_ACT)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            yield FedifyPeer(int(line), http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
