"""`town`: two federated instances with a community, on both databases."""

from __future__ import annotations

import pytest
from tests.communities.towns import Town, found_town
from tests.instances import Instance


@pytest.fixture
async def town(neighbours: tuple[Instance, Instance]) -> Town:
    return await found_town(*neighbours)
