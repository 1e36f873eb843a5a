"""Shapes, collections and contexts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from federation.contexts import NAMES, context_for
from federation.refusals import Refused
from federation.urls import parse_url
from federation.vocabulary import AS_CONTEXT
from federation.wire import id_of, ids_of, one_id, read_collection, types_of
from federation.wire.shapes import authority_of, is_link


@pytest.mark.parametrize(
    "text",
    [
        "https://good.example", "https://good.example/", "https://good.example/a/b?c=d#e", "https://GOOD.example/x",
        "https://good.example:443/x", "https://good.example:8443/x", "https://good.example/../x",
        "https://good.example/a/.hidden", "https://good.example/a/%2e%2e/b", "https://1.2.3.4/", "https://[::1]/",
        "https://good.example./x", "https://xn--80ak6aa92e.example/", "https://-bad.example/", "https://a..b.example/",
        "https://user@good.example/", "http://good.example/", "https:///x", "https://good.example?q", "ftp://x.example/",
        "https://good.example/#a#b", "https://good.example/ä", "https://0x7f.1/", "https://good.example/x\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("allow_http", [False, True])
def test_the_fast_way_to_a_host_gives_what_the_url_parser_gives(text: str, allow_http: bool) -> None:
    try:
        expected = parse_url(text, allow_http=allow_http).authority
    except Refused:
        with pytest.raises(Refused, match="bad-id"):
            authority_of(text, allow_http=allow_http)
    else:
        assert authority_of(text, allow_http=allow_http) == expected


def test_the_fast_way_agrees_on_all_of_the_url_standards_cases() -> None:
    root = os.environ.get("SEBANGSA_TEST_DOCUMENTS")
    path = Path(root) / "badinput" / "url" / "urltestdata.json" if root else None
    if path is None or not path.is_file():
        pytest.skip("SEBANGSA_TEST_DOCUMENTS names no folder with badinput/url")
    for case in json.loads(path.read_bytes()):
        if isinstance(case, dict):
            test_the_fast_way_to_a_host_gives_what_the_url_parser_gives(case["input"], True)


@pytest.mark.parametrize(
    "value",
    [
        "https://good.example@evil.example/",
        "javascript:x",
        "https://a.example/\u202e",
        "https://a b/",
        "//x",
        5,
        None,
    ],
)
def test_s062_s068_what_hides_its_host_is_no_link(value: Any) -> None:
    assert not is_link(value)


def test_ids_are_found_in_each_shape() -> None:
    uri = "https://a.example/1"
    assert id_of(uri) == id_of({"id": uri}) == id_of({"@id": uri}) == uri
    assert id_of(None) is id_of([uri]) is id_of({"id": 5}) is None
    assert one_id([uri]) == uri
    assert one_id([uri, uri]) is None
    assert ids_of([uri, {"id": uri}, None, [uri], "Public"]) == (
        uri,
        "https://www.w3.org/ns/activitystreams#Public",
    )
    assert types_of({"@type": ["as:Note", 5, "https://www.w3.org/ns/activitystreams#Page"]}) == (
        "Note",
        "Page",
    )


def test_a_collection_is_read_with_its_first_page() -> None:
    read = read_collection(
        {
            "id": "https://a.example/f",
            "type": "OrderedCollection",
            "totalItems": 2,
            "items": ["https://a.example/1"],
            "first": {
                "type": "OrderedCollectionPage",
                "next": "https://a.example/f?2",
                "orderedItems": [{"id": "https://a.example/2"}],
            },
        }
    )
    assert (read.is_ordered, read.is_page, read.total_items, read.item_ids) == (
        True,
        False,
        2,
        ("https://a.example/1",),
    )
    assert read.first_page is not None
    assert (read.first_page.next, read.first_page.item_ids) == (
        "https://a.example/f?2",
        ("https://a.example/2",),
    )


def test_a_collection_without_end_is_cut() -> None:
    assert len(read_collection({"type": "Collection", "items": ["x"] * 5000}).items) == 1000


@pytest.mark.parametrize("names", [(), *((name,) for name in sorted(NAMES)), tuple(sorted(NAMES))])
def test_each_context_names_as2_first_and_defines_a_term_once(names: tuple[str, ...]) -> None:
    context = context_for(*names)
    assert context[0] == AS_CONTEXT
    assert sum(isinstance(part, dict) for part in context) <= 1
    for part in context:
        if isinstance(part, dict):
            for meaning in part.values():
                iri = meaning["@id"] if isinstance(meaning, dict) else meaning
                prefix = iri.partition(":")[0]
                assert prefix in (*part, "as", "http", "https"), (
                    f"{iri} has a prefix that the context does not define"
                )


def test_a_context_may_be_changed_by_its_caller_without_harm() -> None:
    context = context_for("actor")
    context[-1]["x"] = "y"
    assert "x" not in context_for("actor")[-1]


def test_an_actors_context_says_what_its_proof_keys_are_to_software_that_reads_json_ld() -> None:
    # Neither address of the context defines it; Fedify passes over a key whose term means nothing.
    meaning = context_for("actor")[-1]["assertionMethod"]
    assert meaning["@id"] == "https://w3id.org/security#assertionMethod"


def test_an_unknown_context_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        context_for("no-such")
