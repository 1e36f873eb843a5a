"""The civic vocabulary: a report, an answer to it, and what a body says of itself.

On servers that do not know it a report is an ordinary post; so these keys hang under one key each, and one
that cannot be read leaves an ordinary post behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.refusals import Refused
from federation.wire.shapes import as_list, count_of, datetime_of, first_id, plain, text_of

MAX_ATTRIBUTES = 50
VISIBILITIES = frozenset({"public", "masked", "private"})
PRECISIONS = frozenset({"exact", "street", "kelurahan"})


@dataclass(frozen=True, slots=True)
class CivicReport:
    """A citizen's report. Ids are as sent, "" where absent; `attributes` maps the body's question codes to
    answers. `status` is the home server's word; only status events of the responsible body prove it.
    """

    reference: str
    service_code: str
    service_name: str
    area_code: str
    area_scheme: str
    jurisdiction: str
    visibility: str
    status: str
    precision: str
    case: str
    history: str
    idempotency_key: str
    expected: datetime | None
    attributes: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class CivicStatusEvent:
    """An answer that moves a report along: the step `seq` from one state to another. `prev` is the hash of
    the step before, `proposed` the bodies that a rejection or transfer names.
    """

    report: str
    from_status: str
    to_status: str
    seq: int
    prev: str
    at: datetime | None
    expected: datetime | None
    assignee: str
    reason: str
    external_status_code: str
    duplicate_of: str
    proposed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CivicBody:
    """What a governing body publishes on its actor: areas and services it answers for, and who speaks for
    it.
    """

    area_codes: tuple[str, ...]
    services: tuple[tuple[str, str], ...]  # (code, name)
    officers: str
    tracks: tuple[str, ...]
    tracked_by: tuple[str, ...]


def read_report(value: Any) -> CivicReport | None:
    """A `civic:report`; None when it is no object or names no service."""
    found = _terms(value)
    if found is None or not (code := _word(found, "serviceCode")):
        return None
    visibility = _word(found, "visibility")
    precision = _word(found, "precision")
    return CivicReport(
        reference=_word(found, "reference"),
        service_code=code,
        service_name=text_of(found.get("serviceName"), limit=200),
        area_code=_word(found, "areaCode"),
        area_scheme=_word(found, "areaScheme"),
        jurisdiction=first_id(found.get("jurisdiction")),
        # An unknown word must not show what was meant to be hidden.
        visibility=visibility if visibility in VISIBILITIES else ("private" if visibility else "public"),
        status=_word(found, "status") or "received",
        precision=precision if precision in PRECISIONS else "exact",
        case=first_id(found.get("case")),
        history=first_id(found.get("history")),
        idempotency_key=_word(found, "idempotencyKey"),
        expected=datetime_of(found.get("expected")),
        attributes=_attributes(found.get("attributes")),
    )


def read_status_event(value: Any) -> CivicStatusEvent | None:
    """A `civic:statusEvent`; None without the report's id, the new state or its place in the row."""
    found = _terms(value)
    if found is None:
        return None
    report, to_status = first_id(found.get("report")), _word(found, "to")
    seq = count_of(found.get("seq"))
    if not report or not to_status or not seq:
        return None
    return CivicStatusEvent(
        report=report,
        from_status=_word(found, "from"),
        to_status=to_status,
        seq=seq,
        prev=_word(found, "prev"),
        at=datetime_of(found.get("at")),
        expected=datetime_of(found.get("expected")),
        assignee=first_id(found.get("assignee")),
        reason=text_of(found.get("reason"), limit=200),
        external_status_code=_word(found, "externalStatusCode"),
        duplicate_of=first_id(found.get("duplicateOf")),
        proposed=tuple(
            uri
            for item in as_list(found.get("suggested") or found.get("transferTo"))[:20]
            if (uri := first_id(item))
        ),
    )


def read_body(document: Mapping[str, Any]) -> CivicBody | None:
    """The civic terms of an actor; None when it has none. They are claims until both sides name each other."""
    if not any(key.startswith(("civic:", "forge:")) for key in document):
        return None
    services = []
    for item in as_list(document.get("civic:services"))[:500]:
        terms = _terms(item)
        code = _word(terms, "serviceCode") if terms is not None else text_of(item, limit=100)
        if code:
            services.append((code, text_of(terms.get("serviceName"), limit=200) if terms is not None else ""))
    areas = []
    for item in as_list(document.get("civic:jurisdiction")):
        terms = _terms(item)
        area = _word(terms, "areaCode") if terms is not None else text_of(item, limit=100)
        if area:
            areas.append(area)
    return CivicBody(
        tuple(areas),
        tuple(services),
        first_id(document.get("civic:officers")),
        _ids(document.get("forge:tracksTicketsFor")),
        _ids(document.get("forge:ticketsTrackedBy")),
    )


def _terms(value: Any) -> dict[str, Any] | None:
    """The keys of a civic object without `civic:`; None when it is no object or names a key twice."""
    if not isinstance(value, dict):
        return None
    try:
        spelled = plain(value)
    except Refused:
        return None
    found = {key.removeprefix("civic:"): each for key, each in spelled.items()}
    return found if len(found) == len(spelled) else None


def _word(found: Mapping[str, Any], key: str) -> str:
    return text_of(found.get(key), limit=100).strip()


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(uri for item in as_list(value)[:100] if (uri := first_id(item)))


def _attributes(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        return ()
    found = []
    for code, answer in list(value.items())[:MAX_ATTRIBUTES]:
        words = (_answer(one) for one in as_list(answer)[:50])
        found.append((code[:100].removeprefix("civic:"), tuple(word for word in words if word)))
    return tuple(found)


def _answer(value: Any) -> str:
    if isinstance(value, int | float) and -(2**63) <= value < 2**63:
        return str(value)
    return text_of(value, limit=1000)
