"""Showing a public post to one's own followers (AS2 `Announce`), and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.actor_document import timestamp
from federation.database import lock, transaction
from federation.models import Actor
from federation.outbox import publish
from federation.vocabulary import AS_PUBLIC
from sebangsa.addressing import addresses_of
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, Visibility
from sebangsa.moving import must_live_here
from sebangsa.notifying import notify
from sebangsa.posting import count_post
from sebangsa.visibility import OPEN, may_read
from sebangsa.wire import activity_about, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site


async def boost(site: Site, booster: Actor, post: Post) -> Post:
    """Show a public post to one's own followers (AS2 `Announce`). Boosting twice gives the first boost."""
    await must_live_here(booster)
    if post.visibility not in OPEN or not await may_read(site, booster, post):
        raise NotAllowed("not-boostable", "This post cannot be boosted.")
    author = await Actor.get(id=post.author_id)
    post_id = site.ids.next()
    uri = site.federation.config.url(f"/p/{post_id}")
    async with transaction():
        # Whoever presses twice at one moment waits here for the first.
        await lock(Post, post.id)
        known = await Post.get_or_none(boost_of_id=post.id, author_id=booster.id)
        if known is not None:
            return known
        boosted = await Post.create(
            id=post_id,
            uri=uri,
            url=post.url,
            kind="boost",
            author=booster,
            is_local=True,
            boost_of=post,
            visibility=Visibility.PUBLIC,
            created_at=site.clock.now(),
        )
        await count_post(boosted, +1)
        activity = activity_about(
            "Announce",
            booster,
            post.uri,
            to=[AS_PUBLIC],
            cc=[booster.followers_url, author.uri],
            id=uri,
            published=timestamp(boosted.created_at),
        )
        await publish(
            site.federation,
            booster,
            activity,
            addresses_of(boosted, booster, [author]).audience,
            is_public=True,
        )
        await notify(site, post.author_id, "reblog", booster.id, post=post)
    return boosted


async def unboost(site: Site, booster: Actor, post: Post) -> None:
    """Take a boost back."""
    boosted = await Post.get_or_none(boost_of_id=post.id, author_id=booster.id)
    if boosted is None:
        return
    author = await Actor.get(id=post.author_id)
    async with transaction():
        if not await end_boost(boosted):
            return
        undone = activity_about(
            "Announce",
            booster,
            post.uri,
            to=[AS_PUBLIC],
            cc=[booster.followers_url, author.uri],
            id=boosted.uri,
        )
        await publish(
            site.federation,
            booster,
            undo_activity(booster, undone),
            addresses_of(boosted, booster, [author]).audience,
        )


async def end_boost(boosted: Post) -> bool:
    """Delete the row and count down, in the transaction under way; false when another one did."""
    if not await Post.filter(id=boosted.id).delete():
        return False
    await count_post(boosted, -1)
    return True
