"""Every known attack is tried by a test that carries its number, or stands in docs/security.md with the reason why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()

CASES = frozenset(range(1, 151))
EXCEPTIONS = ("Does not apply", "Still to come")


def _numbers_in_names(file: Path) -> set[int]:
    names = re.findall(r"^\s*(?:async )?def (test_\w+)\(", file.read_text(), re.MULTILINE)
    return {int(number) for name in names for number in re.findall(r"_s(\d{3})(?=_)", name)}


TESTED = {
    str(file.relative_to(ROOT / "tests")): _numbers_in_names(file)
    for file in sorted((ROOT / "tests").rglob("test_*.py"))
}


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def _listed() -> dict[int, list[str]]:
    """The table's cases, each with the files that it names."""
    rows = re.findall(r"^\| S-(\d{3}) \| [^|]+ \| ([^|]+) \|$", _section("The cases"), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a case stands twice"
    return {int(number): re.findall(r"`([^`]+)`", files) for number, files in rows}


def _excepted() -> list[int]:
    return [
        int(number)
        for title in EXCEPTIONS
        for number in re.findall(r"^- \*\*S-(\d{3})\*\*: \S", _section(title), re.MULTILINE)
    ]


def test_every_case_is_tried_by_a_test_or_excepted_with_a_reason() -> None:
    tried, excepted = set().union(*TESTED.values()), _excepted()
    assert len(excepted) == len(set(excepted)), "a case is excepted twice"
    assert tried & set(excepted) == set(), "tried by a test, and excepted in docs/security.md"
    assert tried | set(excepted) == CASES


def test_the_page_lists_what_is_tried_and_nothing_else() -> None:
    assert set(_listed()) == set().union(*TESTED.values())


@pytest.mark.parametrize("number", sorted(_listed()))
def test_the_page_names_files_that_try_the_case(number: int) -> None:
    files = _listed()[number]
    assert files, "no file is named"
    for file in files:
        assert number in TESTED.get(file, set()), file
