"""Events, beside the status that apps know: `/api/sebangsa/v1/events`."""

from __future__ import annotations

from typing import Any

from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.errors import NotFound
from sebangsa.events.joining import join, leave
from sebangsa.events.presenting import event_json
from sebangsa.events.reading import coming_for, events_among
from sebangsa.models import Post
from sebangsa.visibility import post_for

PATH = "/api/sebangsa/v1/events"


async def own_events(call: Call) -> list[dict[str, Any]]:
    """What the caller goes to or organises, the next first."""
    return await _shown(call, await coming_for(call.me, call.site.clock.now()))


async def show_event(call: Call) -> dict[str, Any]:
    """The event of a status."""
    return await _one(call, await _post_of(call))


async def join_event(call: Call) -> dict[str, Any]:
    """Come, or ask to with a `message`."""
    post = await _post_of(call)
    await join(call.site, call.me, post, call.given.text("message", limit=500))
    return await _one(call, post)


async def leave_event(call: Call) -> dict[str, Any]:
    """Not come after all."""
    post = await _post_of(call)
    await leave(call.site, call.me, post)
    return await _one(call, post)


async def _post_of(call: Call) -> Post:
    return await post_for(call.site, call.viewer, call.path_id())


async def _one(call: Call, post: Post) -> dict[str, Any]:
    found = await _shown(call, [post])
    if not found:
        raise NotFound
    return found[0]


async def _shown(call: Call, posts: list[Post]) -> list[dict[str, Any]]:
    views = await events_among(call.viewer, posts, call.site.clock.now())
    return [event_json(views[post.id], post) for post in posts if post.id in views]


_WRITE = Rule(Caller.PERSON, "write:statuses")

ROUTES = [
    ApiRoute(PATH, own_events, Rule(Caller.PERSON, "read:statuses")),
    ApiRoute(f"{PATH}/{{id}}", show_event, Rule(Caller.ANYBODY, "read:statuses")),
    ApiRoute(f"{PATH}/{{id}}/join", join_event, _WRITE, methods=["POST"]),
    ApiRoute(f"{PATH}/{{id}}/leave", leave_event, _WRITE, methods=["POST"]),
]
