"""The public key behind a `keyId`, believed only when its actor's own document lists it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.actors import fetch_actor
from federation.models import Actor, ActorKey
from federation.refusals import Refused
from federation.signatures import PublicKey, load_public_key
from federation.urls import host_of
from federation.wire import id_of, types_of
from federation.wire.shapes import one_id

if TYPE_CHECKING:
    from federation.federation import Federation

REFETCH_EVERY = 300.0
"""Seconds between two looks at an actor whose signature fails: 1,000 bad signatures cause one fetch (S-025)."""

NOT_NOW = frozenset({"unreachable", "too-many"})
"""Why a look at an actor fails that may succeed later: its host is in trouble, or we have asked enough of it for now."""

KEPT_FOR = 300.0
"""Seconds for which a key is used without looking into the database, where another process may have changed it."""


@dataclass(frozen=True)
class SignerKey:
    """A usable public key and whose it is."""

    key_id: str
    public_key: PublicKey
    actor: Actor


class KeyRing:
    """Keys lately used, parsed once; forgotten when their actor changes."""

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._keys: OrderedDict[str, tuple[float, SignerKey]] = OrderedDict()
        self._ids: dict[str, set[str]] = {}  # of each actor
        self._refetched: OrderedDict[str, float] = OrderedDict()

    async def find(self, fed: Federation, key_id: str, *, sender: str = "") -> SignerKey:
        """The key with this id: kept, stored, or fetched on the account of `sender`, the network address that asks for it.
        Raises `Refused` (`key-unavailable`, `key-unusable`, `unreachable` when its host does not answer now).
        """
        now = fed.clock.monotonic()
        kept = self._keys.get(key_id)
        if kept is not None and kept[0] > now:
            self._keys.move_to_end(key_id)
            return kept[1]
        found = await _stored_key(key_id) or await self._fetch(fed, key_id, sender)
        if not found.actor.is_usable:
            return (
                found  # asked anew each time: a suspension that was a mistake ends at once, in all processes
            )
        self._keys[key_id] = (now + KEPT_FOR, found)
        self._ids.setdefault(found.actor.uri, set()).add(key_id)
        if len(self._keys) > self._size:
            dropped, (_, key) = self._keys.popitem(last=False)
            self._ids.get(key.actor.uri, set()).discard(dropped)
        return found

    async def find_again(self, fed: Federation, old: SignerKey) -> SignerKey | None:
        """The key as its host states it now, when it has changed; None when it has not or was asked just before.

        Raises `Refused('unreachable')` when the host does not answer: an honest sender comes back later. Whatever else
        goes wrong there leaves the old answer: the signature does not match.
        """
        if fed.config.is_ours(old.actor.uri) or not self._is_due(fed, old.actor.uri):
            return None
        try:
            await self._look_again(fed, old.actor.uri)
        except Refused as refusal:
            if refusal.code in NOT_NOW:
                raise Refused("unreachable", refusal.detail) from refusal
            return None
        self.forget(old.actor.uri)
        fresh = await _stored_key(old.key_id)
        return fresh if fresh is not None and fresh.public_key != old.public_key else None

    def forget(self, actor_uri: str) -> None:
        """Drop what is kept of an actor."""
        for key_id in self._ids.pop(actor_uri, ()):
            self._keys.pop(key_id, None)

    def _is_due(self, fed: Federation, actor_uri: str) -> bool:
        """Whether a known actor may be looked at once more because of a key."""
        return self._refetched.get(actor_uri, -REFETCH_EVERY) <= fed.clock.monotonic() - REFETCH_EVERY

    async def _look_again(self, fed: Federation, actor_uri: str) -> None:
        """Read a known actor's document because of a key. Noted only afterwards: who asks meanwhile shares the answer
        (the client fetches a document once for all), as an honest server sends much at once with a new key.
        """
        try:
            await fetch_actor(fed, actor_uri)
        finally:
            self._refetched[actor_uri] = fed.clock.monotonic()
            self._refetched.move_to_end(actor_uri)
            if len(self._refetched) > self._size:
                self._refetched.popitem(last=False)

    async def _fetch(self, fed: Federation, key_id: str, sender: str) -> SignerKey:
        """Follow a key id to its actor. Three forms are met: a fragment of the actor (most), a key document of its
        own, and GoToSocial's stub actor under `/main-key`; whatever it is, the actor's own document decides (S-021).
        """
        owner = key_id.partition("#")[0]
        await fed.registry.admit(host_of(owner))
        known = await Actor.get_or_none(uri=owner)
        try:
            if known is None:
                fed.lookups.spend(sender)
                if "#" not in key_id:
                    owner = await _owner_of_key_document(fed, key_id)
                    known = await Actor.get_or_none(uri=owner)
            if fed.config.is_ours(owner):
                raise Refused("key-unavailable", "no such key here")
            if known is None:
                await fetch_actor(fed, owner)
            elif known.deleted_at is not None:
                raise Refused("gone", owner)
            elif self._is_due(fed, owner):
                # Once in a while: a thousand made-up names of keys must not be a thousand fetches (S-025).
                await self._look_again(fed, owner)
        except Refused as refusal:
            if refusal.code in ("blocked-domain", "gone", "suspended-actor", "key-unavailable"):
                raise
            if refusal.code in NOT_NOW:  # a 503: after a 401 an honest sender would not come back
                raise Refused("unreachable", refusal.detail) from refusal
            raise Refused("key-unavailable", f"{key_id}: {refusal.code}") from refusal
        found = await _stored_key(key_id)
        if found is None:
            raise Refused("key-unavailable", "its actor does not list that key")
        return found


async def _stored_key(key_id: str) -> SignerKey | None:
    row = await ActorKey.get_or_none(key_id=key_id).select_related("actor")
    if row is None:
        return None
    actor = row.actor
    if actor.deleted_at is not None:
        raise Refused("gone", actor.uri)
    return SignerKey(key_id, load_public_key(row.public), actor)


async def _owner_of_key_document(fed: Federation, key_id: str) -> str:
    """Whose key a document that is no part of its actor says it is: only somebody on its own host."""
    document = (await fed.client.get_document(key_id, expect_id=False)).document
    owner = id_of(document) or key_id
    if "Key" in types_of(document) or "owner" in document:
        owner = one_id(document.get("owner") or document.get("controller")) or key_id
    if host_of(owner) != host_of(key_id):
        raise Refused("key-unavailable", "the key's owner is on another host")
    return owner
