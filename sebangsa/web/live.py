"""What a live event shows on an open page: each feature registers a view for its events in `site.live`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sebangsa.models import Notification, User
from sebangsa.streams import StreamEvent
from sebangsa.web.sse import Frame, Pulse

if TYPE_CHECKING:
    from starlette.requests import Request

    from sebangsa.site import Site


@dataclass(frozen=True, slots=True)
class Looker:
    """One open page: who looks, and with what it was opened (`asked` is the query of `/events`)."""

    site: Site
    user: User
    request: Request
    asked: Mapping[str, str]


View = Callable[[Looker, StreamEvent], Awaitable[Iterable[Frame]]]
"""Makes of an event the fragments for this page; none when it does not concern it."""

Replay = Callable[[Looker, int], Awaitable[Iterable[Frame]]]
"""The fragments of what happened after this id (`Last-Event-ID`), oldest first; with 0 the present state alone."""


Payload = Callable[["Site", User, StreamEvent], Awaitable[tuple[str, str] | None]]
"""What an app is told: Mastodon's event name and its payload as JSON text. None when it does not concern them."""


@dataclass
class Live:
    """What features make of events, by the event's name: fragments for pages, with their replays, and what the client
    API streams (`direct` alone has the chat's).
    """

    pulse: Pulse
    views: dict[str, View]
    replays: list[Replay]
    direct: dict[str, Payload] = field(default_factory=dict)


async def show_notification(looker: Looker, event: StreamEvent) -> Iterable[Frame]:
    """The number beside the bell. The row may be gone again: a held message takes its notification back."""
    return [Frame("notifications", str(await unread_notifications(looker.user)), int(event.data))]


async def missed_notifications(looker: Looker, last_id: int) -> Iterable[Frame]:
    """The number as it is now."""
    newest = await Notification.filter(recipient_id=looker.user.actor_id).order_by("-id").first()
    place = newest.id if newest is not None and newest.id > last_id else 0
    return [Frame("notifications", str(await unread_notifications(looker.user)), place)]


async def unread_notifications(user: User) -> int:
    """How many a person has not seen."""
    return await Notification.filter(recipient_id=user.actor_id, id__gt=user.notifications_read_id).count()


def ground_live(site: Site) -> Live:
    """The views of the ground floor."""
    return Live(Pulse(site), {"notification": show_notification}, [missed_notifications])
