"""Moderators remove and restore, lock, and pin what stands in their community."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from communities import wire
from communities.announcing import boost_again, withdraw_boost
from communities.authority import must_moderate_post, must_remove
from communities.counting import count_thread
from communities.enacting import enact
from communities.log import write_log
from federation.database import transaction
from federation.models import Actor
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from sebangsa.notifying import notify
from sebangsa.posting import count_post
from sebangsa.text.plain import clean_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_PINNED = 5


async def remove_post(
    site: Site,
    moderator: Actor,
    post: Post,
    reason: str = "",
    *,
    with_replies: bool = False,
    activity: str = "",
) -> None:
    """Hide a post from everybody but its author; it can be restored.

    `activity` is the `Delete` of a peer as JSON text, if it was one. Removing twice changes nothing. Raises
    `NotAllowed`.
    """
    community = await must_remove(moderator, post)
    reason = clean_name(reason, 500)
    async with transaction():
        if not await hide(site, post, with_answers=with_replies):
            return
        author = await Actor.get(id=post.author_id)
        await write_log(site, community, moderator, "remove", subject=author, post=post, reason=reason)
        await notify(site, author.id, "community.removed", moderator.id, post=post, reason=reason)
        deleted = wire.removal(moderator, community, post.uri, reason)
        if with_replies:
            deleted["withReplies"] = True
        await enact(site, moderator, community, deleted, activity, told=[author])
        if community.is_local:
            await withdraw_boost(site, community, post)


async def restore_post(
    site: Site, moderator: Actor, post: Post, *, with_replies: bool = True, activity: str = ""
) -> None:
    """Show a removed post again, and the answers that were removed together with it. Raises `NotAllowed`."""
    community = await must_moderate_post(moderator, post)
    async with transaction():
        shown = await show(post, with_answers=with_replies)
        if not shown:
            return
        author = await Actor.get(id=post.author_id)
        await write_log(site, community, moderator, "restore", subject=author, post=post)
        deleted = wire.removal(moderator, community, post.uri, "")
        if shown > 1:
            deleted["withReplies"] = True
        deleted["id"] = site.federation.config.url(f"/a/{site.ids.next()}")
        await enact(
            site, moderator, community, wire.undo(moderator, community, deleted), activity, told=[author]
        )
        if community.is_local:
            await boost_again(site, community, post)


async def hide(site: Site, post: Post, *, with_answers: bool = False) -> bool:
    """Mark a post as removed, in the transaction under way, and all answers below it with the same moment, by which they
    are found again. False when the post is not shown anyhow.
    """
    at = post.removed_at or site.clock.now()
    if with_answers:
        for answer in await _below(post):
            await _hide_one(answer, at)
    return await _hide_one(post, at)


async def show(post: Post, *, with_answers: bool = False) -> int:
    """Take the mark away, in the transaction under way, and from the answers that were removed together with the post;
    those that were removed for themselves stay so. Returns how many are shown again: 0 when the post was not removed.
    """
    at = post.removed_at
    if not await _show_one(post):
        return 0
    shown = 1
    for answer in await _below(post) if with_answers else ():
        if answer.removed_at == at:
            shown += await _show_one(answer)
    return shown


async def _hide_one(post: Post, at: datetime) -> bool:
    # Decided by the row: a removal may come from a moderator and from the community at one moment, and would count twice.
    shown = Post.filter(id=post.id, removed_at=None, deleted_at=None)
    if not await shown.update(removed_at=at, is_pinned=False):
        return False
    post.removed_at, post.is_pinned = at, False
    await count_post(post, -1)
    await count_thread(post, -1)
    return True


async def _show_one(post: Post) -> bool:
    hidden = Post.filter(id=post.id, removed_at__isnull=False, deleted_at=None)
    if not await hidden.update(removed_at=None):
        return False
    post.removed_at = None
    await count_post(post, +1)
    await count_thread(post, +1)
    return True


async def _below(top: Post) -> list[Post]:
    above, found = {top.id}, []
    for answer in await Post.filter(root_id=top.root_id or top.id).order_by("depth", "id"):
        if answer.in_reply_to_id in above:
            above.add(answer.id)
            found.append(answer)
    return found


async def remove_posts_of(site: Site, moderator: Actor, community: Actor, person: Actor) -> None:
    """Hide all that somebody wrote in a community: part of a ban, in the transaction under way."""
    for post in await Post.filter(
        community_id=community.id, author_id=person.id, deleted_at__isnull=True, removed_at__isnull=True
    ):
        await hide(site, post)


async def lock_post(
    site: Site, moderator: Actor, post: Post, reason: str = "", *, is_locked: bool = True, activity: str = ""
) -> None:
    """Close a thread or comment to answers, or open it again. Raises `NotAllowed`."""
    community = await must_moderate_post(moderator, post)
    if post.is_locked == is_locked:
        return
    async with transaction():
        post.is_locked = is_locked
        await post.save(update_fields=["is_locked"])
        await write_log(
            site,
            community,
            moderator,
            "lock" if is_locked else "unlock",
            post=post,
            reason=clean_name(reason, 500),
        )
        locked = wire.moderation("Lock", moderator, community, post.uri, summary=clean_name(reason, 500))
        if not is_locked:
            locked["id"] = site.federation.config.url(f"/a/{site.ids.next()}")
            locked = wire.undo(moderator, community, locked)
        await enact(site, moderator, community, locked, activity)


async def pin_post(
    site: Site, moderator: Actor, post: Post, *, is_pinned: bool = True, activity: str = ""
) -> None:
    """Put a thread on top of its community, or take it down. Raises `NotAllowed`."""
    community = await must_moderate_post(moderator, post)
    if post.is_pinned == is_pinned:
        return
    if post.in_reply_to_id is not None or (is_pinned and not post.is_shown):
        raise NotAllowed("not-pinnable", "Only threads can be pinned.")
    if is_pinned and await Post.filter(community_id=community.id, is_pinned=True).count() >= MAX_PINNED:
        raise NotAllowed(
            "too-many-pinned", "A community has at most %(most)s pinned threads.", most=MAX_PINNED
        )
    async with transaction():
        post.is_pinned = is_pinned
        await post.save(update_fields=["is_pinned"])
        await write_log(site, community, moderator, "pin" if is_pinned else "unpin", post=post)
        kind = "Add" if is_pinned else "Remove"
        changed = wire.moderation(kind, moderator, community, post.uri, target=community.featured_url)
        await enact(site, moderator, community, changed, activity)
