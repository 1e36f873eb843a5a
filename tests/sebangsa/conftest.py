"""This floor is tested by itself: nothing above it is switched on. `street`: one instance between two foreign servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.foreign_server import foreign_server
from tests.instances import Instance
from tests.sebangsa.street import Street


@pytest.fixture
def features() -> tuple[str, ...]:
    return ()


@pytest.fixture
async def street(start: Callable[..., Awaitable[Instance]]) -> AsyncIterator[Street]:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with foreign_server("good") as good, foreign_server("evil") as evil:
        yield Street(warga, ani, good, evil)
