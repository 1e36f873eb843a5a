"""A community moves to another server, or one elsewhere does; and people who move bring their bans along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities.authority import Rank, rank_of
from communities.log import write_log
from communities.models import Membership
from federation.models import Actor
from sebangsa.errors import NotAllowed
from sebangsa.posting import Draft

if TYPE_CHECKING:
    from sebangsa.site import Site


async def must_own(community: Actor, actor: Actor) -> None:
    """Raises `NotAllowed` unless `actor` may give a community of ours away."""
    if not community.is_local or await rank_of(community, actor) < Rank.OWNER:
        raise NotAllowed("not-the-owner", "Only an owner of this community may do this.")


async def may_post(author: Actor, draft: Draft) -> None:
    """Nothing new is written in a community of ours that moved away."""
    if draft.community is not None:
        _must_be_here(draft.community)


async def may_follow(follower: Actor, target: Actor) -> None:
    """Nobody joins one either: its page leads to the new one."""
    if target.is_group:
        _must_be_here(target)


def _must_be_here(community: Actor) -> None:
    if community.is_local and community.moved_to:
        raise NotAllowed("community-moved", "This community has moved to another server.")


async def after_move(site: Site, old: Actor, new: Actor) -> None:
    """Who moved is still banned where the old account was. Roles are not carried over: they are given to a person by name.

    In the transaction of the move.
    """
    if old.is_group:
        if old.is_local:
            await write_log(site, old, old, "move", subject=new)
        return
    bans = await Membership.filter(actor_id=old.id, banned_at__isnull=False, community__host="")
    known = {
        held.community_id: held
        for held in await Membership.filter(
            actor_id=new.id, community_id__in=[ban.community_id for ban in bans]
        )
    }
    for ban in bans:
        held = known.get(ban.community_id) or Membership(
            id=site.ids.next(),
            community_id=ban.community_id,
            actor_id=new.id,
            created_at=site.clock.now(),
        )
        if held.banned_at is None and not held.is_moderating:
            await held.change(
                banned_at=ban.banned_at, banned_until=ban.banned_until, ban_reason=ban.ban_reason
            )
