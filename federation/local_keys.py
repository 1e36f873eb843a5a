"""Keys of our own actors: made once, parsed once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from federation.models import Actor, ActorKey
from federation.signatures import SigningKey, generate_ed25519, generate_rsa_pem, load_private_key

if TYPE_CHECKING:
    from federation.federation import Federation


async def make_keys(fed: Federation, actor: Actor) -> None:
    """Write an RSA key for requests and an Ed25519 key for proofs."""
    rsa, ed = await asyncio.to_thread(generate_rsa_pem), generate_ed25519()
    now = fed.clock.now()
    for suffix, kind, pair in (("main-key", "rsa", rsa), ("ed25519-key", "ed25519", ed)):
        await ActorKey.create(
            id=fed.ids.next(),
            actor=actor,
            key_id=f"{actor.uri}#{suffix}",
            kind=kind,
            public=pair.public,
            private=pair.private,
            fetched_at=now,
        )


async def signing_key(fed: Federation, actor_id: int) -> SigningKey:
    row = await ActorKey.get(actor_id=actor_id, kind="rsa")
    return SigningKey(row.key_id, load_private_key(row.private))


async def proof_key(fed: Federation, actor_id: int) -> SigningKey:
    row = await ActorKey.get(actor_id=actor_id, kind="ed25519")
    return SigningKey(row.key_id, load_private_key(row.private))
