"""Reminding those who go, and telling other servers how many come. The rows say what is due; each may run twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.database import transaction
from federation.models import Actor
from sebangsa.events.changing import send_event
from sebangsa.hooks import Origin
from sebangsa.models import Event, EventStatus, Participation, ParticipationState
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

BEFORE = timedelta(hours=3)
"""So long before the start people are reminded."""
TOLD_EVERY = timedelta(minutes=3)
"""So long those who come or go are gathered before other servers hear how many they are."""
AT_ONCE = 100


async def remind_of_events(site: Site) -> None:
    """Find the events that are soon and whose people were not told yet."""
    due = Event.filter(is_reminded=False, starts_at__lte=site.clock.now() + BEFORE)
    for event_id in await due.order_by("starts_at").limit(AT_ONCE).values_list("id", flat=True):
        await _remind_of(site, int(event_id))  # type: ignore[call-overload]


async def _remind_of(site: Site, event_id: int) -> None:
    async with transaction():
        # Whoever writes this first tells it, in the same transaction: once, also after a crash.
        if not await Event.filter(id=event_id, is_reminded=False).update(is_reminded=True):
            return
        event = await Event.get(id=event_id).select_related("post")
        post = event.post
        if not post.is_shown or event.status == EventStatus.CANCELLED or event.starts_at < site.clock.now():
            return
        going = Participation.filter(
            event_id=event_id, state=ParticipationState.GOING, person__host=""
        ).values_list("person_id", flat=True)
        told = {int(person_id) for person_id in await going}  # type: ignore[call-overload]
        if post.is_local:
            told.add(post.author_id)
        for person_id in sorted(told):
            await notify(site, person_id, "event.soon", post.author_id, post=post, is_repeatable=True)


async def tell_who_come(site: Site) -> None:
    """Tell other servers how many come to events of ours: the number, and nobody's name."""
    since = site.clock.now() - TOLD_EVERY
    untold = Event.filter(untold_since__lte=since).order_by("untold_since").limit(AT_ONCE)
    for event_id in await untold.values_list("id", flat=True):
        await _tell_how_many(site, int(event_id))  # type: ignore[call-overload]


async def _tell_how_many(site: Site, event_id: int) -> None:
    async with transaction():
        if not await Event.filter(id=event_id, untold_since__isnull=False).update(untold_since=None):
            return
        event = await Event.get(id=event_id).select_related("post")
        post = event.post
        if post.is_shown and post.is_local:
            organiser = await Actor.get(id=post.author_id)
            sent = await send_event(site, organiser, post, event)
            await site.hooks.recounted.emit(post, Origin(sent))
