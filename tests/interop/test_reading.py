"""The rules that stories hold us to can fail, and each must come up."""

from __future__ import annotations

import pytest

from tests.interop.reading import GONE, Document, Reading

NOTE = {"type": "Note", "id": "https://a.example/1", "content": "halo"}


def test_a_document_that_breaks_a_rule_is_named_with_it_also_deep_inside() -> None:
    rules = Reading("anybody")

    @rules.of("Note", broken_by={"content": GONE})
    def _a_note_has_content(note: Document) -> bool:
        return bool(note["content"])

    announce = {"type": "Announce", "object": {"type": "Create", "object": NOTE}}
    rules.hold(Document(announce))
    broken = {"type": "Announce", "object": {"type": "Create", "object": NOTE | {"content": ""}}}
    with pytest.raises(AssertionError, match="Note: a_note_has_content"):
        rules.hold(Document(broken))


def test_a_rule_that_is_true_of_everything_is_found_out() -> None:
    rules = Reading("anybody")

    @rules.of("Note", broken_by={"content": GONE})
    def _nothing_is_asked(note: Document) -> bool:
        return True

    with pytest.raises(AssertionError, match="true of everything"):
        rules.hold(Document(NOTE))


def test_a_rule_that_no_document_came_up_for_is_told() -> None:
    rules = Reading("anybody")

    @rules.of("Page", broken_by={"name": GONE})
    def _a_page_has_a_name(page: Document) -> bool:
        return bool(page["name"])

    rules.hold(Document(NOTE))
    assert rules.unasked() == ["a_page_has_a_name"]


def test_a_shape_names_the_types_from_outside_in() -> None:
    assert (
        Document(
            {"type": "Announce", "object": {"type": "Undo", "object": {"type": "Like", "object": "x"}}}
        ).shape
        == "Announce/Undo/Like"
    )
    assert Document({"type": "Announce", "object": "https://a.example/1"}).shape == "Announce"
