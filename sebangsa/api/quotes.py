"""Quotes: who quoted a status, taking it out again, and who may."""

from __future__ import annotations

from typing import Any

from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.statuses import status, statuses
from sebangsa.api.paging import link_pages, rows_of, window_of
from sebangsa.api.statuses import original_of, policy_given
from sebangsa.errors import NotFound
from sebangsa.models import Post, Quote, QuoteState
from sebangsa.posting import edit_post
from sebangsa.quoting import revoke
from sebangsa.timelines import with_parts
from sebangsa.visibility import must_be_author, readable


async def list_quotes(call: Call) -> list[dict[str, Any]]:
    """The statuses that quote this one and may be read, the newest first."""
    post, window = await original_of(call), window_of(call)
    found = await rows_of(
        Quote.filter(quoted_id=post.id, quoting_id__isnull=False, state=QuoteState.ACCEPTED), window
    )
    link_pages(call, [row.id for row in found], window.limit)
    ids = [row.quoting_id for row in found]
    posts = {p.id: p for p in await with_parts(readable(Post.filter(id__in=ids), call.viewer))} if ids else {}
    return await statuses(call.site, [posts[i] for i in ids if i in posts], call.viewer)


async def revoke_quote(call: Call) -> dict[str, Any]:
    """Take my status out of another's quote; answers with that one."""
    post = await original_of(call)
    must_be_author(call.me, post)
    made = await Quote.get_or_none(quoted_id=post.id, quoting_id=call.path_id("quoting"))
    if made is None:
        raise NotFound
    await revoke(call.site, call.me, made.id)
    return await status(call.site, await Post.get(id=made.quoting_id), call.me)


async def put_policy(call: Call) -> dict[str, Any]:
    """Who may quote my status from now on; sent on as an edit."""
    post = await original_of(call)
    must_be_author(call.me, post)
    chosen = await policy_given(call, post.visibility)
    if chosen:
        await edit_post(
            call.site,
            call.me,
            post,
            source=post.source,
            name=post.name,
            summary=post.summary,
            extra=post.extra | chosen,
        )
    return await status(call.site, post, call.me)


_ONE = "/api/v1/statuses/{id}"
_WRITE = Rule(Caller.PERSON, "write:statuses")

ROUTES = [
    ApiRoute(f"{_ONE}/quotes", list_quotes, Rule(Caller.ANYBODY, "read:statuses")),
    ApiRoute(f"{_ONE}/quotes/{{quoting}}/revoke", revoke_quote, _WRITE, methods=["POST"]),
    ApiRoute(f"{_ONE}/interaction_policy", put_policy, _WRITE, methods=["PUT"]),
]
