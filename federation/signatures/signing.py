"""Signing what we send. A request is signed when it goes out, never when it is queued: signatures age."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

from federation.signatures import cavage, rfc9421
from federation.signatures.digest import make_content_digest, make_digest
from federation.signatures.request import HttpRequest, SigningKey, comparable_authority
from federation.signatures.verification import Scheme

ACTIVITY_JSON = "application/activity+json"

# `urlsplit` drops tabs and line feeds in silence: what is signed would not be what is sent.
_WRITTEN_AS_SENT = re.compile(r"[\x21-\x7e]+")


def sign_request(
    method: str,
    url: str,
    body: bytes,
    key: SigningKey,
    *,
    scheme: Scheme,
    now: float,
    headers: Mapping[str, str] | None = None,
    signed_headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers to send: Host, Date, the digest and Content-Type where there is a body, and the signature.

    `url` goes out exactly as it is written (the client must not quote it anew); `now` is seconds since 1970;
    `headers` are sent along, unsigned but for their Content-Type; `signed_headers` are covered besides. `cavage` needs an
    RSA key and covers what the pickiest peers want and no peer refuses: target, host, date and, with a body, digest and
    content type.
    Raises `ValueError` for a URL that is not absolute http(s) or a key that does not fit.
    """
    parts = urlsplit(url)
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc) and "@" not in parts.netloc
    if not is_web or "#" in url or not _WRITTEN_AS_SENT.fullmatch(url):
        raise ValueError(f"not a URL that a request can go to: {url[:200]}")
    method = method.upper()
    besides = signed_headers or {}
    sent = {name.title(): value for name, value in {**(headers or {}), **besides}.items()}
    sent["Host"] = comparable_authority(parts.netloc, parts.scheme)
    sent["Date"] = formatdate(now, usegmt=True)
    with_body = bool(body) or method not in ("GET", "HEAD")
    if with_body:
        sent.setdefault("Content-Type", ACTIVITY_JSON)
        if scheme == "cavage":
            sent["Digest"] = make_digest(body)
        else:
            sent["Content-Digest"] = make_content_digest(body)
    request = HttpRequest(
        method=method,
        scheme=parts.scheme,
        authority=sent["Host"],
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers={name.lower(): value for name, value in sent.items()},
        body=body,
    )
    if scheme == "cavage":
        names = ["(request-target)", "host", "date"] + (["digest", "content-type"] if with_body else [])
        names += [name.lower() for name in besides]
        sent["Signature"] = cavage.sign(request, names, key)
        return sent
    # Mastodon asks for method, target URI and digest; Fedify for the authority as well.
    components = ["@method", "@target-uri", "@authority"] + (
        ["content-digest", "content-type"] if with_body else []
    )
    components += [name.lower() for name in besides]
    return sent | rfc9421.sign(request, components, key, now=now)
