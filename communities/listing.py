"""What a community's page shows: threads in an order, comments as a tree, and which communities there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import F, Q, Subquery
from tortoise.queryset import QuerySet

from communities.models import Membership, PostFlair
from federation.models import Actor, Follow, FollowState
from sebangsa.flair import chosen_among
from sebangsa.models import Post
from sebangsa.timelines import PAGE, with_parts
from sebangsa.visibility import readable

if TYPE_CHECKING:
    from sebangsa.site import Site

SORTS = ("hot", "new", "top")
PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "all": None}
MAX_PAGE_NUMBER = 50
"""Pages that can be turned in the orders that have no cursor."""
MAX_TREE = 500
MAX_FOUND = 50


@dataclass(frozen=True)
class Order:
    """How threads are ordered. `page` counts from 1; `below` is the cursor of `new`, `flair` a label's name."""

    sort: str = "hot"
    period: str = "week"
    page: int = 1
    below: int | None = None
    flair: str = ""


async def threads(
    site: Site, community: Actor, viewer: Actor | None, order: Order, limit: int = PAGE
) -> list[Post]:
    """Opening posts in the asked order, as far as the viewer may read them; pinned ones are listed by `pinned`."""
    posts = _opening_posts(community, viewer)
    if order.flair:
        wanted = [flair.id for flair in chosen_among(community, [order.flair])]
        posts = posts.filter(id__in=Subquery(PostFlair.filter(flair__in=wanted or [""]).values("post_id")))
    else:
        posts = posts.filter(is_pinned=False)
    return await in_order(site, posts, order, limit)


async def in_order(site: Site, posts: QuerySet[Post], order: Order, limit: int = PAGE) -> list[Post]:
    """One page of opening posts in the asked order, with what showing them needs."""
    if order.sort == "new":
        if order.below is not None:
            posts = posts.filter(id__lt=order.below)
        return await with_parts(posts.order_by("-id").limit(limit))
    offset = (max(1, min(order.page, MAX_PAGE_NUMBER)) - 1) * limit
    if order.sort == "top":
        span = PERIODS.get(order.period, PERIODS["week"])
        if span is not None:
            posts = posts.filter(created_at__gte=site.clock.now() - span)
        posts = posts.annotate(balance=F("likes_count") - F("dislikes_count")).order_by("-balance", "-id")
    else:
        posts = posts.order_by("-hot_score", "-id")
    return await with_parts(posts.offset(offset).limit(limit))


async def pinned(community: Actor, viewer: Actor | None) -> list[Post]:
    """The pinned threads."""
    return await with_parts(
        _opening_posts(community, viewer).filter(is_pinned=True).order_by("-id").limit(10)
    )


def _opening_posts(community: Actor, viewer: Actor | None) -> QuerySet[Post]:
    return readable(Post.all(), viewer).filter(
        community_id=community.id, in_reply_to_id__isnull=True, boost_of_id__isnull=True
    )


@dataclass
class Branch:
    """A comment with those below it. What was deleted or removed keeps its place when something hangs on it."""

    post: Post
    is_gone: bool = False
    below: list[Branch] = field(default_factory=list)


async def comments(opening: Post, viewer: Actor | None, *, sort: str = "top") -> list[Branch]:
    """A thread's comments as a tree, siblings by score (`top`) or age (`new`, `old`), in a fixed number of queries."""
    found = await with_parts(Post.filter(root_id=opening.id).order_by("id").limit(MAX_TREE))
    visible = set(
        await readable(Post.filter(id__in=[post.id for post in found]), viewer).values_list("id", flat=True)
    )
    branches = {post.id: Branch(post, is_gone=post.id not in visible) for post in found}
    top: list[Branch] = []
    for post in found:
        above = branches.get(post.in_reply_to_id or 0)
        (above.below if above else top).append(branches[post.id])
    return _sorted(_pruned(top), sort)


def _pruned(branches: list[Branch]) -> list[Branch]:
    for branch in branches:
        branch.below = _pruned(branch.below)
    return [branch for branch in branches if branch.below or not branch.is_gone]


def _sorted(branches: list[Branch], sort: str) -> list[Branch]:
    for branch in branches:
        branch.below = _sorted(branch.below, sort)
    if sort == "old":
        return branches
    if sort == "new":
        return sorted(branches, key=lambda branch: -branch.post.id)
    return sorted(branches, key=lambda branch: (-branch.post.score, branch.post.id))


async def directory(text: str = "", *, local_only: bool = False, sort: str = "popular") -> list[Actor]:
    """Communities that we know and that want to be found, ours first; `text` is part of a name or title."""
    found = Actor.filter(type="Group", discoverable=True, deleted_at__isnull=True, suspended_at__isnull=True)
    if local_only:
        found = found.filter(host="")
    if text.strip():
        wanted = text.replace("\x00", "").strip().lower().removeprefix("!").partition("@")[0][:100]
        found = found.filter(Q(username__icontains=wanted) | Q(name__icontains=wanted))
    order = ("-created_at",) if sort == "new" else ("-followers_count", "-posts_count")
    return await found.order_by(*order, "id").limit(MAX_FOUND)


async def joined(viewer: Actor) -> list[Actor]:
    """The communities somebody is in, by title."""
    followed = Follow.filter(follower_id=viewer.id, state=FollowState.ACCEPTED).values("target_id")
    return await Actor.filter(type="Group", id__in=Subquery(followed)).order_by("name").limit(500)


async def members(community: Actor, *, below: int | None = None, limit: int = 50) -> list[Follow]:
    """Who joined, newest first. Only moderators see those of a community: members did not ask to be listed."""
    found = Follow.filter(target_id=community.id, state=FollowState.ACCEPTED)
    if below is not None:
        found = found.filter(id__lt=below)
    return await found.order_by("-id").limit(limit).select_related("follower")


async def banned(site: Site, community: Actor) -> list[Membership]:
    """Whose ban is in force."""
    held = Membership.filter(community_id=community.id, banned_at__isnull=False)
    still = Q(banned_until__isnull=True) | Q(banned_until__gt=site.clock.now())
    return await held.filter(still).order_by("-banned_at").limit(200).select_related("actor")
