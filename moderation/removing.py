"""Moderators of this server take posts out of sight, and bring them back."""

from __future__ import annotations

from typing import Any

from federation.database import transaction
from federation.models import Actor
from federation.outbox import publish
from federation.vocabulary import AS_PUBLIC
from moderation import log
from moderation.models import LogEntry
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, User
from sebangsa.notifying import notify
from sebangsa.post_documents import document_of
from sebangsa.posting import count_post
from sebangsa.site import Site
from sebangsa.wire import activity_about, undo_activity


async def remove_post(site: Site, moderator: User, post: Post, reason: str) -> None:
    """Hide a post from everybody but its author, who is told why. One of ours is taken back at its readers too."""
    author = await Actor.get(id=post.author_id)
    await log.must_outrank(moderator, author)
    async with transaction():
        # Decided by the row, not by what was read before: two moderators may press at once, and would count twice.
        if not await Post.filter(id=post.id, removed_at=None).update(removed_at=site.clock.now()):
            return
        await post.refresh_from_db(fields=["removed_at", "deleted_at"])
        if post.deleted_at is None:
            await count_post(post, -1)
        await site.hooks.post_hidden.emit(post)
        await log.write(site, moderator.actor, "remove-post", post.uri, reason)
        await notify(site, author.id, "moderation.removed", moderator.actor_id, post=post, reason=reason)
        if post.is_local:
            _, addresses = await document_of(site, post)
            await publish(site.federation, author, _deletion(author, post, reason), addresses.audience)


async def restore_post(site: Site, moderator: User, post: Post, reason: str) -> None:
    """Show a removed post again, here and at its readers: `Undo{Delete}` makes peers read it anew."""
    log.must_moderate(moderator)
    author = await Actor.get(id=post.author_id)
    async with transaction():
        if not await Post.filter(id=post.id, removed_at__isnull=False).update(removed_at=None):
            return
        await post.refresh_from_db(fields=["removed_at", "deleted_at"])
        if post.is_shown:
            await count_post(post, +1)
        await site.hooks.post_shown.emit(post)
        await log.write(site, moderator.actor, "restore-post", post.uri, reason)
        if post.is_local and post.deleted_at is None:
            _, addresses = await document_of(site, post)
            deletion = _deletion(author, post, "", id=site.federation.config.url(f"/a/{site.ids.next()}"))
            await publish(site.federation, author, undo_activity(author, deletion), addresses.audience)


async def may_show_again(post: Post) -> None:
    """What this server's own moderators hid stays hidden, whatever its community says. Raises `NotAllowed`."""
    last = (
        await LogEntry.filter(target=post.uri, action__in=["remove-post", "restore-post"])
        .order_by("-id")
        .first()
    )
    if last is not None and last.action == "remove-post":
        raise NotAllowed("removed-here", "The moderators of this server removed this post.")


def _deletion(author: Actor, post: Post, reason: str, **more: str) -> dict[str, Any]:
    """`Delete` with `summary`, by which Lemmy knows a moderator's."""
    return activity_about("Delete", author, post.uri, to=[AS_PUBLIC], cc=[], summary=reason, **more)
