"""Object proofs (FEP-8b32): what was signed is believed, and nothing else (S-028)."""

from __future__ import annotations

import json
from copy import deepcopy
from hashlib import sha256
from typing import Any

import pytest

from federation.refusals import Refused
from federation.signatures import (
    PROOF_CONTEXT,
    add_proof,
    generate_ed25519,
    load_public_key,
    proof_of,
    verify_proof,
)
from federation.signatures.base58 import multibase_encode
from federation.signatures.proofs import canonical_json
from tests.federation.signed_requests import NOW, ed25519_key, ed25519_pair, rsa_key, rsa_pair

METHOD = "https://good.example/u/ani#ed25519-key"
DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/activitystreams", PROOF_CONTEXT],
    "id": "https://good.example/a/1",
    "type": "Create",
    "actor": "https://good.example/u/ani",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "object": {"id": "https://good.example/p/1", "type": "Note", "content": "Halo 😀 <ü>", "latitude": -6.2},
}


def proven(document: dict[str, Any] | None = None) -> dict[str, Any]:
    return add_proof(document or DOCUMENT, ed25519_key(), METHOD, created=NOW)


def verify(document: dict[str, Any], now: float | None = None) -> None:
    verify_proof(document, load_public_key(ed25519_pair().public), now=now)


def refused(document: dict[str, Any], now: float | None = None) -> None:
    with pytest.raises(Refused) as caught:
        verify(document, now)
    assert caught.value.code == "proof-wrong"


def by_hand(options: dict[str, Any], hashed: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A document with a proof made without code of ours: `hashed` are the options that were signed."""
    data = sha256(canonical_json(hashed)).digest() + sha256(canonical_json(document)).digest()
    return document | {"proof": options | {"proofValue": multibase_encode(ed25519_key().sign(data))}}


OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "verificationMethod": METHOD,
    "proofPurpose": "assertionMethod",
    "created": "2026-09-21T12:26:40Z",
}


def test_a_proof_of_ours_holds_and_says_whose_it_is() -> None:
    document = proven()
    verify(document)
    claim = proof_of(document)
    assert claim is not None
    assert (claim.verification_method, claim.created, claim.expires) == (METHOD, NOW, None)


def test_a_proof_has_the_shape_of_the_fep() -> None:
    proof = proven()["proof"]
    assert proof.pop("proofValue").startswith("z")
    assert proof == {
        "@context": DOCUMENT["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "created": "2026-09-21T14:13:20Z",
    }


def test_making_a_proof_leaves_the_document_alone() -> None:
    before = deepcopy(DOCUMENT)
    proven()
    assert before == DOCUMENT


def test_a_proof_survives_json_and_another_order_of_keys() -> None:
    document = json.loads(json.dumps(dict(reversed(proven().items()))))
    document["object"] = dict(sorted(document["object"].items(), reverse=True))
    verify(document)


def test_a_new_proof_takes_the_place_of_an_old_one() -> None:
    verify(proven(proven()))


def test_a_document_without_context_can_be_proven() -> None:
    document = {name: value for name, value in DOCUMENT.items() if name != "@context"}
    assert "@context" not in proven(document)["proof"]
    verify(proven(document))


def test_a_document_without_proof_makes_no_claim() -> None:
    assert proof_of(DOCUMENT) is None
    refused(DOCUMENT)


@pytest.mark.parametrize("proof", [None, "x", 1, [], [None, 1], {}, {"type": "RsaSignature2017"}])
def test_other_proofs_make_no_claim(proof: Any) -> None:
    document = DOCUMENT | {"proof": proof}
    assert proof_of(document) is None
    refused(document)


def test_of_several_proofs_the_one_that_we_read_counts() -> None:
    document = proven()
    document["proof"] = [OPTIONS | {"cryptosuite": "mldsa44-jcs-2024", "proofValue": "z1"}, document["proof"]]
    verify(document)


def test_proofs_without_context_as_mitra_and_fedify_make_them_hold() -> None:
    verify(by_hand(OPTIONS, OPTIONS, DOCUMENT))
    verify(by_hand(OPTIONS, OPTIONS | {"@context": DOCUMENT["@context"]}, DOCUMENT))


def test_a_linked_data_signature_made_after_the_proof_changes_nothing_as_fedify_sends_both() -> None:
    verify(proven() | {"signature": {"type": "RsaSignature2017", "signatureValue": "c2ln"}})


def test_the_documents_context_must_begin_with_the_proofs() -> None:
    options = OPTIONS | {"@context": DOCUMENT["@context"]}
    document = by_hand(options, options, DOCUMENT)
    verify(document | {"@context": [*DOCUMENT["@context"], "https://good.example/more"]})
    refused(document | {"@context": ["https://evil.example/first", *DOCUMENT["@context"]]})
    refused(document | {"@context": DOCUMENT["@context"][:1]})
    refused({name: value for name, value in document.items() if name != "@context"})


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(actor="https://evil.example/u/mallory"),
        lambda d: d["object"].update(content="Halo"),
        lambda d: d["object"].update(latitude=6.2),
        lambda d: d.update({"@graph": []}),
        lambda d: d.update({"@included": [{"id": "https://good.example/p/2"}]}),
        lambda d: d.update({"@reverse": {}}),
        lambda d: d.pop("to"),
        lambda d: d.update(id="https://good.example/a/2"),
        lambda d: d["proof"].update(created="2026-09-21T12:26:41Z"),
        lambda d: d["proof"].update(verificationMethod="https://good.example/u/budi#ed25519-key"),
        lambda d: d["proof"].update(expires="2099-01-01T00:00:00Z"),
        lambda d: d["proof"].update(domain="x"),
    ],
)
def test_s028_a_document_or_proof_that_was_changed_is_refused(change: Any) -> None:
    document = deepcopy(proven())
    verify(document)
    change(document)
    refused(document)


@pytest.mark.parametrize(
    "part",
    [
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"verificationMethod": ""},
        {"verificationMethod": ["https://good.example/u/ani#ed25519-key"]},
        {"verificationMethod": None},
        {"created": "yesterday"},
        {"created": 1},
        {"created": "2" * 100},
        {"expires": {}},
        {"proofValue": None},
        {"proofValue": 1},
        {"proofValue": ""},
        {"proofValue": "z"},
        {"proofValue": "z0"},
        {"proofValue": "m" + "A" * 86},
        {"proofValue": "z" + "1" * 63},
        {"proofValue": "z" + "1" * 65},
        {"proofValue": "z" + "2" * 100_000},
    ],
)
def test_a_malformed_proof_is_refused(part: dict[str, Any]) -> None:
    document = proven()
    refused(document | {"proof": document["proof"] | part})


def test_a_proof_by_another_key_or_kind_of_key_is_refused() -> None:
    for text in (generate_ed25519().public, rsa_pair().public):
        with pytest.raises(Refused, match="proof-wrong"):
            verify_proof(proven(), load_public_key(text))


def test_a_proof_whose_own_end_has_passed_is_refused() -> None:
    options = OPTIONS | {"expires": "2026-09-21T13:00:00Z"}
    document = by_hand(options, options, DOCUMENT)
    claim = proof_of(document)
    assert claim is not None
    assert claim.expires is not None
    verify(document, now=claim.expires - 1)
    refused(document, now=claim.expires + 1)


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\ud800": 1}])
def test_a_document_without_a_canonical_form_is_refused(value: Any) -> None:
    refused(proven() | {"extra": value})
    with pytest.raises(ValueError, match=r".+"):
        proven(DOCUMENT | {"extra": value})


def test_a_document_nested_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    refused(proven() | {"extra": deep})


def test_a_proof_with_an_rsa_key_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        add_proof(DOCUMENT, rsa_key(), METHOD, created=NOW)
