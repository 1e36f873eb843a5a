"""Whose proof (FEP-8b32) a document carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from federation.keys import SignerKey
from federation.refusals import Refused
from federation.signatures import proof_of, verify_proof

if TYPE_CHECKING:
    from federation.federation import Federation


async def proven_by(fed: Federation, document: dict[str, Any], *, sender: str = "") -> SignerKey | None:
    """The key whose proof the document carries; None when it carries none. `sender` is the address that brought it.

    May fetch the key, so it never runs inside a transaction. Raises `Refused('proof-wrong')` for a proof that
    does not hold, and what `KeyRing.find` raises.
    """
    claim = proof_of(document)
    if claim is None:
        return None
    key = await fed.keys.find(fed, claim.verification_method, sender=sender)
    try:
        verify_proof(document, key.public_key, now=fed.clock.time())
    except Refused:
        fresh = await fed.keys.find_again(fed, key)
        if fresh is None:
            raise
        verify_proof(document, fresh.public_key, now=fed.clock.time())
        return fresh
    return key
