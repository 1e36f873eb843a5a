"""`Like`, `Dislike`, `EmojiReact` and `Announce` of what others wrote."""

from __future__ import annotations

from sebangsa import boosting
from sebangsa.api.access import Call, must_include
from sebangsa.c2s.finding import post_at
from sebangsa.c2s.given import Given
from sebangsa.errors import Invalid
from sebangsa.models import Reaction, Vote
from sebangsa.reacting import react
from sebangsa.voting import vote


async def like(call: Call, given: Given) -> str:
    """A vote up, or a favourite. Given twice it is the first one."""
    return await _vote(call, given, +1)


async def dislike(call: Call, given: Given) -> str:
    """A vote down; one that was given up is taken back before."""
    return await _vote(call, given, -1)


async def _vote(call: Call, given: Given, value: int) -> str:
    assert call.token is not None
    must_include(call.token, "write:favourites")
    post = await post_at(call, given.named())
    await vote(call.site, call.me, post, value)
    return (await Vote.get(actor_id=call.me.id, post_id=post.id)).uri


async def emoji_react(call: Call, given: Given) -> str:
    """An emoji, in `content` (FEP-c0e0). Left twice it is the first one."""
    assert call.token is not None
    must_include(call.token, "write:favourites")
    post = await post_at(call, given.named())
    emoji = given.document.get("content")
    if not isinstance(emoji, str):
        raise Invalid("emoji-needed", "The activity needs an emoji.", field="content")
    await react(call.site, call.me, post, emoji)
    return (await Reaction.get(actor_id=call.me.id, post_id=post.id, emoji=emoji)).uri


async def announce(call: Call, given: Given) -> str:
    """Show a public post to one's followers. Done twice it is the first `Announce`."""
    assert call.token is not None
    must_include(call.token, "write:statuses")
    post = await post_at(call, given.named())
    await call.site.limiter.hit("post", call.me.id)
    return (await boosting.boost(call.site, call.me, post)).uri
