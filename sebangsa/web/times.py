"""Times as people say them, in the zone of who reads: "5 menit lalu", exact on request, WIB, WITA or WIT.

Indonesia's three zones are whole hours without summer time, so they need no zone database on the machine.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from babel.dates import format_date, format_datetime

from sebangsa.events.zones import span, zone_of
from sebangsa.web.i18n import Translation

ZONES: dict[str, tzinfo] = {
    "WIB": timezone(timedelta(hours=7), "WIB"),
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}
DEFAULT_ZONE = "WIB"

# Macros are compiled once per language and know nothing of the request; `Templates.render` says here, for the
# length of one rendering, whose clock the page shows.
reading_zone: ContextVar[tzinfo] = ContextVar("reading_zone", default=ZONES[DEFAULT_ZONE])


def zone_named(name: str) -> tzinfo:
    """WIB, WITA or WIT; WIB for any other word."""
    return ZONES.get(name, ZONES[DEFAULT_ZONE])


def machine_time(at: datetime) -> str:
    """For `<time datetime>`: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def relative(at: datetime, now: datetime, translation: Translation) -> str:
    """How long ago: minutes and hours for a day, then days for a week, then the date. A time up to a minute ahead (a peer
    whose clock is fast) is "just now"; further ahead it is the date and hour.
    """
    _ = translation.gettext
    seconds = (now - at).total_seconds()
    if seconds < -60:
        return short(at, translation)
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(n)s min ago") % {"n": int(seconds // 60)}
    if seconds < 86400:
        return _("%(n)s hr ago") % {"n": int(seconds // 3600)}
    zone = reading_zone.get()
    days = (now.astimezone(zone).date() - at.astimezone(zone).date()).days
    if days <= 1:
        return _("yesterday")
    if days < 7:
        return _("%(n)s days ago") % {"n": days}
    pattern = "d MMM" if at.astimezone(zone).year == now.astimezone(zone).year else "d MMM y"
    return str(format_date(at.astimezone(zone), pattern, locale=translation.language))


def exact(at: datetime, translation: Translation) -> str:
    """Day, date, hour and zone: `Selasa, 24 November 2026, 11.14 WIB`."""
    there = at.astimezone(reading_zone.get())
    day = format_date(there, "EEEE, d MMMM y", locale=translation.language)
    return f"{day}, {clock(at, translation)} {there.tzname()}"


def short(at: datetime, translation: Translation) -> str:
    """Date and hour without the year: `24 Nov, 11.14 WIB`."""
    there = at.astimezone(reading_zone.get())
    day = format_date(there, "d MMM", locale=translation.language)
    return f"{day}, {clock(at, translation)} {there.tzname()}"


def date_part(at: datetime, pattern: str, translation: Translation) -> str:
    """A piece of the date by a CLDR pattern: `d MMMM`, `MMM`."""
    return str(format_date(at.astimezone(reading_zone.get()), pattern, locale=translation.language))


def elsewhere(at: datetime, until: datetime | None, zone: str, translation: Translation) -> str:
    """When something is in its own zone; empty where the reader's clocks show the same."""
    there = zone_of(zone)
    if there is None or at.astimezone(there).utcoffset() == at.astimezone(reading_zone.get()).utcoffset():
        return ""
    return span(at, until, zone, translation.language)


def clock(at: datetime, translation: Translation) -> str:
    """The hour alone, as a message bubble shows it: `11.14` in Indonesian, `11:14` in English."""
    pattern = "HH.mm" if translation.language == "id" else "HH:mm"
    return str(format_datetime(at.astimezone(reading_zone.get()), pattern, locale=translation.language))


def day(at: datetime, now: datetime, translation: Translation) -> str:
    """The line between two days of a conversation: today, yesterday, else weekday and date."""
    zone = reading_zone.get()
    there = at.astimezone(zone)
    days = (now.astimezone(zone).date() - there.date()).days
    if days == 0:
        return translation.gettext("Today")
    if days == 1:
        return translation.gettext("Yesterday")
    return str(format_date(there, "EEEE, d MMMM y", locale=translation.language))
