"""Servers of their own that are killed without warning, and what is left in their databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.measuring import ServerProcess
from federation.models import Actor
from sebangsa.accounts import create_user
from sebangsa.oauth.tokens import issue_token
from sebangsa.settings import load_settings
from sebangsa.site import Site

UNANSWERED = (aiohttp.ClientError, TimeoutError, ConnectionError)
"""The server died meanwhile: nobody knows whether it did what was asked."""


@dataclass
class KilledServer:
    """`sebangsa serve` with one person, that can be killed and started again."""

    name: str
    url: str
    folder: Path
    database_url: str
    http: aiohttp.ClientSession
    person: str = ""
    token: str = ""
    kills: int = 0
    _process: ServerProcess | None = None
    _opened: list[Site] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "mode": "development",
            "rate_limits": "off",
            "data_dir": self.folder,
            "database_url": self.database_url,
        }

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Site]:
        """Its database, while the server is not running."""
        assert self._process is None
        site = Site(load_settings({}, **self.settings))
        await site.open()
        try:
            with site.database.entered():
                yield site
        finally:
            await site.stop()

    async def settle_in(self, person: str) -> None:
        """Make the account of `person` and a token for programs."""
        async with self.inside() as site:
            await site.federation.start()
            user = await create_user(site, person, password="rahasia sekali")
            _, self.token = await issue_token(site, None, "read write follow", user=user)
            self.person = (await Actor.get(id=user.actor_id)).uri

    async def start(self) -> None:
        """Start it; returns when it answers."""
        self._process = ServerProcess(self.settings)
        self._process.__enter__()
        await self._process.ready()

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        self._process = None
        self.kills += 1

    def stop(self) -> None:
        if self._process is not None:
            self._process.__exit__(None, None, None)
            self._process = None

    async def ask(
        self, method: str, path: str, values: dict[str, Any] | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Call the client API as its person; status and answer. Raises one of `UNANSWERED` when it dies meanwhile."""
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        headers["authorization"] = f"Bearer {self.token}"
        async with (
            asyncio.timeout(10),
            self.http.request(method, self.url + path, data=values, headers=headers) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if text[:1] in "{[" else text
