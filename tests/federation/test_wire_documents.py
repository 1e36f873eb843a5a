"""What documents of other servers become: captured ones (beside the checkout) and our own in their shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from federation.wire.classify import describe
from tests.documents.captured import OUTCOMES, captured, captured_folder, own
from tests.documents.table import PAGE, outcome_of, outcome_text, page

EXPECTED: dict[str, str] = json.loads(OUTCOMES.read_bytes())
OWN = list(own())


@pytest.fixture(scope="module")
def folder() -> Path:
    found = captured_folder()
    if found is None:
        pytest.skip("SEBANGSA_TEST_DOCUMENTS names no folder with captured documents (activitypub/)")
    return found


def test_every_captured_document_becomes_what_the_table_says(folder: Path) -> None:
    found = {path: outcome_of(document) for path, document in captured(folder)}
    assert found == EXPECTED, "run scripts/document-outcomes and look at what changed"


def test_the_documentation_shows_the_outcomes_of_today(folder: Path) -> None:
    assert PAGE.read_text() == page(list(captured(folder))), "run scripts/document-outcomes"


def test_hostile_documents_are_all_refused() -> None:
    hostile = [outcome for path, outcome in EXPECTED.items() if path.startswith("invalid/")]
    assert len(hostile) == 5
    assert all(outcome.startswith("refused: ") for outcome in hostile)


@pytest.mark.parametrize(
    ("software", "most_refused"),
    [
        ("lemmy", 0),
        ("mbin", 0),
        ("piefed", 0),
        ("nodebb", 0),
        ("mobilizon", 0),
        ("friendica", 0),
        ("wordpress", 0),
    ],
)
def test_nothing_of_a_group_server_is_refused(software: str, most_refused: int) -> None:
    outcomes = [outcome for path, outcome in EXPECTED.items() if path.startswith(f"{software}/")]
    assert outcomes
    assert sum(outcome.startswith("refused") for outcome in outcomes) <= most_refused


@pytest.mark.parametrize(("path", "document", "outcome"), OWN, ids=[path for path, _, _ in OWN])
def test_a_document_of_our_own_becomes_what_it_states(path: str, document: object, outcome: str) -> None:
    assert outcome_text(describe(document)) == outcome


def test_our_own_documents_cover_every_software_we_name() -> None:
    assert len(OWN) >= 30
    covered = {path.partition("/")[0] for path, _, _ in OWN}
    assert covered >= {
        "mastodon", "lemmy", "piefed", "mbin", "nodebb", "pleroma", "misskey", "gotosocial", "friendica", "wordpress",
        "mobilizon", "peertube", "pixelfed", "discourse",
    }  # fmt: skip


def test_describing_names_what_was_read_and_what_was_passed_over() -> None:
    outcome = describe(
        {
            "id": "https://a.example/1",
            "type": "Note",
            "attributedTo": "https://a.example/u",
            "content": "x",
            "to": ["as:Public"],
            "bcc": ["https://b.example/u"],
            "madeUp": 1,
            "updated": "soon",
        }
    )
    assert outcome.kind == "post"
    assert set(outcome.kept) == {"id", "type", "attributedTo", "content", "to"}
    assert dict(outcome.dropped) == {
        "bcc": "blind addressees are never kept",
        "madeUp": "not known here",
        "updated": "has no shape that is read here",
    }
