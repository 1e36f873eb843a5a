"""Multikeys (FEP-521a): keys as `publicKeyMultibase`, a multicodec number before the key's own bytes."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.refusals import Refused
from federation.signatures.base58 import multibase_decode, multibase_encode

ED25519_PUBLIC = "ed25519-pub"
ED25519_PRIVATE = "ed25519-priv"
RSA_PUBLIC = "rsa-pub"

_PREFIXES = {
    ED25519_PUBLIC: b"\xed\x01",
    ED25519_PRIVATE: b"\x80\x26",
    RSA_PUBLIC: b"\x85\x24",
}


def encode_multikey(codec: str, key_bytes: bytes) -> str:
    """Multibase text of a key: 32 raw bytes for Ed25519, PKCS#1 DER for RSA."""
    return multibase_encode(_PREFIXES[codec] + key_bytes)


def decode_multikey(text: str) -> tuple[str, bytes]:
    """Codec name and key bytes of a multikey, of which nothing else has been checked.

    Raises `Refused('key-unusable')` for text that is not base58btc or a codec that is not read here.
    """
    try:
        data = multibase_decode(text)
    except Refused as refusal:
        raise Refused("key-unusable", refusal.detail) from refusal
    for codec, prefix in _PREFIXES.items():
        if data.startswith(prefix):
            return codec, data[len(prefix) :]
    raise Refused("key-unusable", "a multikey of an unknown kind")


def multikey_of(public_key: RSAPublicKey | Ed25519PublicKey) -> str:
    """The `publicKeyMultibase` of a public key."""
    if isinstance(public_key, RSAPublicKey):
        return encode_multikey(RSA_PUBLIC, public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1))
    return encode_multikey(ED25519_PUBLIC, public_key.public_bytes(Encoding.Raw, PublicFormat.Raw))
