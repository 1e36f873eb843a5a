"""The same post sent twice is one post (S-097): a phone repeats what it got no answer for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from federation.models import Actor
from sebangsa.accounts import hash_token
from sebangsa.api.models import IdempotencyKey
from sebangsa.errors import ProductError

if TYPE_CHECKING:
    from sebangsa.site import Site

KEPT = timedelta(hours=1)
WRITTEN_WITHIN = timedelta(minutes=1)
"""A claim older than this without a post was left by a process that died."""
TRIES = 20
PAUSE = 0.25


class Busy(ProductError):
    status = 503


class Claim:
    """A key that is ours to answer. `post_id` is set when it was answered before; else set it, once posted."""

    def __init__(self, row: IdempotencyKey | None, post_id: int | None) -> None:
        self._row = row
        self.post_id = post_id

    async def answered_by(self, post_id: int) -> None:
        """In the transaction that writes the post: a server killed between the two would post it again."""
        if self._row is not None:
            await IdempotencyKey.filter(id=self._row.id).update(post_id=post_id)
            self.post_id = post_id


@asynccontextmanager
async def claimed(site: Site, actor: Actor, key: str) -> AsyncIterator[Claim]:
    """Hold a person's key while posting. A second request with it waits, then finds the post of the first.

    Without a key there is nothing to hold. When posting fails, the key is free again. Raises `Busy`.
    """
    if not key:
        yield Claim(None, None)
        return
    claim = await _claim(site, actor, hash_token(key))
    try:
        yield claim
    finally:
        if claim.post_id is None and claim._row is not None:
            await IdempotencyKey.filter(id=claim._row.id).delete()


async def _claim(site: Site, actor: Actor, key_hash: str) -> Claim:
    for _ in range(TRIES):
        now = site.clock.now()
        await IdempotencyKey.filter(actor_id=actor.id, created_at__lt=now - KEPT).delete()
        await IdempotencyKey.filter(
            actor_id=actor.id, key_hash=key_hash, post_id__isnull=True, created_at__lt=now - WRITTEN_WITHIN
        ).delete()
        known = await IdempotencyKey.get_or_none(actor_id=actor.id, key_hash=key_hash)
        if known is None:
            try:
                row = await IdempotencyKey.create(
                    id=site.ids.next(), actor=actor, key_hash=key_hash, created_at=now
                )
            except IntegrityError:
                continue
            return Claim(row, None)
        if known.post_id is not None:
            return Claim(None, known.post_id)
        await site.clock.sleep(PAUSE)
    raise Busy("still-posting", "The same post is just being written. Try again.")
