"""What became of one's own messages at the recipients' servers, told as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from federation.reach import Reach, reach_of
from sebangsa.models import Post

if TYPE_CHECKING:
    from sebangsa.site import Site


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


async def delivery_states(site: Site, posts: Sequence[Post]) -> dict[int, MessageDelivery]:
    """How each post of ours fared, by post id, in a fixed number of queries. The worst server counts.

    What went to nobody elsewhere was accepted when it was written.
    """
    own = [post for post in posts if post.is_local]
    found = await reach_of(site.federation, [post.uri for post in own])
    return {post.id: _state_of(found[post.uri]) for post in own}


def _state_of(reach: Reach) -> MessageDelivery:
    if not reach.missed and not reach.waiting:
        return MessageDelivery(Sent.ACCEPTED)
    state = Sent.FAILED if reach.missed else Sent.QUEUED
    if not reach.troubled:  # so long ago that only the number is left
        return MessageDelivery(state)
    worst = reach.troubled[0]
    return MessageDelivery(state, worst.host, worst.last_word, worst.attempts)
