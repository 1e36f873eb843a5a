"""The time zones of events, by their IANA names.

Indonesia's are whole hours without summer time, so they need no zone database on the machine; others do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date

WIB, WITA, WIT = (timezone(timedelta(hours=7 + n), name) for n, name in enumerate(("WIB", "WITA", "WIT")))
INDONESIAN: dict[str, tzinfo] = {
    "Asia/Jakarta": WIB,
    "Asia/Pontianak": WIB,
    "Asia/Makassar": WITA,
    "Asia/Jayapura": WIT,
}
NAMES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
"""What people call them."""
DEFAULT = "Asia/Jakarta"
OFFERED = (
    "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Dili",
    "Asia/Bangkok", "Asia/Hong_Kong", "Asia/Tokyo", "Asia/Riyadh", "Asia/Kolkata", "Australia/Sydney",
    "Europe/London", "Europe/Amsterdam", "America/New_York", "America/Los_Angeles",
)  # fmt: skip
"""What the form lists; apps may name any."""


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(name: str) -> tzinfo | None:
    """The zone of this IANA name; None for a name that is none."""
    if name in INDONESIAN:
        return INDONESIAN[name]
    if name in ("UTC", "Etc/UTC"):
        return UTC
    return ZoneInfo(name) if name in _known() else None


def zone_name(name: str) -> str:
    """The name where it is one, else ""; the short ones that people use count too."""
    name = NAMES.get(name, name)
    return name if zone_of(name) is not None else ""


def label_of(name: str) -> str:
    """As a person reads it: `WIB`, or the IANA name in words."""
    for short, long in NAMES.items():
        if name == long:
            return f"{short} ({long.partition('/')[2]})"
    return name.replace("_", " ")


def span(starts_at: datetime, ends_at: datetime | None, zone: str, language: str) -> str:
    """When it is, in its own zone: `Sabtu, 5 Desember 2026, 09.00–11.00 WIB`."""
    there = zone_of(zone) or UTC
    start = starts_at.astimezone(there)
    text = _moment(start, language)
    if ends_at is not None:
        end = ends_at.astimezone(there)
        text += "–" + (_hour(end, language) if end.date() == start.date() else _moment(end, language))
    name = start.tzname() or ""
    if not name.isalpha():  # `+03` says less than the name
        name = zone.replace("_", " ") or "UTC"
    return f"{text} {name}"


def _moment(at: datetime, language: str) -> str:
    return f"{format_date(at, 'EEEE, d MMMM y', locale=language)}, {_hour(at, language)}"


def _hour(at: datetime, language: str) -> str:
    return at.strftime("%H.%M" if language == "id" else "%H:%M")
