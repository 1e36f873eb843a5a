"""Handles, hashtags, display names, titles and excerpts."""

from __future__ import annotations

import time

import pytest

from sebangsa.text.handles import (
    Handle,
    find_handles,
    local_name_problem,
    parse_handle,
    shown_domain,
    skeleton,
    valid_local_name,
    wire_domain,
)
from sebangsa.text.hashtags import find_hashtags, normal_form
from sebangsa.text.plain import clean_name, excerpt, first_line_title, html_to_plain


@pytest.mark.parametrize(
    "text, handle",
    [
        ("@ani", Handle("ani")),
        ("ani", Handle("ani")),
        ("@Ani@Contoh.ID", Handle("Ani", "contoh.id")),
        ("acct:ani@contoh.id", Handle("ani", "contoh.id")),
        ("!rt05@s.example", Handle("rt05", "s.example", "!")),
        ("ani.b-c@localhost:3000", Handle("ani.b-c", "localhost:3000")),
        ("@a@münchen.example", Handle("a", "xn--mnchen-3ya.example")),
        ("@", None),
        ("@a@", None),
        ("@a@b@c", None),
        ("@a b", None),
        ("@.a", None),
        ("@a@-b.example", None),
        ("@a@b..c", None),
        ("@аni", None),
        ("@a@b.example/x", None),
        ("@" + "a" * 65, None),
    ],
)
def test_a_handle_is_read_or_refused(text: str, handle: Handle | None) -> None:
    assert parse_handle(text) == handle


def test_two_spellings_of_a_handle_share_their_key() -> None:
    first, second = parse_handle("@Ani@CONTOH.id"), parse_handle("acct:ani@contoh.ID")
    assert first is not None
    assert second is not None
    assert first.key == second.key == "ani@contoh.id"
    assert str(first) == "@Ani@contoh.id"


def test_handles_are_found_in_text_and_mail_addresses_are_not() -> None:
    text = "@ani, (@Budi@Contoh.ID) a@b.example !rt05@s.example https://m.example/@foo @a@c.example. @ani @@x"
    assert [handle.key for handle in find_handles(text)] == [
        "ani",
        "budi@contoh.id",
        "rt05@s.example",
        "a@c.example",
    ]


def test_s095_at_most_fifty_handles_and_tags_are_looked_for() -> None:
    assert len(find_handles(" ".join(f"@u{number}" for number in range(1_000)))) == 50
    assert len(find_hashtags(" ".join(f"#t{number}" for number in range(1_000)))) == 50


@pytest.mark.parametrize(
    "text",
    [
        "@" * 100_000,
        "@a" * 50_000,
        "@a." * 33_000,
        "@a@b." * 20_000,
        "#" * 100_000,
        "#a" * 50_000,
        "#" + "a" * 1_000_000,
        "#a\u00b7" * 30_000,
    ],
)
def test_looking_for_handles_and_tags_is_not_quadratic(text: str) -> None:
    began = time.process_time()
    find_handles(text)
    find_hashtags(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "name, problem",
    [
        ("ani", None), ("budi_5", None), ("rt05_depok", None), ("a", None), ("ina", None),
        ("", "bad-characters"), ("Ani", "bad-characters"), ("ani budi", "bad-characters"),
        ("___", "bad-characters"),
        ("ani\n", "bad-characters"), ("a" * 31, "too-long"),
        ("admin", "reserved"), ("root", "reserved"), ("api", "reserved"), ("inbox", "reserved"),
        ("about", "reserved"),
    ],
)  # fmt: skip
def test_which_names_may_be_taken(name: str, problem: str | None) -> None:
    assert local_name_problem(name) == problem
    assert valid_local_name(name) is (problem is None)


def test_s135_names_that_look_like_another_are_refused() -> None:
    for name in ("аdmin", "ad\u200bmin", "ADMIN", "admın"):
        assert local_name_problem(name) == "bad-characters"
    for name in ("adm1n", "adrnin", "admin_", "r00t", "m0derator", "rnoderator", "_support"):
        assert local_name_problem(name) == "confusable"


def test_s135_two_names_that_look_alike_have_one_skeleton() -> None:
    assert (
        skeleton("pak_lurah")
        == skeleton("Pak Lurah")
        == skeleton("раk1urah".replace("1", "l"))
        == skeleton("paklurah")
    )
    assert skeleton("burni") == skeleton("bumi")
    assert skeleton("ad\u200bmin") == skeleton("ＡＤＭＩＮ") == skeleton("ádmin") == skeleton("admin")
    assert skeleton("ani") != skeleton("budi")


def test_s135_a_domain_of_mixed_or_lookalike_letters_is_shown_as_punycode() -> None:
    assert shown_domain("xn--mnchen-3ya.example") == "münchen.example"
    assert shown_domain("xn--80ak6aa92e.com") == "xn--80ak6aa92e.com"  # all Cyrillic, reads as apple
    mixed = wire_domain("bаnk.example")
    assert mixed is not None
    assert shown_domain(mixed) == mixed


def test_hashtags_of_many_scripts_are_found_and_numbers_are_not() -> None:
    text = "#Banjir #1 #2024 #कर्म &#39; http://x/#y a#b #日本語。 #ꦗꦮ #_ #col·lega #a2 (#b) #c-d ##e"
    assert find_hashtags(text) == ["banjir", "कर्म", "日本語", "ꦗꦮ", "col·lega", "a2", "b", "c"]


def test_one_tag_has_one_normal_form() -> None:
    assert normal_form("#ＢＡＮＪＩＲ") == normal_form("Banjir") == "banjir"
    assert normal_form("cafe\u0301") == normal_form("CAFÉ")
    assert normal_form("STRASSE") == normal_form("straße")
    for wrong in ("", "#", "a b", "1", "a\n", "a" * 101, "_", "\u0301a", "a\u200d", "a#b"):
        assert normal_form(wrong) is None


@pytest.mark.parametrize(
    "given, shown",
    [
        ("  Ani   Budi \n", "Ani Budi"),
        ("Ani\u202e\u2066nimda", "Aninimda"),
        ("a\u200b\ufeff\u00adb", "ab"),
        ("a\r\nb\x00c\u2028d", "a b c d"),
        ("Z" + "\u0301" * 5_000, "Ź" + "\u0301" * 4),
        (" \u200b\u3164\u2800", ""),
        ("\u0301\u0301", ""),
        ("\u200d\u200d", ""),
        ("👨‍👩‍👧 Keluarga", "👨‍👩‍👧 Keluarga"),
        ("🇮🇩 क्षत्रिय ꦗꦮ", "🇮🇩 क्षत्रिय ꦗꦮ"),
        ("می‌خواهم", "می‌خواهم"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("<b>x</b> & 'y'", "<b>x</b> & 'y'"),
    ],
)
def test_s074_a_name_stays_on_its_line_and_can_be_seen(given: str, shown: str) -> None:
    assert clean_name(given, 30) == shown


def test_s074_a_name_is_cut_at_a_whole_character() -> None:
    assert clean_name("abc" + "e\u0323\u0302" * 5, 4) in ("abc", "abcệ")
    assert clean_name("👨‍👩‍👧👨‍👩‍👧", 6) == "👨‍👩‍👧"
    assert clean_name("ab 👨‍👩‍👧", 4) == "ab"
    assert len(clean_name("x" * 1_000_000, 30)) == 30
    began = time.process_time()
    assert len(clean_name("a" + "\u0301\u0323" * 2_000_000, 30)) <= 30
    assert time.process_time() - began < 1


def test_html_becomes_lines_of_text() -> None:
    html = (
        "<p>a<br>b &amp; <b>c</b></p><p>d</p><ul><li>1</li><li>2</li></ul>"
        "<table><tr><td>x</td><td>y</td></tr></table><script>z</script>"
    )
    assert html_to_plain(html) == "a\nb & c\n\nd\n\n1\n2\n\nx y"
    assert html_to_plain("tanpa tanda") == "tanpa tanda"
    assert html_to_plain('<a><span class="invisible">https://</span>x.example</a>') == "https://x.example"


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("<p>Jalan rusak</p><p>di Depok lama</p>", 20) == "Jalan rusak di…"
    assert excerpt("2 < 3\nlalu", 50) == "2 < 3 lalu"
    assert excerpt("x" * 100, 10) == "x" * 9 + "…"
    assert excerpt("", 10) == ""


@pytest.mark.parametrize(
    "html, title",
    [
        (
            '<p><span class="h-card"><a href="x">@<span>rt05</span></a></span> Jalan rusak</p><p>lama</p>',
            "Jalan rusak",
        ),
        ("<p>@rt05@s.example</p><p>Jalan rusak</p>", "Jalan rusak"),
        ("<p>Jalan rusak @rt05@s.example</p>", "Jalan rusak"),
        ("<p>@rt05: Jalan<br>rusak</p>", "Jalan"),
        ("<p>@rt055 Jalan</p>", "@rt055 Jalan"),
        ("<p>@rt05@x.example Jln</p>", "@rt05@x.example Jln"),
        ("<p>@rt05</p>", ""),
        ("", ""),
        ("<p>\u202e \u200b</p><p>x</p>", "x"),
        ("<p>" + "kata " * 100 + "</p>", "kata " * 3 + "kata…"),
    ],
)
def test_a_mastodon_post_is_titled_by_its_first_line_without_the_mention(html: str, title: str) -> None:
    assert first_line_title(html, "rt05@s.example", 20) == title
