"""`city`: two servers with citizens, a community and an office, on each database."""

from __future__ import annotations

import pytest

from tests.civic.city import City, found_city
from tests.instances import Instance


@pytest.fixture
async def city(neighbours: tuple[Instance, Instance]) -> City:
    """Citizens on one server, their government on another, federated over real HTTP."""
    return await found_city(*neighbours)
