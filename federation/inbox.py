"""An activity arrives: from the raw request to a stored row, before the 202.

Checks run from the cheapest to the dearest, and nothing is written until the last has passed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from federation import strict_json
from federation.fetch_limits import BudgetSpent
from federation.followers_synchronization import comparison_of
from federation.keys import SignerKey
from federation.models import Actor
from federation.overtaken import is_late_copy
from federation.proven import proven_by
from federation.refusals import Refused
from federation.registry import Carried
from federation.signatures import HttpRequest, SignatureClaim, check_claim, read_claim
from federation.storing import Arrival
from federation.urls import host_of
from federation.wire import ActivityDocument, read_activity

if TYPE_CHECKING:
    from federation.federation import Federation

MAX_BODY = 1_000_000
MAX_DEPTH = 64

ACCEPTED_TYPES = frozenset({"application/activity+json", "application/ld+json"})
"""`application/json` is refused: no peer of today sends it, and a browser's form cannot send the others (S-033)."""


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery: stored now, or known already, or not worth storing."""

    is_new: bool


async def receive(fed: Federation, request: HttpRequest, *, inbox_of: int | None = None) -> Receipt:
    """Take in one POST to an inbox. `inbox_of` is the actor whose personal inbox it is; None for the shared one.

    Raises `Refused`; then nothing was written.
    """
    check_media_type(request.headers.get("content-type", ""))
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused("wrong-media-type", "content-encoding is not read here")
    document = strict_json.parse_object(request.body, max_bytes=MAX_BODY, max_depth=MAX_DEPTH)
    activity = read_activity(document, allow_http=fed.config.development)
    if await _is_farewell_of_a_stranger(activity):
        return Receipt(is_new=False)
    await fed.registry.admit(host_of(activity.actor))
    signer = await verify_signer(fed, request)
    _take_from_its_share(fed, signer.actor.host)
    is_direct = signer.actor.uri == activity.actor
    carried = (
        await _carried(fed, signer.actor, activity) if not is_direct or activity.type == "Announce" else None
    )
    if carried is not None:
        return await _store_carried(fed, signer.actor, carried)
    if not is_direct:
        author = await _author_of_forwarded(fed, request, activity, document)
        if author is None:
            return await _hear_of(fed, signer.actor, activity)
        signer = author
    await fed.registry.admit(signer.actor.host, signer.actor)
    if is_direct:
        await _hear_of_followers(fed, request, signer.actor)
    if activity.type == "Follow" and activity.id:
        claim = read_claim(request, authority=fed.config.authority, now=fed.clock.time())
        if await is_late_copy(activity.id, claim.signed_at):
            return Receipt(is_new=False)
    arrival = Arrival(
        uri=activity.id or "urn:sha256:" + hashlib.sha256(request.body).hexdigest(),
        type=activity.type[:32],
        actor_id=signer.actor.id,
        host=signer.actor.host,
        inbox_of=inbox_of,
        body=request.body.decode(),
        document=document,
        activity=activity,
    )
    return await _store(fed, arrival)


async def _store(fed: Federation, arrival: Arrival) -> Receipt:
    is_new = await fed.storing.store(arrival)
    if is_new:
        fed.wake("process_inbox")
    return Receipt(is_new=is_new)


async def _carried(fed: Federation, sender: Actor, activity: ActivityDocument) -> Carried | None:
    """What a relay made known by passing this on; None where nobody knows the sender as a relay."""
    ask = fed.registry.carried_by_relay
    if ask is None:
        return None
    await fed.registry.admit(sender.host, sender)
    return await ask(sender, activity)


async def _store_carried(fed: Federation, relay: Actor, carried: Carried) -> Receipt:
    """Kept in the relay's name: its signature stands behind nothing else."""
    if not carried.body:
        return Receipt(is_new=False)
    arrival = Arrival(carried.uri, "Announce", relay.id, relay.host, None, carried.body)
    return await _store(fed, arrival)


async def _hear_of_followers(fed: Federation, request: HttpRequest, sender: Actor) -> None:
    """Pass on what the sender says of its followers here. Who only passes on another's activity says nothing of them."""
    listener = fed.registry.on_followers_told
    if listener is not None and (said := comparison_of(fed, request, sender)) is not None:
        await listener(sender, said)


def _take_from_its_share(fed: Federation, host: str) -> None:
    """Raises `Refused('too-many')` for a peer that sends more than `ARRIVALS` (S-139); counted once it has signed, so
    that nobody uses up the share of another.
    """
    try:
        fed.arrivals.spend(host)
    except BudgetSpent as spent:
        raise Refused("too-many", f"{host} sends more than is read here; the rest may come later") from spent


def check_media_type(content_type: str) -> None:
    """Raises `Refused('wrong-media-type')` unless it is one of ActivityPub's (section 7: MUST)."""
    if content_type.partition(";")[0].strip().lower() not in ACCEPTED_TYPES:
        raise Refused("wrong-media-type", content_type[:100])


async def _is_farewell_of_a_stranger(activity: ActivityDocument) -> bool:
    """Whether it deletes an actor that we never met: nothing to do, and its key is gone anyhow (S-027)."""
    return (
        activity.type == "Delete"
        and activity.object_id == activity.actor
        and not await Actor.exists(uri=activity.actor)
    )


async def verify_signer(fed: Federation, request: HttpRequest) -> SignerKey:
    """The key that made the request's signature. Raises `Refused` (401 codes)."""
    claim: SignatureClaim = read_claim(request, authority=fed.config.authority, now=fed.clock.time())
    signer = await fed.keys.find(fed, claim.key_id, sender=request.sender)
    try:
        check_claim(claim, signer.public_key)
    except Refused as refusal:
        if refusal.code not in ("signature-wrong", "signature-algorithm"):
            raise
        rotated = await fed.keys.find_again(fed, signer)
        if rotated is None:
            raise
        check_claim(claim, rotated.public_key)
        return rotated
    return signer


async def _author_of_forwarded(
    fed: Federation, request: HttpRequest, activity: ActivityDocument, document: dict[str, Any]
) -> SignerKey | None:
    """Somebody passed on another's activity (ActivityPub 7.1.2): believed only with the author's own proof; None where it
    bears no proof at all.

    An author out of reach is a refusal, not a 503: it is the author's server that is in trouble, while the one that
    asks would count the failure against us.
    """
    try:
        author = await proven_by(fed, document, sender=request.sender)
    except Refused as refusal:
        if refusal.code != "unreachable":
            raise
        raise Refused("key-unavailable", refusal.detail) from refusal
    if author is not None and author.actor.uri != activity.actor:
        raise Refused("signer-is-not-actor", activity.actor)
    return author


async def _hear_of(fed: Federation, sender: Actor, activity: ActivityDocument) -> Receipt:
    """Nothing of it is believed; somebody here may want to read it at its origin. Raises `Refused` where nobody does."""
    await fed.registry.admit(sender.host, sender)
    ask = fed.registry.forwarded_unproved
    if ask is None or not await ask(sender, activity):
        raise Refused("signer-is-not-actor", activity.actor)
    return Receipt(is_new=False)
