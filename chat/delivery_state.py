"""What became of one's own messages at the recipients' servers, told as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from federation.models import Delivery, DeliveryState
from sebangsa.models import Post


class Sent(StrEnum):
    QUEUED = "queued"  # on its way, or waiting for a server that does not answer
    ACCEPTED = "accepted"  # every server took it (2xx); whether somebody read it is not known
    FAILED = "failed"  # at least one server refused it or was given up


@dataclass(frozen=True)
class MessageDelivery:
    """`host` is the server that is waited for or that failed, `reason` its last word (English, for the detail line)."""

    state: Sent
    host: str = ""
    reason: str = ""
    attempts: int = 0


_ORDER = [Sent.FAILED, Sent.QUEUED, Sent.ACCEPTED]


async def delivery_states(posts: Sequence[Post]) -> dict[int, MessageDelivery]:
    """How the newest activity of each post of ours fared, by post id, in one query. The worst server counts.

    What went to nobody elsewhere was accepted when it was written.
    """
    uris = {f"{post.uri}/activity": post.id for post in posts if post.is_local}
    found = {post_id: MessageDelivery(Sent.ACCEPTED) for post_id in uris.values()}
    if not uris:
        return found
    for row in await Delivery.filter(activity__uri__in=list(uris)).select_related("activity"):
        post_id = uris[row.activity.uri]
        state = _state_of(row)
        if _ORDER.index(state.state) < _ORDER.index(found[post_id].state):
            found[post_id] = state
    return found


def _state_of(row: Delivery) -> MessageDelivery:
    if row.state == DeliveryState.DELIVERED:
        return MessageDelivery(Sent.ACCEPTED, row.host)
    reason = row.reason or (f"HTTP {row.status}" if row.status else "")
    if row.state == DeliveryState.PENDING:
        return MessageDelivery(Sent.QUEUED, row.host, reason, row.attempts)
    return MessageDelivery(Sent.FAILED, row.host, reason or str(row.state), row.attempts)
