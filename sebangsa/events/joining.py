"""Taking part: one row for each person, never more people than there is room."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import Q

from federation.database import execute, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from federation.urls import registered_domain
from sebangsa.errors import Invalid, NotFound, ProductError
from sebangsa.events.wire import answer_activity, join_activity, leave_activity
from sebangsa.models import Event, EventStatus, JoinMode, Participation, ParticipationState, Post
from sebangsa.notifying import notify
from sebangsa.rejecting import with_reason
from sebangsa.text.plain import clean_name
from sebangsa.visibility import may_read, must_be_author

if TYPE_CHECKING:
    from sebangsa.site import Site

LASTS = timedelta(hours=2)
"""How long an event is taken to last whose end nobody said."""
PLACES_OF_A_HOST = 200
"""So many people of one server elsewhere take part in an event: names cost a hostile server nothing."""
MAX_MESSAGE = 500

GOING, ASKED, REFUSED = ParticipationState.GOING, ParticipationState.ASKED, ParticipationState.REFUSED


def ends(event: Event) -> datetime:
    """When it is over."""
    return event.ends_at or event.starts_at + LASTS


def is_counted(event: Event) -> bool:
    """Whether who comes is answered and counted here; else one only notes it for oneself."""
    return event.join_mode in (JoinMode.FREE, JoinMode.RESTRICTED)


async def join(site: Site, person: Actor, post: Post, message: str = "") -> Participation:
    """One of ours wants to come. Asking twice gives the first answer.

    An event elsewhere hears of it by a `Join`; where one cannot take part by an answer it is only noted for the
    reminder. Raises `NotFound`, `NotAllowed`, or `Invalid` with the reason.
    """
    event = await Event.get_or_none(post_id=post.id)
    if event is None or not await may_read(site, person, post):
        raise NotFound
    if person.id == post.author_id:
        raise Invalid("own-event", "You organise this event: you are expected.")
    reason = closed_because(event, site.clock.now())
    if reason is not None:
        raise reason
    row_id = site.ids.next()
    uri = site.federation.config.url(f"/a/{row_id}")
    async with transaction():
        await site.hooks.may_attend.ask(person, post)
        known = await Participation.get_or_none(event_id=event.id, person_id=person.id)
        if known is not None:
            return known
        if post.is_local and is_counted(event):
            made = await admit(site, event, post, person, uri, message)
        else:
            state = ASKED if event.join_mode == JoinMode.RESTRICTED else GOING
            made = await _write(site, event, person, state, uri, message)
        if made is None:
            raise Invalid("event-full", "There is no room left.")
        if is_counted(event) and not post.is_local:
            organiser = await Actor.get(id=post.author_id)
            activity = join_activity(person, organiser, post.uri, uri, message=made.message)
            await publish(site.federation, person, activity, Audience(actors=[organiser], personal=True))
    return made


def closed_because(event: Event, now: datetime) -> Invalid | None:
    """Why nobody can join any more, if so."""
    if event.status == EventStatus.CANCELLED:
        return Invalid("event-cancelled", "This event was called off.")
    if ends(event) <= now:
        return Invalid("event-over", "This event is over.")
    return None


async def admit(
    site: Site, event: Event, post: Post, person: Actor, uri: str, message: str
) -> Participation | None:
    """Let somebody into an event of ours, or have the organiser asked; None when there is no room.

    In the transaction under way; the person has no row yet.
    """
    if event.join_mode == JoinMode.RESTRICTED:
        made = await _write(site, event, person, ASKED, uri, message)
        if made is not None:
            await notify(site, post.author_id, "event.asked", person.id, post=post, is_repeatable=True)
        return made
    if not await _take_place(site, event):
        return None
    made = await _write(site, event, person, GOING, uri, message)
    if made is None:
        await _free_place(site, event)  # the same person, at the same moment
        return await Participation.get(event_id=event.id, person_id=person.id)
    return made


async def _write(
    site: Site, event: Event, person: Actor, state: ParticipationState, uri: str, message: str
) -> Participation | None:
    row_id = site.ids.next()
    await execute(
        """INSERT INTO participations (id, event_id, person_id, state, message, uri, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id, person_id) DO NOTHING""",
        [
            row_id,
            event.id,
            person.id,
            state.value,
            clean_name(message, MAX_MESSAGE),
            uri,
            site.clock.now(),
        ],
    )
    return await Participation.get_or_none(id=row_id)


async def _take_place(site: Site, event: Event) -> bool:
    """One more, unless it is full. The database decides it in one statement: two may want the last place at once."""
    return bool(
        await execute(
            """UPDATE events SET going_count = COALESCE(going_count, 0) + 1, untold_since = COALESCE(untold_since, ?)
               WHERE id = ? AND (capacity IS NULL OR COALESCE(going_count, 0) < capacity)""",
            [site.clock.now(), event.id],
        )
    )


async def _free_place(site: Site, event: Event) -> None:
    await execute(
        """UPDATE events SET going_count = going_count - 1, untold_since = COALESCE(untold_since, ?)
           WHERE id = ? AND going_count > 0""",
        [site.clock.now(), event.id],
    )


async def leave(site: Site, person: Actor, post: Post) -> None:
    """One of ours does not come after all, or takes the question back."""
    event = await Event.get_or_none(post_id=post.id)
    known = (
        await Participation.get_or_none(event_id=event.id, person_id=person.id) if event is not None else None
    )
    if event is None or known is None or known.state == REFUSED:
        return
    async with transaction():
        await forget(site, event, post, known)
        if is_counted(event) and not post.is_local:
            organiser = await Actor.get(id=post.author_id)
            activity = leave_activity(person, organiser, post.uri)
            await publish(site.federation, person, activity, Audience(actors=[organiser], personal=True))


async def forget(site: Site, event: Event, post: Post, known: Participation) -> None:
    """Take a row away and free its place, once. A refusal stays. In the transaction under way."""
    gone = await Participation.filter(id=known.id, state=known.state).exclude(state=REFUSED).delete()
    if gone and known.state == GOING and post.is_local and is_counted(event):
        await _free_place(site, event)


async def decide(site: Site, organiser: Actor, post: Post, person: Actor, *, lets_in: bool) -> None:
    """The organiser lets somebody in who asked, or turns them away, also later. Raises `NotFound`, `Invalid`."""
    must_be_author(organiser, post)
    event = await Event.get_or_none(post_id=post.id)
    known = (
        await Participation.get_or_none(event_id=event.id, person_id=person.id) if event is not None else None
    )
    if event is None or known is None or not is_counted(event):
        raise NotFound
    wanted = GOING if lets_in else REFUSED
    if known.state == wanted:
        return
    async with transaction():
        changed = await Participation.filter(id=known.id, state=known.state).update(state=wanted)
        if not changed:
            return  # answered at the same moment
        if lets_in and not await _take_place(site, event):
            raise Invalid("event-full", "There is no room left.")
        if known.state == GOING:
            await _free_place(site, event)
        await tell_answer(site, organiser, post, person, known.uri, accepted=lets_in)


async def tell_answer(
    site: Site,
    organiser: Actor,
    post: Post,
    person: Actor,
    uri: str,
    *,
    accepted: bool,
    because: ProductError | None = None,
) -> None:
    """Tell somebody what became of their wish: by a notification, or by `Accept` and `Reject` to their server."""
    if person.is_local:
        kind = "event.accepted" if accepted else "event.refused"
        await notify(site, person.id, kind, organiser.id, post=post, is_repeatable=True)
        return
    activity = answer_activity("Accept" if accepted else "Reject", organiser, person, post.uri, uri)
    await publish(
        site.federation, organiser, with_reason(activity, because), Audience(actors=[person], personal=True)
    )


async def is_crowded(event: Event, person: Actor) -> bool:
    """Whether enough people of that server, and of all under the same registered domain, take part or ask."""
    domain = registered_domain(person.host)
    same = Q(person__host=domain) | Q(person__host__endswith=f".{domain}") | Q(person__host=person.host)
    return await Participation.filter(same, event_id=event.id).count() >= PLACES_OF_A_HOST


async def forget_person(site: Site, person: Actor) -> None:
    """An account ended: its places are free again. In the transaction under way."""
    async for known in Participation.filter(person_id=person.id).select_related("event__post"):
        await forget(site, known.event, known.event.post, known)
    await Participation.filter(person_id=person.id).delete()
