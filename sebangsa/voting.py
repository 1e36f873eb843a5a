"""Likes and dislikes. One a person and post; on people's own posts they are favourites, in communities votes."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from federation.database import insert_once, tally, transaction
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa.counts import is_among_unnamed
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.hooks import Origin
from sebangsa.models import Post, Vote
from sebangsa.notifying import notify
from sebangsa.ranking import hot_score
from sebangsa.visibility import may_read
from sebangsa.wire import activity_about, undo_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

KINDS = {1: "Like", -1: "Dislike"}


async def vote(site: Site, voter: Actor, post: Post, value: int) -> None:
    """Vote +1 or -1, change the vote, or take it back with 0. Voting the same twice changes nothing.

    A vote is sent to the post's server (and the community's), never to followers: who voted is not published.
    """
    if value not in (-1, 0, 1):
        raise NotAllowed("no-such-vote", "Vote up, down or not at all.")
    if not await may_read(site, voter, post):
        raise NotFound
    async with transaction():
        await site.hooks.may_vote.ask(voter, post)
        known = await Vote.get_or_none(actor_id=voter.id, post_id=post.id)
        if (known.value if known else 0) == value:
            return
        uri = site.federation.config.url(f"/a/{site.ids.next()}")
        if not await write_vote(site, voter, post, value, uri):
            return  # pressed twice at one moment
        origin = Origin("")
        if known is not None:
            undone = await _activity(post, voter, known.value, known.uri)
            origin = await _send(site, voter, post, known.value, undo_activity(voter, undone))
        if value:
            origin = await _send(site, voter, post, value, await _activity(post, voter, value, uri))
        await site.hooks.voted.emit(voter, post, value, origin)


async def write_vote(
    site: Site,
    voter: Actor,
    post: Post,
    value: int,
    uri: str,
    *,
    emoji: str = "",
    said_at: datetime | None = None,
) -> bool:
    """Write a vote of ours or of a peer, in the transaction under way; false when it was so already.

    `emoji` is what a peer likes with, `said_at` when it says that it did.
    """
    old = await _replace(site, voter, post, value, uri)
    if old == value:
        return False
    if not old and not voter.is_local and is_among_unnamed(post, value, said_at, site.clock.now()):
        await tally(Post, post.id, unnamed_likes=-(value == 1), unnamed_dislikes=-(value == -1))
    else:
        await tally(
            Post,
            post.id,
            likes_count=(value == 1) - (old == 1),
            dislikes_count=(value == -1) - (old == -1),
            then=partial(rank, post),
        )
    if value == 1:
        said: dict[str, Any] = {"emoji": emoji} if emoji else {}
        await notify(site, post.author_id, "favourite", voter.id, post=post, **said)
    return True


async def _replace(site: Site, voter: Actor, post: Post, value: int, uri: str) -> int:
    """Write a vote in the place of the one that stood there, and return that one's value.

    Decided by the row: a vote may come from its voter and from the community at one moment, and would count twice.
    """
    while True:
        known = await Vote.get_or_none(actor_id=voter.id, post_id=post.id)
        old = known.value if known else 0
        if old == value:
            return old
        if known is not None and not await Vote.filter(id=known.id).delete():
            continue
        if not value:
            return old
        now = site.clock.now()
        if await insert_once(
            Vote, id=site.ids.next(), actor=voter, post=post, value=value, uri=uri, created_at=now
        ):
            return old


async def rank(post: Post) -> None:
    """Place a post by its votes, once they are counted."""
    await post.refresh_from_db(fields=["likes_count", "dislikes_count"])
    post.hot_score = hot_score(post.score, post.created_at)
    await post.save(update_fields=["hot_score"])


async def _activity(post: Post, voter: Actor, value: int, uri: str) -> dict[str, Any]:
    author = await Actor.get(id=post.author_id)
    activity = activity_about(KINDS[value], voter, post.uri, to=[author.uri], cc=[], id=uri)
    if post.community_id:
        activity["audience"] = (await Actor.get(id=post.community_id)).uri
    return activity


async def _send(site: Site, voter: Actor, post: Post, value: int, activity: dict[str, Any]) -> Origin:
    reached = [await Actor.get(id=post.author_id)]
    if post.community_id:
        reached.append(await Actor.get(id=post.community_id))
    if value < 0:
        # Microblogs know no Dislike: it would only be counted there as what nobody reads.
        reached = [
            actor
            for actor in reached
            if actor.is_local or (await site.federation.profiles.of(actor.host)).downvotes
        ]
    sent = await publish(site.federation, voter, activity, Audience(actors=reached))
    return Origin(sent.body)
