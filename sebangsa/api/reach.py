"""`/api/sebangsa/v1/statuses/{id}/reach`: whom a status of one's own reached. Mastodon has no such call."""

from __future__ import annotations

from typing import Any

from federation.reach import Reach
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.answers import moment
from sebangsa.api.statuses import post_of
from sebangsa.reach import reach_of_post, send_again

PATH = "/api/sebangsa/v1/statuses/{id}/reach"


async def show_reach(call: Call) -> dict[str, Any]:
    """How many servers have it, and why the others do not (at most 50 are named). For its author and administrators."""
    return _entity(await reach_of_post(call.site, call.user, await post_of(call)))


async def try_again(call: Call) -> dict[str, Any]:
    """Send it once more to the servers without it; answers as `GET` does."""
    post = await post_of(call)
    await send_again(call.site, call.user, post)
    return _entity(await reach_of_post(call.site, call.user, post))


def _entity(reach: Reach) -> dict[str, Any]:
    return {
        "servers": reach.total,
        "reached": reach.reached,
        "waiting": reach.waiting,
        "missed": reach.missed,
        "complete": reach.is_complete,
        "troubled": [
            {
                "host": server.host,
                "reason": str(server.trouble),
                "since": moment(server.since) if server.since else None,
                "attempts": server.attempts,
                "status": server.status,
                "detail": server.last_word or None,
            }
            for server in reach.troubled
        ],
    }


ROUTES = [
    ApiRoute(PATH, show_reach, Rule(Caller.PERSON, "read:statuses")),
    ApiRoute(PATH, try_again, Rule(Caller.PERSON, "write:statuses"), methods=["POST"]),
]
