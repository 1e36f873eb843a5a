"""Communities are founded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from communities.describing import Description, check_description, write_description
from communities.models import Community, Membership, Role
from federation.database import transaction
from federation.local_actors import create_local_actor
from federation.models import Actor
from sebangsa import following
from sebangsa.errors import Invalid
from sebangsa.text.handles import valid_local_name

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_NAME = 20
"""Letters of the name of a community or feed: Lemmy takes no longer ones."""


def checked_name(name: str) -> str:
    """The name of a new community or feed, as it is kept. Raises `Invalid`."""
    name = name.strip().lower()
    if not valid_local_name(name) or len(name) > MAX_NAME:
        raise Invalid(
            "name-invalid",
            "A name has 1 to %(most)s letters a to z, digits or _.",
            field="name",
            most=MAX_NAME,
        )
    return name


def name_taken() -> Invalid:
    return Invalid("name-taken", "That name is taken.", field="name")


async def create_community(site: Site, name: str, owner: Actor, about: Description) -> Actor:
    """Found a community; its founder owns and follows it. Returns its actor.

    People and communities share one name space: Mastodon cannot see a person and a group with one handle.
    Raises `Invalid` with the field.
    """
    name = checked_name(name)
    if await Actor.exists(local_name=name):
        raise name_taken()
    check_description(about)
    now = site.clock.now()
    try:
        async with transaction():
            community = await create_local_actor(site.federation, "Group", name)
            rules = Community(id=site.ids.next(), actor=community, created_at=now)
            await write_description(site, community, rules, about)
            await Membership.create(
                id=site.ids.next(), community=community, actor=owner, role=Role.OWNER, created_at=now
            )
            made = await following.follow(site, owner, community)
            await following.accept(site, made, owner, community)
    except IntegrityError as error:
        raise name_taken() from error
    return await Actor.get(id=community.id)
