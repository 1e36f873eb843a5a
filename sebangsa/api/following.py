"""Following people and communities, and answering those who ask."""

from __future__ import annotations

from typing import Any

from federation.models import Actor, Follow, FollowState
from sebangsa import following
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.accounts import actor_of
from sebangsa.api.entities.accounts import account, relationships
from sebangsa.api.paging import ACCOUNTS, link_pages, rows_of, window_of
from sebangsa.errors import NotFound


async def _relationship(call: Call, actor: Actor) -> dict[str, Any]:
    return (await relationships(call.me, [actor.id]))[0]


async def follow(call: Call) -> dict[str, Any]:
    """Follow, or change how: `reblogs` false leaves out boosts, `notify` tells of each post."""
    actor, given = await actor_of(call), call.given
    made = await following.follow(call.site, call.me, actor)
    changes = {}
    if given.has("reblogs"):
        changes["shows_boosts"] = given.flag("reblogs")
    if given.has("notify"):
        changes["notifies"] = given.flag("notify")
    if changes:
        await Follow.filter(id=made.id).update(**changes)
    return await _relationship(call, actor)


async def unfollow(call: Call) -> dict[str, Any]:
    actor = await actor_of(call)
    await following.unfollow(call.site, call.me, actor)
    return await _relationship(call, actor)


async def remove_follower(call: Call) -> dict[str, Any]:
    actor = await actor_of(call)
    made = await Follow.get_or_none(follower_id=actor.id, target_id=call.me.id)
    if made is not None:
        await following.reject(call.site, made, actor, call.me)
    return await _relationship(call, actor)


async def follow_requests(call: Call) -> list[dict[str, Any]]:
    window = window_of(call, ACCOUNTS)
    asking = Follow.filter(
        target_id=call.me.id,
        state=FollowState.PENDING,
        follower__suspended_at=None,
        follower__deleted_at=None,
    ).select_related("follower")
    found = await rows_of(asking, window)
    link_pages(call, [made.id for made in found], window.limit)
    return [account(call.site, made.follower) for made in found]


async def _asked(call: Call) -> tuple[Actor, Follow]:
    actor = await actor_of(call)
    made = await Follow.get_or_none(follower_id=actor.id, target_id=call.me.id, state=FollowState.PENDING)
    if made is None:
        raise NotFound
    return actor, made


async def authorize_request(call: Call) -> dict[str, Any]:
    actor, made = await _asked(call)
    await following.accept(call.site, made, actor, call.me)
    return await _relationship(call, actor)


async def reject_request(call: Call) -> dict[str, Any]:
    actor, made = await _asked(call)
    await following.reject(call.site, made, actor, call.me)
    return await _relationship(call, actor)


_WRITE = Rule(Caller.PERSON, "write:follows")

ROUTES = [
    ApiRoute(
        "/api/v1/accounts/{id}/follow",
        follow,
        Rule(Caller.PERSON, "write:follows", bucket="follow"),
        methods=["POST"],
    ),
    ApiRoute("/api/v1/accounts/{id}/unfollow", unfollow, _WRITE, methods=["POST"]),
    ApiRoute("/api/v1/accounts/{id}/remove_from_followers", remove_follower, _WRITE, methods=["POST"]),
    ApiRoute("/api/v1/follow_requests", follow_requests, Rule(Caller.PERSON, "read:follows")),
    ApiRoute("/api/v1/follow_requests/{id}/authorize", authorize_request, _WRITE, methods=["POST"]),
    ApiRoute("/api/v1/follow_requests/{id}/reject", reject_request, _WRITE, methods=["POST"]),
]
