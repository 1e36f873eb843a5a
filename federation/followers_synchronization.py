"""Two servers compare whom of one the other's actor has as followers (FEP-8fcf).

With what is addressed to followers alone goes a digest of the followers on the receiving server. Where it differs from
what that server knows, it reads the list, which is shown to it alone, and both become one again.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from federation.database import rows
from federation.refusals import Refused
from federation.signatures import covers, read_claim
from federation.urls import host_of

if TYPE_CHECKING:
    from federation.clock import Clock
    from federation.federation import Federation
    from federation.models import Actor
    from federation.signatures import HttpRequest

HEADER = "collection-synchronization"
NOBODY = "0" * 64
"""The digest of no followers at all."""

KEPT_FOR = 30.0
"""Seconds for which the digests of an actor are used again. One that is outdated costs the other server a fetch."""
KEPT_ACTORS = 64
MAX_HEADER = 8192

_PARAMETER = re.compile(r'[ \t]*(collectionId|url|digest)="([^"\\]*)"[ \t]*(?:,|\Z)')
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Comparison:
    """What a header says: the digest of the receiver's part of `collection`, and where that part can be read."""

    collection: str
    url: str
    digest: str


def digest_of(uris: Iterable[str]) -> str:
    """SHA-256 of each id, put together by XOR: whatever their order."""
    total = 0
    for uri in uris:
        total ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{total:064x}"


def synchronization_url(actor_uri: str) -> str:
    """Where the part of an actor's followers is read that lives on the server that asks."""
    return f"{actor_uri}/followers_synchronization"


def write_header(actor_uri: str, followers_url: str, digest: str) -> str:
    """The header's value, in the syntax of the `Signature` header."""
    return f'collectionId="{followers_url}", url="{synchronization_url(actor_uri)}", digest="{digest}"'


def read_header(value: str) -> Comparison | None:
    """The header of a peer; None for one that cannot be read, which is no reason to refuse the activity."""
    if len(value) > MAX_HEADER:
        return None
    found: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2]
        position = match.end()
    if found.keys() != {"collectionId", "url", "digest"} or not _DIGEST.fullmatch(found["digest"].lower()):
        return None
    return Comparison(found["collectionId"], found["url"], found["digest"].lower())


def comparison_of(fed: Federation, request: HttpRequest, sender: Actor) -> Comparison | None:
    """What the sender of a delivery says of its own followers; None where it says nothing that counts.

    It counts when its signature covers it, and it speaks of the sender's own list on the sender's own host (S-050).
    """
    value = request.headers.get(HEADER)
    if value is None or not sender.followers_url:
        return None
    try:
        claim = read_claim(request, authority=fed.config.authority, now=fed.clock.time())
        said = read_header(value) if covers(claim, HEADER) else None
        if said is None or said.collection != sender.followers_url or host_of(said.url) != sender.host:
            return None
    except Refused:
        return None
    return said


class FollowerDigests:
    """Digests of our actors' followers by host, kept for a moment: one query for an actor, not one for a delivery."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[int, tuple[float, asyncio.Task[dict[str, str]]]] = OrderedDict()

    async def of(self, actor_id: int, host: str) -> str:
        """The digest of those followers of the actor who live on `host`."""
        now = self._clock.monotonic()
        kept = self._kept.get(actor_id)
        if kept is None or kept[0] <= now or (kept[1].done() and kept[1].exception() is not None):
            kept = now + KEPT_FOR, asyncio.create_task(_digests_by_host(actor_id))
            self._kept[actor_id] = kept
            self._kept.move_to_end(actor_id)
            if len(self._kept) > KEPT_ACTORS:
                self._kept.popitem(last=False)
        # One lane that is cancelled must not take the answer from the others.
        return (await asyncio.shield(kept[1])).get(host, NOBODY)


async def _digests_by_host(actor_id: int) -> dict[str, str]:
    by_host: dict[str, list[str]] = defaultdict(list)
    for row in await rows(
        """SELECT a.host, a.uri FROM follows f JOIN actors a ON a.id = f.follower_id
           WHERE f.target_id = ? AND f.state = 'accepted' AND a.host <> ''""",
        [actor_id],
    ):
        by_host[row["host"]].append(row["uri"])
    return await asyncio.to_thread(lambda: {host: digest_of(uris) for host, uris in by_host.items()})
