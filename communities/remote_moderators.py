"""Who moderates a community elsewhere: only its own host says so (S-057)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from communities.models import Community, Membership, Role
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.urls import host_of
from federation.wire import read_collection

if TYPE_CHECKING:
    from sebangsa.site import Site

LISTED_FOR = timedelta(hours=6)
"""A list that names the actor is believed for this long."""
ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""An actor that the list does not name may have been appointed since: asked again, but not for each activity."""
MAX_MODERATORS = 100


async def is_listed(site: Site, inbound: Inbound, community: Actor, actor: Actor) -> bool:
    """Whether the community's host lists `actor`. Raises `Missing` to have the list fetched."""
    known = await Community.get_or_none(actor_id=community.id)
    fetched_at = known.moderators_fetched_at if known else None
    age = site.clock.now() - fetched_at if fetched_at else None
    named = await Membership.exists(
        community_id=community.id, actor_id=actor.id, role__in=[Role.OWNER, Role.MODERATOR]
    )
    if age is not None and age < (LISTED_FOR if named else ASKED_AGAIN_AFTER):
        return named
    return actor.uri in await read_moderators(site, inbound, community)


async def read_moderators(site: Site, inbound: Inbound, community: Actor) -> list[str]:
    """The list as its host serves it now, written to the rows. Raises `Missing`, `Refused`."""
    url = community.moderators_url
    if not url or host_of(url) != community.host:
        raise Refused("not-allowed", "the community's own host lists no moderators")
    collection = read_collection(inbound.document_at(url))
    listed = list((collection.first_page or collection).item_ids)[:MAX_MODERATORS]
    await _write(site, community, listed)
    return listed


async def _write(site: Site, community: Actor, listed: list[str]) -> None:
    now = site.clock.now()
    known, _ = await Community.get_or_create(
        actor_id=community.id, defaults={"id": site.ids.next(), "created_at": now}
    )
    known.moderators_fetched_at = now
    await known.save(update_fields=["moderators_fetched_at"])
    moderators = await Actor.filter(uri__in=listed)
    ids = [actor.id for actor in moderators]
    await (
        Membership.filter(community_id=community.id, role=Role.MODERATOR)
        .exclude(actor_id__in=ids)
        .update(role=Role.MEMBER)
    )
    for actor in moderators:
        held, _ = await Membership.get_or_create(
            community_id=community.id, actor_id=actor.id, defaults={"id": site.ids.next(), "created_at": now}
        )
        if not held.is_moderating:
            held.role = Role.MODERATOR
            await held.save(update_fields=["role"])
