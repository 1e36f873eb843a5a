"""What a signed header says about the body: `Digest` (RFC 3230) and `Content-Digest` (RFC 9530).

Only SHA-256 and SHA-512 count. Other algorithms may stand beside them and are not looked at, but alone they
say nothing (S-016).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256, sha512

import http_sf

from federation.refusals import Refused

_HASHES = {"sha-256": sha256, "sha-512": sha512}
_MAX_VALUE = 4096


def make_digest(body: bytes) -> str:
    """The `Digest` value of a body: every peer reads SHA-256, some only that."""
    return "SHA-256=" + b64encode(sha256(body).digest()).decode()


def make_content_digest(body: bytes) -> str:
    """The `Content-Digest` value of a body."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def check_digest(value: str, body: bytes) -> None:
    """Hold a `Digest` value against the body. Raises `Refused('digest-wrong')`.

    Algorithm names in any case; of several values each that counts must be right, also when one algorithm
    stands there twice.
    """
    if len(value) > _MAX_VALUE:
        raise Refused("digest-wrong", "too long")
    found: list[tuple[str, bytes]] = []
    for member in value.split(","):
        name, _, text = member.strip().partition("=")
        name = name.lower()
        if name in _HASHES:
            try:
                found.append((name, b64decode(text, validate=True)))
            except (binascii.Error, ValueError) as error:
                raise Refused("digest-wrong", "broken base64") from error
    _hold_against(found, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Hold a `Content-Digest` value (a dictionary) against the body. Raises `Refused('digest-wrong')`."""
    if len(value) > _MAX_VALUE:
        raise Refused("digest-wrong", "too long")
    try:
        members = http_sf.parse(value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_twice)
    except ValueError as error:
        raise Refused("digest-wrong", "not a structured field") from error
    found: list[tuple[str, bytes]] = []
    if isinstance(members, dict):
        for name, member in members.items():
            if name in _HASHES:
                digest = member[0] if isinstance(member, tuple) else member
                if not isinstance(digest, bytes):
                    raise Refused("digest-wrong", "not a byte sequence")
                found.append((name, digest))
    _hold_against(found, body)


def _refuse_twice(key: str, _where: str) -> None:
    raise Refused("digest-wrong", f"{key[:20]} stands there twice")


def _hold_against(found: list[tuple[str, bytes]], body: bytes) -> None:
    if not found:
        raise Refused("digest-wrong", "neither sha-256 nor sha-512")
    for name, digest in found:
        if _HASHES[name](body).digest() != digest:
            raise Refused("digest-wrong", f"{name} of another body")
