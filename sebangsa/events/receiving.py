"""Events of other servers, and what other servers' people want with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.inbound import Inbound
from federation.models import Actor
from federation.overtaken import mark_overtaken
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import ObjectDocument
from sebangsa.errors import Invalid, NotAllowed, ProductError
from sebangsa.events.changing import tell_changes
from sebangsa.events.joining import (
    ASKED,
    GOING,
    REFUSED,
    admit,
    closed_because,
    forget,
    is_counted,
    is_crowded,
    tell_answer,
)
from sebangsa.events.zones import zone_name
from sebangsa.hooks import Origin
from sebangsa.models import Event, EventStatus, JoinMode, Participation, Post
from sebangsa.notifying import notify
from sebangsa.rejecting import said_why
from sebangsa.text.plain import clean_name
from sebangsa.visibility import may_read

if TYPE_CHECKING:
    from typing import Any

    from sebangsa.site import Site

_MODES = {"free": JoinMode.FREE, "restricted": JoinMode.RESTRICTED, "external": JoinMode.EXTERNAL}


async def write_remote_event(site: Site, post: Post, obj: ObjectDocument) -> None:
    """Store the event that came with a post of a peer, in the transaction under way. One without a start is a post."""
    found = _columns(obj)
    if found:
        await Event.create(id=site.ids.next(), post=post, **found)


async def renew_event(site: Site, post: Post, obj: ObjectDocument) -> None:
    """Take over what its author changed, and tell those of ours who go. In the transaction under way."""
    found = _columns(obj)
    if not found:
        return
    before = await Event.get_or_none(post_id=post.id)
    if before is None:
        await write_remote_event(site, post, obj)
        return
    is_reminded = before.is_reminded and before.starts_at == found["starts_at"]
    await Event.filter(id=before.id).update(**found, is_reminded=is_reminded, revision=before.revision + 1)
    await tell_changes(site, post, before, await Event.get(id=before.id))


async def receive_going(site: Site, inbound: Inbound, post: Post, obj: ObjectDocument) -> bool:
    """How many come to a peer's event now, when nothing else of it changed: true when that was all, for it is no edit. In
    the transaction under way; whoever asks has compared the text.
    """
    before, found = await Event.get_or_none(post_id=post.id), _columns(obj)
    if before is None or not found:
        return False
    if any(getattr(before, name) != value for name, value in found.items() if name != "going_count"):
        return False
    await Event.filter(id=before.id).update(going_count=found["going_count"])
    await site.hooks.recounted.emit(post, Origin(inbound.raw, None, inbound.announcer))
    return True


def _columns(obj: ObjectDocument) -> dict[str, Any]:
    """What a peer says of its event, as far as it can be so. Names are shown as text, never as HTML."""
    event, place = obj.event, obj.place
    if event is None or event.start is None:
        return {}
    status = event.status.lower().rpartition("/")[2].removeprefix("event")  # schema.org: EventCancelled
    return {
        "starts_at": event.start,
        "ends_at": event.end if event.end is not None and event.end >= event.start else None,
        "timezone": zone_name(event.timezone),
        "place_name": clean_name(place.name, 500) if place else "",
        "address": clean_name(place.address, 1500) if place else "",
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "online_url": event.online_url,
        "external_url": event.external_url,
        # Who says nothing of it reads no `Join` (Gancio), and "invite" takes none from strangers.
        "join_mode": _MODES.get(event.join_mode.lower(), JoinMode.NONE),
        "capacity": event.capacity,
        "going_count": event.participants,
        "status": EventStatus(status) if status in list(EventStatus) else EventStatus.CONFIRMED,
    }


async def receive_join(site: Site, inbound: Inbound) -> Verdict | None:
    """Somebody elsewhere wants to come to an event of ours. Asked again, it is answered again.

    Raises `Refused` where even an answer would tell something: for what they may not read.
    """
    post, event = await _event_named(inbound.activity.object_id)
    if event is None or post is None:
        return Verdict.PASS
    person = inbound.actor
    if not inbound.is_authentic or person.id == post.author_id:
        raise Refused("not-allowed", "nobody joins for others")
    if not post.is_local:
        return None
    if not await may_read(site, person, post, let_in_by=inbound.announcer):
        raise Refused("not-allowed", "an event that they may not read")
    uri = inbound.activity.id or ""
    organiser = await Actor.get(id=post.author_id)
    known = await Participation.get_or_none(event_id=event.id, person_id=person.id)
    no = await _forbids(site, event, post, person) if known is None else None
    if known is None and no is None:
        no = Invalid("event-full", "There is no room left.")
        known = await admit(site, event, post, person, uri, inbound.activity.content)
    elif known is not None and uri and known.uri != uri:
        await Participation.filter(id=known.id).update(uri=uri)
    if known is None or known.state != ASKED:
        accepted = known is not None and known.state == GOING
        await tell_answer(
            site, organiser, post, person, uri, accepted=accepted, because=None if accepted else no
        )
    return None


async def _forbids(site: Site, event: Event, post: Post, person: Actor) -> ProductError | None:
    """Why somebody may not come; None where they may, while there is room."""
    if not is_counted(event):
        return Invalid("event-elsewhere", "This event takes nobody in here.")
    if (closed := closed_because(event, site.clock.now())) is not None:
        return closed
    try:
        await site.hooks.may_attend.ask(person, post)
    except NotAllowed as no:
        return no
    if await is_crowded(event, person):
        return Invalid("event-full", "There is no room left.")
    return None


async def receive_leave(site: Site, inbound: Inbound) -> Verdict | None:
    """Somebody elsewhere does not come after all."""
    return await _take_back(site, inbound, inbound.activity.object_id)


async def receive_undo_join(site: Site, inbound: Inbound) -> Verdict | None:
    """The same, said as `Undo`."""
    inner = inbound.activity.inner
    assert inner is not None
    await mark_overtaken(inbound, inner.id)
    return await _take_back(site, inbound, inner.object_id)


async def _take_back(site: Site, inbound: Inbound, uri: str) -> Verdict | None:
    post, event = await _event_named(uri)
    if event is None or post is None:
        return Verdict.PASS
    if not inbound.is_authentic:
        raise Refused("not-allowed", "nobody leaves for others")
    known = await Participation.get_or_none(event_id=event.id, person_id=inbound.actor.id)
    if known is not None and post.is_local:
        await forget(site, event, post, known)
    return None


async def _event_named(uri: str) -> tuple[Post | None, Event | None]:
    post = await Post.get_or_none(uri=uri, kind="event", deleted_at=None) if uri else None
    event = await Event.get_or_none(post_id=post.id) if post is not None else None
    return post, event


async def receive_answer(site: Site, inbound: Inbound, *, accepted: bool) -> Verdict | None:
    """The organiser elsewhere answers a `Join` of ours, or takes the answer back later. PASS where it is no such.

    Only the author of the event, or the group that it is shown in on the same server, has a say.
    """
    if not inbound.is_authentic:
        return Verdict.PASS
    known = await _join_answered(inbound)
    if known is None:
        return Verdict.PASS
    post = known.event.post
    if inbound.actor.id not in (post.author_id, post.community_id) or inbound.actor.host != post.author.host:
        raise Refused("not-the-author", inbound.actor.uri)
    state = GOING if accepted else REFUSED
    if known.state != state and await Participation.filter(id=known.id, state=known.state).update(
        state=state
    ):
        kind, why = ("event.accepted", {}) if accepted else ("event.refused", said_why(inbound))
        await notify(site, known.person_id, kind, post.author_id, post=post, is_repeatable=True, **why)
    return None


async def _join_answered(inbound: Inbound) -> Participation | None:
    """By the id of the `Join`, or by the two it joins (some send an id of their own back)."""
    elsewhere = Participation.filter(event__post__is_local=False, person__host="").select_related(
        "event__post__author"
    )
    uri, inner = inbound.activity.object_id, inbound.activity.inner
    known = await elsewhere.filter(uri=uri).first() if uri else None
    if known is None and inner is not None and inner.type == "Join" and inner.object_id:
        known = await elsewhere.filter(person__uri=inner.actor, event__post__uri=inner.object_id).first()
    return known
