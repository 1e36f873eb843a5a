"""`ani` and `budi`, each with an app that was let in by its document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.c2s.client import App
from tests.foreign_server import ForeignServer, foreign_server
from tests.instances import Instance


@pytest.fixture
async def host() -> AsyncIterator[ForeignServer]:
    """Where the apps' documents lie, and whoever else is not ours."""
    async with foreign_server("pena") as server:
        yield server


@pytest.fixture
async def warga(database: str, start: Callable[..., Awaitable[Instance]]) -> Instance:
    """One instance, on both databases."""
    return await start("warga", database=database)


@pytest.fixture
async def ani(warga: Instance, host: ForeignServer) -> App:
    return await App.of(warga, await warga.user("ani"), host)


@pytest.fixture
async def budi(warga: Instance, host: ForeignServer) -> App:
    return await App.of(warga, await warga.user("budi"), host)
