"""Events as calendar files (RFC 5545), for the calendars on people's phones. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sebangsa.events.joining import LASTS
from sebangsa.events.wire import place_line
from sebangsa.models import Event, Post
from sebangsa.text.plain import excerpt

MEDIA_TYPE = "text/calendar; charset=utf-8"
MAX_DESCRIPTION = 2000
OCTETS = 75
"""Longest line, without its end (section 3.1)."""


def calendar(entries: Iterable[tuple[Post, Event]], *, name: str = "", product: str) -> bytes:
    """One `VCALENDAR`. Times are in UTC, which every calendar shows in its owner's zone: no `VTIMEZONE` is needed.

    `product` is the server's domain. The `UID` of an event is its post's id: a feed and a file give the same one.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{escape(product)}//Sebangsa//EN",
        "CALSCALE:GREGORIAN",
    ]
    lines.append("METHOD:PUBLISH")
    if name:
        lines += [f"NAME:{escape(name)}", f"X-WR-CALNAME:{escape(name)}"]
    for post, event in entries:
        lines += _event(post, event)
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) for line in lines)


def _event(post: Post, event: Event) -> list[str]:
    changed = post.edited_at or post.created_at
    address = post.url or post.uri
    text = excerpt(post.content, MAX_DESCRIPTION)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{escape(post.uri)}",
        f"DTSTAMP:{moment(changed)}",
        f"CREATED:{moment(post.created_at)}",
        f"LAST-MODIFIED:{moment(changed)}",
        f"SEQUENCE:{event.revision}",
        f"DTSTART:{moment(event.starts_at)}",
        f"DTEND:{moment(_end(event))}",
        f"SUMMARY:{escape(post.name or excerpt(post.content, 80) or 'Event')}",
        f"STATUS:{event.status.value.upper()}",
    ]
    if text:
        lines.append(f"DESCRIPTION:{escape(text)}")
    if where := place_line(event) or event.online_url:
        lines.append(f"LOCATION:{escape(where)}")
    if event.latitude is not None and event.longitude is not None:
        lines.append(f"GEO:{event.latitude:.6f};{event.longitude:.6f}")
    if _is_uri(address):
        lines.append(f"URL:{address}")
    lines.append("END:VEVENT")
    return lines


def _end(event: Event) -> datetime:
    """Later than the start, as the RFC demands."""
    end = event.ends_at or event.starts_at + LASTS
    return end if end > event.starts_at else event.starts_at + timedelta(minutes=1)


def moment(at: datetime) -> str:
    """A `DATE-TIME` in UTC (section 3.3.5)."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escape(text: str) -> str:
    """A `TEXT` value (section 3.3.11). What else is a control character is left out: it could begin a line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = "".join(letter for letter in text if letter in "\n\t" or (ord(letter) > 31 and ord(letter) != 127))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _is_uri(address: str) -> bool:
    return address.isprintable() and " " not in address


def fold(line: str) -> bytes:
    """A content line with its end, folded at 75 octets, never inside a character (section 3.1)."""
    parts: list[bytes] = [b""]
    for letter in line:
        octets = letter.encode()
        room = OCTETS - (1 if len(parts) > 1 else 0)
        if len(parts[-1]) + len(octets) > room:
            parts.append(b"")
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"
