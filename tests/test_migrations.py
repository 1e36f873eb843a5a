"""The schema: migrations make exactly what the models say, on both databases, and keep to what is safe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from federation.database import rows
from sebangsa.migrating import draft
from sebangsa.settings import DEFAULT_FEATURES
from tests.instances import NewDatabase, make_site

ROOT = Path(__file__).resolve().parent.parent
SAFE = {"CreateModel", "AddField", "AddIndex", "RunSQL", "RunPython"}
PACKAGES = ("federation", "sebangsa", *DEFAULT_FEATURES)


async def test_the_models_have_no_change_that_no_migration_makes() -> None:
    assert await draft(write=False) == []


def test_every_migration_keeps_to_operations_that_lose_nothing_on_sqlite() -> None:
    """Whatever rebuilds a table drops the rows of others that point to it (docs/decisions/migrations.md)."""
    files = [file for package in PACKAGES for file in (ROOT / package / "migrations").glob("0*.py")]
    assert len(files) >= len(PACKAGES)
    for file in files:
        used = set(re.findall(r"\bops\.(\w+)\(", file.read_text()))
        assert used <= SAFE, f"{file.name}: {used - SAFE}"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_migrating_twice_changes_nothing(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    site = make_site(tmp_path / "twice", "http://warga.localhost", await new_database(kind, "twice"))
    await site.open()
    try:
        assert await site.database.pending_migrations() == []
        await site.database.migrate()
        assert await site.database.pending_migrations() == []
    finally:
        await site.database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_every_index_of_the_models_is_in_the_database(
    kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    site = make_site(tmp_path / "indexes", "http://warga.localhost", await new_database(kind, "indexes"))
    await site.open()
    catalogue: dict[str, str] = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgres": "SELECT indexname AS name FROM pg_indexes",
    }
    try:
        with site.database.entered():
            found = {row["name"] for row in await rows(catalogue[kind])}
            for model in site.database.models():
                named = {index.name for index in model._meta.indexes if not isinstance(index, tuple | list)}
                assert named <= found, model.__name__
    finally:
        await site.database.close()
