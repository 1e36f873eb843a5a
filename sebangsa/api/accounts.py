"""Reading accounts: profiles, their statuses, who follows whom."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation.models import Actor, Follow, FollowState
from sebangsa import timelines
from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.accounts import account, account_with_move, credential_account, relationships
from sebangsa.api.entities.statuses import statuses
from sebangsa.api.paging import ACCOUNTS, link_pages, rows_of, window_of
from sebangsa.api.searching import find_accounts
from sebangsa.errors import NotFound
from sebangsa.lookup import actor_by_handle
from sebangsa.models import Attachment, Post, PostTag, Visibility
from sebangsa.text.handles import parse_handle
from sebangsa.text.hashtags import normal_form
from sebangsa.visibility import readable

MANY = 80


async def actor_of(call: Call) -> Actor:
    """The account of the path. Raises `NotFound`, also for one that was deleted. A feed of communities is no account."""
    actor = await Actor.get_or_none(id=call.path_id(), deleted_at=None)
    if actor is None or actor.is_feed:
        raise NotFound
    return actor


async def verify_credentials(call: Call) -> dict[str, Any]:
    return await credential_account(call.site, call.user)


async def show_account(call: Call) -> dict[str, Any]:
    return await account_with_move(call.site, await actor_of(call))


async def show_accounts(call: Call) -> list[dict[str, Any]]:
    """Several by `id[]`; unknown ones are left out."""
    wanted = call.given.identities("id", ACCOUNTS)
    found = await Actor.filter(id__in=wanted, deleted_at=None).exclude(type="Feed")
    return [account(call.site, actor) for actor in found]


async def lookup_account(call: Call) -> dict[str, Any]:
    """By handle, among those known here: nobody else's server is asked."""
    handle = parse_handle(call.given.text("acct", limit=400))
    actor = await actor_by_handle(call.site, handle, fetch=False) if handle else None
    if actor is None or actor.is_feed:
        raise NotFound
    return await account_with_move(call.site, actor)


async def search_accounts(call: Call) -> list[dict[str, Any]]:
    found = await find_accounts(
        call,
        call.given.text("q", limit=400),
        limit=call.given.number("limit", ACCOUNTS, MANY),
        resolve=call.given.flag("resolve"),
        following=call.given.flag("following"),
    )
    return [account(call.site, actor) for actor in found]


async def account_statuses(call: Call) -> list[dict[str, Any]]:
    """What somebody wrote and boosted; of a community, the threads in it. Nothing is pinned to a profile here."""
    actor, given = await actor_of(call), call.given
    if given.flag("pinned") or not actor.is_usable:
        return []
    replies, boosts = not given.flag("exclude_replies"), not given.flag("exclude_reblogs")
    posts = _written(actor, call.viewer, replies=replies, boosts=boosts)
    if given.flag("only_media"):
        posts = posts.filter(id__in=Subquery(Attachment.filter(post_id__isnull=False).values("post_id")))
    if given.text("tagged", limit=200):
        tagged = PostTag.filter(name=normal_form(given.text("tagged")) or "").values("post_id")
        posts = posts.filter(id__in=Subquery(tagged))
    return await status_page(call, posts)


def _written(actor: Actor, viewer: Actor | None, *, replies: bool, boosts: bool) -> QuerySet[Post]:
    if not actor.is_group:
        return timelines.of_actor(actor, viewer, replies=replies, boosts=boosts)
    posts = readable(Post.filter(community_id=actor.id), viewer).exclude(visibility=Visibility.DIRECT)
    return posts.filter(in_reply_to_id__isnull=True)


async def status_page(call: Call, posts: QuerySet[Post]) -> list[dict[str, Any]]:
    """One page of statuses, with its links."""
    window = window_of(call)
    found = await timelines.page_of(posts, window)
    link_pages(call, [post.id for post in found], window.limit)
    return await statuses(call.site, found, call.viewer)


async def account_followers(call: Call) -> list[dict[str, Any]]:
    actor = await actor_of(call)
    if actor.is_group:
        return []  # who is in a community is shown to its moderators, on their page
    return await _follows(call, Follow.filter(target_id=actor.id), "follower")


async def account_following(call: Call) -> list[dict[str, Any]]:
    actor = await actor_of(call)
    return await _follows(call, Follow.filter(follower_id=actor.id), "target")


async def _follows(call: Call, follows: QuerySet[Follow], side: str) -> list[dict[str, Any]]:
    """Paged by the follow's id, as Mastodon does."""
    window = window_of(call, ACCOUNTS)
    usable = {f"{side}__suspended_at__isnull": True, f"{side}__deleted_at__isnull": True}
    found = await rows_of(follows.filter(state=FollowState.ACCEPTED, **usable).select_related(side), window)
    link_pages(call, [made.id for made in found], window.limit)
    others = [getattr(made, side) for made in found]
    # Who is in a private community, they say to nobody by following it.
    shown = [one for made, one in zip(found, others, strict=True) if _may_tell(call, made, one)]
    return [account(call.site, one) for one in shown]


def _may_tell(call: Call, made: Follow, other: Actor) -> bool:
    is_own = call.viewer is not None and made.follower_id == call.viewer.id
    return is_own or not other.is_members_only


async def account_relationships(call: Call) -> list[dict[str, Any]]:
    """How I stand to the accounts of `id[]`, in that order."""
    asked = call.given.identities("id", MANY)
    known = set(await Actor.filter(id__in=asked, deleted_at=None).values_list("id", flat=True))
    return await relationships(call.me, [actor_id for actor_id in asked if actor_id in known])


async def familiar_followers(call: Call) -> list[dict[str, Any]]:
    """Whom I follow among an account's followers."""
    mine = Follow.filter(follower_id=call.me.id, state=FollowState.ACCEPTED).values("target_id")
    entries = []
    for actor_id in call.given.identities("id", 10):
        found = (
            await Follow.filter(
                Q(target_id=actor_id, state=FollowState.ACCEPTED) & Q(follower_id__in=Subquery(mine))
            )
            .select_related("follower")
            .limit(ACCOUNTS)
        )
        entries.append(
            {"id": str(actor_id), "accounts": [account(call.site, made.follower) for made in found]}
        )
    return entries


async def nothing_featured(call: Call) -> list[Any]:
    """Featured tags, lists and endorsements of an account: there are none here."""
    await actor_of(call)
    return []


_READ = Rule(Caller.ANYBODY, "read:accounts")
_MINE = Rule(Caller.PERSON, "read:accounts")
_FOLLOWS = Rule(Caller.PERSON, "read:follows")

ROUTES = [
    ApiRoute("/api/v1/accounts/verify_credentials", verify_credentials, _MINE),
    ApiRoute("/api/v1/accounts/lookup", lookup_account, _READ),
    ApiRoute("/api/v1/accounts/search", search_accounts, _MINE),
    ApiRoute("/api/v1/accounts/relationships", account_relationships, _FOLLOWS),
    ApiRoute("/api/v1/accounts/familiar_followers", familiar_followers, _FOLLOWS),
    ApiRoute("/api/v1/accounts", show_accounts, _READ),
    ApiRoute("/api/v1/accounts/{id}", show_account, _READ),
    ApiRoute("/api/v1/accounts/{id}/statuses", account_statuses, Rule(Caller.ANYBODY, "read:statuses")),
    ApiRoute("/api/v1/accounts/{id}/followers", account_followers, _READ),
    ApiRoute("/api/v1/accounts/{id}/following", account_following, _READ),
    ApiRoute("/api/v1/accounts/{id}/featured_tags", nothing_featured, _READ),
    ApiRoute("/api/v1/accounts/{id}/endorsements", nothing_featured, _READ),
    ApiRoute("/api/v1/accounts/{id}/lists", nothing_featured, Rule(Caller.PERSON, "read:lists")),
]
