"""Object proofs (FEP-8b32): who wrote a document, whoever passes it on. Suite `eddsa-jcs-2022`.

A proof speaks for the very values that were canonicalised (JCS, RFC 8785), not for what a JSON-LD processor
might make of them: callers read the document that was verified, by known terms only (S-028).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.refusals import Refused
from federation.signatures.base58 import multibase_decode, multibase_encode
from federation.signatures.keys import PrivateKey, PublicKey

CRYPTOSUITE = "eddsa-jcs-2022"
PROOF_CONTEXT = "https://w3id.org/security/data-integrity/v2"
"""What a document's `@context` should name beside ActivityStreams when it carries a proof; `add_proof` leaves
the context as it is, because it is signed with the rest."""

_OUTSIDE = frozenset({"proof", "signature"})
"""What a proof does not speak of: itself, and the Linked Data Signature that older software wants, which is made
after it (FEP-8b32, backward compatibility). Fedify sends both. No code here reads `signature`."""

MAX_PROOFS = 8
MAX_PROOF_VALUE = 128
"""Characters; 64 bytes are at most 89 in base58."""


@dataclass(frozen=True)
class ProofClaim:
    """A document says to carry a proof by this key; not yet believed.

    `signature` has 64 bytes. `created` and `expires` are seconds since 1970, None when absent.
    """

    verification_method: str
    signature: bytes
    created: float | None
    expires: float | None


def add_proof(
    document: dict[str, Any], private_key: PrivateKey, verification_method: str, *, created: float
) -> dict[str, Any]:
    """A copy of the document with a proof by the key whose public half is at `verification_method`.

    `created` is seconds since 1970. The proof carries the document's own `@context`, which is hashed with it.
    A proof that was there is replaced. Raises `ValueError` for another key than Ed25519, and for a document
    that has no canonical form (integers above 2^53, NaN, lone surrogates).
    """
    if not isinstance(private_key, Ed25519PrivateKey):
        raise ValueError(f"{CRYPTOSUITE} proofs are made with Ed25519 keys")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    proof: dict[str, Any] = {} if "@context" not in unsecured else {"@context": unsecured["@context"]}
    proof |= {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
        "created": datetime.fromtimestamp(int(created), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    signature = private_key.sign(_hash_data(unsecured, proof))
    return unsecured | {"proof": proof | {"proofValue": multibase_encode(signature)}}


def proof_of(document: dict[str, Any]) -> ProofClaim | None:
    """What the document's proof claims; None without one of the suite that is read here.

    Of several proofs the first of that suite counts. Raises `Refused('proof-wrong')` when its parts are
    missing or of another shape: what cannot hold makes nobody fetch a key.
    """
    proof = _find_proof(document)
    if proof is None:
        return None
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not method or proof.get("proofPurpose") != "assertionMethod":
        raise Refused("proof-wrong", "verificationMethod is missing, or the purpose is not assertionMethod")
    return ProofClaim(method, _signature(proof), _instant(proof, "created"), _instant(proof, "expires"))


def verify_proof(document: dict[str, Any], public_key: PublicKey, *, now: float | None = None) -> None:
    """Hold the document's proof against the key of its `verificationMethod`. Raises `Refused('proof-wrong')`.

    With `now` (seconds since 1970) a proof whose own `expires` has passed is refused too. Whether the key's
    owner may speak for the document is the caller's question.
    """
    claim, proof = proof_of(document), _find_proof(document)
    if claim is None or proof is None:
        raise Refused("proof-wrong", "there is none")
    if not isinstance(public_key, Ed25519PublicKey):
        raise Refused("proof-wrong", f"{CRYPTOSUITE} needs an Ed25519 key")
    if now is not None and claim.expires is not None and claim.expires < now:
        raise Refused("proof-wrong", "its own end has passed")
    unsecured = {name: value for name, value in document.items() if name not in _OUTSIDE}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    for candidate, signed_options in _readings(unsecured, options):
        try:
            public_key.verify(claim.signature, _hash_data(candidate, signed_options))
        except InvalidSignature:
            continue
        except (ValueError, RecursionError) as error:
            raise Refused("proof-wrong", "the document has no canonical form") from error
        return
    raise Refused("proof-wrong", f"of {claim.verification_method[:200]}")


def canonical_json(value: Any) -> bytes:
    """The JCS form (RFC 8785) of a JSON value. Raises `ValueError` for what has none."""
    return rfc8785.dumps(value)


def _readings(
    unsecured: dict[str, Any], options: dict[str, Any]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What may have been signed: (document, proof options).

    A proof that carries a `@context` was made with that one, and the document's must begin with it
    (vc-di-eddsa, section 3.3.2). One that carries none was made without (Mitra), or with the document's
    (Fedify): both name the same document.
    """
    if "@context" in options:
        ours, theirs = _as_list(unsecured.get("@context")), _as_list(options["@context"])
        if ours[: len(theirs)] != theirs:
            raise Refused("proof-wrong", "the document's @context does not begin with the proof's")
        return [(unsecured | {"@context": options["@context"]}, options)]
    if "@context" in unsecured:
        return [(unsecured, options), (unsecured, options | {"@context": unsecured["@context"]})]
    return [(unsecured, options)]


def _as_list(context: Any) -> list[Any]:
    if context is None:
        return []
    return context if isinstance(context, list) else [context]


def _hash_data(unsecured: dict[str, Any], options: dict[str, Any]) -> bytes:
    return sha256(canonical_json(options)).digest() + sha256(canonical_json(unsecured)).digest()


def _find_proof(document: dict[str, Any]) -> dict[str, Any] | None:
    found = document.get("proof")
    proofs = found if isinstance(found, list) else [found]
    for proof in proofs[:MAX_PROOFS]:
        if (
            isinstance(proof, dict)
            and proof.get("type") == "DataIntegrityProof"
            and proof.get("cryptosuite") == CRYPTOSUITE
        ):
            return proof
    return None


def _signature(proof: dict[str, Any]) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str) or len(value) > MAX_PROOF_VALUE:
        raise Refused("proof-wrong", "proofValue is missing or too long")
    try:
        signature = multibase_decode(value)
    except Refused as refusal:
        raise Refused("proof-wrong", refusal.detail) from refusal
    if len(signature) != 64:
        raise Refused("proof-wrong", "an Ed25519 signature has 64 bytes")
    return signature


def _instant(proof: dict[str, Any], name: str) -> float | None:
    value = proof.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 64:
        raise Refused("proof-wrong", f"{name} is not a date and time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused("proof-wrong", f"{name} is not a date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
