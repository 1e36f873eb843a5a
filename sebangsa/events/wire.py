"""Events as ActivityPub JSON. Pure functions."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from federation.actor_document import timestamp
from federation.contexts import context_for
from federation.models import Actor
from sebangsa.events.zones import span
from sebangsa.models import Event, EventStatus, JoinMode
from sebangsa.web.i18n import LANGUAGES, translation_for

_FACTS = re.compile(r'\s*<p class="event-facts">.{0,8000}?</p>', re.DOTALL)


def facts(event: Event, language: str) -> str:
    """When and where in words, as HTML: for readers that know no events."""
    language = language if language in LANGUAGES else "id"
    words = translation_for(language)
    lines = [f"<strong>{escape(span(event.starts_at, event.ends_at, event.timezone, language))}</strong>"]
    if event.status == EventStatus.CANCELLED:
        lines.insert(0, f"<strong>{escape(words.gettext('Called off'))}</strong>")
    if where := place_line(event):
        lines.append(escape(where))
    for url in (event.online_url, event.external_url):
        if url:
            address = escape(url)
            lines.append(f'<a href="{address}" rel="nofollow noopener ugc" target="_blank">{address}</a>')
    return f'<p class="event-facts">{"<br>".join(lines)}</p>'


def without_facts(content: str) -> str:
    """A text without the words that its server put before it for those who read no events."""
    return _FACTS.sub("", content, count=1) if _FACTS.match(content) else content


def place_line(event: Event) -> str:
    """Name and address in one line."""
    return ", ".join(part for part in (event.place_name, event.address) if part)


def event_terms(event: Event, content: str, excerpt: str, language: str) -> dict[str, Any]:
    """What an `Event` says besides what every post does, as Mobilizon, PieFed and FEP-8a8e read it.

    Mastodon shows `name`, `summary` and a link, Lemmy `name` and `content`: both say when and where.
    """
    said = facts(event, language)
    terms: dict[str, Any] = {
        "@context": context_for("object", "event"),
        "content": f"{said}{content}",
        "summary": f"{said}<p>{escape(excerpt)}</p>" if excerpt else said,
        "startTime": timestamp(event.starts_at),
        "timezone": event.timezone or "UTC",
        "joinMode": event.join_mode.value,
        "ical:status": event.status.value.upper(),
        "isOnline": bool(event.online_url),
        "participantCount": event.going_count or 0,
    }
    if language:
        terms["contentMap"] = {language: terms["content"]}
    if event.ends_at is not None:
        terms["endTime"] = timestamp(event.ends_at)
    if event.capacity is not None:
        terms["maximumAttendeeCapacity"] = event.capacity
        terms["remainingAttendeeCapacity"] = max(0, event.capacity - (event.going_count or 0))
    if event.online_url:
        terms["onlineLink"] = event.online_url
    if event.external_url and event.join_mode == JoinMode.EXTERNAL:
        terms["externalParticipationUrl"] = event.external_url
    if location := _location(event):
        terms["location"] = location
    return terms


def _location(event: Event) -> dict[str, Any]:
    if not (event.place_name or event.address or event.latitude is not None):
        return {}
    place: dict[str, Any] = {"type": "Place", "name": event.place_name or event.address}
    if event.address:
        place["address"] = {"type": "PostalAddress", "streetAddress": event.address}
    if event.latitude is not None and event.longitude is not None:
        place |= {"latitude": event.latitude, "longitude": event.longitude}
    return place


def join_activity(person: Actor, organiser: Actor, event: str, uri: str, *, message: str) -> dict[str, Any]:
    """`Join`, to the organiser alone (Mobilizon)."""
    activity = _about(person, organiser, "Join", event) | {"id": uri}
    return activity | ({"participationMessage": message} if message else {})


def leave_activity(person: Actor, organiser: Actor, event: str) -> dict[str, Any]:
    """`Leave`, to the organiser alone."""
    return _about(person, organiser, "Leave", event)


def answer_activity(kind: str, organiser: Actor, person: Actor, event: str, join: str) -> dict[str, Any]:
    """`Accept` or `Reject` with the `Join` embedded: not every peer remembers ids."""
    joined = {"id": join, "type": "Join", "actor": person.uri, "object": event}
    return _about(organiser, person, kind, joined)


def _about(actor: Actor, target: Actor, kind: str, obj: Any) -> dict[str, Any]:
    return {
        "@context": context_for("object", "event"),
        "type": kind,
        "actor": actor.uri,
        "object": obj,
        "to": [target.uri],
        "cc": [],
    }
