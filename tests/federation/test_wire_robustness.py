"""Whatever JSON comes, a reader gives a value or refuses it; never anything else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import strict_json
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
