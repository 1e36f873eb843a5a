"""This floor is tested by itself: nothing above it is switched on."""

from __future__ import annotations

import pytest

from tests.federation.delivering import outgoing_url, world

__all__ = ["outgoing_url", "world"]


@pytest.fixture
def features() -> tuple[str, ...]:
    return ()
