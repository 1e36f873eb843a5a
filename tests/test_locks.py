"""The lock files hold what pyproject.toml asks for; after a change there, run `scripts/lock`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def _locked(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    return {_canonical(found) for found in re.findall(r"^([\w.-]+==[^\s;]+)", text, re.MULTILINE)}


def _canonical(requirement: str) -> str:
    name, _, version = requirement.partition("==")
    return f"{name.lower().replace('_', '-').replace('.', '-')}=={version}"


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("server", ("postgres", "redis", "s3")), ("test", ("postgres", "redis", "s3", "dev"))],
)
def test_what_the_project_asks_for_is_locked_at_the_same_version(lock: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    assert {_canonical(one) for one in asked} - _locked(lock) == set(), "run scripts/lock"


def test_the_tests_run_with_the_servers_own_versions() -> None:
    assert _locked("server") <= _locked("test")


def test_a_lock_names_no_package_server() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in lock.read_text()
