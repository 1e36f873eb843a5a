"""`Undo` of what an app did, or its person did anywhere else: by the activity's id, or by what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.models import Actor, Follow
from federation.vocabulary import ACTIVITY_TYPES
from federation.wire import id_of
from federation.wire.shapes import plain, type_among
from sebangsa import boosting, following
from sebangsa.api.access import Call, must_include
from sebangsa.c2s.given import Given, must_be_author
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post, Reaction, Vote
from sebangsa.reacting import unreact
from sebangsa.voting import KINDS, vote

UNDONE = ("Follow", "Like", "Dislike", "EmojiReact", "Announce")


async def undo(call: Call, given: Given) -> str:
    """Take back a follow, a vote, an emoji or a boost. Raises `NotFound` where there is none of the kind."""
    assert call.token is not None
    inner: Mapping[str, Any] = plain(given.object) if isinstance(given.object, dict) else {}
    must_be_author(call, inner)
    type_ = type_among(inner, ACTIVITY_TYPES)
    if type_ and type_ not in UNDONE:
        raise Invalid("undo-unsupported", "An activity of this type cannot be taken back.", field="object")
    uri, target = given.object_id, id_of(inner.get("object")) or ""
    if not uri and not (type_ and target):
        raise Invalid("object-needed", "The activity must name its object.", field="object")
    if (cast := await _vote(call.me, type_, uri, target)) is not None:
        must_include(call.token, "write:favourites")
        await vote(call.site, call.me, await Post.get(id=cast.post_id), 0)
    elif (left := await _reaction(call.me, inner, type_, uri, target)) is not None:
        must_include(call.token, "write:favourites")
        await unreact(call.site, call.me, await Post.get(id=left.post_id), left.emoji)
    elif (made := await _follow(call.me, type_, uri, target)) is not None:
        must_include(call.token, "write:follows")
        await following.unfollow(call.site, call.me, made.target)
    elif (boosted := await _boost(call.me, type_, uri, target)) is not None:
        must_include(call.token, "write:statuses")
        await boosting.unboost(call.site, call.me, await Post.get(id=boosted.boost_of_id))
    else:
        raise NotFound
    return ""


async def _vote(me: Actor, type_: str, uri: str, target: str) -> Vote | None:
    votes = Vote.filter(actor_id=me.id)
    if uri and (found := await votes.filter(uri=uri).first()):
        return found
    value = next((value for value, kind in KINDS.items() if kind == type_), 0)
    return await votes.filter(post__uri=target, value=value).first() if value and target else None


async def _reaction(
    me: Actor, inner: Mapping[str, Any], type_: str, uri: str, target: str
) -> Reaction | None:
    reactions = Reaction.filter(actor_id=me.id)
    if uri and (found := await reactions.filter(uri=uri).first()):
        return found
    if type_ != "EmojiReact" or not target:
        return None
    return await reactions.filter(post__uri=target, emoji=str(inner.get("content", ""))).first()


async def _follow(me: Actor, type_: str, uri: str, target: str) -> Follow | None:
    follows = Follow.filter(follower_id=me.id).select_related("target")
    if uri and (found := await follows.filter(uri=uri).first()):
        return found
    return await follows.filter(target__uri=target).first() if type_ == "Follow" and target else None


async def _boost(me: Actor, type_: str, uri: str, target: str) -> Post | None:
    boosts = Post.filter(author_id=me.id, kind="boost")
    if uri and (found := await boosts.filter(uri=uri).first()):
        return found
    return await boosts.filter(boost_of__uri=target).first() if type_ == "Announce" and target else None
