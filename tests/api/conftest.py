"""One instance to call, and people who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.api.calling import Caller
from tests.instances import Instance, free_port, make_site, running


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    """A running instance on SQLite."""
    return await start("warga")


@pytest.fixture
async def ani(warga: Instance) -> Caller:
    """Somebody with an app that may do everything."""
    return await Caller.of(warga, await warga.user("ani"))


@pytest.fixture
async def budi(warga: Instance) -> Caller:
    """Somebody else with such an app."""
    return await Caller.of(warga, await warga.user("budi"))


@pytest.fixture
async def loopback(
    new_database: Callable[[str, str], Awaitable[str]], tmp_path: Path
) -> AsyncIterator[Instance]:
    """An instance whose URL is a loopback address: programs of others find no `.localhost` names."""
    url = f"http://127.0.0.1:{free_port()}"
    site = make_site(tmp_path / "loopback", url, await new_database("sqlite", "loopback"))
    async with running(site) as instance:
        yield instance
