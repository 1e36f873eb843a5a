"""The command line on a data folder of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sebangsa.cli import main
from sebangsa.settings import DEFAULT_FEATURES


class CommandLine:
    """`sebangsa …` in this process, with its settings in the environment."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.data_dir = data_dir
        self._environment = environment

    def __call__(
        self, *words: str, expect: int = 0, stdin: str | bytes | None = None, **settings: str
    ) -> Result:
        """Run a command; fails unless it ends with `expect`."""
        environment = self._environment | {
            f"SEBANGSA_{key.upper()}": value for key, value in settings.items()
        }
        result = CliRunner().invoke(main, list(words), env=environment, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == expect, result.output
        return result

    def json(self, *words: str, expect: int = 0) -> Any:
        return json.loads(self(*words, "--json", expect=expect).stdout)


@pytest.fixture
def new_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """On an empty data folder."""
    folder = tmp_path / "data"
    return CommandLine(
        folder,
        {
            "SEBANGSA_DATA_DIR": str(folder),
            "SEBANGSA_URL": "http://warga.localhost:1",
            "SEBANGSA_SETTINGS": "",
        },
    )


@pytest.fixture
def sebangsa(new_data: CommandLine, sqlite_templates: Callable[[tuple[str, ...]], Path]) -> CommandLine:
    """On a data folder whose database is ready."""
    new_data.data_dir.mkdir()
    shutil.copy(sqlite_templates(DEFAULT_FEATURES), new_data.data_dir / "sebangsa.sqlite3")
    return new_data
