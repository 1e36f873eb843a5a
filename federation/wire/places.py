"""Places and the times of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.wire.shapes import (
    count_of,
    datetime_of,
    flag_of,
    link_of,
    natural_text,
    number_of,
    objects_of,
    text_of,
    type_among,
)

_METRES = {"m": 1.0, "km": 1000.0, "cm": 0.01, "feet": 0.3048, "inches": 0.0254, "miles": 1609.344}
_ADDRESS_PARTS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


@dataclass(frozen=True, slots=True)
class Place:
    """A point with a name. Degrees (WGS 84), `radius` in metres. Both coordinates or neither.

    AS2's `accuracy` is a percentage, not metres, and is not read; a fix's error stands in `radius`.
    """

    name: str
    latitude: float | None
    longitude: float | None
    radius: float | None
    address: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """When and how people meet. `join_mode` is free, restricted, invite, external, none or "" (Mobilizon, FEP-8a8e).

    `online_url` is where it is held, `external_url` where one says that one comes.
    """

    start: datetime | None
    end: datetime | None
    timezone: str
    join_mode: str
    capacity: int | None
    participants: int | None
    is_online: bool
    online_url: str
    external_url: str
    status: str


def read_place(value: Any) -> Place | None:
    """The first `Place` of a `location`; a type array (places.pub) is fine, a mere web address is none."""
    for item in objects_of(value):
        if not type_among(item, frozenset({"Place"})) and "latitude" not in item:
            continue
        place = _place(item)
        if place.name or place.address or place.latitude is not None:
            return place
    return None


def read_event(document: Mapping[str, Any]) -> Event:
    """The event terms of AS2, Mobilizon and PieFed."""
    status = text_of(document.get("status") or document.get("eventStatus"), limit=32)
    online = link_of(document.get("onlineLink")) or _virtual_location(document.get("location"))
    return Event(
        start=datetime_of(document.get("startTime")),
        end=datetime_of(document.get("endTime")),
        timezone=text_of(document.get("timezone"), limit=64),
        join_mode=text_of(document.get("joinMode"), limit=16),
        capacity=count_of(document.get("maximumAttendeeCapacity")) or None,
        participants=count_of(document.get("participantCount")),
        is_online=flag_of(document.get("isOnline")),
        online_url=online,
        external_url=link_of(document.get("externalParticipationUrl")),
        status=status.upper(),
    )


def _virtual_location(value: Any) -> str:
    for item in objects_of(value):
        if type_among(item, frozenset({"VirtualLocation"})):
            return link_of(item.get("url"))
    return ""


def _place(item: Mapping[str, Any]) -> Place:
    latitude = number_of(item.get("latitude"), -90.0, 90.0)
    longitude = number_of(item.get("longitude"), -180.0, 180.0)
    if latitude is None or longitude is None:
        latitude = longitude = None
    units = item.get("units")
    scale = _METRES.get(units if isinstance(units, str) else "m")
    radius = number_of(item.get("radius"), 0.0, 50_000_000.0)
    return Place(
        natural_text(item, "name", limit=500),
        latitude,
        longitude,
        radius * scale if radius is not None and scale is not None and latitude is not None else None,
        _address(item.get("address")),
        link_of(item.get("id")),
    )


def _address(value: Any) -> str:
    if isinstance(value, str):
        return text_of(value, limit=500)
    for item in objects_of(value):
        parts = [text_of(item.get(part), limit=200) for part in _ADDRESS_PARTS]
        return ", ".join(part for part in parts if part)
    return ""
