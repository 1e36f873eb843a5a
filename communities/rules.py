"""Finding communities and their rules."""

from __future__ import annotations

from communities.models import Community, Posting
from federation.models import Actor
from sebangsa.errors import NotFound


async def community_by_name(name: str) -> Actor:
    """The community with this name: `name` for ours, `name@domain` for one that we know. Raises `NotFound`."""
    local, at, domain = name.lower().removeprefix("!").partition("@")
    if not local or "\x00" in name or (at and not domain):  # PostgreSQL takes no NUL, not even to compare
        raise NotFound("There is no such community here.")
    query = Actor.filter(username=local, type="Group", deleted_at=None, suspended_at=None)
    found = await (query.filter(domain=domain) if domain else query.filter(local_name=local)).first()
    if found is None:
        raise NotFound("There is no such community here.")
    return found


async def rules_of(community: Actor) -> Community:
    """A community's rules; for one elsewhere what its document says."""
    found = await Community.get_or_none(actor_id=community.id)
    if found is None:
        found = Community(actor=community)
    if not community.is_local and community.extra.get("postingRestrictedToMods") is True:
        found.posting = Posting.MODERATORS
    return found
