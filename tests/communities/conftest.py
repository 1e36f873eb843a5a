"""`town`: two federated instances with a community. `three`: three. `village`: one among servers that the test plays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.communities.three_servers import Three, found_three
from tests.communities.towns import Town, found_town
from tests.communities.village import Village, build_village
from tests.foreign_server import foreign_server
from tests.instances import Instance


@pytest.fixture
async def town(neighbours: tuple[Instance, Instance]) -> Town:
    return await found_town(*neighbours)


@pytest.fixture
async def three(database: str, start: Callable[..., Awaitable[Instance]]) -> Three:
    return await found_three(database, start)


@pytest.fixture
async def village(start: Callable[..., Awaitable[Instance]]) -> AsyncIterator[Village]:
    async with foreign_server("baik") as good, foreign_server("jahat") as evil:
        yield await build_village(await start("warga"), good, evil)
