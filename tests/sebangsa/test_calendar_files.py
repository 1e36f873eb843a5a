"""Calendar files hold to RFC 5545."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sebangsa.events.calendar import calendar, escape, fold, moment
from sebangsa.events.zones import span, zone_name
from sebangsa.models import Event, EventStatus, Post

START = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)


def entry(**more: object) -> tuple[Post, Event]:
    post = Post(
        id=7, uri="https://warga.example/p/7", name="Kerja bakti, RW 05; bawa \\ alat",
        content="<p>Baris satu</p><p>Baris dua</p>", created_at=START - timedelta(days=9),
    )  # fmt: skip
    event = Event(post_id=post.id, starts_at=START, timezone="Asia/Jakarta", **more)
    return post, event


def lines_of(file: bytes) -> list[str]:
    """Unfolded, as section 3.1 says."""
    return file.decode().replace("\r\n ", "").split("\r\n")


def test_lines_are_folded_at_75_octets_and_never_inside_a_character() -> None:
    line = "SUMMARY:" + "ꦏꦺꦴꦁꦏꦺꦴꦫꦺꦴ 🎉" * 20
    folded = fold(line)
    assert all(len(part) <= 75 for part in folded.split(b"\r\n"))
    assert all(part.decode() is not None for part in folded.split(b"\r\n"))
    assert folded.decode().replace("\r\n ", "") == line + "\r\n"
    assert fold("A" * 75) == b"A" * 75 + b"\r\n"


def test_text_is_escaped_and_cannot_begin_a_line() -> None:
    assert escape("a,b;c\\d\ne") == "a\\,b\\;c\\\\d\\ne"
    assert escape("x\r\nATTENDEE:y\r\x00\x0bz\u2028w") == "x\\nATTENDEE:y\\nz\\nw"


def test_a_moment_is_in_utc() -> None:
    assert moment(datetime(2026, 12, 5, 9, 0, tzinfo=timezone(timedelta(hours=7)))) == "20261205T020000Z"


def test_an_event_has_all_that_calendars_ask_for() -> None:
    file = calendar([entry(place_name="Balai", address="Jl. A, 1")], name="Tebet", product="warga.example")
    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    lines = lines_of(file)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-2] == "END:VCALENDAR"
    assert "UID:https://warga.example/p/7" in lines
    assert "DTSTART:20261205T020000Z" in lines
    assert "DTEND:20261205T040000Z" in lines
    assert "SUMMARY:Kerja bakti\\, RW 05\\; bawa \\\\ alat" in lines
    assert "LOCATION:Balai\\, Jl. A\\, 1" in lines
    assert "STATUS:CONFIRMED" in lines
    assert sum(line.startswith("DTSTAMP:") for line in lines) == 1


def test_what_was_called_off_is_crossed_out_under_the_same_name() -> None:
    before = lines_of(calendar([entry()], product="w"))
    after = lines_of(calendar([entry(status=EventStatus.CANCELLED, revision=2)], product="w"))
    assert "STATUS:CANCELLED" in after
    assert "SEQUENCE:2" in after
    assert [line for line in before if line.startswith("UID:")] == [
        line for line in after if line.startswith("UID:")
    ]


def test_times_are_said_in_the_events_own_zone() -> None:
    end = START + timedelta(hours=2)
    assert span(START, end, "Asia/Jakarta", "id") == "Sabtu, 5 Desember 2026, 09.00–11.00 WIB"
    assert span(START, None, "Asia/Makassar", "en") == "Saturday, 5 December 2026, 10:00 WITA"
    assert span(START, START + timedelta(days=1), "Asia/Jayapura", "en").count("WIT") == 1
    assert span(START, None, "Europe/Amsterdam", "en").endswith("03:00 CET")
    assert (zone_name("WIT"), zone_name("Nowhere/Land")) == ("Asia/Jayapura", "")
