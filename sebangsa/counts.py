"""How many liked, disliked and boosted a post: told to others, and read of theirs.

Who meets a post late has not seen its votes. What its own host states is the floor: `Post.unnamed_likes` of the likes
have no row here, because we do not know who voted. Votes that come later are added, and no vote is counted twice: one that
was cast before the counts were read is among them, and takes the place of an unnamed one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from federation.database import rows
from federation.models import Actor
from federation.urls import host_of
from federation.wire import ObjectDocument
from sebangsa.models import Post
from sebangsa.past import is_past
from sebangsa.ranking import hot_score

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_COUNT = 1_000_000
"""Votes and boosts that a host may claim for a post."""

FRESH_FOR = timedelta(minutes=10)
"""Of a post so new nothing is read: it arrives by itself, before anybody can have voted."""

IN_FLIGHT = timedelta(seconds=60)
"""Votes that arrive so shortly after the counts were read had been counted by their host before: they travel through it."""

COLLECTIONS = {"likes": "likes_count", "dislikes": "dislikes_count", "shares": "boosts_count"}


def count_terms(post: Post) -> dict[str, Any]:
    """`likes`, `dislikes` and `shares` of a post of ours, as Mastodon and Mbin read them: numbers, and nobody's name."""
    return {
        name: {"id": f"{post.uri}/{name}", "type": "Collection", "totalItems": max(0, getattr(post, column))}
        for name, column in COLLECTIONS.items()
    }


def columns_at_first(
    obj: ObjectDocument, community: Actor | None, published: datetime, now: datetime, *, is_asked_for: bool
) -> dict[str, Any]:
    """What a post that is written now knows of its votes; nothing where its host has no say in them."""
    if not has_say(obj.id, community) or not (is_asked_for or is_past() or now - published > FRESH_FOR):
        return {}
    return stated_columns(obj.likes_count, obj.dislikes_count, obj.shares_count, published, now)


def stated_columns(
    likes: int | None, dislikes: int | None, shares: int | None, published: datetime, now: datetime
) -> dict[str, Any]:
    """Stated numbers as columns of a post of which we know no vote."""
    up, down, boosts = (min(number or 0, MAX_COUNT) for number in (likes, dislikes, shares))
    if not (up or down or boosts):
        return {}
    return {
        "likes_count": up,
        "dislikes_count": down,
        "boosts_count": boosts,
        "unnamed_likes": up,
        "unnamed_dislikes": down,
        "counted_at": now,
        "hot_score": hot_score(up - down, published),
    }


def has_say(uri: str, community: Actor | None) -> bool:
    """Whether a post's own host counts its votes. In a community of another host it is not believed: nobody lifts their own
    posts there.
    """
    return community is None or community.host == host_of(uri)


async def take_counts(site: Site, post: Post, obj: ObjectDocument) -> None:
    """Its host states the numbers again, with an edit: they replace what we did not know by name. In the transaction under
    way. Nobody whom we know by name is left out.
    """
    if obj.likes_count is None and obj.dislikes_count is None:
        return
    community = await Actor.get(id=post.community_id) if post.community_id else None
    if not has_say(post.uri, community):
        return
    found = await rows(
        "SELECT value, count(*) AS number FROM votes WHERE post_id = ? GROUP BY value", [post.id]
    )
    named = {1: 0, -1: 0} | {row["value"]: row["number"] for row in found}
    up, down = post.likes_count, post.dislikes_count
    columns: dict[str, Any] = {"counted_at": site.clock.now()}
    if obj.likes_count is not None:
        up = max(named[1], min(obj.likes_count, MAX_COUNT))
        columns |= {"likes_count": up, "unnamed_likes": up - named[1]}
    if obj.dislikes_count is not None:
        down = max(named[-1], min(obj.dislikes_count, MAX_COUNT))
        columns |= {"dislikes_count": down, "unnamed_dislikes": down - named[-1]}
    await post.change(hot_score=hot_score(up - down, post.created_at), **columns)


def is_among_unnamed(post: Post, value: int, said_at: datetime | None, now: datetime) -> bool:
    """Whether a new vote was counted when the numbers were read: it was cast before that, or was on its way."""
    unnamed = post.unnamed_likes if value == 1 else post.unnamed_dislikes if value == -1 else 0
    if unnamed <= 0 or post.counted_at is None:
        return False
    return now - post.counted_at < IN_FLIGHT if said_at is None else said_at <= post.counted_at
