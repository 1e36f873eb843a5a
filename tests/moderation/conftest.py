"""Moderation is tested without the other upper features."""

from __future__ import annotations

import pytest


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("moderation",)
