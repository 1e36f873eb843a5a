"""What the fields of an event say, for writing one and for changing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sebangsa.errors import Invalid
from sebangsa.events import zones
from sebangsa.events.planning import EventDraft, moment_in
from sebangsa.models import Event, EventStatus, JoinMode
from sebangsa.web.i18n import N_

FIELDS = (
    "event_start", "event_end", "event_zone", "event_place", "event_address", "event_point", "event_online",
    "event_join", "event_external", "event_capacity", "event_status",
)  # fmt: skip
MODES = {
    JoinMode.FREE: N_("Everybody, by a tap"),
    JoinMode.RESTRICTED: N_("Whom I let in"),
    JoinMode.EXTERNAL: N_("On another page"),
    JoinMode.NONE: N_("Nobody needs to say"),
}


def event_given(values: Mapping[str, str]) -> EventDraft | None:
    """The event of the form; None while it says no start. Raises `Invalid`."""
    zone = values["event_zone"] or zones.DEFAULT
    starts_at = moment_in(values["event_start"], zone)
    if starts_at is None:
        if any(values[name].strip() for name in ("event_end", "event_place", "event_online")):
            raise Invalid("event-time", "Say the day and hour of the event.", field="event")
        return None
    mode, status = values["event_join"], values["event_status"]
    latitude, longitude = _point(values["event_point"])
    return EventDraft(
        starts_at,
        moment_in(values["event_end"], zone),
        zone,
        values["event_place"],
        values["event_address"],
        latitude,
        longitude,
        values["event_online"].strip(),
        values["event_external"].strip(),
        JoinMode(mode) if mode in list(JoinMode) else JoinMode.FREE,
        _capacity(values["event_capacity"].strip()),
        EventStatus.TENTATIVE if status == "tentative" else EventStatus.CONFIRMED,
    )


def _capacity(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Invalid("event-capacity", "At least one person must have room.", field="event")
    return int(text)


def _point(text: str) -> tuple[float | None, float | None]:
    """`-6.2263, 106.8530`, as maps copy it."""
    if not text.strip():
        return None, None
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("event-point", "That is no place on earth.", field="event") from None
    return latitude, longitude


def values_of(event: Event) -> dict[str, str]:
    """The fields filled with what an event is now."""
    there = zones.zone_of(event.timezone) or UTC
    end = event.ends_at.astimezone(there) if event.ends_at else None
    has_point = event.latitude is not None and event.longitude is not None
    return {
        "event_start": event.starts_at.astimezone(there).strftime("%Y-%m-%dT%H:%M"),
        "event_end": end.strftime("%Y-%m-%dT%H:%M") if end else "",
        "event_zone": event.timezone or "UTC",
        "event_place": event.place_name,
        "event_address": event.address,
        "event_point": f"{event.latitude}, {event.longitude}" if has_point else "",
        "event_online": event.online_url,
        "event_join": event.join_mode.value,
        "event_external": event.external_url,
        "event_capacity": str(event.capacity or ""),
        "event_status": event.status.value,
    }


def choices(zone_word: str, chosen: str = "") -> dict[str, Any]:
    """What the template needs: the zones, one's own (`WIB`) first chosen, and the ways to take part."""
    own = chosen or zones.NAMES.get(zone_word, zones.DEFAULT)
    offered = zones.OFFERED if own in zones.OFFERED else (own, *zones.OFFERED)
    return {
        "own": own,
        "zones": [(name, zones.label_of(name)) for name in offered],
        "modes": [(mode.value, label) for mode, label in MODES.items()],
    }
