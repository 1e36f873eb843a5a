"""An event as the JSON of our own API."""

from __future__ import annotations

from typing import Any

from federation.actor_document import timestamp
from sebangsa.events.reading import EventView
from sebangsa.models import Post


def event_json(view: EventView, post: Post) -> dict[str, Any]:
    """When, where, how many, and what the viewer said. `id` is the status's, as text."""
    event = view.event
    has_point = event.latitude is not None and event.longitude is not None
    return {
        "id": str(post.id),
        "uri": post.uri,
        "url": post.url or post.uri,
        "title": post.name,
        "starts_at": timestamp(event.starts_at),
        "ends_at": timestamp(event.ends_at) if event.ends_at else None,
        "timezone": event.timezone,
        "place": {
            "name": event.place_name,
            "address": event.address,
            "latitude": event.latitude if has_point else None,
            "longitude": event.longitude if has_point else None,
        },
        "online_url": event.online_url or None,
        "external_url": event.external_url or None,
        "join_mode": event.join_mode.value,
        "capacity": event.capacity,
        "going_count": event.going_count,
        "status": event.status.value,
        "is_over": view.is_over,
        "state": view.state.value if view.state else None,
    }
