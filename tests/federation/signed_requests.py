"""Signed requests for the signature tests: two keys, and requests made, altered and signed by hand."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from federation.signatures import (
    HttpRequest,
    KeyPair,
    Scheme,
    SigningKey,
    check_claim,
    generate_ed25519,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
    read_claim,
    sign_request,
)
from federation.signatures.digest import make_digest

NOW = 1_790_000_000.0
US = "us.example"
KEY_ID = "https://good.example/u/ani#main-key"
BODY = b'{"type":"Create","id":"https://good.example/a/1"}'


@cache
def rsa_pair() -> KeyPair:
    return generate_rsa_pem()


@cache
def ed25519_pair() -> KeyPair:
    return generate_ed25519()


def rsa_key() -> RSAPrivateKey:
    key = load_private_key(rsa_pair().private)
    assert isinstance(key, RSAPrivateKey)
    return key


def ed25519_key() -> Ed25519PrivateKey:
    key = load_private_key(ed25519_pair().private)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def sent(
    *,
    scheme: Scheme = "cavage",
    kind: str = "rsa",
    method: str = "POST",
    url: str = f"https://{US}/inbox",
    body: bytes | None = None,
    now: float = NOW,
    key_id: str = KEY_ID,
    headers: Mapping[str, str] | None = None,
) -> HttpRequest:
    """What arrives here when an honest server signs and sends."""
    body = (BODY if method == "POST" else b"") if body is None else body
    key = SigningKey(key_id, rsa_key() if kind == "rsa" else ed25519_key())
    out = sign_request(method, url, body, key, scheme=scheme, now=now, headers=headers)
    rest = url.partition("://")[2]
    return HttpRequest(
        method=method,
        scheme="https",
        authority=out["Host"],
        target="/" + rest.partition("/")[2],
        headers={name.lower(): value for name, value in out.items()},
        body=body,
    )


def with_headers(request: HttpRequest, **changed: str | None) -> HttpRequest:
    """The request with headers replaced (`content_type` for `content-type`), or dropped when None."""
    headers = dict(request.headers)
    for name, value in changed.items():
        name = name.replace("_", "-")
        if value is None:
            headers.pop(name, None)
        else:
            headers[name] = value
    return replace(request, headers=headers)


def signed_by_hand(
    names: str,
    *,
    algorithm: str | None = "rsa-sha256",
    hash_algorithm: HashAlgorithm | None = None,
    parameters: str = "",
    values: Mapping[str, str] | None = None,
    target: str = "/inbox",
    signed_target: str | None = None,
    method: str = "POST",
    body: bytes = BODY,
    now: float = NOW,
) -> HttpRequest:
    """A cavage request signed without any code of ours, over whatever `names` says."""
    headers = {"host": US, "date": formatdate(now, usegmt=True), "digest": make_digest(body)} | dict(
        values or {}
    )
    lines = []
    for name in names.split():
        value = headers.get(name, "")
        if name == "(request-target)":
            value = f"{method.lower()} {signed_target or target}"
        lines.append(f"{name}: {value}")
    made = rsa_key().sign("\n".join(lines).encode(), PKCS1v15(), hash_algorithm or SHA256())
    named = "" if algorithm is None else f'algorithm="{algorithm}",'
    signature = b64encode(made).decode()
    headers["signature"] = f'keyId="{KEY_ID}",{named}headers="{names}",{parameters}signature="{signature}"'
    plain = {name: value for name, value in headers.items() if not name.startswith("(")}
    return HttpRequest(method, "https", US, target, plain, body)


def sha1() -> HashAlgorithm:
    return SHA1()


def accept(request: HttpRequest, *, kind: str = "rsa", now: float = NOW) -> None:
    """Judge a request with the key that good.example really has. Raises `Refused`."""
    public = (rsa_pair() if kind == "rsa" else ed25519_pair()).public
    check_claim(read_claim(request, authority=US, now=now), load_public_key(public))
