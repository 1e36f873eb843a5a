"""Who may do what in a community: one answer for pages, API, command line and what peers send (S-131)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from communities.models import Membership, Role
from federation.models import Actor
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, User
from sebangsa.models import Role as SiteRole

if TYPE_CHECKING:
    from sebangsa.site import Site


class Rank(IntEnum):
    """How high somebody stands in one community. Only who stands higher may act against another."""

    NOBODY = 0
    MODERATOR = 10
    OWNER = 20
    SITE_MODERATOR = 30
    ADMIN = 40


async def rank_of(community: Actor, actor: Actor) -> Rank:
    """The rank of `actor`. This site's own moderators and administrators outrank owners here, and nobody elsewhere."""
    if community.is_local and actor.is_local:
        user = await User.get_or_none(actor_id=actor.id)
        if user is not None and user.is_active and user.role != SiteRole.MEMBER:
            return Rank.ADMIN if user.is_admin else Rank.SITE_MODERATOR
    held = await Membership.get_or_none(community_id=community.id, actor_id=actor.id)
    if held is None or not held.is_moderating:
        return Rank.NOBODY
    return Rank.OWNER if held.role == Role.OWNER else Rank.MODERATOR


async def is_moderator(community: Actor, actor: Actor) -> bool:
    """Whether `actor` may moderate there."""
    return await rank_of(community, actor) >= Rank.MODERATOR


async def must_moderate(community: Actor, actor: Actor) -> Rank:
    """The rank of a moderator. Raises `NotAllowed` for everybody else."""
    rank = await rank_of(community, actor)
    if rank < Rank.MODERATOR:
        raise NotAllowed("not-a-moderator", "Only moderators of this community may do this.")
    return rank


async def must_outrank(community: Actor, actor: Actor, other: Actor) -> None:
    """Raises `NotAllowed` unless `actor` moderates there and stands above `other`."""
    if await must_moderate(community, actor) <= await rank_of(community, other):
        raise NotAllowed("ranks-too-low", "You cannot do this to somebody with the same or a higher role.")


async def community_of(post: Post) -> Actor:
    """The community a post stands in. Raises `NotAllowed` for a post outside any."""
    if post.community_id is None:
        raise NotAllowed("not-in-a-community", "This post is in no community.")
    return await Actor.get(id=post.community_id)


async def must_moderate_post(moderator: Actor, post: Post) -> Actor:
    """The post's community, which `moderator` moderates. Raises `NotAllowed`."""
    community = await community_of(post)
    await must_moderate(community, moderator)
    return community


async def must_remove(moderator: Actor, post: Post) -> Actor:
    """The same, for taking away a post: not of an author who stands higher (S-131). Raises `NotAllowed`."""
    community = await community_of(post)
    rank = await must_moderate(community, moderator)
    author = await Actor.get(id=post.author_id)
    if author.id != moderator.id and await rank_of(community, author) > rank:
        raise NotAllowed("ranks-too-low", "You cannot do this to somebody with a higher role.")
    return community


async def is_banned(site: Site, community: Actor, actor: Actor) -> bool:
    """Whether a ban is in force."""
    held = await Membership.get_or_none(community_id=community.id, actor_id=actor.id)
    return held is not None and held.is_banned(site.clock.now())
