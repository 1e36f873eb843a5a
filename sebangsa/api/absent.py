"""Lists that are truly empty, since there is nothing here that could fill them.

Apps ask for them at every start, and take an error for a broken server. Only reading is answered: whoever wants to
change one (mute, filter, list) gets a 404, so that nobody believes in a mute that does not exist.
"""

from __future__ import annotations

from typing import Any

from sebangsa.api.access import ApiRoute, Call, Caller, Rule


async def nothing(call: Call) -> list[Any]:
    """`[]`."""
    return []


_PUBLIC = (
    "/api/v1/custom_emojis",
    "/api/v1/instance/rules",
    "/api/v1/instance/activity",
    "/api/v1/instance/domain_blocks",
    "/api/v1/trends",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
)

_MINE = {
    "/api/v1/announcements": "",
    "/api/v1/blocks": "read:blocks",
    "/api/v1/domain_blocks": "read:blocks",
    "/api/v1/endorsements": "read:accounts",
    "/api/v1/featured_tags": "read:accounts",
    "/api/v1/filters": "read:filters",
    "/api/v2/filters": "read:filters",
    "/api/v1/followed_tags": "read:follows",
    "/api/v1/lists": "read:lists",
    "/api/v1/mutes": "read:mutes",
    "/api/v1/notifications/requests": "read:notifications",
    "/api/v1/scheduled_statuses": "read:statuses",
    "/api/v1/suggestions": "read:accounts",
    "/api/v2/suggestions": "read:accounts",
}

ROUTES = [
    *(ApiRoute(path, nothing, Rule(Caller.ANYBODY)) for path in _PUBLIC),
    *(ApiRoute(path, nothing, Rule(Caller.PERSON, scope)) for path, scope in _MINE.items()),
]
