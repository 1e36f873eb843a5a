"""The schema: migrations make exactly what the models say (and what a new database is given at once), on both databases,
keep to what is safe, and carry the rows of every released version forward.

`releases.json` says for each release which migration of each package was its last:
`{"0.1.0": {"federation": "0001_initial", …}}`. `FIRST_DAY` stands for those who run what was never released.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationTarget
from tortoise.models import Model

from federation.database import new_schema, rows
from federation.database.opening import sqlite_path
from sebangsa.migrating import draft
from sebangsa.settings import DEFAULT_FEATURES
from tests.instances import NewDatabase, make_site
from tests.services import PostgresServer, fresh_postgres_database

ROOT = Path(__file__).resolve().parent.parent
SAFE = {"CreateModel", "AddField", "AddIndex", "RemoveIndex", "RunSQL", "RunPython"}
PACKAGES = ("federation", "sebangsa", *DEFAULT_FEATURES)
FIRST_DAY = dict.fromkeys(PACKAGES, "0001_initial")
RELEASES: dict[str, dict[str, str]] = json.loads((ROOT / "tests" / "releases.json").read_text())


async def empty_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of one without any table."""
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return await fresh_postgres_database(server)
    return f"sqlite://{folder / 'empty.sqlite3'}"


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


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_new_database_is_made_whole_or_not_at_all(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server killed in its first second begins anew."""
    url = await empty_database(kind, request, tmp_path)
    site = make_site(tmp_path / "new", "http://warga.localhost", url)
    await site.open()
    whole = new_schema.get_schema_sql
    monkeypatch.setattr(
        new_schema, "get_schema_sql", lambda *given, **named: whole(*given, **named) + "; oops;"
    )
    try:
        with pytest.raises(OperationalError):
            await site.database.migrate()
        assert await look(url) == {}
        monkeypatch.setattr(new_schema, "get_schema_sql", whole)
        await site.database.migrate()
        assert await site.database.pending_migrations() == []
    finally:
        await site.stop()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_two_processes_that_start_at_once_make_one_schema(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await empty_database(kind, request, tmp_path)
    sites = [make_site(tmp_path / str(number), "http://warga.localhost", url) for number in range(2)]
    both_looked = asyncio.Barrier(2)

    async def look_together(models: Sequence[type[Model]]) -> bool:
        found = await new_schema.is_new(models)
        await both_looked.wait()
        return found

    monkeypatch.setattr("federation.database.opening.is_new", look_together)
    for site in sites:
        await site.open()
    try:
        await asyncio.gather(*(site.database.migrate() for site in sites))
        assert await sites[1].database.pending_migrations() == []
        [(count, different)] = await asked(
            url, "SELECT count(*), count(DISTINCT app || name) FROM tortoise_migrations"
        )
        assert count == different > 30
    finally:
        for site in sites:
            await site.stop()


def test_every_release_has_its_schema_on_record() -> None:
    released = re.findall(
        r"^## \[?([0-9]+\.[0-9]+\.[0-9]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert set(released) == set(RELEASES), "tests/releases.json names the last migrations of each release"
    for last in RELEASES.values():
        for package, name in last.items():
            assert (ROOT / package / "migrations" / f"{name}.py").exists()


@pytest.mark.parametrize("release", ["the first day", *RELEASES])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_the_rows_of_every_released_schema_come_through(
    kind: str, release: str, new_database: NewDatabase, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    made_at_once = await new_database(kind, "today")
    url = await empty_database(kind, request, tmp_path)
    site = make_site(tmp_path / "old", "http://warga.localhost", url)
    await site.open()
    try:
        targets = [MigrationTarget(*last) for last in RELEASES.get(release, FIRST_DAY).items()]
        with site.database.entered():
            await site.database._executor().migrate(targets, direction="forward")
        before = await filled(url)
        assert len(before) >= 40
        assert all(before.values())
        await site.database.migrate()
        assert await site.database.pending_migrations() == []
        for table, row in before.items():
            assert await the_row(url, table, list(row)) == row, table
        assert await look(url) == await look(made_at_once)
        assert await rules(url) == await rules(made_at_once)
    finally:
        await site.stop()


Ask = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
_VALUES = {  # by the beginning of the column's type: what fits it on both databases
    "bool": "true", "tinyint": "1", "int": "1", "bigint": "1", "smallint": "1", "real": "1.5", "double": "1.5",
    "json": "'{}'", "timestamp": "'2026-01-02 03:04:05+00:00'", "date": "'2026-01-02'", "blob": "x'00'",
    "bytea": "'\\x00'", "uuid": "'00000000-0000-0000-0000-000000000001'", "char": "'x'", "varchar": "'x'",
    "text": "'x'",
}  # fmt: skip


async def asked(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements past our own code, without the checks between tables; returns the rows of the last one."""
    found: list[Any] = []
    if path := sqlite_path(url):
        with sqlite3.connect(path) as database:
            for statement in statements:
                found = database.execute(statement).fetchall()
        return [tuple(row) for row in found]
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            found = await connection.fetch(statement)
    finally:
        await connection.close()
    return [tuple(row) for row in found]


async def look(url: str) -> dict[str, set[str]]:
    """The columns and indexes of each table."""
    if sqlite_path(url):
        tables = await asked(
            url,
            "SELECT t.name, c.name || ' ' || lower(c.type) FROM sqlite_master t, pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        indexes = await asked(url, "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
    else:
        tables = await asked(
            url,
            "SELECT table_name, column_name || ' ' || data_type FROM information_schema.columns "
            "WHERE table_schema = 'public'",
        )
        indexes = await asked(url, "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'")
    found: dict[str, set[str]] = {}
    for table, thing in [*tables, *indexes]:
        found.setdefault(table, set()).add(thing)
    return found


async def rules(url: str) -> set[tuple[Any, ...]]:
    """What columns demand: defaults, whether they may be empty, keys of other tables, uniqueness."""
    if sqlite_path(url):
        tables = "FROM sqlite_master t, {0}(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        columns = await asked(
            url,
            'SELECT t.name, c.name, c."notnull", c.dflt_value, c.pk ' + tables.format("pragma_table_info"),
        )
        keys = await asked(
            url,
            'SELECT t.name, c."from", c."table", c."to", c.on_delete '
            + tables.format("pragma_foreign_key_list"),
        )
        unique = await asked(
            url,
            'SELECT t.name, c.name, c."unique", c.partial ' + tables.format("pragma_index_list"),
        )
        return {*columns, *keys, *unique}
    columns = await asked(
        url,
        "SELECT table_name, column_name, is_nullable, column_default, character_maximum_length "
        "FROM information_schema.columns WHERE table_schema = 'public'",
    )
    keys = await asked(
        url, "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    )
    indexes = await asked(url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return {*columns, *keys, *indexes}


async def filled(url: str) -> dict[str, dict[str, Any]]:
    """Write a row into each table, whose keys all say 1; returns the rows by table."""
    tables: dict[str, dict[str, str]] = {}
    for table, things in (await look(url)).items():
        typed = dict(thing.split(" ", 1) for thing in sorted(things) if " " in thing)
        if table not in ("tortoise_migrations", "aerich"):
            tables[table] = typed
    statements = []
    for table, typed in tables.items():
        values = [
            next(value for begin, value in _VALUES.items() if kind.startswith(begin))
            for kind in typed.values()
        ]
        names = ", ".join(f'"{name}"' for name in typed)
        statements.append(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(values)})')
    await asked(url, *statements)
    return {table: await the_row(url, table, list(typed)) for table, typed in tables.items()}


async def the_row(url: str, table: str, columns: list[str]) -> dict[str, Any]:
    names = ", ".join(f'"{name}"' for name in columns)
    [row] = await asked(url, f'SELECT {names} FROM "{table}"')
    return dict(zip(columns, row, strict=True))
