"""Our own client API for communities: JSON at `/api/sebangsa/v1/communities`."""

from __future__ import annotations

from typing import Any

from communities import listing
from communities.membership import join, leave
from communities.presenting import brief_json, community_json
from communities.rules import community_by_name
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.events.presenting import event_json
from sebangsa.events.reading import coming_in, events_among

PATH = "/api/sebangsa/v1/communities"


async def directory(call: Call) -> Any:
    """`GET …?q=&local=&sort=popular|new`: those that want to be found, at most 50."""
    found = await listing.directory(
        call.given.text("q", limit=200),
        local_only=call.given.flag("local"),
        sort="new" if call.given.text("sort") == "new" else "popular",
    )
    return [brief_json(community) for community in found]


async def show(call: Call) -> Any:
    """`GET …/{name}`: one in full; with a token also what its owner is there."""
    return await community_json(await community_by_name(call.request.path_params["name"]), call.viewer)


async def post_join(call: Call) -> Any:
    """`POST …/{name}/join`, with `answer` where the community asks a question: join, or ask to."""
    community = await community_by_name(call.request.path_params["name"])
    await join(call.site, call.me, community, call.given.text("answer"))
    return await community_json(community, call.me)


async def post_leave(call: Call) -> Any:
    """`POST …/{name}/leave`."""
    community = await community_by_name(call.request.path_params["name"])
    await leave(call.site, call.me, community)
    return await community_json(community, call.me)


async def coming(call: Call) -> Any:
    """`GET …/{name}/events`: what is coming in it, the next first."""
    community = await community_by_name(call.request.path_params["name"])
    now = call.site.clock.now()
    posts = await coming_in(community, call.viewer, now)
    views = await events_among(call.viewer, posts, now)
    return [event_json(views[post.id], post) for post in posts if post.id in views]


_READ = Rule(Caller.ANYBODY, "read")
_FOLLOW = Rule(Caller.PERSON, "write:follows")

ROUTES = [
    ApiRoute(PATH, directory, _READ),
    ApiRoute(f"{PATH}/{{name}}", show, _READ),
    ApiRoute(f"{PATH}/{{name}}/events", coming, _READ),
    ApiRoute(f"{PATH}/{{name}}/join", post_join, _FOLLOW, methods=["POST"]),
    ApiRoute(f"{PATH}/{{name}}/leave", post_leave, _FOLLOW, methods=["POST"]),
]
