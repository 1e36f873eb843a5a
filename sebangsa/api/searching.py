"""Finding accounts, statuses and hashtags."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import Q, Subquery

from federation.addresses import customer_of
from federation.models import Actor, Follow, FollowState
from federation.refusals import Refused
from sebangsa import timelines
from sebangsa.api.access import ApiRoute, Call, Caller, Denied, Rule
from sebangsa.api.entities.accounts import account
from sebangsa.api.entities.statuses import status, statuses, whole_tag
from sebangsa.errors import Invalid
from sebangsa.fetching import fetch_post
from sebangsa.lookup import actor_by_handle, find_actor
from sebangsa.models import Post, PostTag
from sebangsa.text.handles import parse_handle
from sebangsa.text.hashtags import normal_form
from sebangsa.visibility import may_read, readable

RESULTS, MOST = 20, 40
KINDS = ("accounts", "statuses", "hashtags")


async def search(call: Call) -> dict[str, Any]:
    """Everything that a text names. Without a token only the first page is given, and nobody else is asked."""
    given = call.given
    text = given.text("q", limit=2000).strip()
    if not text:
        raise Invalid("query-needed", "Write what to search for.", field="q")
    kind = given.text("type")
    if kind and kind not in KINDS:
        raise Invalid("kind-invalid", f"type is one of {', '.join(KINDS)}.", field="type")
    resolve, offset = given.flag("resolve"), given.offset()
    if call.viewer is None and (resolve or offset):
        raise Denied(401, "invalid-token", "Resolving and offsets need a person's token")
    limit = given.number("limit", RESULTS, MOST)
    wanted = (kind,) if kind else KINDS
    found: dict[str, Any] = {"accounts": [], "statuses": [], "hashtags": [], "collections": []}
    is_address = text.startswith(("https://", "http://"))
    if is_address:
        post = await _post_at(call, text, resolve=resolve)
        if post is not None:
            if "statuses" in wanted:
                found["statuses"] = [await status(call.site, post, call.viewer)]
            return found
    if "accounts" in wanted:
        actors = await find_accounts(
            call, text, limit=limit, offset=offset, resolve=resolve, following=given.flag("following")
        )
        found["accounts"] = [account(call.site, actor) for actor in actors]
    if is_address:
        return found
    if "statuses" in wanted and call.viewer is not None:
        found["statuses"] = await _own_statuses(call, call.viewer, text, limit, offset)
    if "hashtags" in wanted:
        found["hashtags"] = [whole_tag(call.site, name) for name in await _tags(text, limit, offset)]
    return found


async def find_accounts(
    call: Call, text: str, *, limit: int, offset: int = 0, resolve: bool = False, following: bool = False
) -> list[Actor]:
    """Accounts whose handle or name begins with the text; `resolve` also asks the server that it names."""
    text = text.strip()
    if not text:
        return []
    exact: Actor | None = None
    handle = parse_handle(text)
    if resolve:
        await _may_resolve(call)
        exact = await find_actor(call.site, text)
    elif text.startswith(("https://", "http://")):
        exact = await Actor.filter(Q(uri=text) | Q(url=text)).first()
    elif handle is not None:
        exact = await actor_by_handle(call.site, handle, fetch=False)
    if exact is not None and (not exact.is_usable or exact.is_feed):
        exact = None
    found = Actor.filter(deleted_at=None, suspended_at=None).exclude(type__in=["Application", "Feed"])
    begins = text.removeprefix("@").removeprefix("!")
    if handle is not None and handle.domain:
        found = found.filter(username__startswith=handle.name.lower(), domain__startswith=handle.domain)
    else:
        found = found.filter(Q(username__istartswith=begins) | Q(name__istartswith=begins))
    if following and call.viewer is not None:
        mine = Follow.filter(follower_id=call.viewer.id, state=FollowState.ACCEPTED).values("target_id")
        found = found.filter(id__in=Subquery(mine))
    others = await found.order_by("-followers_count", "id").offset(offset).limit(limit)
    if exact is None or offset or following:
        return others
    return [exact, *(actor for actor in others if actor.id != exact.id)][:limit]


async def _post_at(call: Call, url: str, *, resolve: bool) -> Post | None:
    post = (
        await Post.filter(Q(uri=url) | Q(url=url), boost_of_id__isnull=True).select_related("author").first()
    )
    if post is None and resolve and not call.site.federation.config.is_ours(url):
        await _may_resolve(call)
        try:
            post = await fetch_post(call.site, url)
        except Refused:
            return None
    if post is None or not await may_read(call.site, call.viewer, post):
        return None
    return post


async def _may_resolve(call: Call) -> None:
    """Asking other servers costs them and us."""
    address = customer_of(call.request.client.host if call.request.client else "")
    await call.site.limiter.hit("resolve", call.viewer.id if call.viewer else address)


async def _own_statuses(call: Call, me: Actor, text: str, limit: int, offset: int) -> list[dict[str, Any]]:
    """What I wrote is found by its words; other people's posts are not indexed for strangers."""
    posts = readable(Post.filter(author_id=me.id, boost_of_id__isnull=True), me)
    found = posts.filter(Q(source__icontains=text) | Q(name__icontains=text) | Q(summary__icontains=text))
    page = await timelines.with_parts(found.order_by("-id").offset(offset).limit(limit))
    return await statuses(call.site, page, me)


async def _tags(text: str, limit: int, offset: int) -> list[str]:
    name = normal_form(text.removeprefix("#"))
    if not name:
        return []
    found = PostTag.filter(name__startswith=name).distinct().order_by("name").offset(offset).limit(limit)
    return [str(tag) for tag in await found.values_list("name", flat=True)]


ROUTES = [ApiRoute("/api/v2/search", search, Rule(Caller.ANYBODY, "read:search"))]
