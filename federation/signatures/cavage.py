"""draft-cavage-http-signatures-12, as the network of today speaks it: RSA with SHA-256.

httpsig builds the signed text and the header; parsing and the key work are ours. Its own verifier must not
meet the network: it obeys the algorithm that the sender wrote, so that `hmac-sha256` keyed with the victim's
*public* key passes (S-023), and it throws bare exceptions on odd input.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation.refusals import Refused
from federation.signatures.keys import PublicKey
from federation.signatures.loading_httpsig import (
    CaseInsensitiveDict,
    HeaderSigner,
    HeaderVerifier,
    build_signature_template,
)
from federation.signatures.request import HttpRequest, SigningKey, is_key_id

ALGORITHMS = frozenset({"rsa-sha256", "hs2019"})
"""`hs2019` leaves it to the key. GoToSocial and Lemmy write it and mean RSA with SHA-256; so read all."""

MAX_HEADER = 8192

_PADDING, _HASH = PKCS1v15(), SHA256()
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"([^"\\]*)"|([^\s",\\]+))[ \t]*(?:,|\Z)')
_INSTANT = {"created": re.compile(r"[0-9]{1,12}"), "expires": re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")}
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class CavageSignature:
    """A parsed `Signature` header. `names` is what it covers, in lower case and in its order.

    `created` and `expires` are seconds since 1970; a `created` that the signature does not cover is None.
    """

    key_id: str
    algorithm: str
    names: tuple[str, ...]
    signature: bytes
    created: float | None
    expires: float | None
    pseudo_headers: Mapping[str, str]


class KeySigner(HeaderSigner):
    """httpsig's signer, with a parsed key of ours instead of a PEM read each time."""

    def __init__(self, key: SigningKey, names: list[str]) -> None:
        if not isinstance(key.private_key, RSAPrivateKey):
            raise ValueError("draft-cavage signatures are made with RSA keys")
        self.sign_algorithm, self.hash_algorithm = "rsa", "sha256"
        self._rsa, self._hash = key.private_key, None
        self.headers, self.sign_header = names, "signature"
        # The template is filled with Python's %, so a percent sign of the keyId must survive that.
        self.signature_template = build_signature_template(
            key.key_id.replace("%", "%%"), "rsa-sha256", names, "signature"
        )

    def _sign_rsa(self, data: bytes) -> bytes:
        return self._rsa.sign(data, _PADDING, _HASH)


class KeyVerifier(HeaderVerifier):
    """httpsig's verifier, with a signature already judged and the key's own kind deciding."""

    def __init__(
        self, request: HttpRequest, target: str, signature: CavageSignature, key: RSAPublicKey
    ) -> None:
        self.headers = CaseInsensitiveDict(
            {name: request.headers[name] for name in signature.names if name in request.headers}
        )
        self.headers.update(signature.pseudo_headers)
        self.auth_dict = {"headers": " ".join(signature.names), "signature": signature.signature}
        self.required_headers: list[str] = []  # what must be covered is judged before a key is fetched
        self.method, self.path, self.host = request.method, target, None
        self.sign_algorithm, self.hash_algorithm, self._rsa = "rsa", "sha256", key

    def _verify(self, data: bytes, signature: bytes) -> bool:
        # A line feed inside a value would let one header pass for two.
        if data.count(b"\n") != self.auth_dict["headers"].count(" ") or _CONTROL.search(data):
            raise Refused("signature-malformed", "control characters in a signed header")
        try:
            self._rsa.verify(signature, data, _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


def sign(request: HttpRequest, names: list[str], key: SigningKey) -> str:
    """The `Signature` value for a request of ours, covering `names`; the key must be RSA (`ValueError`)."""
    if not is_key_id(key.key_id):
        raise ValueError("a keyId with characters that its header cannot carry")
    signed: dict[str, Any] = KeySigner(key, names).sign(
        {name: request.headers[name] for name in names if name in request.headers},
        method=request.method,
        path=request.target,
    )
    return str(signed["signature"])


def read(value: str) -> CavageSignature:
    """Parse a `Signature` header. Raises `Refused`: `signature-malformed`, `signature-algorithm`."""
    found = _parameters(value)
    key_id, text = found.get("keyid", ""), found.get("signature", "")
    if not key_id or not text:
        raise _malformed("keyId or signature is missing")
    if not is_key_id(key_id):
        raise _malformed("a keyId that is no URL")
    algorithm = found.get("algorithm", "hs2019").lower()
    if algorithm not in ALGORITHMS:
        raise Refused("signature-algorithm", algorithm[:40])
    names = tuple(found.get("headers", "date").lower().split())
    if not names or len(set(names)) != len(names):
        raise _malformed("headers is empty, or names one twice")
    instants = {name: _instant(found, name) for name in ("created", "expires") if name in found}
    pseudo_headers: dict[str, str] = {}
    for name in ("created", "expires"):
        if f"({name})" in names:
            # The draft forbids both where the algorithm's name begins with rsa; Mastodon refuses them there
            # too.
            if name not in instants or algorithm != "hs2019":
                raise _malformed(f"({name}) is signed, which {algorithm} does not know, or has no value")
            pseudo_headers[f"({name})"] = found[name]
    return CavageSignature(
        key_id=key_id,
        algorithm=algorithm,
        names=names,
        signature=_bytes(text),
        created=instants["created"] if "(created)" in names else None,
        expires=instants.get("expires"),
        pseudo_headers=pseudo_headers,
    )


def check(request: HttpRequest, signature: CavageSignature, public_key: PublicKey) -> None:
    """Hold a parsed signature against the request. Raises `Refused`: `signature-wrong` and its kin.

    Every covered header must be there. The target is tried with its query and without: old Mastodon and the
    Misskey family sign the path alone.
    """
    if not isinstance(public_key, RSAPublicKey):
        raise Refused("signature-algorithm", "draft-cavage signatures are read with RSA keys only")
    for target in dict.fromkeys((request.target, request.target.partition("?")[0])):
        if not target or not request.method:
            continue
        try:
            if KeyVerifier(request, target, signature, public_key).verify():
                return
        except UnicodeEncodeError as error:
            raise _malformed("a signed header is not ASCII") from error
    raise Refused("signature-wrong", f"of {signature.key_id}")


def _parameters(value: str) -> dict[str, str]:
    """The parameters by lower-case name. httpsig's parser walks letter by letter, which costs more than
    verifying the RSA signature, and takes the last of two equal names: another reader might take the first.
    """
    if len(value) > MAX_HEADER or not value.isascii():
        raise _malformed("too long, or not ASCII")
    found: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            raise _malformed("not a list of name=value")
        name = match[1].lower()
        if name in found:
            # Also what two Signature headers, joined with a comma, look like.
            raise _malformed(f"{name[:20]} stands there twice")
        found[name] = match[2] if match[2] is not None else match[3]
        position = match.end()
    return found


def _instant(found: Mapping[str, str], name: str) -> float:
    if not _INSTANT[name].fullmatch(found[name]):
        raise _malformed(f"{name} is not a number of seconds")
    return float(found[name])


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("broken base64") from error


def _malformed(detail: str) -> Refused:
    return Refused("signature-malformed", detail)
