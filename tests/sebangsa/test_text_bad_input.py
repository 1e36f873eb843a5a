"""The collected XSS lists and naughty strings through every function of `sebangsa.text` (S-063)."""

from __future__ import annotations

import json
import os
import re
import time
import unicodedata
from pathlib import Path

import pytest

from sebangsa.text.handles import find_handles, local_name_problem, parse_handle, shown_domain, skeleton
from sebangsa.text.hashtags import find_hashtags, normal_form
from sebangsa.text.linking import MentionTarget
from sebangsa.text.links import safe_href
from sebangsa.text.markdown import render_markdown, render_post_now
from sebangsa.text.plain import clean_name, excerpt, first_line_title, html_to_plain
from sebangsa.text.sanitise import sanitise
from tests.sebangsa.text_checks import assert_is_clean

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
_BAD_INPUT = Path(_DOCUMENTS) / "badinput"
needs_documents = pytest.mark.skipif(
    not (_DOCUMENTS and _BAD_INPUT.is_dir()),
    reason="SEBANGSA_TEST_DOCUMENTS does not name the folder of documents",
)
TARGET = MentionTarget("https://s.example/u/ani", "https://s.example/u/ani", "ani")


def _xss_lists() -> dict[str, list[str]]:
    return {
        path.name: path.read_text("utf-8", "replace").splitlines()
        for path in sorted((_BAD_INPUT / "xss").glob("*.txt"))
    }


@needs_documents
def test_s063_every_line_of_the_xss_lists_comes_out_clean() -> None:
    lists = _xss_lists()
    assert len(lists) == 10
    count = 0
    for name, lines in lists.items():
        for line in lines:
            count += 1
            forms = [
                line,
                f"<p>{line}</p>",
                f'<a href="{line}">x</a>',
                f"<a href='{line}'>x</a>",
                f"<a href={line}>x</a>",
            ]
            if "event_handlers" in name:
                forms += [f"<b {line}=alert(1)>x</b>", f"<img src=x {line}=alert(1)>"]
            for html in forms:
                assert_is_clean(sanitise(html))
    assert count >= 1_270


@needs_documents
def test_s063_every_line_of_the_xss_lists_is_safe_as_markdown_and_as_plain_text() -> None:
    for lines in _xss_lists().values():
        for line in lines:
            for source in (
                line,
                f"[x]({line})",
                f"![x]({line})",
                f"<{line}>",
                f"[x]: {line}\n\n[x]",
                f"`{line}`",
            ):
                assert_is_clean(render_markdown(source))
            assert_is_clean(render_post_now(line, {"ani": TARGET}, "https://s.example", "plain").html)


@needs_documents
def test_naughty_strings_are_shown_as_themselves_in_plain_text() -> None:
    strings: list[str] = json.loads((_BAD_INPUT / "naughty_strings" / "blns.json").read_text("utf-8"))
    assert len(strings) == 515
    for string in strings:
        html = render_post_now(string, {}, "https://s.example", "plain").html
        assert_is_clean(html)
        seen = "".join(html_to_plain(html).split())
        kept = [letter for letter in string if unicodedata.category(letter) not in ("Cc", "Cs", "Cn")]
        assert seen == "".join("".join(kept).split()), string


@needs_documents
def test_naughty_strings_break_no_function() -> None:
    strings: list[str] = json.loads((_BAD_INPUT / "naughty_strings" / "blns.json").read_text("utf-8"))
    for string in strings:
        began = time.process_time()
        assert_is_clean(sanitise(string))
        assert_is_clean(render_markdown(string))
        for text in (string, f"@{string}", f"#{string}", f"@a@{string}"):
            find_handles(text)
            parse_handle(text)
            find_hashtags(text)
            normal_form(text)
        shown_domain(string)
        safe_href(string)
        safe_href(f"https://{string}")
        skeleton(string)
        if local_name_problem(string) is None:
            assert re.fullmatch(r"[a-z0-9_]{1,30}", string)
        name = clean_name(string, 30)
        assert len(name) <= 30
        assert clean_name(name, 30) == name
        assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name)
        assert len(excerpt(string, 50)) <= 50
        assert len(first_line_title(string, "a@b.example", 50)) <= 50
        assert time.process_time() - began < 2
