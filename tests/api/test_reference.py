"""The documentation says what the code does."""

from __future__ import annotations

from sebangsa.api.reference import PAGE, filled


def test_the_page_lists_every_route_scope_and_limit_as_it_is() -> None:
    page = PAGE.read_text()
    assert filled(page) == page, "run python -m sebangsa.api.reference"
    assert "<!-- routes -->" in page
    assert "<!-- limits -->" in page
