"""The keys of our own actors: made with the actor, read back to sign what it sends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from federation.database import rows
from federation.models import Actor, ActorKey
from federation.signatures import KeyPair, SigningKey, generate_ed25519, generate_rsa_pem, load_private_key

if TYPE_CHECKING:
    from federation.federation import Federation

RSA_FRAGMENT = "#main-key"
ED25519_FRAGMENT = "#ed25519-key"


class KeyMissing(LookupError):
    """An actor of ours has no private key: lost, or not restored (S-149). Never made anew in silence."""


async def make_keys(fed: Federation, actor: Actor) -> None:
    """Write a new RSA key (requests) and a new Ed25519 key (proofs) for an actor of ours."""
    rsa, ed25519 = await asyncio.to_thread(_generate)
    now = fed.clock.now()
    await ActorKey.bulk_create(
        [
            ActorKey(
                id=fed.ids.next(),
                actor_id=actor.id,
                key_id=actor.uri + fragment,
                kind=kind,
                public=pair.public,
                private=pair.private,
                fetched_at=now,
            )
            for kind, fragment, pair in (("rsa", RSA_FRAGMENT, rsa), ("ed25519", ED25519_FRAGMENT, ed25519))
        ]
    )


async def signing_key(fed: Federation, actor_id: int) -> SigningKey:
    """The RSA key that signs requests. Raises `KeyMissing`."""
    return await _key(actor_id, "rsa")


async def proof_key(fed: Federation, actor_id: int) -> SigningKey:
    """The Ed25519 key that makes proofs. Raises `KeyMissing`."""
    return await _key(actor_id, "ed25519")


async def _key(actor_id: int, kind: str) -> SigningKey:
    # The row is read each time, so that a rotation counts at once in all processes; parsing is what is dear,
    # and `load_private_key` keeps what it parsed.
    found = await rows(
        """SELECT key_id, private FROM actor_keys WHERE actor_id = ? AND kind = ? AND private <> ''
           ORDER BY id DESC LIMIT 1""",
        [actor_id, kind],
    )
    if not found:
        raise KeyMissing(f"actor {actor_id} has no private {kind} key")
    return SigningKey(found[0]["key_id"], load_private_key(found[0]["private"]))


def _generate() -> tuple[KeyPair, KeyPair]:
    return generate_rsa_pem(), generate_ed25519()
