"""The event of a post that is written here: checked, and stored with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sebangsa.errors import Invalid
from sebangsa.events import zones
from sebangsa.models import Event, EventStatus, JoinMode, Post
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=366 * 5)
MAX_CAPACITY = 1_000_000
MAX_PLACE = 200
MAX_URL = 2048


@dataclass(frozen=True)
class EventDraft:
    """What people are invited to. Times with a zone; `timezone` is the IANA name in which they are said."""

    starts_at: datetime
    ends_at: datetime | None = None
    timezone: str = zones.DEFAULT
    place_name: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    online_url: str = ""
    external_url: str = ""
    join_mode: JoinMode = JoinMode.FREE
    capacity: int | None = None
    status: EventStatus = EventStatus.CONFIRMED


def moment_in(text: str, zone: str) -> datetime | None:
    """What a `datetime-local` field says (`2026-12-05T09:00`), in UTC; None when it is empty. Raises `Invalid`."""
    if not text.strip():
        return None
    there = zones.zone_of(zone)
    if there is None:
        raise _bad_zone()
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=there).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("event-time", "Say the day and hour of the event.", field="event") from None


def checked(draft: EventDraft, now: datetime) -> EventDraft:
    """The draft with clean texts and times to the second. Raises `Invalid`."""
    zone = zones.zone_name(draft.timezone)
    if not zone:
        raise _bad_zone()
    starts_at = draft.starts_at.replace(microsecond=0)
    ends_at = draft.ends_at.replace(microsecond=0) if draft.ends_at is not None else None
    if not now - LONGEST <= starts_at <= now + FURTHEST:
        raise Invalid("event-too-far", "An event lies within the next five years.", field="event")
    if ends_at is not None and not starts_at <= ends_at <= starts_at + LONGEST:
        raise Invalid("event-end", "An event ends after its start, within a year.", field="event")
    if (ends_at or starts_at + timedelta(hours=2)) <= now:
        raise Invalid("event-over", "That time is over already.", field="event")
    if draft.capacity is not None and not 1 <= draft.capacity <= MAX_CAPACITY:
        raise Invalid("event-capacity", "At least one person must have room.", field="event")
    for url in (draft.online_url, draft.external_url):
        if url and (not url.startswith(("https://", "http://")) or len(url) > MAX_URL):
            raise Invalid("bad-link", "A link begins with https://.", field="event")
    if draft.join_mode == JoinMode.EXTERNAL and not draft.external_url:
        raise Invalid("event-where-to-join", "Say on which page people take part.", field="event")
    has_point = draft.latitude is not None and draft.longitude is not None
    if has_point and not (-90 <= (draft.latitude or 0) <= 90 and -180 <= (draft.longitude or 0) <= 180):
        raise Invalid("event-point", "That is no place on earth.", field="event")
    return replace(
        draft,
        starts_at=starts_at,
        ends_at=ends_at,
        timezone=zone,
        place_name=clean_name(draft.place_name, MAX_PLACE),
        address=clean_name(draft.address, MAX_PLACE),
        latitude=draft.latitude if has_point else None,
        longitude=draft.longitude if has_point else None,
    )


def _bad_zone() -> Invalid:
    return Invalid("event-zone", "There is no such time zone.", field="event")


async def write_event(site: Site, post: Post, draft: EventDraft) -> Event:
    """Store a checked draft as the event of a post of ours, in the transaction under way."""
    return await Event.create(id=site.ids.next(), post=post, going_count=0, **vars(draft))
