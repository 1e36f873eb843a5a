"""An account ended, here or at its own server: it is gone at once, and what it left is erased piece by piece.

What others see ends in the transaction that marks the actor. The rest may be much, so it is the work of a job in small
transactions: killed at any instant, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from federation.database import execute, is_postgres, placeholders, rows, tally, transaction
from federation.models import Actor, Follow
from federation.withdrawing import erase_activities, forget_private_keys, is_still_sending
from sebangsa import following
from sebangsa.boosting import end_boost
from sebangsa.events.joining import forget_person
from sebangsa.hooks import Origin
from sebangsa.models import Attachment, Mention, Post, Vote
from sebangsa.polls.voting import forget_voter
from sebangsa.posting import erase
from sebangsa.voting import rank

if TYPE_CHECKING:
    from sebangsa.site import Site

POSTS_AT_ONCE = 25
"""Of one transaction."""
POSTS_A_RUN = 2_000
"""Of one run of the job; then it asks to be run again, well within the time that a worker gives it."""
ROWS_AT_ONCE = 200
RUNS_OF_A_PIECE = 20
LOOKED_AT_AGAIN_AFTER = timedelta(days=1)

Piece = Callable[["Site", Actor], Awaitable[bool]]
"""Erases some of one kind; says whether there was any."""


async def end_account(site: Site, actor: Actor, origin: Origin) -> None:
    """Mark an account as ended and let all that it left be erased, in the transaction under way.

    `origin` is its `Delete` of itself: a community of ours passes that on.
    """
    await actor.change(
        deleted_at=site.clock.now(),
        name="",
        summary="",
        source="",
        icon_url="",
        image_url="",
        profile_fields=[],
        also_known_as=[],
        extra={},
    )
    site.federation.keys.forget(actor.uri)
    await site.hooks.actor_deleted.emit(actor, origin)
    await site.queue.enqueue("erase_account", actor.id)


async def erase_account(site: Site, actor_id: int) -> None:
    """Job: erase what an ended account left. Runs twice without harm, also at the same time."""
    actor = await Actor.get_or_none(id=actor_id, deleted_at__isnull=False)
    if actor is None:
        return
    if await _erase_posts(site, actor) or await _erase_rows(site, actor):
        async with transaction():
            await site.queue.enqueue("erase_account", actor_id)
    elif actor.is_local:
        await _retire_keys(site, actor)


async def _erase_posts(site: Site, actor: Actor) -> bool:
    """Erase some posts; says whether there may be more."""
    found = await rows(
        f"SELECT id FROM posts WHERE author_id = ? AND deleted_at IS NULL ORDER BY id LIMIT {POSTS_A_RUN}",  # noqa: S608
        [actor.id],
    )
    for start in range(0, len(found), POSTS_AT_ONCE):
        ids = [row["id"] for row in found[start : start + POSTS_AT_ONCE]]
        async with transaction():
            marks = placeholders(len(ids))
            mine = await _claimed("posts", f"id IN ({marks}) AND deleted_at IS NULL", ids, POSTS_AT_ONCE)
            for post in await Post.filter(id__in=mine):
                await _erase_post(site, post)
            await Mention.filter(post_id__in=mine).delete()
    return len(found) == POSTS_A_RUN


async def _erase_post(site: Site, post: Post) -> None:
    if post.kind == "boost":
        await end_boost(post)
        return
    # No activity of its own: the `Delete` of the account speaks for all of them.
    await erase(site, post)
    await site.hooks.post_deleted.emit(post, Origin(""))


async def _erase_rows(site: Site, actor: Actor) -> bool:
    """Erase what else there is, kind by kind; says whether there is more."""
    for piece in PIECES:
        for _ in range(RUNS_OF_A_PIECE):
            async with transaction():
                is_more = await piece(site, actor)
            if not is_more:
                break
        else:
            return True
    return False


async def _retire_keys(site: Site, actor: Actor) -> None:
    """Forget the private keys once nothing waits to be signed with them; look again tomorrow while something does."""
    async with transaction():
        if await is_still_sending(actor):
            await site.queue.enqueue("erase_account", actor.id, delay=LOOKED_AT_AGAIN_AFTER)
        else:
            await forget_private_keys(actor)


async def _votes(site: Site, actor: Actor) -> bool:
    ids = await _claimed("votes", "actor_id = ?", [actor.id], ROWS_AT_ONCE)
    for vote in await Vote.filter(id__in=ids).select_related("post"):
        await tally(
            Post,
            vote.post_id,
            likes_count=-(vote.value == 1),
            dislikes_count=-(vote.value == -1),
            then=partial(rank, vote.post),
        )
    await _delete("votes", ids)
    return bool(ids)


async def _follows(site: Site, actor: Actor) -> bool:
    ids = await _claimed("follows", "follower_id = ?", [actor.id], ROWS_AT_ONCE)
    ids += await _claimed("follows", "target_id = ?", [actor.id], ROWS_AT_ONCE)
    for made in await Follow.filter(id__in=ids).select_related("follower", "target"):
        await following.end(site, made, made.follower, made.target)
    return bool(ids)


async def _uploads(site: Site, actor: Actor) -> bool:
    ids = await _claimed("attachments", "owner_id = ?", [actor.id], ROWS_AT_ONCE)
    unused = await Attachment.filter(id__in=ids)
    keys = [key for upload in unused for key in (upload.key, upload.small_key) if key]
    await _delete("attachments", ids)
    if keys:
        await site.queue.enqueue("delete_media", keys)
    return bool(ids)


async def _choices(site: Site, actor: Actor) -> bool:
    """Few rows: those of polls and events that somebody took part in."""
    await forget_voter(site, actor)
    await forget_person(site, actor)
    return False


async def _activities(site: Site, actor: Actor) -> bool:
    return actor.is_local and await erase_activities(actor, ROWS_AT_ONCE) > 0


def _rows_of(table: str, column: str = "actor_id") -> Piece:
    """Rows that are nobody else's concern."""

    async def erase_rows(site: Site, actor: Actor) -> bool:
        ids = await _claimed(table, f"{column} = ?", [actor.id], ROWS_AT_ONCE)
        await _delete(table, ids)
        return bool(ids)

    return erase_rows


PIECES: tuple[Piece, ...] = (
    _votes,
    _rows_of("reactions"),
    _follows,
    _uploads,
    _rows_of("notifications", "recipient_id"),
    _rows_of("notifications"),
    _rows_of("bookmarks"),
    _rows_of("markers"),
    _rows_of("idempotency_keys"),
    _activities,
    _choices,
)


async def _claimed(table: str, condition: str, values: Sequence[int], most: int) -> list[int]:
    """Ids of rows that no other run of the job works on at this moment."""
    skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    found = await rows(
        f"SELECT id FROM {table} WHERE {condition} ORDER BY id LIMIT {most} {skip}",  # noqa: S608 - constants
        values,
    )
    return [row["id"] for row in found]


async def _delete(table: str, ids: list[int]) -> None:
    if ids:
        await execute(f"DELETE FROM {table} WHERE id IN ({placeholders(len(ids))})", ids)  # noqa: S608
