"""Drafting migrations: compares the models with what the migrations make of an empty database."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tortoise.context import require_context
from tortoise.migrations.autodetector import MigrationAutodetector

from sebangsa.settings import load_settings
from sebangsa.site import Site


async def draft(*, write: bool = True) -> list[str]:
    """Write a migration file for each package whose models changed; returns their paths.

    Without `write` nothing is written, and the names of the packages are returned.
    """
    with tempfile.TemporaryDirectory() as folder:
        site = Site(load_settings({}, mode="development", data_dir=Path(folder)))
        for label in site.database.apps:
            _make_package(label)
            site.database.apps[label]["migrations"] = f"{label}.migrations"
        await site.open()
        try:
            with site.database.entered():
                for model in site.database.models():
                    model._meta.table_description = (
                        ""  # docstrings are for readers; a `;` in one ends the statement
                    )
                apps = require_context().apps
                assert apps is not None
                if not write:
                    drafts = await MigrationAutodetector(apps, site.database.apps).changes()
                    return [entry.app_label for entry in drafts]
                written: list[str] = []
                for label in site.database.apps:
                    # One package at a time, from the ground up: what it depends on must be on disk to be named.
                    drafts = await MigrationAutodetector(apps, site.database.apps).changes()
                    due = [entry for entry in drafts if entry.app_label == label]
                    written += [str(entry.write()) for entry in due]
                return written
        finally:
            await site.database.close()


def _make_package(label: str) -> None:
    folder = Path(str(import_module(label).__file__)).parent / "migrations"
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()


if __name__ == "__main__":
    for path in asyncio.run(draft()):
        sys.stdout.write(f"{path}\n")
