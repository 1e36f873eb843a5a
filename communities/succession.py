"""Somebody who looked after communities is gone: who takes their place.

The moderator who has been one for the longest becomes the owner. Where nobody is left, the community goes to an
administrator of this server: everything stays readable, and somebody can hand it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from communities import wire
from communities.enacting import enact
from communities.log import write_log
from communities.membership import held_by, moderators_of
from communities.models import Membership, Role
from federation.models import Actor
from sebangsa.hooks import Origin
from sebangsa.models import Role as SiteRole
from sebangsa.models import User
from sebangsa.notifying import notify

if TYPE_CHECKING:
    from sebangsa.site import Site

MODERATING = (Role.OWNER, Role.MODERATOR)


async def leaves_behind(person: Actor, found: list[Actor]) -> None:
    """Add the communities of ours that only `person` looks after."""
    held = await _looked_after(person)
    shared = set(
        await Membership.filter(
            community_id__in=[row.community_id for row in held],
            role__in=MODERATING,
            actor__deleted_at=None,
            actor__suspended_at=None,
        )
        .exclude(actor_id=person.id)
        .values_list("community_id", flat=True)
    )
    found.extend(row.community for row in held if row.community_id not in shared)


async def hand_over(site: Site, person: Actor, origin: Origin) -> None:
    """An account ended, so its roles do, and somebody else takes them. In the transaction under way."""
    held = await _looked_after(person)
    await Membership.filter(actor_id=person.id).delete()
    for row in held:
        if row.role == Role.OWNER:
            await _succeed(site, row.community, person)
        elif not await moderators_of(row.community):
            await _give_to_administrator(site, row.community, person)


async def _looked_after(person: Actor) -> list[Membership]:
    held = Membership.filter(
        actor_id=person.id, role__in=MODERATING, community__host="", community__deleted_at=None
    )
    return await held.order_by("id").select_related("community")


async def _succeed(site: Site, community: Actor, person: Actor) -> None:
    others = [row for row in await moderators_of(community) if row.actor.is_usable]
    if not others:
        await _give_to_administrator(site, community, person)
    elif others[0].role != Role.OWNER:
        heir = others[0]
        heir.role = Role.OWNER
        await heir.save(update_fields=["role"])
        await write_log(site, community, heir.actor, "appoint", subject=heir.actor, reason=Role.OWNER.value)
        await notify(site, heir.actor_id, "community.inherited", community.id, handle=community.handle)


async def _give_to_administrator(site: Site, community: Actor, person: Actor) -> None:
    """To the one who is here for the longest. Other servers are told by them as moderator."""
    admins = User.filter(
        role=SiteRole.ADMIN, disabled_at=None, actor__suspended_at=None, actor__deleted_at=None
    )
    user = await admins.order_by("id").select_related("actor").first()
    if user is None:
        return  # whoever becomes one stands above every role here
    held = await held_by(site, community, user.actor)
    held.role = Role.OWNER
    await held.save(update_fields=["role"])
    await write_log(site, community, user.actor, "appoint", subject=user.actor, reason=Role.OWNER.value)
    added = wire.moderation("Add", user.actor, community, user.actor.uri, target=community.moderators_url)
    await enact(site, user.actor, community, added)
    await notify(site, user.actor_id, "community.inherited", community.id, handle=community.handle)
