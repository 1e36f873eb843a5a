"""What people do with statuses: like, boost, keep; and who did."""

from __future__ import annotations

from typing import Any

from tortoise.queryset import QuerySet

from sebangsa import boosting
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.bookmarks import bookmark, unbookmark
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.statuses import status, statuses
from sebangsa.api.models import Bookmark
from sebangsa.api.paging import ACCOUNTS, link_pages, rows_of, window_of
from sebangsa.api.statuses import original_of
from sebangsa.models import Post, Vote
from sebangsa.timelines import with_parts
from sebangsa.visibility import readable
from sebangsa.voting import vote


async def favourite(call: Call) -> dict[str, Any]:
    post = await original_of(call)
    await vote(call.site, call.me, post, 1)
    return await status(call.site, post, call.me)


async def unfavourite(call: Call) -> dict[str, Any]:
    """Take a like back; a vote down, given on the pages, stays."""
    post = await original_of(call)
    if await Vote.exists(actor_id=call.me.id, post_id=post.id, value=1):
        await vote(call.site, call.me, post, 0)
    return await status(call.site, post, call.me)


async def reblog(call: Call) -> dict[str, Any]:
    """Boost; answers with the boost, which holds the status."""
    boosted = await boosting.boost(call.site, call.me, await original_of(call))
    return await status(call.site, boosted, call.me)


async def unreblog(call: Call) -> dict[str, Any]:
    post = await original_of(call)
    await boosting.unboost(call.site, call.me, post)
    return await status(call.site, post, call.me)


async def add_bookmark(call: Call) -> dict[str, Any]:
    post = await original_of(call)
    await bookmark(call.site, call.me, post)
    return await status(call.site, post, call.me)


async def remove_bookmark(call: Call) -> dict[str, Any]:
    post = await original_of(call)
    await unbookmark(call.me, post)
    return await status(call.site, post, call.me)


async def favourited_by(call: Call) -> list[dict[str, Any]]:
    """Whom of the people here and elsewhere a like is known."""
    post, window = await original_of(call), window_of(call, ACCOUNTS)
    votes = Vote.filter(post_id=post.id, value=1, actor__suspended_at=None, actor__deleted_at=None)
    found = await rows_of(votes.select_related("actor"), window)
    link_pages(call, [row.id for row in found], window.limit)
    return [account(call.site, row.actor) for row in found]


async def reblogged_by(call: Call) -> list[dict[str, Any]]:
    post, window = await original_of(call), window_of(call, ACCOUNTS)
    boosts = Post.filter(
        boost_of_id=post.id,
        deleted_at=None,
        removed_at=None,
        author__suspended_at=None,
        author__deleted_at=None,
    )
    found = await rows_of(boosts.select_related("author"), window)
    link_pages(call, [row.id for row in found], window.limit)
    return [account(call.site, row.author) for row in found]


async def favourites(call: Call) -> list[dict[str, Any]]:
    """What I liked, the last first; paged by the like, as Mastodon does."""
    return await _kept(call, Vote.filter(actor_id=call.me.id, value=1))


async def bookmarks(call: Call) -> list[dict[str, Any]]:
    return await _kept(call, Bookmark.filter(actor_id=call.me.id))


async def _kept(call: Call, rows: QuerySet[Any]) -> list[dict[str, Any]]:
    window = window_of(call)
    found = await rows_of(rows, window)
    link_pages(call, [row.id for row in found], window.limit)
    ids = [row.post_id for row in found]
    posts = (
        {post.id: post for post in await with_parts(readable(Post.filter(id__in=ids), call.me))}
        if ids
        else {}
    )
    return await statuses(call.site, [posts[post_id] for post_id in ids if post_id in posts], call.me)


_FAVOURITE = Rule(Caller.PERSON, "write:favourites")
_BOOST = Rule(Caller.PERSON, "write:statuses", bucket="post")
_BOOKMARK = Rule(Caller.PERSON, "write:bookmarks")
_READ = Rule(Caller.ANYBODY, "read:accounts")
_ONE = "/api/v1/statuses/{id}"

ROUTES = [
    ApiRoute(f"{_ONE}/favourite", favourite, _FAVOURITE, methods=["POST"]),
    ApiRoute(f"{_ONE}/unfavourite", unfavourite, _FAVOURITE, methods=["POST"]),
    ApiRoute(f"{_ONE}/reblog", reblog, _BOOST, methods=["POST"]),
    ApiRoute(f"{_ONE}/unreblog", unreblog, Rule(Caller.PERSON, "write:statuses"), methods=["POST"]),
    ApiRoute(f"{_ONE}/bookmark", add_bookmark, _BOOKMARK, methods=["POST"]),
    ApiRoute(f"{_ONE}/unbookmark", remove_bookmark, _BOOKMARK, methods=["POST"]),
    ApiRoute(f"{_ONE}/favourited_by", favourited_by, _READ),
    ApiRoute(f"{_ONE}/reblogged_by", reblogged_by, _READ),
    ApiRoute("/api/v1/favourites", favourites, Rule(Caller.PERSON, "read:favourites")),
    ApiRoute("/api/v1/bookmarks", bookmarks, Rule(Caller.PERSON, "read:bookmarks")),
]
