"""Where a code may be sent: judged once at registration, then compared as it stands (S-081, S-082)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from sebangsa.errors import Invalid

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The code is shown on a page of ours, for the person to copy (toot, Mastodon.py)."""

MAX_REDIRECTS = 10
MAX_LENGTH = 2000

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,63}\Z")
_PRINTABLE = re.compile(r"[\x21-\x7e]+\Z")
# A browser runs or opens these itself instead of handing them to an app.
_NO_APP = frozenset(
    (
        "about",
        "blob",
        "chrome",
        "content",
        "data",
        "file",
        "filesystem",
        "ftp",
        "gopher",
        "http",
        "intent",
        "jar",
        "javascript",
        "mailto",
        "resource",
        "sms",
        "tel",
        "vbscript",
        "view-source",
        "ws",
        "wss",
    )
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_redirects(uris: Iterable[str]) -> list[str]:
    """The addresses, each fit to receive a code. Raises `Invalid` (`redirect-invalid`)."""
    found = list(dict.fromkeys(uri for uri in uris if uri))
    if not 0 < len(found) <= MAX_REDIRECTS or not all(_is_fit(uri) for uri in found):
        raise Invalid("redirect-invalid", "Redirect URI must be an absolute URI.", field="redirect_uris")
    return found


def check_website(url: str) -> str:
    """An app's web address or nothing. Raises `Invalid` (`website-invalid`)."""
    if url and not (len(url) <= MAX_LENGTH and _PRINTABLE.match(url) and _is_web(url)):
        raise Invalid("website-invalid", "Website must begin with https:// or http://.", field="website")
    return url


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _is_fit(uri: str) -> bool:
    if uri == OUT_OF_BAND:
        return True
    if len(uri) > MAX_LENGTH or not _PRINTABLE.match(uri) or "#" in uri or "\\" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    if "@" in parts.netloc or any(part in (".", "..") for part in parts.path.split("/")):
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme == "http":
        # On the own machine nobody listens in between (RFC 8252, 7.3).
        return host in _LOOPBACK or (host or "").endswith(".localhost")
    return (
        parts.scheme not in _NO_APP
        and _SCHEME.match(parts.scheme) is not None
        and len(uri) > len(parts.scheme) + 1
    )


def with_answer(uri: str, **answer: str) -> str:
    """The redirect address with what it is told in its query."""
    told = urlencode({name: value for name, value in answer.items() if value})
    if not told:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{told}"
