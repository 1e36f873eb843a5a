"""Languages: which one a page speaks, times, numbers, and catalogues that are complete."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from babel.messages.pofile import read_po
from starlette.requests import Request

from sebangsa.errors import Invalid
from sebangsa.web import numbers, times
from sebangsa.web.i18n import LANGUAGES, LOCALES, accepted_language, language_of, translation_for
from sebangsa.web.templating import Spoken

NOW = datetime(2026, 11, 24, 4, 14, tzinfo=UTC)


def asked(*, cookie: str = "", account: str = "", accept: str = "", default: str = "id") -> Request:
    headers = [(b"cookie", f"lang={cookie}".encode()), (b"accept-language", accept.encode())]
    app: Any = SimpleNamespace(
        state=SimpleNamespace(site=SimpleNamespace(settings=SimpleNamespace(language=default)))
    )
    request = Request({"type": "http", "headers": headers, "path": "/", "app": app})
    request.state.viewer = SimpleNamespace(language=account) if account else None
    return request


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({"cookie": "en", "account": "id", "accept": "id"}, "en"),
        ({"cookie": "xx", "account": "en", "accept": "id"}, "en"),
        ({"account": "en", "accept": "id"}, "en"),
        ({"accept": "en-GB,en;q=0.9"}, "en"),
        ({"accept": "fr"}, "id"),
        ({"accept": "fr", "default": "en"}, "en"),
        ({}, "id"),
    ],
)
def test_the_visitor_s_choice_comes_before_the_account_the_browser_and_the_site(
    given: dict[str, str], language: str
) -> None:
    assert language_of(asked(**given)) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en;q=0.3, id;q=0.8", "id"),
        ("in-ID, en;q=0.5", "id"),
        ("en;q=0", ""),
        ("en;q=much, id;q=0.1", "id"),
        ("*", ""),
        (",;,", ""),
        (",".join(["fr"] * 5000) + ",en", ""),
    ],
)
def test_accept_language_is_read_by_its_weights_and_never_fails(header: str, language: str) -> None:
    assert accepted_language(header) == language


@pytest.mark.parametrize(
    ("before", "indonesian", "english"),
    [
        (timedelta(seconds=-30), "baru saja", "just now"),
        (timedelta(seconds=59), "baru saja", "just now"),
        (timedelta(minutes=5), "5 menit lalu", "5 min ago"),
        (timedelta(hours=3), "3 jam lalu", "3 hr ago"),
        (timedelta(hours=30), "kemarin", "yesterday"),
        (timedelta(days=4), "4 hari lalu", "4 days ago"),
        (timedelta(days=20), "4 Nov", "4 Nov"),
        (timedelta(days=700), "24 Des 2024", "24 Dec 2024"),
        (timedelta(days=-3), "27 Nov, 11.14 WIB", "27 Nov, 11:14 WIB"),
    ],
)
def test_times_are_said_as_people_say_them(before: timedelta, indonesian: str, english: str) -> None:
    assert times.relative(NOW - before, NOW, translation_for("id")) == indonesian
    assert times.relative(NOW - before, NOW, translation_for("en")) == english


@pytest.mark.parametrize(
    ("zone", "hour"), [("WIB", "11.14 WIB"), ("WITA", "12.14 WITA"), ("WIT", "13.14 WIT"), ("?", "11.14 WIB")]
)
def test_the_exact_time_is_in_the_reader_s_zone(zone: str, hour: str) -> None:
    shown = times.reading_zone.set(times.zone_named(zone))
    try:
        assert times.exact(NOW, translation_for("id")) == f"Selasa, 24 November 2026, {hour}"
    finally:
        times.reading_zone.reset(shown)


def test_yesterday_is_the_reader_s_yesterday() -> None:
    evening = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # 23.30 WIB, but 01.30 of today WIT
    assert times.day(evening, NOW, translation_for("id")) == "Kemarin"
    shown = times.reading_zone.set(times.zone_named("WIT"))
    try:
        assert times.day(evening, NOW, translation_for("id")) == "Hari ini"
    finally:
        times.reading_zone.reset(shown)


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [(999, "999", "999"), (1240, "1,2 rb", "1.2K"), (12_345, "12,3 rb", "12.3K"), (345_678, "345 rb", "345K"),
     (999_999, "999 rb", "999K"), (3_450_000, "3,4 jt", "3.4M"), (-3, "-3", "-3")],
)  # fmt: skip
def test_large_numbers_are_short(value: int, indonesian: str, english: str) -> None:
    assert numbers.short_number(value, "id") == indonesian
    assert numbers.short_number(value, "en") == english


def test_sizes_are_said_before_something_large_loads() -> None:
    assert numbers.file_size(1_240_000, "id") == "1,2 MB"
    assert numbers.file_size(48_000, "id") == "48 KB"
    assert numbers.file_size(3, "en") == "1 KB"


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 1), (7, 10), (412, 500), (231, 250), (1000, 1000), (0.3, 0.5)]
)
def test_a_chart_s_scale_ends_at_a_round_number(largest: float, top: float) -> None:
    assert numbers.top_of_scale(largest) == pytest.approx(top)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_placeholders_as_its_text(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "sebangsa.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if not message.id or not all(texts):
            continue
        for text in texts:
            assert _placeholders(text) == _placeholders(ids[-1]), message.id


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


def test_what_the_pieces_say_is_translated() -> None:
    translation = translation_for("id")
    with (LOCALES / "id" / "LC_MESSAGES" / "sebangsa.po").open("rb") as file:
        catalogue = read_po(file, locale="id")
    for message in catalogue:
        if any("templates/components" in place or "base.html" in place for place, _ in message.locations):
            text = message.id[0] if isinstance(message.id, tuple) else message.id
            said = (
                translation.ngettext(*message.id, 1)
                if isinstance(message.id, tuple)
                else translation.gettext(text)
            )
            assert said != text, text


def test_an_error_with_a_number_in_it_speaks_the_reader_s_language() -> None:
    error = Invalid("password-short", "A password needs at least %(least)s characters.", least=8)
    assert error.sentence == "A password needs at least 8 characters."
    assert Spoken(translation_for("en")).gettext(error.sentence) == error.sentence
    assert Spoken(translation_for("id")).gettext(error.sentence) == "Kata sandi minimal 8 karakter."


def test_no_sentence_of_an_error_is_built_where_no_catalogue_can_follow() -> None:
    """An f-string is another text for each value: English for everybody. Programs may be spoken to in English."""
    root = LOCALES.parent.parent
    built = [
        f"{path.relative_to(root)}: {found}"
        for package in ("sebangsa", "communities", "civic_bridge", "chat", "moderation")
        for path in (root / package).rglob("*.py")
        if not {"cli", "api", "api.py"} & set(path.parts)
        for found in re.findall(
            r"(?:Invalid|NotAllowed|NotFound)\([^()]*?\bf\"[^\"]*\"", path.read_text("utf-8")
        )
    ]
    assert not built
