"""`POST` to one's outbox: an app acts, and is told the id of what it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from federation import strict_json
from federation.endpoints.answers import ACTIVITY_JSON
from federation.models import OutboundActivity
from federation.outbox import noting
from sebangsa.api.access import Call
from sebangsa.c2s.given import Given, read_given
from sebangsa.c2s.owning import must_be_owner
from sebangsa.c2s.reacting import announce, dislike, emoji_react, like
from sebangsa.c2s.relating import accept, follow, reject
from sebangsa.c2s.undoing import undo
from sebangsa.c2s.writing import create, delete, update
from sebangsa.errors import Invalid

Act = Callable[[Call, Given], Awaitable[str]]
"""Does what an activity says, through the product's use case. Returns the id of the activity that stands for it, or ""
for the one that the use case sent.
"""

ACTS: Mapping[str, Act] = {
    "Create": create,
    "Update": update,
    "Delete": delete,
    "Follow": follow,
    "Accept": accept,
    "Reject": reject,
    "Like": like,
    "Dislike": dislike,
    "EmojiReact": emoji_react,
    "Announce": announce,
    "Undo": undo,
}


async def post_outbox(call: Call) -> Response:
    """201 with the activity and its id in `Location`. Id, actor and time are ours, whatever the app wrote there (6).

    Done already (liked before, followed before), it is the activity of then.
    """
    await must_be_owner(call)
    given = await read_given(call)
    act = ACTS.get(given.type)
    if act is None:
        raise Invalid(
            "unsupported-activity", "This server does nothing with an activity of this type.", field="type"
        )
    with noting() as noted:
        uri = await act(call, given)
    row = await _sent(call, given, uri, noted)
    headers: dict[str, Any] = {"location": row.uri, "cache-control": "private, no-store"}
    return Response(row.body, status_code=201, headers=headers, media_type=ACTIVITY_JSON)


async def _sent(call: Call, given: Given, uri: str, noted: list[OutboundActivity]) -> OutboundActivity:
    for row in reversed(noted):
        if row.actor_id == call.me.id and (row.uri == uri if uri else row.type == given.type):
            return row
    known = await OutboundActivity.get_or_none(uri=uri) if uri else None
    if known is not None:
        return known
    if uri:
        # Done so long ago that the activity was let go of; it is named all the same.
        body = strict_json.dumps({"id": uri, "type": given.type, "actor": call.me.uri}).decode()
        return OutboundActivity(uri=uri, body=body)
    raise Invalid("nothing-changed", "There is nothing to change in this.", field="object")
