"""The published test vectors of every format that this server signs, verifies or hashes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import http_sf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.refusals import Refused
from federation.signatures import (
    HttpRequest,
    PrivateKey,
    SigningKey,
    add_proof,
    cavage,
    decode_multikey,
    encode_multikey,
    load_private_key,
    load_public_key,
    multikey_of,
    proof_of,
    read_claim,
    rfc9421,
    verify_proof,
)
from federation.signatures.base58 import multibase_decode, multibase_encode
from federation.signatures.digest import check_content_digest, check_digest, make_content_digest, make_digest
from federation.signatures.proofs import canonical_json


@pytest.fixture(scope="module")
def vectors(documents_folder: Path) -> Path:
    return documents_folder / "vectors"


def read(vectors: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((vectors / name).read_text())
    return found


def request_of(message: dict[str, Any]) -> HttpRequest:
    headers: dict[str, str] = {}
    for name, value in message["headers"]:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return HttpRequest(
        message["method"], "https", headers["host"], message["target"], headers, message["body"].encode()
    )


# --- draft-cavage-12, appendix C


def cavage_cases(vectors: Path) -> Iterator[tuple[dict[str, Any], HttpRequest]]:
    found = read(vectors, "cavage12.json")
    assert len(found["cases"]) == 4
    request = request_of(found["request"])
    for case in found["cases"]:
        yield case, replace(request, headers={**request.headers, "signature": case["signature_header"]})


def test_cavage_signatures_hold_or_fail_as_published(vectors: Path) -> None:
    key = load_public_key(read(vectors, "cavage12.json")["key"]["public_pem"], min_rsa_bits=1024)
    for case, request in cavage_cases(vectors):
        if case["expect"] == "valid":
            cavage.check(request, cavage.read(case["signature_header"]), key)
        else:
            with pytest.raises(Refused):
                cavage.check(request, cavage.read(case["signature_header"]), key)


def test_cavage_signatures_are_made_as_published(vectors: Path) -> None:
    private = load_private_key(read(vectors, "cavage12.json")["key"]["private_pem"])
    for case, request in cavage_cases(vectors):
        if case["expect"] == "valid":
            names = (case["headers"] or "date").split()
            made = cavage.read(cavage.sign(request, names, SigningKey("Test", private)))
            assert made.signature == cavage.read(case["signature_header"]).signature


def test_the_cavage_key_of_1024_bits_is_refused_in_production(vectors: Path) -> None:
    with pytest.raises(Refused, match="1024"):
        load_public_key(read(vectors, "cavage12.json")["key"]["public_pem"])


def test_cavage_cases_that_cover_too_little_are_refused_at_the_door(vectors: Path) -> None:
    then = datetime.fromisoformat("2014-01-05T21:31:40Z").timestamp()
    outcomes = {}
    for case, request in cavage_cases(vectors):
        try:
            read_claim(request, authority="example.com", now=then)
            outcomes[case["section"]] = "read"
        except Refused as refusal:
            outcomes[case["section"]] = refusal.code
    assert outcomes == {
        "C.1": "signature-incomplete",
        "C.2": "signature-incomplete",
        "C.3": "read",
        "C.3 as printed in -12": "signature-malformed",
    }


# --- RFC 9421, section 4.3 and appendix B

OUR_ALGORITHMS = ("rsa-v1_5-sha256", "ed25519")


def rfc9421_cases(vectors: Path) -> Iterator[tuple[dict[str, Any], HttpRequest, dict[str, Any]]]:
    """The cases about requests, each with its one label of perhaps several."""
    found = read(vectors, "rfc9421.json")
    assert len(found["cases"]) >= 15
    for case in found["cases"]:
        message = found["messages"][case["message"]]
        if "method" not in message:
            continue
        request = request_of(message)
        fields = {}
        for name, text in (("signature-input", case["signature_input"]), ("signature", case["signature"])):
            parsed = http_sf.parse(text.encode(), tltype="dictionary")
            assert isinstance(parsed, dict)
            fields[name] = http_sf.ser({case["label"]: parsed[case["label"]]})
        yield case, replace(request, headers={**request.headers, **fields}), found["keys"][case["keyid"]]


def test_rfc9421_signatures_of_our_algorithms_hold_or_fail_as_published(vectors: Path) -> None:
    checked = 0
    for case, request, key in rfc9421_cases(vectors):
        if case["algorithm"] not in OUR_ALGORITHMS:
            continue
        checked += 1
        public = load_public_key(key["public_pem"])
        signature = rfc9421.read(request.headers)
        if case["expect"] == "valid":
            rfc9421.check(request, signature, public)
        else:
            with pytest.raises(Refused, match="signature-wrong"):
                rfc9421.check(request, signature, public)
    assert checked == 8


def test_rfc9421_signatures_of_other_algorithms_are_refused(vectors: Path) -> None:
    checked = 0
    for case, request, key in rfc9421_cases(vectors):
        if case["algorithm"] in OUR_ALGORITHMS:
            continue
        checked += 1
        with pytest.raises(Refused):  # noqa: PT012 - whichever comes first: the key or the signature
            public = load_public_key(key.get("public_pem", "no key"))
            rfc9421.check(request, rfc9421.read(request.headers), public)
    assert checked >= 5


def test_two_signatures_in_one_request_are_refused(vectors: Path) -> None:
    found = read(vectors, "rfc9421.json")
    case = next(case for case in found["cases"] if case["label"] == "proxy_sig")
    request = request_of(found["messages"][case["message"]])
    with pytest.raises(Refused, match="signature-malformed"):
        rfc9421.read(
            {**request.headers, "signature-input": case["signature_input"], "signature": case["signature"]}
        )


def test_rfc9421_ed25519_signatures_are_made_as_published(vectors: Path) -> None:
    checked = 0
    for case, request, key in rfc9421_cases(vectors):
        if case["algorithm"] != "ed25519" or case["expect"] != "valid":
            continue
        checked += 1
        parsed: Any = http_sf.parse(request.headers["signature-input"].encode(), tltype="dictionary")
        components = [name for name, _ in parsed[case["label"]][0]]
        made = rfc9421.sign(
            request,
            components,
            SigningKey(case["keyid"], load_private_key(key["private_pem"])),
            now=1618884473,
            with_algorithm=False,
        )
        published = request.headers["signature-input"], request.headers["signature"]
        assert [text.partition("=")[2] for text in made.values()] == [
            text.partition("=")[2] for text in published
        ]
    assert checked == 5


# --- RFC 9530 and the older Digest


def test_content_digests_are_as_published(vectors: Path) -> None:
    found = read(vectors, "rfc9530.json")
    for case in found["cases"]:
        body = case["body"].encode()
        field = ", ".join(f"{name}={value}" for name, value in case["field"].items())
        check_content_digest(field, body)
        with pytest.raises(Refused, match="digest-wrong"):
            check_content_digest(field, body + b" ")
        if "sha-256" in case["field"]:
            assert make_content_digest(body) == f"sha-256={case['field']['sha-256']}"


def test_algorithms_that_must_not_be_relied_on_do_not_count(vectors: Path) -> None:
    case = read(vectors, "rfc9530.json")["cases"][0]
    field = ", ".join(f"{name}={value}" for name, value in case["field"].items() if "sha-" not in name)
    with pytest.raises(Refused, match="digest-wrong"):
        check_content_digest(field, case["body"].encode())


def test_the_older_digest_is_as_published(vectors: Path) -> None:
    for case in read(vectors, "rfc9530.json")["legacy"]:
        check_digest(case["value"], case["body"].encode())
        assert make_digest(case["body"].encode()) == case["value"]


# --- RFC 8785


def test_canonical_json_is_as_published(vectors: Path) -> None:
    inputs = sorted((vectors / "jcs" / "input").glob("*.json"))
    assert len(inputs) == 6
    for path in inputs:
        made = canonical_json(json.loads(path.read_text()))
        assert made == (vectors / "jcs" / "output" / path.name).read_bytes().rstrip(b"\n"), path.name
        hexadecimal = (vectors / "jcs" / "outhex" / path.with_suffix(".txt").name).read_text()
        assert made == bytes.fromhex(hexadecimal), path.name


def test_canonical_numbers_are_as_published(vectors: Path) -> None:
    numbers = json.loads((vectors / "jcs" / "numbers.json").read_text())["numbers"]
    assert len(numbers) > 20
    for bits, text in numbers:
        (number,) = struct.unpack(">d", bytes.fromhex(bits))
        if text is None:
            with pytest.raises(ValueError, match=r".+"):
                canonical_json(number)
        else:
            assert canonical_json(number) == text.encode()


def test_canonical_order_is_by_utf16(vectors: Path) -> None:
    case = json.loads((vectors / "jcs" / "order.json").read_text())
    assert list(json.loads(canonical_json(case["input"]))) == case["order"]


# --- eddsa-jcs-2022 and FEP-8b32


def secret(multikey: str) -> PrivateKey:
    codec, seed = decode_multikey(multikey)
    assert codec == "ed25519-priv"
    return Ed25519PrivateKey.from_private_bytes(seed)


def test_the_w3c_proof_is_made_and_held_as_published(vectors: Path) -> None:
    found = read(vectors, "eddsa-jcs-2022.json")
    method = found["proof_config"]["verificationMethod"]
    created = datetime.fromisoformat(found["proof_config"]["created"]).timestamp()
    made = add_proof(found["unsigned"], secret(found["key"]["privateKeyMultibase"]), method, created=created)
    assert made == found["signed"]
    assert canonical_json(found["unsigned"]).decode() == found["canonical_document"]
    assert sha256(canonical_json(found["proof_config"])).hexdigest() == found["proof_config_hash"]
    assert multibase_decode(found["proof_value"]).hex() == found["signature_hex"]
    verify_proof(found["signed"], load_public_key(found["key"]["publicKeyMultibase"]))


def test_the_activitypub_proof_is_made_and_held_as_published(vectors: Path) -> None:
    found = read(vectors, "fep-8b32.json")
    created = datetime.fromisoformat(found["created"]).timestamp()
    private = secret(found["key"]["secretKeyMultibase"])
    assert (
        add_proof(found["unsigned"], private, found["verification_method"], created=created)
        == found["signed"]
    )
    listed = found["actor"]["assertionMethod"][0]
    verify_proof(found["signed"], load_public_key(listed["publicKeyMultibase"]))
    claim = proof_of(found["signed"])
    assert claim is not None
    assert claim.verification_method == listed["id"]
    assert claim.created == created


def test_the_proof_of_an_early_draft_makes_no_claim(vectors: Path) -> None:
    assert proof_of(read(vectors, "fep-8b32.json")["legacy"]["signed"]) is None


def test_captured_proofs_of_mitra_are_read(documents_folder: Path) -> None:
    read_here = 0
    for path in sorted((documents_folder / "activitypub" / "mitra").rglob("*.json")):
        document = json.loads(path.read_text())
        if isinstance(document, dict) and isinstance(document.get("proof"), dict):
            if document["proof"]["proofValue"].endswith("..."):  # shortened, in documentation
                with pytest.raises(Refused, match="proof-wrong"):
                    proof_of(document)
                continue
            claim = proof_of(document)
            assert claim is not None
            assert claim.verification_method.endswith("#ed25519-key")
            assert claim.created is not None
            read_here += 1
    assert read_here == 2


# --- FEP-521a


def raw(multikey: str) -> bytes:
    key = load_public_key(multikey)
    if isinstance(key, RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert isinstance(key, Ed25519PublicKey)
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def test_multikeys_are_read_and_written_as_published(vectors: Path) -> None:
    found = read(vectors, "multikey.json")
    for case in found["multikeys"]:
        text, data = case["object"]["publicKeyMultibase"], bytes.fromhex(case["key_hex"])
        assert decode_multikey(text) == (case["kind"], data)
        assert encode_multikey(case["kind"], data) == text
        assert raw(text) == data
        assert multikey_of(load_public_key(text)) == text


def test_secret_multikeys_belong_to_their_public_ones(vectors: Path) -> None:
    found = read(vectors, "multikey.json")
    for pair in found["pairs"]:
        assert multikey_of(secret(pair["secretKeyMultibase"]).public_key()) == pair["publicKeyMultibase"]
    for case in found["did_key"]:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed_hex"]))
        assert multikey_of(private.public_key()) == case["publicKeyMultibase"]


def test_multibase_is_as_published(vectors: Path) -> None:
    for case in read(vectors, "multikey.json")["multibase"]:
        assert multibase_encode(case["text"].encode()) == case["base58btc"]
        assert multibase_decode(case["base58btc"]) == case["text"].encode()
        for other in ("base64", "base16"):
            with pytest.raises(Refused):
                multibase_decode(case[other])


def test_multikeys_that_must_be_refused_are(vectors: Path) -> None:
    for case in read(vectors, "multikey.json")["must_refuse"]:
        with pytest.raises(Refused, match="key-unusable"):
            load_public_key(case["publicKeyMultibase"])
