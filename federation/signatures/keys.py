"""Keys: ours, made and read back; and those of others, looked at before they are used."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from federation.refusals import Refused
from federation.signatures.multikey import ED25519_PUBLIC, RSA_PUBLIC, decode_multikey, multikey_of

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
PublicKey = RSAPublicKey | Ed25519PublicKey

OUR_RSA_BITS = 2048
"""What every peer takes; larger keys make each delivery dearer and nobody safer."""

MIN_RSA_BITS = 2048
"""Every server of today makes 2048 or more. The published cavage vectors carry 1024: their test says so."""

MAX_RSA_BITS = 8192
"""S-024: verifying costs the square of the size."""

MAX_RSA_EXPONENT_BITS = 33
"""65537 everywhere; one as long as the modulus would make each verification hundreds of times dearer."""

MAX_KEY_TEXT = 2048
"""Characters of a PEM or multibase text; an 8192-bit key has about 1,500. Longer ones are not even parsed."""

_PEM = re.compile(
    r"-----BEGIN (?P<kind>(?:RSA )?PUBLIC KEY)-----(?P<body>[A-Za-z0-9+/=\s]+)-----END (?P=kind)-----"
)

_P = 2**255 - 19
_EIGHTH_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# y of the points whose order divides 8: signatures can be made that hold for such a "key" (S-024).
_LOW_ORDER_Y = frozenset({0, 1, _P - 1, _EIGHTH_Y, _P - _EIGHTH_Y})


class KeyPair(NamedTuple):
    """A new key as it is stored: the private half as PKCS#8 PEM, the public one as SPKI PEM or multibase."""

    private: str
    public: str


def generate_rsa_pem() -> KeyPair:
    """A new RSA key; its public half as PEM (`publicKeyPem`). Takes 30 ms of CPU or more: use a thread."""
    key = generate_private_key(public_exponent=65537, key_size=OUR_RSA_BITS)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(_private_pem(key), public.decode())


def generate_ed25519() -> KeyPair:
    """A new Ed25519 key for proofs; its public half as multibase (`publicKeyMultibase`)."""
    key = Ed25519PrivateKey.generate()
    return KeyPair(_private_pem(key), multikey_of(key.public_key()))


def _private_pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def algorithm_of(key: PrivateKey | PublicKey) -> str:
    """`rsa` or `ed25519`. A key's own kind decides what it may verify, never the sender's word (S-023)."""
    return "rsa" if isinstance(key, RSAPrivateKey | RSAPublicKey) else "ed25519"


@lru_cache(maxsize=2048)
def load_private_key(pem: str) -> PrivateKey:
    """One of our own private keys from its PEM; parsed keys are kept.

    Only keys that this server made come here: they are not validated again, which would cost 28 ms, as much
    as 120 signatures. Raises `ValueError` for anything else.
    """
    key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return key


@lru_cache(maxsize=16_384)
def load_public_key(text: str, *, min_rsa_bits: int = MIN_RSA_BITS) -> PublicKey:
    """A public key from PEM (SPKI or PKCS#1) or a multikey's multibase text; parsed keys are kept.

    Raises `Refused('key-unusable')` for text that is no key, with junk around it, of another kind, or weak:
    RSA below `min_rsa_bits` or above `MAX_RSA_BITS`, an even or tiny or huge exponent, an Ed25519 point of
    low order or written in two ways. Never costs more than parsing 2 kB (S-024).
    """
    if len(text) > MAX_KEY_TEXT:
        raise Refused("key-unusable", f"longer than {MAX_KEY_TEXT} characters")
    key = _from_multikey(text) if text.startswith("z") else _from_der(_der_of(text))
    if isinstance(key, RSAPublicKey):
        _check_rsa(key, min_rsa_bits)
    else:
        _check_ed25519(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return key


def _der_of(pem: str) -> bytes:
    found = _PEM.fullmatch(pem.strip())
    if found is None:
        raise Refused("key-unusable", "not one PEM public key")
    try:
        return b64decode("".join(found["body"].split()), validate=True)
    except binascii.Error as error:
        raise Refused("key-unusable", "broken base64 in the PEM") from error


def _from_der(der: bytes) -> PublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("key-unusable", "not a key that can be read") from error
    if not isinstance(key, RSAPublicKey | Ed25519PublicKey):
        raise Refused("key-unusable", "neither an RSA nor an Ed25519 key")
    return key


def _from_multikey(text: str) -> PublicKey:
    codec, data = decode_multikey(text)
    if codec == ED25519_PUBLIC:
        if len(data) != 32:
            raise Refused("key-unusable", "an Ed25519 key has 32 bytes")
        return Ed25519PublicKey.from_public_bytes(data)
    if codec != RSA_PUBLIC:
        raise Refused("key-unusable", "not a public key")
    key = _from_der(data)
    if not isinstance(key, RSAPublicKey):
        raise Refused("key-unusable", "its codec says RSA, its bytes do not")
    return key


def _check_rsa(key: RSAPublicKey, min_bits: int) -> None:
    if not min_bits <= key.key_size <= MAX_RSA_BITS:
        raise Refused("key-unusable", f"an RSA key of {key.key_size} bits")
    numbers = key.public_numbers()
    if numbers.e < 3 or numbers.e % 2 == 0 or numbers.e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise Refused("key-unusable", "an RSA exponent that is even, too small or too large")
    if numbers.n % 2 == 0:
        raise Refused("key-unusable", "an even RSA modulus")


def _check_ed25519(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P or y in _LOW_ORDER_Y:
        raise Refused("key-unusable", "an Ed25519 point of low order, or not in its one spelling")
