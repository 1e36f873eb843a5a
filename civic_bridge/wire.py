"""Reports, steps and offers as ActivityPub JSON. Pure functions (civic.md, section c).

On a server that knows nothing of this a report is a `Note` with a title and a line of status at its end, and each step
is a reply to it. So everything civic hangs under one namespaced key, and pictures are plain `Document`s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from civic_bridge.areas import SCHEME, area_at, area_name
from civic_bridge.categories import category_of, group_of
from civic_bridge.models import Report, StatusEvent
from civic_bridge.states import state_named
from federation.actor_document import timestamp
from federation.contexts import context_for
from federation.models import Actor
from federation.wire import datetime_of
from federation.wire.civic import read_status_event
from federation.wire.shapes import text_of

REPORT = "civic:report"
EVENT = "civic:statusEvent"
STREET_DECIMALS = 3
"""Digits kept of a point shown to the street: about 110 metres."""
MAX_TEXT = 5_000  # also the most that an answer of ours may have


def public_point(report: Report) -> tuple[float, float] | None:
    """The place that others may know: the point, the block it lies in, or its village's centre (S-123)."""
    if report.precision == "kelurahan":
        area = area_at(report.area_code)
        return (area.lat, area.lon) if area and area.lat is not None and area.lon is not None else None
    if report.lat is None or report.lon is None:
        return None
    if report.precision == "street":
        return round(report.lat, STREET_DECIMALS), round(report.lon, STREET_DECIMALS)
    return report.lat, report.lon


def public_address(report: Report) -> str:
    """The address as others may know it: a house's number stays out unless the exact place is public."""
    if report.precision == "exact":
        return report.address
    return area_name(report.area_code)


def status_line(report: Report) -> str:
    """The Markdown line at the end of a report's text, which every reader elsewhere sees."""
    parts = [
        area_name(report.area_code),
        category_of(report.category).word,
        f"**{state_named(report.status).word}**",
        report.reference,
    ]
    return " · ".join(part for part in parts if part) + f" #{group_of(report.category).hashtag}"


def report_source(report: Report) -> str:
    """The Markdown of a report's post."""
    return f"{report.description.rstrip()}\n\n{status_line(report)}".strip()


def report_extra(report: Report) -> dict[str, Any]:
    """What a report adds to its post's document: `civic:report` and, with a point, `location`."""
    category = category_of(report.category)
    terms: dict[str, Any] = {
        "type": "civic:Report",
        "civic:reference": report.reference,
        "civic:serviceCode": category.code,
        "civic:serviceName": category.word,
        "civic:areaCode": report.area_code,
        "civic:areaScheme": SCHEME,
        "civic:precision": report.precision,
        "civic:visibility": report.visibility,
        "civic:status": report.status,
        "civic:seq": report.seq,
        "civic:head": report.head_hash,
        "civic:history": report.history_url,
    }
    if report.jurisdiction:
        terms["civic:jurisdiction"] = report.jurisdiction
    if report.case_url:
        terms["civic:case"] = report.case_url
    if report.expected_at:
        terms["civic:expected"] = timestamp(report.expected_at)
    extra: dict[str, Any] = {REPORT: terms}
    point, address = public_point(report), public_address(report)
    if point or address:
        extra["location"] = place(address, point, report.precision)
    return extra


def place(name: str, point: tuple[float, float] | None, precision: str = "exact") -> dict[str, Any]:
    """An AS2 Place. `radius` is in metres: AS2's `accuracy` would be a percentage."""
    found: dict[str, Any] = {"type": "Place", "name": name}
    if point:
        radius = {"exact": 15, "street": 110, "kelurahan": 1500}[precision]
        found |= {"latitude": point[0], "longitude": point[1], "radius": radius, "units": "m"}
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """A status event as it stands on the wire, read or about to be sent. Times are aware, texts plain."""

    report: str
    from_status: str
    to_status: str
    seq: int
    prev: str
    at: datetime
    text: str = ""
    reason: str = ""
    expected: datetime | None = None
    proposed: tuple[str, ...] = ()
    duplicate_of: str = ""


def read_step(extra: Mapping[str, Any], otherwise_at: datetime) -> Step | None:
    """The step that a reply's document carries; None when it carries none that can be read."""
    value = extra.get(EVENT)
    found = read_status_event(value)
    if found is None or not isinstance(value, dict):
        return None
    return Step(
        report=found.report,
        from_status=found.from_status[:20],
        to_status=found.to_status[:20],
        seq=found.seq,
        prev=found.prev[:80],
        at=found.at or otherwise_at,
        text=text_of(value.get("civic:text", value.get("text")), limit=MAX_TEXT),
        reason=found.reason,
        expected=found.expected,
        proposed=found.proposed,
        duplicate_of=found.duplicate_of,
    )


def step_terms(step: Step) -> dict[str, Any]:
    """A step as the value of `civic:statusEvent`."""
    terms: dict[str, Any] = {
        "type": "civic:StatusEvent",
        "civic:report": step.report,
        "civic:from": step.from_status,
        "civic:to": step.to_status,
        "civic:seq": step.seq,
        "civic:prev": step.prev,
        "civic:at": timestamp(step.at),
    }
    if step.text:
        terms["civic:text"] = step.text
    if step.reason:
        terms["civic:reason"] = step.reason
    if step.expected:
        terms["civic:expected"] = timestamp(step.expected)
    if step.proposed:
        terms["civic:transferTo"] = list(step.proposed)
    if step.duplicate_of:
        terms["civic:duplicateOf"] = step.duplicate_of
    return terms


def step_hash(step: Step, actor_uri: str) -> str:
    """What the next step names as `prev`: SHA-256 over the canonical JSON (RFC 8785) of the step and its actor.

    Whoever keeps the history can compute it again; a step changed or left out afterwards breaks the chain.
    """
    canonical = rfc8785.dumps(step_terms(step) | {"actor": actor_uri})
    return f"sha-256:{hashlib.sha256(canonical).hexdigest()}"


def step_of(event: StatusEvent, report_uri: str) -> Step:
    """An applied event as the step it was."""
    return Step(
        report=report_uri,
        from_status=event.from_status,
        to_status=event.to_status,
        seq=event.seq or 0,
        prev=event.prev,
        at=event.at,
        text=event.text,
        reason=event.reason,
        expected=event.expected_at,
        proposed=tuple(event.proposed),
        duplicate_of=event.duplicate_of,
    )


def history_document(report: Report, uri: str, events: Sequence[StatusEvent]) -> dict[str, Any]:
    """`/civic/{reference}/history`: every step in order. `events` have their actor loaded."""
    return {
        "@context": context_for("object", "civic"),
        "id": report.history_url,
        "type": "OrderedCollection",
        "attributedTo": uri,
        "totalItems": len(events),
        "orderedItems": [
            step_terms(step_of(event, uri))
            | {"actor": event.actor.uri, "civic:note": event.note_uri, "civic:hash": event.hash}
            for event in events
        ],
    }


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A step of a peer's history, its chain verified: who did it, and the reply or activity that said so."""

    step: Step
    actor: str
    note: str
    hash: str


class BrokenChain(ValueError):
    """A history whose steps are not numbered in a row, or do not hash to what follows them."""


def read_history(document: Mapping[str, Any], report_uri: str) -> list[HistoryItem]:
    """The steps of a fetched history. Raises `BrokenChain`."""
    items = document.get("orderedItems")
    found: list[HistoryItem] = []
    prev = ""
    for number, value in enumerate(items if isinstance(items, list) else [], 1):
        at = datetime_of(value.get("civic:at")) if isinstance(value, dict) else None
        step = read_step({EVENT: value}, at) if at else None
        actor = text_of(value.get("actor"), limit=2048) if isinstance(value, dict) else ""
        if step is None or not actor or step.report != report_uri or step.seq != number or step.prev != prev:
            raise BrokenChain(f"step {number}")
        prev = step_hash(step, actor)
        found.append(HistoryItem(step, actor, text_of(value.get("civic:note"), limit=2048), prev))
    return found


def offer_activity(
    offerer: Actor, report_uri: str, body: Actor, exact: dict[str, Any] | None, *, is_transfer: bool
) -> dict[str, Any]:
    """`Offer{report, target: body}` (the shape of ForgeFed). The exact place travels here, to nobody else (S-123)."""
    activity: dict[str, Any] = {
        "@context": context_for("object", "civic"),
        "type": "Offer",
        "actor": offerer.uri,
        "object": report_uri,
        "target": body.uri,
        "to": [body.uri],
        "cc": [],
    }
    if exact:
        activity["civic:location"] = exact
    if is_transfer:
        activity["civic:isTransfer"] = True
    return activity


def offer_answer(
    kind: str, body: Actor, offer_uri: str, offerer_uri: str, *, result: str = "", reason: str = ""
) -> dict[str, Any]:
    """`Accept` (with the body's own file as `result`) or `Reject` (with why) of an Offer."""
    activity: dict[str, Any] = {
        "@context": context_for("object", "civic"),
        "type": kind,
        "actor": body.uri,
        "object": offer_uri,
        "to": [offerer_uri],
        "cc": [],
    }
    if result:
        activity["result"] = result
    if kind == "Reject":
        activity |= {"civic:reason": "not-responsible", "content": reason}
    return activity


def body_extra(
    areas: Sequence[str], services: Sequence[str], officers_url: str, communities: Sequence[str]
) -> dict[str, Any]:
    """What a body of ours publishes on its actor. Claims: they count once the other side names it too."""
    return {
        "civic:jurisdiction": list(areas),
        "civic:services": [
            {
                "type": "civic:Service",
                "civic:serviceCode": code,
                "civic:serviceName": category_of(code).word,
            }
            for code in services
        ],
        "civic:officers": officers_url,
        "forge:tracksTicketsFor": list(communities),
    }
