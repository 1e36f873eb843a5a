"""HTTP Message Signatures (RFC 9421): RSA v1.5 with SHA-256, and Ed25519.

http-message-signatures builds the signature base and does the arithmetic; time, coverage and digests are
judged in `verification.py`, with the clock that is handed in.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import http_sf
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ED25519, RSA_V1_5_SHA256
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from federation.refusals import Refused
from federation.signatures.keys import PublicKey
from federation.signatures.request import HttpRequest, SigningKey, is_key_id

LABEL = "sig1"
MAX_HEADER = 8192

_ALGORITHMS = frozenset({RSA_V1_5_SHA256.algorithm_id, ED25519.algorithm_id})


@dataclass(frozen=True)
class MessageSignature:
    """A parsed pair of `Signature-Input` and `Signature`, whatever its label.

    `covered` holds the components that are covered whole, `names` the header fields that are covered in any
    way. `algorithm` is empty when none is named. `created` and `expires` are seconds since 1970.
    """

    key_id: str
    algorithm: str
    covered: frozenset[str]
    names: frozenset[str]
    created: int | None
    expires: int | None


@dataclass
class _Message:
    """A request in the shape that the library reads and writes."""

    method: str
    url: str
    headers: dict[str, str]


class _OneKey(HTTPSignatureKeyResolver):
    """Always the key that was found before, whatever the message asks for."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> PublicKey:
        return self._key


class _Verifier(HTTPMessageVerifier):
    """Without the library's look at the machine's clock: `verification.py` has judged the times."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        return


def sign(
    request: HttpRequest, components: list[str], key: SigningKey, *, now: float, with_algorithm: bool = True
) -> dict[str, str]:
    """`Signature-Input` and `Signature` for a request of ours, with `created`, `keyid` and, if wanted, `alg`.

    Raises `ValueError` when the request or the keyId cannot be written into a signature.
    """
    algorithm = RSA_V1_5_SHA256 if isinstance(key.private_key, RSAPrivateKey) else ED25519
    headers = {name: request.headers[name] for name in components if name in request.headers}
    message = _Message(request.method, _url_of(request), headers)
    try:
        prepared = HTTPMessageSigner(signature_algorithm=algorithm).prepare(
            message,
            key_id=key.key_id,
            created=datetime.fromtimestamp(int(now), UTC),
            label=LABEL,
            include_alg=with_algorithm,
            covered_component_ids=components,
            use_existing_digest="content-digest" in headers,
        )
    except HTTPMessageSignaturesException as error:
        raise ValueError(str(error)) from error
    # The library's own `apply` would build the whole base again, against messages that change meanwhile.
    signature = algorithm(private_key=key.private_key).sign(prepared.signature_base)
    return {
        "Signature-Input": f"{LABEL}={prepared.signature_params}",
        "Signature": f"{LABEL}=:{b64encode(signature).decode()}:",
    }


def read(headers: Mapping[str, str]) -> MessageSignature:
    """Parse the one signature of a request. Raises `Refused`: `signature-malformed`, `signature-algorithm`.

    Of two signatures one would have to be chosen, and no peer sends two: they are refused, as by Mastodon.
    """
    inputs = _dictionary(headers.get("signature-input", ""))
    values = _dictionary(headers.get("signature", ""))
    if len(inputs) != 1 or inputs.keys() != values.keys():
        raise _malformed("one signature with its input is expected")
    (member,), (value,) = inputs.values(), values.values()
    if not isinstance(member[0], list) or not isinstance(value[0], bytes):
        raise _malformed("not a list of components and a byte sequence")
    components, parameters = member
    if not all(type(name) is str for name, _ in components):
        raise _malformed("a component that is not a string")
    key_id, algorithm = parameters.get("keyid"), parameters.get("alg", "")
    if type(key_id) is not str or not is_key_id(key_id):
        raise _malformed("keyid is missing or no URL")
    if algorithm and algorithm not in _ALGORITHMS:
        raise Refused("signature-algorithm", str(algorithm)[:40])
    return MessageSignature(
        key_id=key_id,
        algorithm=str(algorithm),
        covered=frozenset(name for name, qualifiers in components if not qualifiers),
        names=frozenset(name for name, _ in components if not name.startswith("@")),
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
    )


def check(request: HttpRequest, signature: MessageSignature, public_key: PublicKey) -> None:
    """Hold a signature against the request. Raises `Refused` (`signature-wrong`, `signature-algorithm`)."""
    algorithm = RSA_V1_5_SHA256 if isinstance(public_key, RSAPublicKey) else ED25519
    if signature.algorithm not in ("", algorithm.algorithm_id):
        raise Refused("signature-algorithm", f"{signature.algorithm} does not fit the key")
    needed = {"signature-input", "signature", *signature.names}
    headers = {name: value for name, value in request.headers.items() if name in needed}
    verifier = _Verifier(signature_algorithm=algorithm, key_resolver=_OneKey(public_key))
    try:
        verifier.verify(_Message(request.method, _url_of(request), headers), max_age=None)
    except (InvalidSignature, HTTPMessageSignaturesException) as error:
        raise Refused("signature-wrong", str(error)[:200] or f"of {signature.key_id}") from error


def _url_of(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.authority}{request.target}"


def _dictionary(value: str) -> dict[str, Any]:
    if len(value) > MAX_HEADER:
        raise _malformed("too long")
    try:
        parsed = http_sf.parse(value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_twice)
    except ValueError as error:
        raise _malformed("not a structured field") from error
    return parsed if isinstance(parsed, dict) else {}


def _refuse_twice(key: str, _where: str) -> None:
    raise _malformed(f"{key[:20]} stands there twice")


def _seconds(parameters: Mapping[str, Any], name: str) -> int | None:
    value = parameters.get(name)
    if value is not None and type(value) is not int:
        raise _malformed(f"{name} is not an integer")
    return value


def _malformed(detail: str) -> Refused:
    return Refused("signature-malformed", detail)
