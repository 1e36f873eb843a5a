"""Every body from outside is read by one strict parser; see `federation.strict_json` for its rules."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from federation.refusals import Refused
from federation.strict_json import dumps, parse, parse_object

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
_SUITE = Path(_DOCUMENTS, "badinput", "json_parsing")
_FILES = sorted(_SUITE.glob("*.json")) if _DOCUMENTS else []
_CODES = {"not-json", "too-large", "too-deep", "duplicate-key"}
# Legal JSON that we refuse all the same, by S-031.
_REFUSED_Y = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
needs_documents = pytest.mark.skipif(not _DOCUMENTS, reason="SEBANGSA_TEST_DOCUMENTS is not set")


def code_of(data: bytes, **limits: int) -> str:
    with pytest.raises(Refused) as refused:
        parse(data, **limits)
    return refused.value.code


def verdict(file: Path) -> tuple[Any, str | None]:
    try:
        return parse(file.read_bytes()), None
    except Refused as refused:
        return None, refused.code


@needs_documents
def test_the_suite_is_whole() -> None:
    counts = [sum(file.name.startswith(kind) for file in _FILES) for kind in ("y_", "n_", "i_")]
    assert (len(_FILES), counts) == (318, [95, 188, 35])


@needs_documents
@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_s032_each_file_of_the_suite_gets_its_verdict(file: Path) -> None:
    value, code = verdict(file)
    assert not (code is None and (file.name.startswith("n_") or file.name in _REFUSED_Y))
    assert not (code and file.name.startswith("y_") and file.name not in _REFUSED_Y)
    if code is None:
        assert_storable_and_served_again(value)
    else:
        assert code in _CODES


@needs_documents
def test_what_other_servers_send_is_read() -> None:
    verdicts = [(file.name, verdict(file)[1]) for file in Path(_DOCUMENTS, "activitypub").rglob("*.json")]
    assert len(verdicts) > 400
    # One capture, kept twice, names a key twice.
    assert [entry for entry in verdicts if entry[1]] == [("poll_attachment.json", "duplicate-key")] * 2


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = [*value, *value.values()] if isinstance(value, dict) else value
    return [found for child in children for found in strings(child)] if isinstance(children, list) else []


def assert_storable_and_served_again(value: Any) -> None:
    served = dumps(value)
    assert parse(served) == value
    text = served.decode()
    assert not any("\0" in found for found in strings(value))  # PostgreSQL's text and jsonb refuse it
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE kept (body TEXT)")
        database.execute("INSERT INTO kept VALUES (?)", (text,))
        assert json.loads(database.execute("SELECT body FROM kept").fetchone()[0]) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a": NaN}', "[-Infinity]"])
def test_s032_what_is_no_number_is_refused(text: str) -> None:
    assert code_of(text.encode()) == "not-json"


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1" + "0" * 400 + ".0", "9" * 10_000, str(2**63)])
def test_s032_numbers_that_no_column_holds_are_refused(text: str) -> None:
    assert code_of(b"[" + text.encode() + b"]") == "not-json"


def test_s032_the_largest_numbers_that_fit_are_kept() -> None:
    value = parse(f"[{2**63 - 1}, {-(2**63)}, 1e-999, 1.7e308]".encode())
    assert value == [2**63 - 1, -(2**63), 0.0, 1.7e308]
    assert_storable_and_served_again(value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1"])
def test_s032_only_utf_8_without_a_mark_is_read(encoding: str) -> None:
    assert code_of('{"nama": "Jalan Café"}'.encode(encoding)) == "not-json"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_s032_a_hundred_thousand_levels_are_refused_without_a_recursion_error(opening: bytes) -> None:
    assert code_of(opening * 100_000) in ("too-deep", "not-json")
    depth = 100_000
    closed = b"[" * depth + b"]" * depth
    assert code_of(closed) == "too-deep"


def test_s032_the_depth_is_counted_exactly() -> None:
    assert parse(b"[" * 64 + b"]" * 64)
    assert code_of(b"[" * 65 + b"]" * 65) == "too-deep"
    assert code_of(b'{"a":' * 65 + b"1" + b"}" * 65) == "too-deep"
    assert len(parse(b"[" + b"[],{}," * 5_000 + b"[]]")) == 10_001
    assert parse(b'{"a":"' + b"[" * 1_000 + b'"}') == {"a": "[" * 1_000}


def test_s032_nul_and_lone_surrogates_become_the_replacement_character() -> None:
    value = parse(rb'{"a\u0000": "x\u0000y", "b": ["\ud83d", "\ude00\ud83d", {"c": "\uD83D\uDE00"}]}')
    assert value == {"a\ufffd": "x\ufffdy", "b": ["\ufffd", "\ufffd\ufffd", {"c": "😀"}]}
    assert_storable_and_served_again(value)


def test_s032_a_lone_surrogate_behind_an_escaped_backslash_is_seen() -> None:
    assert parse(rb'["\\ud83d\ude00", "\\\ud83d\ude00"]') == ["\\ud83d\ufffd", "\\😀"]


def test_s032_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert parse(rb'["\\u0000", "\\ud83d"]') == ["\\u0000", "\\ud83d"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"actor": "https://good.example/u/a", "actor": "https://evil.example/u/b"}',
        b'{"a": [{"b": 1, "b": 1}]}',
        rb'{"actor": 1, "\u0061ctor": 2}',
        rb'{"\u0000": 1, "\ufffd": 2}',
        rb'{"\ud800": 1, "\udfff": 2}',
    ],
)
def test_s031_the_same_key_twice_is_refused(data: bytes) -> None:
    assert code_of(data) == "duplicate-key"


def test_more_than_the_limit_is_too_large() -> None:
    assert code_of(b'"' + b"a" * 1_000_000 + b'"') == "too-large"
    assert code_of(b"[1, 2]", max_bytes=5) == "too-large"


@pytest.mark.parametrize("data", [b"[]", b'"https://good.example/u/a"', b"1", b"null"])
def test_a_body_that_is_no_object_says_so(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse_object(data)
    assert refused.value.code == "not-an-object"


def test_json_is_written_compactly_in_utf_8() -> None:
    assert dumps({"nama": "Kampung 😀", "n": [1, None]}) == '{"nama":"Kampung 😀","n":[1,null]}'.encode()
