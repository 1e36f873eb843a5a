"""What every test can ask for: real servers from `tests.services`, whole instances from `tests.instances`."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.services", "tests.instances"]

LONGEST = (
    "tests/durability/",
    "tests/simulation/",
    "tests/cli/test_demo.py",
    "tests/web/test_forms_bad_input.py",
)
"""They begin first: begun last, one worker would run them while the others have nothing left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
