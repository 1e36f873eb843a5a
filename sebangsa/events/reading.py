"""The events of a page of posts, and those that are coming."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation.models import Actor
from sebangsa.events.joining import LASTS, REFUSED, ends
from sebangsa.models import Event, EventStatus, Participation, ParticipationState, Post
from sebangsa.timelines import with_parts
from sebangsa.visibility import OPEN, readable

AT_ONCE = 50
LONGEST_LISTED = timedelta(days=31)
"""What began longer ago is in no list of what is coming, however far its end lies."""


@dataclass(frozen=True)
class EventView:
    """An event as one viewer sees it. `state` is theirs, None where they have not said anything."""

    event: Event
    state: ParticipationState | None
    is_organiser: bool
    is_over: bool

    @property
    def is_cancelled(self) -> bool:
        return self.event.status == EventStatus.CANCELLED

    @property
    def is_full(self) -> bool:
        """Whether its host says that there is no room."""
        event = self.event
        return event.capacity is not None and (event.going_count or 0) >= event.capacity

    @property
    def may_answer(self) -> bool:
        """Whether the viewer may say now whether they come."""
        return not (self.is_organiser or self.is_over or self.is_cancelled)


async def events_among(viewer: Actor | None, posts: Iterable[Post], now: datetime) -> dict[int, EventView]:
    """The events of these posts and of those they boost, by post; no query where none is an event, else two."""
    shown = [
        post.boost_of if post.boost_of_id and isinstance(post.boost_of, Post) else post for post in posts
    ]
    wanted = {post.id: post for post in shown if post.kind == "event"}
    if not wanted:
        return {}
    events = await Event.filter(post_id__in=list(wanted))
    mine: dict[int, ParticipationState] = {}
    if viewer is not None and events:
        said = Participation.filter(person_id=viewer.id, event_id__in=[event.id for event in events])
        mine = {row.event_id: row.state for row in await said}
    return {
        event.post_id: EventView(
            event,
            mine.get(event.id),
            viewer is not None and wanted[event.post_id].author_id == viewer.id,
            ends(event) <= now,
        )
        for event in events
    }


def _coming(posts: QuerySet[Post], now: datetime) -> QuerySet[Post]:
    """Those that are not over, the next one first."""
    return posts.filter(
        Q(event__ends_at__gt=now) | Q(event__ends_at__isnull=True, event__starts_at__gt=now - LASTS),
        kind="event",
        event__starts_at__gt=now - LONGEST_LISTED,
    ).order_by("event__starts_at", "id")


async def coming_in(community: Actor, viewer: Actor | None, now: datetime) -> list[Post]:
    """A community's coming events that the viewer may read, with their parts."""
    return await _loaded(_coming(readable(Post.filter(community_id=community.id), viewer), now))


async def public_in(community: Actor, now: datetime) -> list[Post]:
    """Those that anybody may read: for a calendar that is fetched without a name. Also what was called off."""
    posts = Post.filter(community_id=community.id, visibility__in=OPEN)
    return await _loaded(_coming(readable(posts, None), now))


async def coming_for(viewer: Actor, now: datetime) -> list[Post]:
    """What somebody goes to, asked to come to, or organises."""
    said = Participation.filter(person_id=viewer.id).exclude(state=REFUSED).values("event_id")
    posts = readable(Post.filter(Q(author_id=viewer.id) | Q(event__id__in=Subquery(said))), viewer)
    return await _loaded(_coming(posts, now))


async def _loaded(posts: QuerySet[Post]) -> list[Post]:
    ids = [int(found) for found in await posts.limit(AT_ONCE).values_list("id", flat=True)]  # type: ignore[call-overload]
    if not ids:
        return []
    by_id = {post.id: post for post in await with_parts(Post.filter(id__in=ids))}
    return [by_id[post_id] for post_id in ids if post_id in by_id]


async def participants(event: Event, page: int = 1) -> Sequence[Participation]:
    """Those who asked first, then those who go, then those turned away: for the organiser alone."""
    rows = Participation.filter(event_id=event.id).order_by("state", "id").select_related("person")
    return await rows.offset((max(1, page) - 1) * AT_ONCE).limit(AT_ONCE + 1)
