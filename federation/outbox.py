"""Something is published: one activity, and one delivery for each distinct inbox, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from federation import strict_json
from federation.contexts import context_for
from federation.database import after_commit, transaction
from federation.fan_out import are_many, inboxes_of_followers, is_admitted, write_deliveries, write_out_later
from federation.local_keys import KeyMissing, proof_key
from federation.models import Actor, OutboundActivity, Reads
from federation.signatures import add_proof
from federation.urls import host_of

if TYPE_CHECKING:
    from federation.federation import Federation

log = structlog.get_logger("federation.outbox")

_noted: ContextVar[list[OutboundActivity] | None] = ContextVar("noted", default=None)


@dataclass(frozen=True)
class Audience:
    """Whose inboxes an activity goes to. Our own actors among them are passed over.

    `followers_of` means all accepted followers of these actors whose servers read it (`reads`), by their shared inboxes.
    Shared inboxes are used and merged for `actors` too, unless it is `personal`: direct notes, `Follow` and its answers
    go to each one's own inbox. With `low_priority` what else is said to a server goes first. `all_servers` means every
    server that we ever met: whoever may know the actor learns that it is gone.
    """

    actors: Sequence[Actor] = ()
    followers_of: Sequence[Actor] = ()
    inbox_urls: Sequence[str] = ()
    personal: bool = False
    reads: Reads = Reads.ANYTHING
    low_priority: bool = False
    all_servers: bool = False


@contextmanager
def noting() -> Iterator[list[OutboundActivity]]:
    """What this task publishes inside the block, in order: for who must name the activity that a use case sent."""
    noted: list[OutboundActivity] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


async def publish(
    fed: Federation,
    actor: Actor,
    activity: dict[str, Any],
    audience: Audience,
    *,
    is_public: bool = False,
    proof: bool = True,
    about: str = "",
) -> OutboundActivity:
    """Write an activity of ours and what must be sent, joining the transaction under way.

    `id`, `actor` and `@context` are added where they are absent. A value that is `msgspec.Raw` is embedded byte
    for byte: a group passes on what it received unchanged (FEP-1b12). `is_public` lets anybody read it at its id.
    With `proof` the actor's Ed25519 key signs it (FEP-8b32), so that others may forward it. `about` is the URI of the
    object that it brings to others: its author may ask whom it reached (`federation/reach.py`).
    """
    row_id = fed.ids.next()
    activity = {
        "@context": context_for("object"),
        "id": fed.config.url(f"/a/{row_id}"),
        "actor": actor.uri,
    } | activity
    if proof:
        activity = await _with_proof(fed, actor, activity)
    async with transaction():
        now = fed.clock.now()
        row = await OutboundActivity.create(
            id=row_id,
            uri=activity["id"],
            type=str(activity["type"])[:32],
            actor_id=actor.id,
            body=strict_json.dumps(activity).decode(),
            is_public=is_public,
            about=about,
            created_at=now,
        )
        await _address(fed, row, audience)
        published = fed.published
        if published is not None:
            after_commit(lambda: published(actor, row))
    noted = _noted.get()
    if noted is not None:
        noted.append(row)
    return row


async def forward(
    fed: Federation, bearer: Actor, uri: str, type_: str, body: str, audience: Audience, *, about: str
) -> bool:
    """Pass on an activity of a third server byte for byte, signed by `bearer` for the way (ActivityPub 7.1.2), in the
    transaction under way. False when it was passed on before: what comes back goes round no second time.
    """
    if await OutboundActivity.exists(uri=uri):
        return False
    row = await OutboundActivity.create(
        id=fed.ids.next(),
        uri=uri,
        type=type_[:32],
        actor_id=bearer.id,
        body=body,
        about=about,
        created_at=fed.clock.now(),
    )
    await _address(fed, row, audience)
    return True


async def withdraw(actor: Actor, uri: str) -> None:
    """Show no longer what told of `uri`, which its author took back: it holds a copy. In the transaction under way.

    What waits to be sent still leaves, before the `Delete` that follows it.
    """
    await OutboundActivity.filter(
        actor_id=actor.id, is_public=True, type__in=["Create", "Update"], body__contains=f'"id":"{uri}"'
    ).update(is_public=False)


async def send_further(fed: Federation, uri: str, audience: Audience) -> None:
    """Send what was published under `uri` to more inboxes, in the transaction under way; none gets it twice."""
    row = await OutboundActivity.get_or_none(uri=uri)
    if row is not None:
        await _address(fed, row, audience)


async def _address(fed: Federation, row: OutboundActivity, audience: Audience) -> None:
    """Write what must be sent, or that it must be, where there are many."""
    inboxes = await _inboxes(fed, audience)
    is_large = audience.all_servers or are_many(audience.followers_of)
    if is_large:
        await write_out_later(
            fed,
            row.id,
            audience.followers_of,
            audience.reads,
            low_priority=audience.low_priority,
            to_all_servers=audience.all_servers,
        )
    elif audience.followers_of:
        inboxes = await inboxes_of_followers(audience.followers_of, audience.reads) | inboxes
    written = await write_deliveries(fed, row.id, inboxes, low_priority=audience.low_priority)
    if written or is_large:
        after_commit(lambda: fed.wake("deliver"))


async def _with_proof(fed: Federation, actor: Actor, activity: dict[str, Any]) -> dict[str, Any]:
    try:
        key = await proof_key(fed, actor.id)
    except KeyMissing:
        log.warning("no key for a proof; sent without", actor=actor.uri)
        return activity
    activity = activity | {"@context": _naming_proofs(activity["@context"])}
    try:
        proven = add_proof(_plain(activity), key.private_key, key.key_id, created=fed.clock.time())
    except ValueError:
        # What a peer wrote may hold numbers that have no canonical form; it is passed on all the same.
        return activity
    return activity | {"proof": proven["proof"]}


def _naming_proofs(context: Any) -> list[Any]:
    """The context with that of proofs in it, addresses before terms."""
    parts = context if isinstance(context, list) else [context]
    addresses = dict.fromkeys([part for part in parts if isinstance(part, str)] + context_for("proof"))
    return [*addresses, *(part for part in parts if not isinstance(part, str))]


def _plain(value: Any) -> Any:
    """The value that the raw bytes mean: what a proof speaks of."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value


async def _inboxes(fed: Federation, audience: Audience) -> dict[str, str]:
    """Each distinct inbox that is named, and its lane (host)."""
    found: dict[str, str] = {}
    for target in audience.actors:
        if not target.is_local and target.is_usable and await is_admitted(fed, target.host, target):
            inbox = target.inbox_url if audience.personal else target.delivery_url
            found.setdefault(inbox, target.host)
    for inbox in audience.inbox_urls:
        found.setdefault(inbox, host_of(inbox))
    return found
