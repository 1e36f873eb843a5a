"""An event is moved or called off, and those who take part hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.database import rows, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.errors import NotFound
from sebangsa.events.planning import EventDraft, checked
from sebangsa.hooks import Origin
from sebangsa.models import Event, EventStatus, Participation, ParticipationState, Post
from sebangsa.notifying import notify
from sebangsa.post_documents import document_of
from sebangsa.visibility import OPEN, must_be_author
from sebangsa.wire import update_activity

if TYPE_CHECKING:
    from sebangsa.site import Site


async def change_event(site: Site, organiser: Actor, post: Post, draft: EventDraft) -> None:
    """Move an event of ours, or call it off.

    Less room than there are people turns nobody away. Raises `NotAllowed`, `NotFound`, `Invalid`.
    """
    must_be_author(organiser, post)
    if post.deleted_at is not None or not await Event.exists(post_id=post.id):
        raise NotFound
    now = site.clock.now()
    draft = checked(draft, now)
    await site.hooks.may_edit.ask(organiser, post)
    async with transaction():
        before = await Event.get(post_id=post.id)
        await _write(before, draft)
        after = await Event.get(post_id=post.id)
        post.edited_at = now
        await post.save(update_fields=["edited_at"])
        await _publish(site, organiser, post, after)
        await tell_changes(site, post, before, after)


async def call_off(site: Site, organiser: Actor, post: Post) -> None:
    """It does not take place; possible at any time, and again without harm. Raises `NotAllowed`, `NotFound`."""
    must_be_author(organiser, post)
    if post.deleted_at is not None or not await Event.exists(post_id=post.id):
        raise NotFound
    async with transaction():
        before = await Event.get(post_id=post.id)
        if before.status == EventStatus.CANCELLED:
            return
        await Event.filter(id=before.id).update(status=EventStatus.CANCELLED, revision=before.revision + 1)
        after = await Event.get(id=before.id)
        post.edited_at = site.clock.now()
        await post.save(update_fields=["edited_at"])
        await _publish(site, organiser, post, after)
        await tell_changes(site, post, before, after)


async def _write(before: Event, draft: EventDraft) -> None:
    await Event.filter(id=before.id).update(
        **vars(draft),
        untold_since=None,
        revision=before.revision + 1,
        is_reminded=before.is_reminded and before.starts_at == draft.starts_at,
    )


async def _publish(site: Site, organiser: Actor, post: Post, event: Event) -> None:
    sent = await send_event(site, organiser, post, event)
    await site.hooks.post_edited.emit(post, Origin(sent))


async def send_event(site: Site, organiser: Actor, post: Post, event: Event) -> str:
    """`Update{Event}` to those who have the post, and to the servers of those who take part; its text. In the transaction
    under way.
    """
    document, addresses = await document_of(site, post)
    audience = addresses.audience
    sent = await publish(
        site.federation,
        organiser,
        update_activity(organiser, document, site.clock.now()),
        Audience(
            actors=[*audience.actors, *await _participants_elsewhere(event)],
            followers_of=audience.followers_of,
            personal=audience.personal,
        ),
        is_public=post.visibility in OPEN,
    )
    return sent.body


async def _participants_elsewhere(event: Event) -> list[Actor]:
    """One of each server: its shared inbox is all that is needed, and nobody is named."""
    found = await rows(
        """SELECT MIN(a.id) AS id FROM participations p JOIN actors a ON a.id = p.person_id
           WHERE p.event_id = ? AND p.state <> 'refused' AND a.host <> '' GROUP BY a.host""",
        [event.id],
    )
    return await Actor.filter(id__in=[row["id"] for row in found]) if found else []


async def tell_changes(site: Site, post: Post, before: Event, after: Event) -> None:
    """Those of ours who go or asked to are told what matters to them: other times, another place, called off."""
    kind = _what_happened(before, after)
    if not kind:
        return
    taking_part = Participation.filter(event_id=after.id, person__host="").exclude(
        state=ParticipationState.REFUSED
    )
    for person_id in await taking_part.values_list("person_id", flat=True):
        await notify(site, int(person_id), kind, post.author_id, post=post, is_repeatable=True)  # type: ignore[call-overload]


def _what_happened(before: Event, after: Event) -> str:
    if after.status == EventStatus.CANCELLED:
        return "event.cancelled" if before.status != EventStatus.CANCELLED else ""
    told = ("starts_at", "ends_at", "place_name", "address", "online_url")
    is_moved = any(getattr(before, name) != getattr(after, name) for name in told)
    return "event.changed" if is_moved or before.status == EventStatus.CANCELLED else ""
