"""Who sent it: HTTP signatures (draft-cavage, RFC 9421) and object proofs (FEP-8b32). Pure functions.

Nothing here reads a clock, a database or the network. A request from outside goes `read_claim` → fetch the
key → `check_claim`; one of ours through `sign_request`; a document through `proof_of` → fetch the key →
`verify_proof`, and `add_proof` for ours.
"""

from federation.signatures.keys import (
    KeyPair,
    PrivateKey,
    PublicKey,
    algorithm_of,
    generate_ed25519,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
)
from federation.signatures.multikey import decode_multikey, encode_multikey, multikey_of
from federation.signatures.proofs import PROOF_CONTEXT, ProofClaim, add_proof, proof_of, verify_proof
from federation.signatures.request import HttpRequest, SigningKey
from federation.signatures.signing import sign_request
from federation.signatures.verification import (
    CLOCK_WINDOW,
    Scheme,
    SignatureClaim,
    check_claim,
    covers,
    read_claim,
)

__all__ = [
    "CLOCK_WINDOW",
    "PROOF_CONTEXT",
    "HttpRequest",
    "KeyPair",
    "PrivateKey",
    "ProofClaim",
    "PublicKey",
    "Scheme",
    "SignatureClaim",
    "SigningKey",
    "add_proof",
    "algorithm_of",
    "check_claim",
    "covers",
    "decode_multikey",
    "encode_multikey",
    "generate_ed25519",
    "generate_rsa_pem",
    "load_private_key",
    "load_public_key",
    "multikey_of",
    "proof_of",
    "read_claim",
    "sign_request",
    "verify_proof",
]
