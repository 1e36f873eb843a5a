"""Moderation is tested without the other upper features."""

from __future__ import annotations

import pytest

from tests.api.conftest import loopback as loopback


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("moderation",)
