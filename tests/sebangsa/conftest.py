"""This floor is tested by itself: nothing above it is switched on."""

from __future__ import annotations

import pytest


@pytest.fixture
def features() -> tuple[str, ...]:
    return ()
