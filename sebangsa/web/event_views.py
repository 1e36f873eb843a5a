"""An event as the block under its post."""

from __future__ import annotations

from collections.abc import Mapping

from sebangsa.events.joining import is_counted
from sebangsa.events.reading import EventView
from sebangsa.events.wire import place_line
from sebangsa.models import EventStatus, JoinMode, Post
from sebangsa.web.pieces import Event

MAP = "https://www.openstreetmap.org/?mlat={0:.5f}&mlon={1:.5f}#map=17/{0:.5f}/{1:.5f}"


def event_of(post: Post, events: Mapping[int, EventView]) -> Event | None:
    """A post's event, with what its viewer can do about it."""
    view = events.get(post.id)
    if view is None:
        return None
    event = view.event
    has_point = event.latitude is not None and event.longitude is not None
    manages = view.is_organiser and post.is_local
    return Event(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        place=place_line(event),
        going=event.going_count if is_counted(event) else None,
        zone=event.timezone,
        online_href=event.online_url,
        external_href=event.external_url if event.join_mode == JoinMode.EXTERNAL else "",
        map_href=MAP.format(event.latitude, event.longitude) if has_point else "",
        room=event.capacity if is_counted(event) else None,
        is_cancelled=view.is_cancelled,
        is_tentative=event.status == EventStatus.TENTATIVE,
        is_over=view.is_over,
        is_full=is_counted(event) and view.is_full,
        asks_organiser=event.join_mode == JoinMode.RESTRICTED,
        is_noted=not is_counted(event),
        state=view.state.value if view.state else "",
        answer_action=f"/p/{post.id}/attend" if view.may_answer else "",
        calendar_href=f"/p/{post.id}/event.ics",
        manage_href=f"/p/{post.id}/event" if manages and not view.is_over else "",
        people_href=f"/p/{post.id}/people" if manages and is_counted(event) else "",
    )
