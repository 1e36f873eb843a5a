"""`Follow` of people and communities, and `Accept` and `Reject` of those who ask to follow."""

from __future__ import annotations

from federation.models import Follow, FollowState
from federation.wire import id_of, types_of
from federation.wire.shapes import plain
from sebangsa import following
from sebangsa.api.access import Call, must_include
from sebangsa.c2s.finding import actor_at
from sebangsa.c2s.given import Given
from sebangsa.errors import Invalid, NotFound


async def follow(call: Call, given: Given) -> str:
    """Follow somebody, or join a community; asked twice it is the first `Follow`."""
    assert call.token is not None
    must_include(call.token, "write:follows")
    target = await actor_at(call, given.named())
    await call.site.limiter.hit("follow", call.me.id)
    made = await following.follow(call.site, call.me, target)
    return made.uri


async def accept(call: Call, given: Given) -> str:
    """Let in who asked to follow."""
    made = await _asked(call, given)
    if made.state != FollowState.PENDING:
        raise Invalid("already-accepted", "This follower was let in before.", field="object")
    await following.accept(call.site, made, made.follower, call.me)
    return ""


async def reject(call: Call, given: Given) -> str:
    """Refuse who asked to follow, or remove a follower."""
    made = await _asked(call, given)
    await following.reject(call.site, made, made.follower, call.me)
    return ""


async def _asked(call: Call, given: Given) -> Follow:
    """The `Follow` that is answered: by its id, or by who follows in it. Raises `NotFound`."""
    assert call.token is not None
    must_include(call.token, "write:follows")
    follows = Follow.filter(target_id=call.me.id).select_related("follower")
    made = await follows.filter(uri=given.object_id).first() if given.object_id else None
    if made is None and isinstance(given.object, dict):
        inner = plain(given.object)
        follower = id_of(inner.get("actor"))
        if "Follow" in types_of(inner) and follower:
            made = await follows.filter(follower__uri=follower).first()
    if made is None:
        raise NotFound
    return made
