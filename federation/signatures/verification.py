"""What a signed request must fulfil, whichever scheme it uses.

In two steps, so that no key is fetched for a request that could not be accepted with any key: `read_claim`
judges all that is written in the request, `check_claim` does the arithmetic with the key.
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass, replace
from typing import Literal

from federation.refusals import Refused
from federation.signatures import cavage, rfc9421
from federation.signatures.digest import check_content_digest, check_digest
from federation.signatures.keys import PublicKey
from federation.signatures.request import HttpRequest, comparable_authority

Scheme = Literal["cavage", "rfc9421"]

CLOCK_WINDOW = 3600.0
"""Seconds by which a signature's time may differ from ours, either way (S-019): what Mastodon, Lemmy, PieFed
and Fedify allow. Lemmy's former 10 s lost many activities to clocks that were a little off."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)"
)


@dataclass(frozen=True)
class SignatureClaim:
    """Somebody says to have signed this request with the key `key_id`; not yet believed.

    `signed_at` is seconds since 1970 by the signer's clock. `request` stands on our authority, so that a
    signature made for another host cannot hold.
    """

    key_id: str
    scheme: Scheme
    signed_at: float
    request: HttpRequest
    signature: cavage.CavageSignature | rfc9421.MessageSignature


def read_claim(request: HttpRequest, *, authority: str, now: float) -> SignatureClaim:
    """The claim that a request's signature makes, with everything judged that needs no key.

    `authority` is our configured host (and port), which the request's must equal (S-018); `now` is seconds
    since 1970. Raises `Refused` with a 401 code: a signature is missing, malformed, made with an algorithm
    that is not accepted, covers too little (S-017), is outside the time window (S-019), was made for another
    host, or the digest does not fit the body (S-016).
    """
    if "signature-input" in request.headers:
        return _read_rfc9421(request, authority, now)
    if "signature" in request.headers:
        return _read_cavage(request, authority, now)
    raise Refused("signature-missing")


def covers(claim: SignatureClaim, header: str) -> bool:
    """Whether a header (lower case) is part of what was signed, whole."""
    if isinstance(claim.signature, cavage.CavageSignature):
        return header in claim.signature.names
    return header in claim.signature.covered


def check_claim(claim: SignatureClaim, public_key: PublicKey) -> None:
    """Hold a claim against the key that its `key_id` names. Raises `Refused` (`signature-wrong`,
    `signature-algorithm`, `signature-malformed`).
    """
    if isinstance(claim.signature, cavage.CavageSignature):
        cavage.check(claim.request, claim.signature, public_key)
    else:
        rfc9421.check(claim.request, claim.signature, public_key)


def _read_cavage(request: HttpRequest, authority: str, now: float) -> SignatureClaim:
    signature = cavage.read(request.headers["signature"])
    covered = set(signature.names)
    for name in ("(request-target)", "host", *(("digest",) if request.needs_digest else ())):
        if name not in covered:
            raise Refused("signature-incomplete", f"{name} is not signed")
    if "date" not in covered and "(created)" not in covered:
        raise Refused("signature-incomplete", "neither date nor (created) is signed")
    _check_headers_are_there(request, frozenset(name for name in covered if not name.startswith("(")))
    for name in covered:
        if name.startswith("(") and name not in ("(request-target)", "(created)", "(expires)"):
            raise Refused("signature-malformed", f"{name[:40]} is unknown")
    _check_authority(request, authority)
    times = [] if signature.created is None else [signature.created]
    if "date" in covered:
        times.append(_read_date(request.headers["date"]))
    for signed_at in times:
        _check_time(signed_at, signature.expires, now)
    if "digest" in covered:
        check_digest(request.headers["digest"], request.body)
    return SignatureClaim(signature.key_id, "cavage", min(times), request, signature)


def _read_rfc9421(request: HttpRequest, authority: str, now: float) -> SignatureClaim:
    signature = rfc9421.read(request.headers)
    covered = signature.covered
    if "@method" not in covered:
        raise Refused("signature-incomplete", "@method is not signed")
    if not _covers_target(covered, has_query="?" in request.target):
        raise Refused(
            "signature-incomplete", "neither @target-uri nor @authority with path and query is signed"
        )
    if request.needs_digest and "content-digest" not in covered:
        raise Refused("signature-incomplete", "content-digest is not signed")
    if signature.created is None:
        raise Refused("signature-incomplete", "created is missing")
    _check_headers_are_there(request, signature.names)
    _check_authority(request, authority)
    _check_time(signature.created, signature.expires, now)
    if "content-digest" in covered:
        check_content_digest(request.headers["content-digest"], request.body)
    ours = replace(request, authority=authority)
    return SignatureClaim(signature.key_id, "rfc9421", float(signature.created), ours, signature)


def _covers_target(covered: frozenset[str], *, has_query: bool) -> bool:
    if "@target-uri" in covered:
        return True
    if "@authority" not in covered:
        return False
    return "@request-target" in covered or ("@path" in covered and (not has_query or "@query" in covered))


def _check_headers_are_there(request: HttpRequest, names: frozenset[str]) -> None:
    for name in names:
        if name not in request.headers:
            missing_digest = name in ("digest", "content-digest")
            raise Refused(
                "digest-missing" if missing_digest else "signature-incomplete", f"no {name[:40]} header"
            )


def _check_authority(request: HttpRequest, authority: str) -> None:
    ours = comparable_authority(authority, request.scheme)
    for named in (request.authority, request.headers.get("host", authority)):
        if comparable_authority(named, request.scheme) != ours:
            raise Refused("signature-host", named[:100])


def _read_date(value: str) -> float:
    """Seconds since 1970 of an HTTP date (RFC 9110, section 5.6.7, its one form that is still made)."""
    found = _DATE.fullmatch(value.strip())
    if found is None or found[2] not in _MONTHS:
        raise Refused("signature-malformed", "date is not an HTTP date")
    day, year, hour, minute, second = (int(found[part]) for part in (1, 3, 4, 5, 6))
    if not (1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60 and year >= 1970):
        raise Refused("signature-malformed", "date is not an HTTP date")
    return float(timegm((year, _MONTHS[found[2]], day, hour, minute, second)))


def _check_time(signed_at: float, expires: float | None, now: float) -> None:
    if abs(now - signed_at) > CLOCK_WINDOW:
        raise Refused("signature-expired", f"signed {now - signed_at:+.0f} seconds ago by our clock")
    if expires is not None and expires < now:
        raise Refused("signature-expired", "its own end has passed")
