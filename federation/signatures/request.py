"""What a signature is about: one HTTP request as a plain value, and the key that signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from federation.signatures.keys import PrivateKey

_KEY_ID = re.compile(r"[!#-\[\]-~]{1,2048}")
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True)
class HttpRequest:
    """One request as received.

    `authority` is the Host header's value, `scheme` the configured one (a proxy may have ended TLS), `target`
    path and query as they came, not decoded. Header names are lower-case; a header that came twice is joined
    with `, ` in its order (RFC 9110, section 5.3). `sender` is the network address it came from: nothing is believed
    because of it, but what the request makes us fetch is counted for it.
    """

    method: str
    scheme: str
    authority: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    sender: str = ""

    @property
    def needs_digest(self) -> bool:
        """Whether a signature says nothing about this request unless it covers the body."""
        return bool(self.body) or self.method.upper() not in ("GET", "HEAD")


@dataclass(frozen=True)
class SigningKey:
    """A private key of an actor of ours, and the id under which its public half is found."""

    key_id: str
    private_key: PrivateKey = field(repr=False)


def is_key_id(text: str) -> bool:
    """Whether a keyId could be a URL: printable ASCII without spaces, quotes and backslashes, of bounded
    length."""
    return _KEY_ID.fullmatch(text) is not None


def comparable_authority(authority: str, scheme: str) -> str:
    """An authority in the one form that may be compared: lower case, without the scheme's default port."""
    return authority.strip().lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))
