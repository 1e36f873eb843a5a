"""Up to where a person has read, shared among their devices."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import F

from federation.database import lock, transaction
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import moment
from sebangsa.api.models import Marker
from sebangsa.errors import Invalid
from sebangsa.models import User

TIMELINES = ("home", "notifications")


def _entity(marker: Marker) -> dict[str, Any]:
    return {
        "last_read_id": str(marker.last_read_id),
        "version": marker.version,
        "updated_at": moment(marker.updated_at),
    }


async def show_markers(call: Call) -> dict[str, Any]:
    asked = [name for name in call.given.many("timeline", 10) if name in TIMELINES]
    return {
        marker.timeline: _entity(marker)
        for marker in await Marker.filter(actor_id=call.me.id, timeline__in=asked)
    }


async def post_markers(call: Call) -> dict[str, Any]:
    """Move markers. What was read on an app is read on the pages too."""
    wanted: dict[str, int] = {}
    for timeline in TIMELINES:
        last = call.given.identity(f"{timeline}[last_read_id]")
        if last is not None:
            wanted[timeline] = last
    if not wanted:
        raise Invalid("marker-needed", "Say what was read last.")
    found = {}
    async with transaction():
        # One row to queue at: two devices at once must not write the same marker twice.
        await lock(User, call.user.id)
        for timeline, last in wanted.items():
            found[timeline] = _entity(await _move(call, timeline, last))
        if "notifications" in wanted:
            await User.filter(id=call.user.id).update(notifications_read_id=wanted["notifications"])
    return found


async def _move(call: Call, timeline: str, last: int) -> Marker:
    now = call.site.clock.now()
    moved = await Marker.filter(actor_id=call.me.id, timeline=timeline).update(
        last_read_id=last, version=F("version") + 1, updated_at=now
    )
    if not moved:
        await Marker.create(
            id=call.site.ids.next(), actor=call.me, timeline=timeline, last_read_id=last, updated_at=now
        )
    return await Marker.get(actor_id=call.me.id, timeline=timeline)


ROUTES = [
    ApiRoute("/api/v1/markers", show_markers, Rule(Caller.PERSON, "read:statuses")),
    ApiRoute("/api/v1/markers", post_markers, Rule(Caller.PERSON, "write:statuses"), methods=["POST"]),
]
