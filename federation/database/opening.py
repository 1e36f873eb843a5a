"""Opening a database, entering it from a task, and bringing its schema up to date."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext, _current_context
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.models import Model

from federation.database.new_schema import is_new, make_schema
from federation.database.noticing import Changes, changes
from federation.database.quick_models import read_quickly

SQLITE_ENGINE = "federation.database.sqlite_engine"
POSTGRES_ENGINE = "federation.database.postgres_engine"


class Database:
    """One instance's database.

    `url` is `sqlite:///absolute/path`, `sqlite://:memory:` or `postgres://user:password@host/name`.
    `models` maps an app label (the package's name) to the modules that hold its tables. Several databases live
    side by side in one process (tests run three instances): nothing global is touched, so each task must
    enter the database it works with.
    """

    def __init__(self, url: str, models: Mapping[str, Sequence[str]]) -> None:
        self.url = url
        self.apps: dict[str, dict[str, Any]] = {}
        for label, modules in models.items():
            app: dict[str, Any] = {"models": list(modules), "default_connection": "default"}
            if importlib.util.find_spec(f"{label}.migrations") is not None:
                app["migrations"] = f"{label}.migrations"
            self.apps[label] = app
        self._context = TortoiseContext()

    @property
    def config(self) -> dict[str, Any]:
        return {
            "connections": {"default": _connection(self.url)},
            "apps": self.apps,
            "use_tz": True,
            "timezone": "UTC",
        }

    async def open(self) -> None:
        """Connect. A SQLite file is made, readable by its owner only, when it is not there."""
        path = sqlite_path(self.url)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)
        EXECUTOR_CACHE.clear()  # Tortoise keys it by connection name only, and keeps one engine's placeholders
        with self.entered():
            await self._context.init(config=self.config, _create_db=False)
        read_quickly(self.models())

    async def close(self) -> None:
        with self.entered():
            await self._context.close_connections()

    @property
    def changes(self) -> Changes:
        """What is told of its writes, once it is open."""
        with self.entered():
            return changes()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Make this the database that models use in the current task and in tasks it starts."""
        token = _current_context.set(self._context)
        try:
            yield
        finally:
            _current_context.reset(token)

    async def pending_migrations(self) -> list[str]:
        """Names (`app.0001_initial`) of the migrations that this code has and the database lacks."""
        with self.entered():
            steps: list[PlanStep] = await self._executor().plan(self._targets())
        return [f"{step.migration.app_label}.{step.migration.name}" for step in steps]

    async def migrate(self) -> None:
        """Bring the schema up to this code's. Runs twice without harm."""
        with self.entered():
            if await is_new(self.models()):
                await make_schema(self._executor(), self._targets())
            await self._executor().migrate(self._targets(), direction="forward")

    def models(self) -> list[type[Model]]:
        """Every model of every package, once the database is open."""
        assert self._context.apps is not None
        return [model for app in self._context.apps.values() for model in app.values()]

    def _executor(self) -> MigrationExecutor:
        return MigrationExecutor(get_connection("default"), self._migrated())

    def _migrated(self) -> dict[str, dict[str, Any]]:
        return {label: app for label, app in self.apps.items() if "migrations" in app}

    def _targets(self) -> list[MigrationTarget]:
        return [MigrationTarget(app_label=label, name="__latest__") for label in self._migrated()]


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for a database in memory or for PostgreSQL."""
    if not url.startswith("sqlite:") or ":memory:" in url:
        return None
    return Path(unquote(urlsplit(url).path))


def _connection(url: str) -> dict[str, Any]:
    if url.startswith("sqlite:"):
        path = sqlite_path(url)
        return {"engine": SQLITE_ENGINE, "credentials": {"file_path": str(path) if path else ":memory:"}}
    if url.startswith("postgresql:"):
        url = "postgres:" + url.partition(":")[2]
    expanded: dict[str, Any] = expand_db_url(url.replace("postgres:", "asyncpg:", 1))
    return expanded | {"engine": POSTGRES_ENGINE}
