"""How other software signs its requests, and how it reads ours: draft-cavage built and checked apart from our own code."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from federation.signatures import SigningKey

TARGET = "(request-target)"


@dataclass(frozen=True)
class SigningStyle:
    """What one software signs of a POST and of a GET, and the `algorithm` it names ("" names none)."""

    algorithm: str = "rsa-sha256"
    posts: tuple[str, ...] = (TARGET, "host", "date", "digest")
    gets: tuple[str, ...] = (TARGET, "host", "date")
    content_type: str = "application/activity+json"
    digest: str = "SHA-256"
    with_query: bool = True

    def sign(
        self, method: str, url: str, body: bytes, key: SigningKey, *, now: float, accept: str = ""
    ) -> dict[str, str]:
        """The headers of a request, signed in this style."""
        parts = urlsplit(url)
        target = parts.path or "/"
        if self.with_query and parts.query:
            target += f"?{parts.query}"
        sent = {"Host": parts.netloc, "Date": formatdate(now, usegmt=True)}
        if accept:
            sent["Accept"] = accept
        if method == "POST":
            sent["Content-Type"] = self.content_type
            sent["Content-Length"] = str(len(body))
            sent["Digest"] = f"{self.digest}={b64encode(hashlib.sha256(body).digest()).decode()}"
        names = self.posts if method == "POST" else self.gets
        text = signed_text(method, target, names, {name.lower(): value for name, value in sent.items()})
        private = key.private_key
        assert isinstance(private, RSAPrivateKey)
        signature = b64encode(private.sign(text, PKCS1v15(), SHA256())).decode()
        named = f'algorithm="{self.algorithm}",' if self.algorithm else ""
        sent["Signature"] = f'keyId="{key.key_id}",{named}headers="{" ".join(names)}",signature="{signature}"'
        return sent


def signed_text(method: str, target: str, names: tuple[str, ...], headers: Mapping[str, str]) -> bytes:
    """What is signed: one line a name."""
    lines = [
        f"{name}: {method.lower()} {target}" if name == TARGET else f"{name}: {headers[name]}"
        for name in names
    ]
    return "\n".join(lines).encode()


@dataclass(frozen=True)
class Cavage:
    """A `Signature` header taken apart."""

    key_id: str
    algorithm: str
    names: tuple[str, ...]
    signature: bytes

    @classmethod
    def read(cls, header: str) -> Cavage:
        found = dict(re.findall(r'([A-Za-z]+)="([^"]*)"', header))
        names = tuple(found["headers"].split())
        return cls(found["keyId"], found.get("algorithm", ""), names, b64decode(found["signature"]))

    def holds(self, path: str, headers: Mapping[str, str], public_pem: str) -> bool:
        """Whether it was made over a POST to `path` with the private half of the key."""
        public = load_pem_public_key(public_pem.encode())
        assert isinstance(public, RSAPublicKey)
        public.verify(self.signature, signed_text("POST", path, self.names, headers), PKCS1v15(), SHA256())
        return True
