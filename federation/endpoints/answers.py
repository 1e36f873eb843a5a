"""How protocol documents are answered: exact media types, caching, and `Vary`."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from federation import strict_json
from federation.refusals import Refused

ACTIVITY_JSON = "application/activity+json; charset=utf-8"
"""Lemmy compares the whole header with three strings; this is one of them (interop b0)."""

PUBLIC_FOR = "public, max-age=180"


def wants_activity(request: Request) -> bool:
    """Whether a request asks for ActivityPub rather than for a page; browsers always name text/html first."""
    accept = request.headers.get("accept", "").lower()
    html = accept.find("text/html")
    found = [at for at in (accept.find("activity+json"), accept.find("ld+json")) if at >= 0]
    return bool(found) and (html < 0 or min(found) < html)


def activity_answer(
    request: Request, document: dict[str, Any] | bytes, *, cache: str = PUBLIC_FOR, status: int = 200
) -> Response:
    """A document with ETag and `Vary: Accept, Signature`; 304 where the asker has it already."""
    body = document if isinstance(document, bytes) else strict_json.dumps(document)
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": etag, "cache-control": cache, "vary": "Accept, Signature"}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, headers=headers, media_type=ACTIVITY_JSON)


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the asker has this already (RFC 9110, 13.1.2): one of several, any (`*`), or as a proxy that compresses
    wrote it (`W/"…"`).
    """
    known = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in known or etag.removeprefix("W/") in known


def refusal_answer(refusal: Refused) -> Response:
    """A 4xx (503 for what may pass) with `{"error", "code", "detail"}`; never cached."""
    headers = {"cache-control": "no-store", "vary": "Accept, Signature"}
    if refusal.status == 429:
        # Not with a 503: one author whose key is out of reach must not hold up all of its server's deliveries.
        headers["retry-after"] = "60"
    return Response(
        strict_json.dumps(refusal.as_json()),
        status_code=refusal.status,
        headers=headers,
        media_type="application/json",
    )
