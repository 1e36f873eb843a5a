"""Moderators of this server take posts out of sight, and bring them back."""

from __future__ import annotations

from federation.actor_document import timestamp
from federation.database import transaction
from federation.models import Actor
from federation.outbox import publish
from federation.vocabulary import AS_PUBLIC
from moderation import log
from sebangsa.models import Post, User
from sebangsa.notifying import notify
from sebangsa.posting import count_post, document_of
from sebangsa.site import Site
from sebangsa.wire import activity_about, update_activity


async def remove_post(site: Site, moderator: User, post: Post, reason: str) -> None:
    """Hide a post from everybody but its author, who is told why. One of ours is taken back at its readers too."""
    author = await Actor.get(id=post.author_id)
    await log.must_outrank(moderator, author)
    if post.removed_at is not None:
        return
    async with transaction():
        if post.is_shown:
            await count_post(post, -1)
        post.removed_at = site.clock.now()
        await post.save(update_fields=["removed_at"])
        await log.write(site, moderator.actor, "remove-post", post.uri, reason)
        await notify(site, author.id, "moderation.removed", moderator.actor_id, post=post, reason=reason)
        if post.is_local:
            _, addresses = await document_of(site, post)
            deletion = activity_about("Delete", author, post.uri, to=[AS_PUBLIC], cc=[], summary=reason)
            await publish(site.federation, author, deletion, addresses.audience)


async def restore_post(site: Site, moderator: User, post: Post, reason: str) -> None:
    """Show a removed post again, here; peers that kept it read it again by the `Update`."""
    log.must_moderate(moderator)
    if post.removed_at is None:
        return
    author = await Actor.get(id=post.author_id)
    async with transaction():
        post.removed_at = None
        await post.save(update_fields=["removed_at"])
        if post.is_shown:
            await count_post(post, +1)
        await log.write(site, moderator.actor, "restore-post", post.uri, reason)
        if post.is_local and post.deleted_at is None:
            document, addresses = await document_of(site, post)
            now = site.clock.now()
            document["updated"] = timestamp(now)
            await publish(
                site.federation,
                author,
                update_activity(author, document, now),
                addresses.audience,
                is_public=True,
            )
