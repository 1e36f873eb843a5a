"""The one place that decides who may read a post. API, pages, search, streams and ActivityPub all ask here."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation.models import Actor, Follow, FollowState
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.models import Mention, Post, Visibility

if TYPE_CHECKING:
    from sebangsa.site import Site

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


async def may_read(site: Site, viewer: Actor | None, post: Post, *, let_in_by: Actor | None = None) -> bool:
    """Whether `viewer` (None: anybody) may read the post.

    An author reads all of their own but what they deleted; a removed post is read by nobody else, and nothing of
    somebody suspended, or whose account ended, by anybody. What is for members of a community is read by its members here,
    and by servers on which it has one: each keeps its own people apart. `let_in_by` is a community elsewhere that vouches
    for the viewer, since only its own server knows all members: by a token (FEP-db0e), or by passing on what the viewer
    did. The gate `may_read` narrows it further (masked reports).
    """
    if post.deleted_at is not None or not await _is_by_somebody_usable(post):
        return False
    if viewer is not None and viewer.id == post.author_id:
        return True
    if post.removed_at is not None:
        return False
    if post.visibility == Visibility.MEMBERS:
        if not await _is_member(viewer, post, let_in_by):
            return False
    elif post.visibility not in OPEN and not await _is_addressed(viewer, post):
        return False
    return await site.hooks.may_read.allows(viewer, post)


async def _is_by_somebody_usable(post: Post) -> bool:
    if isinstance(post.author, Actor):
        return post.author.is_usable
    return await Actor.exists(id=post.author_id, suspended_at=None, deleted_at=None)


async def _is_member(viewer: Actor | None, post: Post, let_in_by: Actor | None) -> bool:
    if viewer is None or post.community_id is None:
        return False
    if let_in_by is not None and let_in_by.id == post.community_id:
        return True
    if viewer.is_local:
        return await is_member(viewer, post.community_id)
    return await Actor.exists(id=post.community_id, host=viewer.host) or await has_member_on(
        viewer.host, post.community_id
    )


async def may_read_in(viewer: Actor | None, community: Actor) -> bool:
    """Whether `viewer` may see what a community holds as a whole: its outbox, its pinned posts, its log."""
    if not community.is_members_only:
        return True
    if viewer is None:
        return False
    return await (
        is_member(viewer, community.id) if viewer.is_local else has_member_on(viewer.host, community.id)
    )


async def is_member(person: Actor | None, community_id: int) -> bool:
    """Whether somebody was let into a community. Whoever left it, or was put out or banned, is not."""
    return person is not None and await Follow.exists(
        follower_id=person.id, target_id=community_id, state=FollowState.ACCEPTED
    )


async def has_member_on(host: str, community_id: int) -> bool:
    """Whether anybody on another server is a member."""
    return await Follow.exists(
        follower__host=host,
        follower__suspended_at__isnull=True,
        target_id=community_id,
        state=FollowState.ACCEPTED,
    )


async def readers_among(actor_ids: Collection[int], post: Post) -> set[int]:
    """Who of these may be told of a post: all of them, or the members where it is for members. One query then."""
    if post.visibility != Visibility.MEMBERS:
        return set(actor_ids)
    found = await Follow.filter(
        follower_id__in=list(actor_ids), target_id=post.community_id, state=FollowState.ACCEPTED
    ).only("id", "follower_id")
    return {made.follower_id for made in found}


def visibility_within(wanted: Visibility, community: Actor | None, parent: Post | None) -> Visibility:
    """The visibility that a post gets: whatever its author says, what stands in a community for members, or answers what
    is for members, is for members; only a message to people is not in it.
    """
    is_closed = community is not None and community.is_members_only
    if parent is not None and parent.visibility == Visibility.MEMBERS:
        is_closed = True
    return Visibility.MEMBERS if is_closed and wanted != Visibility.DIRECT else wanted


async def _is_addressed(viewer: Actor | None, post: Post) -> bool:
    if viewer is None:
        return False
    if await Mention.exists(post_id=post.id, actor_id=viewer.id):
        return True
    return post.visibility == Visibility.FOLLOWERS and await Follow.exists(
        follower_id=viewer.id, target_id=post.author_id, state=FollowState.ACCEPTED
    )


async def post_for(site: Site, viewer: Actor | None, post_id: int) -> Post:
    """The post, with author and community. Raises `NotFound` alike for none and for one they may not read."""
    post = await Post.get_or_none(id=post_id).select_related("author", "community", "boost_of__author")
    if post is None or not await may_read(site, viewer, post):
        raise NotFound
    return post


def readable(
    posts: QuerySet[Post], viewer: Actor | None, *, let_in_by: Actor | None = None
) -> QuerySet[Post]:
    """Narrow a query to what `viewer` may read: the same rule as `may_read`, as SQL."""
    posts = posts.filter(
        deleted_at__isnull=True, author__suspended_at__isnull=True, author__deleted_at__isnull=True
    )
    if viewer is None:
        return posts.filter(visibility__in=OPEN, removed_at__isnull=True)
    followed = Follow.filter(follower_id=viewer.id, state=FollowState.ACCEPTED).values("target_id")
    addressed = Mention.filter(actor_id=viewer.id).values("post_id")
    return posts.filter(
        Q(author_id=viewer.id)
        | Q(removed_at__isnull=True)
        & (
            Q(visibility__in=OPEN)
            | Q(visibility=Visibility.FOLLOWERS, author_id__in=Subquery(followed))
            | Q(visibility=Visibility.MEMBERS) & _in_communities_of(viewer, let_in_by)
            | ~Q(visibility=Visibility.MEMBERS) & Q(id__in=Subquery(addressed))
        )
    )


def _in_communities_of(viewer: Actor, let_in_by: Actor | None) -> Q:
    if viewer.is_local:
        joined = Follow.filter(follower_id=viewer.id, state=FollowState.ACCEPTED).values("target_id")
        return Q(community_id__in=Subquery(joined))
    joined = Follow.filter(
        follower__host=viewer.host, follower__suspended_at__isnull=True, state=FollowState.ACCEPTED
    ).values("target_id")
    hosted = Actor.filter(host=viewer.host, type="Group").values("id")
    found = Q(community_id__in=Subquery(joined)) | Q(community_id__in=Subquery(hosted))
    return found if let_in_by is None else found | Q(community_id=let_in_by.id)


def with_shown_boosts(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Leave out boosts of what was removed since, or whose author is suspended or gone: for the feeds that hold boosts."""
    return posts.filter(
        boost_of__removed_at__isnull=True,
        boost_of__author__suspended_at__isnull=True,
        boost_of__author__deleted_at__isnull=True,
    )


def must_be_author(actor: Actor, post: Post) -> None:
    """Raises `NotAllowed` unless the post is the actor's own."""
    if post.author_id != actor.id:
        raise NotAllowed("not-the-author", "Only its author may do this.")
