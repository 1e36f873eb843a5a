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
MAX_ACCEPTED = 20
"""Entries of an Accept header that are looked at."""


def wants_activity(request: Request) -> bool:
    """Whether a request would rather have ActivityPub than a page."""
    return prefers_activity(request.headers.get("accept", ""))


def prefers_activity(accept: str) -> bool:
    """Whether an `Accept` header would: by its weights (RFC 9110, 12.5.1), and where both weigh the same, by what it names
    first. Who names neither gets the page.
    """
    activity, page = 0.0, 0.0
    for part in accept.lower().split(",")[:MAX_ACCEPTED]:
        name, *parameters = part.split(";")
        weight = _weight(parameters)
        if "activity+json" in name or "ld+json" in name:
            activity = max(activity, weight if weight > page else 0.0)
        elif "text/html" in name:
            page = max(page, weight if weight > activity else 0.0)
    return activity > page


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def activity_answer(
    request: Request,
    document: dict[str, Any] | bytes,
    *,
    cache: str = PUBLIC_FOR,
    status: int = 200,
    digest: str = "",
) -> Response:
    """A document with ETag and `Vary: Accept, Signature`; 304 where the asker has it already. `digest` stands for what is in
    it; else its bytes do.
    """
    body = document if isinstance(document, bytes) else strict_json.dumps(document)
    etag = f'"{digest or hashlib.sha256(body).hexdigest()[:24]}"'
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
