"""The people, communities and posts that an app names by their ids: ours, known, or read from their own hosts."""

from __future__ import annotations

from federation.actors import resolve_actor
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.api.access import Call
from sebangsa.errors import Invalid, NotFound
from sebangsa.fetching import fetch_post
from sebangsa.models import Post
from sebangsa.visibility import may_read


async def actor_at(call: Call, uri: str) -> Actor:
    """The actor with this id. Raises `NotFound`, or `Refused` where its host does not show it."""
    actor = await Actor.get_or_none(uri=uri)
    if actor is None:
        if call.site.federation.config.is_ours(uri):
            raise NotFound
        await call.site.limiter.hit("resolve", call.me.id)
        actor = await resolve_actor(call.site.federation, uri)
    if not actor.is_usable:
        raise NotFound
    return actor


async def post_at(call: Call, uri: str) -> Post:
    """The post with this id, or the one that a boost or a `Create` of this id is about, as the person may read it.

    Raises `NotFound`, or `Refused` where its host does not show it.
    """
    ours = call.site.federation.config.is_ours(uri)
    post = await Post.get_or_none(uri=uri.removesuffix("/activity") if ours else uri)
    if post is None and not ours:
        await call.site.limiter.hit("resolve", call.me.id)
        post = await fetch_post(call.site, uri)
    if post is not None and post.boost_of_id is not None:
        post = await Post.get(id=post.boost_of_id)
    if post is None or not await may_read(call.site, call.me, post):
        raise NotFound
    return post


async def own_post(call: Call, uri: str) -> Post:
    """A post of the person's own, not deleted. Raises `NotFound` also for another's: nothing is told about it (S-077)."""
    post = await Post.get_or_none(uri=uri, author_id=call.me.id, deleted_at=None, boost_of_id=None)
    if post is None:
        raise NotFound
    return post


async def addressee(call: Call, uri: str) -> Actor | None:
    """Whom an address means; None for a collection that is no list of ours to send to. Raises `Invalid`.

    An answer repeats the addresses of what it answers, and those name its author's followers: that author's server
    reaches them, not we.
    """
    if await Actor.exists(followers_url=uri):
        return None
    try:
        return await actor_at(call, uri)
    except (Refused, NotFound) as error:
        if isinstance(error, Refused) and error.code in ("not-an-actor", "not-an-object"):
            return None
        raise Invalid(
            "recipient-unknown", "%(who)s cannot be reached from here.", field="to", who=uri[:200]
        ) from error
