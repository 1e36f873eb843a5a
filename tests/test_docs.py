"""The documentation says what the code does: a setting, command, address or activity without its line fails here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount

from federation.retry import MAX_TRIES
from sebangsa.app import create_app
from sebangsa.cli import main
from sebangsa.cli.reference import render
from sebangsa.features import load_features
from sebangsa.settings import DEFAULT_FEATURES, Settings, load_settings
from sebangsa.site import Site

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_has_its_line_with_its_default(name: str) -> None:
    rows = re.findall(
        rf"^\| `SEBANGSA_{name.upper()}` \| (.*?) \|", text_of("docs/settings.md"), re.MULTILINE
    )
    assert len(rows) == 1, f"docs/settings.md needs one line for SEBANGSA_{name.upper()}"
    default = Settings.__dataclass_fields__[name].default
    shown = ",".join(default) if isinstance(default, tuple) else str(default)
    if shown:
        assert shown in rows[0]


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"SEBANGSA_{field.name.upper()}" for field in dataclasses.fields(Settings)} | {
        "SEBANGSA_SETTINGS"
    }
    for page in ("README.md", "docs/settings.md", "docs/getting-started-admin.md", "docs/architecture.md"):
        assert set(re.findall(r"\bSEBANGSA_[A-Z_]*[A-Z]", text_of(page))) - {"SEBANGSA_NAME"} <= known


def test_the_command_line_page_is_what_the_commands_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in dataclasses.fields(Settings):
        monkeypatch.delenv(f"SEBANGSA_{field.name.upper()}", raising=False)
    assert text_of("docs/command-line.md") == render(main), "run: python -m sebangsa.cli.reference"


def test_commands_in_the_guides_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    known = set(re.findall(r"^#+ `sebangsa ([a-z ]*[a-z])", text_of("docs/command-line.md"), re.MULTILINE))
    for page in PAGES:
        for words in re.findall(
            r"(?:^|`)\s*sebangsa ([a-z]+(?: [a-z]+)?)", page.read_text("utf-8"), re.MULTILINE
        ):
            first = words.split()[0]
            assert words in known or first in known, f"{page.name} names `sebangsa {words}`"


def first_parts(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """`/u` for `/u/{name}/inbox`."""
    for route in routes:
        path = getattr(route, "path", "")
        if not path and isinstance(route, Mount):
            yield from first_parts(route.routes)
        else:
            yield "/" + path.split("/")[1]


def test_every_group_of_addresses_stands_in_the_architecture(tmp_path: Path) -> None:
    app = create_app(Site(load_settings({}, data_dir=tmp_path)))
    table = text_of("docs/architecture.md").partition("## What answers where")[2].partition("## Journey")[0]
    documented = set(re.findall(r"`(/[^`]*)`", table))
    served = set(first_parts(app.routes))
    assert served <= documented, f"not in the table of docs/architecture.md: {sorted(served - documented)}"


def test_every_activity_that_is_handled_stands_in_federation_md() -> None:
    table = text_of("FEDERATION.md").partition("## Activities that are handled")[2].partition("\n## ")[0]
    documented: dict[str, str] = {}
    for line in table.splitlines():
        if line.startswith("| `"):
            types, _, features = line.strip("| ").split(" | ")
            documented |= dict.fromkeys(re.findall(r"`([^`]+)`", types), features)
    handled = {
        (kind, feature.name) for feature in load_features(DEFAULT_FEATURES) for kind in feature.inbound
    }
    missing = {(kind, name) for kind, name in handled if name not in documented.get(kind, "")}
    assert not missing
    assert set(documented) == {kind for kind, _ in handled}


def test_feps_that_the_code_names_stand_in_federation_md() -> None:
    listed = set(re.findall(r"FEP-([0-9a-f]{4})", text_of("FEDERATION.md")))
    # Named in comments as where a rule comes from, but not something that another server could rely on.
    not_offered = {"2c3b", "8fcf"}
    named = {
        found
        for package in ("federation", "sebangsa", *DEFAULT_FEATURES)
        for path in (ROOT / package).rglob("*.py")
        for found in re.findall(r"FEP-([0-9a-f]{4})", path.read_text("utf-8"))
    }
    assert named - not_offered <= listed


def test_numbers_in_the_pages_are_the_codes() -> None:
    assert MAX_TRIES == 16
    assert "tried 16 times" in text_of("docs/federation.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http://", "https://", "#", "mailto:")):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md")
)
def test_every_page_is_in_the_index(name: str) -> None:
    assert f"({name})" in text_of("docs/README.md")


def test_files_that_the_architecture_names_exist() -> None:
    text = text_of("docs/architecture.md")
    for path in re.findall(
        r"`((?:federation|sebangsa|communities|civic_bridge|chat|moderation)/[\w/.]+)`", text
    ):
        assert (ROOT / path).exists(), f"docs/architecture.md names {path}"
