"""Whatever JSON comes, a reader gives a value or refuses it; never anything else."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import strict_json
from federation.discovery import read_handle, read_jrd, read_nodeinfo
from federation.refusals import REFUSALS, Refused
from federation.vocabulary import ACTIVITY_TYPES, ACTOR_TYPES, COLLECTION_TYPES, OBJECT_TYPES
from federation.wire import read_activity, read_actor, read_collection, read_object
from federation.wire.classify import describe
from federation.wire.field_sources import ACTIVITY_SOURCES, ACTOR_SOURCES, COLLECTION_SOURCES, OBJECT_SOURCES
from tests.documents.captured import own

Reader = Callable[[Any], Any]
READERS: list[Reader] = [read_activity, read_actor, read_collection, read_object]

KEYS = [
    *sorted({*ACTOR_SOURCES, *OBJECT_SOURCES, *ACTIVITY_SOURCES, *COLLECTION_SOURCES} - {"civic"}),
    "@id", "@type", "@value", "as:actor", "href", "mediaType", "height", "width", "focalPoint", "blurhash",
    "publicKeyPem", "owner", "controller", "publicKeyMultibase", "items", "replies", "totalItems",
    "acceptsChatMessages", "sharedInbox", "civic:report", "civic:statusEvent", "civic:serviceCode",
    "civic:attributes", "civic:services", "civic:seq", "civic:to", "identifier", "value", "preferredUsername",
]  # fmt: skip
TYPES = [
    *sorted(ACTIVITY_TYPES | ACTOR_TYPES | COLLECTION_TYPES | OBJECT_TYPES),
    "Mention", "Hashtag", "Emoji", "Link", "PropertyValue", "Multikey", "CommunityPostTag", "Key",
]  # fmt: skip
ADDRESSES = [
    "https://a.example/1",
    "https://a.example/u/x",
    "https://b.example/1#k",
    "as:Public",
    "http://a.example",
]

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(TYPES)
    | st.sampled_from(ADDRESSES)
    | st.sampled_from(["2026-11-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01", "10" * 20, "true"])
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=7)
    ),
    max_leaves=25,
)
DISCOVERY_KEYS = ["subject", "aliases", "links", "software", "version", "name", "usage"]
URL_KEYS = [
    "id", "url", "icon", "image", "inbox", "outbox", "followers", "following", "featured", "moderators", "attributedTo",
    "endpoints", "sharedInbox", "attachment", "href", "inReplyTo", "replies", "likes", "shares", "context", "target",
    "actor", "object", "first", "next", "prev", "partOf", "movedTo", "alsoKnownAs", "audience", "quoteUri", "tag",
]  # fmt: skip
_links = st.dictionaries(st.sampled_from(["rel", "type", "href", "template"]), leaves, max_size=4) | leaves


def _as_sent(value: Any) -> bytes:
    """As a careless peer would write it: NaN, lone surrogates and all."""
    return json.dumps(value).encode()


def _fetched_from(value: Any, url: str) -> list[str]:
    """The fields of what was read, but for its words and what is kept as sent, in which `url` stands."""
    found = []
    if is_dataclass(value):
        for field in fields(value):
            if field.name in (
                "object",
                "extra",
                "items",
                "content",
                "name",
                "summary",
                "source",
                "fields",
                "conversation",
            ):
                continue
            held = getattr(value, field.name)
            for part in held if isinstance(held, tuple) else [held]:
                if is_dataclass(part):
                    found += _fetched_from(part, url)
                elif isinstance(part, str) and part.strip().lower().startswith(url.lower()[:8]):
                    found.append(field.name)
    return found


documents = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), anything, max_size=12)
many = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(documents)
def test_any_json_object_is_read_or_refused(document: dict[str, Any]) -> None:
    for reader in READERS:
        with contextlib.suppress(Refused):
            reader(document)
    describe(document)


@many
@given(st.sampled_from([document for _, document, _ in own()]), st.data())
def test_a_good_document_with_one_value_exchanged_is_read_or_refused(
    document: dict[str, Any], data: st.DataObject
) -> None:
    inner = document
    while isinstance(inner.get("object"), dict) and data.draw(st.booleans()):
        inner = inner["object"]
    key = data.draw(st.sampled_from([*inner, *KEYS]))
    kept = inner.get(key)
    had = key in inner
    inner[key] = data.draw(anything)
    try:
        for reader in READERS:
            with contextlib.suppress(Refused):
                reader(document)
        outcome = describe(document)
        assert not outcome.refused or outcome.refused in REFUSALS
    finally:
        if had:
            inner[key] = kept
        else:
            del inner[key]


MISSING = object()


def _places(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each key of a document, at any depth, with the object that it stands in."""
    if isinstance(value, dict):
        yield from ((value, key) for key in value)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _places(inner)


@pytest.mark.parametrize("path", [path for path, _, _ in own()])
def test_a_good_document_is_read_or_refused_whichever_value_is_missing_or_of_another_kind(path: str) -> None:
    """What chance seldom finds: each place at any depth, one after the other."""
    document = {path: document for path, document, _ in own()}[path]
    for inner, key in list(_places(document)):
        whole = dict(inner)
        for odd in (MISSING, None, 7, [], {}):
            inner[key] = odd
            if odd is MISSING:
                del inner[key]
            for reader in READERS:
                with contextlib.suppress(Refused):
                    reader(document)
            describe(document)
            inner.clear()
            inner.update(whole)


@given(anything)
def test_describing_anything_at_all_raises_nothing(value: Any) -> None:
    outcome = describe(value)
    assert bool(outcome.kind) != bool(outcome.refused)


def test_legal_json_that_is_no_activity_is_refused_and_never_fails() -> None:
    root = os.environ.get("SEBANGSA_TEST_DOCUMENTS")
    folder = Path(root) / "badinput" / "json_parsing" if root else None
    if folder is None or not folder.is_dir():
        pytest.skip("SEBANGSA_TEST_DOCUMENTS names no folder with badinput/json_parsing")
    cases = sorted(folder.glob("y_*.json"))
    assert len(cases) == 95
    for case in cases:
        try:
            value = strict_json.parse(case.read_bytes())
        except Refused:
            continue
        assert describe(value).refused
        if isinstance(value, dict):
            for reader in READERS:
                with pytest.raises(Refused):
                    reader(value)


def test_a_deep_document_is_refused_without_running_out_of_stack() -> None:
    document: dict[str, Any] = {
        "type": "Like",
        "actor": "https://a.example/u",
        "object": "https://b.example/1",
    }
    for depth in range(60):
        document = {
            "type": "Announce" if depth % 2 else "Undo",
            "id": f"https://a.example/{depth}",
            "actor": "https://a.example/u",
            "object": document,
        }
    with pytest.raises(Refused, match="too-deep"):
        read_activity(document)


@many
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | anything.map(_as_sent))
def test_any_bytes_are_a_value_that_can_be_stored_and_served_again_or_refused(data: bytes) -> None:
    try:
        value = strict_json.parse(data)
    except Refused:
        return
    written = strict_json.dumps(value)
    assert b"\\u0000" not in written
    assert strict_json.parse(written) == value


@many
@given(st.dictionaries(st.sampled_from(DISCOVERY_KEYS), anything | st.lists(_links, max_size=3), max_size=6))
def test_any_answer_of_discovery_is_read_or_refused(document: dict[str, Any]) -> None:
    found = read_jrd(document)
    assert isinstance(found.subject, str)
    assert all(isinstance(alias, str) for alias in found.aliases)
    assert found.actor is None or isinstance(found.actor, str)
    try:
        software = read_nodeinfo(document)
    except Refused:
        return
    assert 0 < len(software.name) <= 64
    assert len(software.version) <= 64


@many
@given(st.text(max_size=60) | st.from_regex(r"[@!]?(acct:)?[a-z%./]{0,9}@[a-z0-9.:\[\]-]{0,20}"))
def test_any_handle_is_read_to_a_name_and_a_host_or_refused(text: str) -> None:
    try:
        name, host = read_handle(text)
    except Refused:
        return
    assert "@" not in name + host
    assert not set("/\\?# ") & set(host)
    assert read_handle(f"@{name}@{host}") == (name, host)


@many
@given(
    st.sampled_from([document for _, document, _ in own()]),
    st.sampled_from(["file:///etc/passwd", "javascript:alert(1)", "gopher://a.example/", "data:text/html,x", "FTP://a.example/"]),
    st.data(),
)  # fmt: skip
def test_s006_no_field_that_is_fetched_or_linked_keeps_another_scheme(
    document: dict[str, Any], url: str, data: st.DataObject
) -> None:
    """Whichever field of a good document is exchanged for it, also inside of what is embedded."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    inner = changed
    while nested := [key for key, value in inner.items() if isinstance(value, dict) and value]:
        if not data.draw(st.booleans()):
            break
        inner = inner[data.draw(st.sampled_from(nested))]
    key = data.draw(st.sampled_from(URL_KEYS))
    inner[key] = data.draw(
        st.sampled_from([url, [url], {"href": url}, {"type": "Link", "href": url}, {"id": url}])
    )
    for reader in READERS:
        with contextlib.suppress(Refused):
            assert not _fetched_from(reader(changed), url), (reader, key)
