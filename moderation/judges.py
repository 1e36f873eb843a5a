"""Which community's moderators judge a report beside those of this server, and how it reaches them.

A report carries its reporter's name. So it goes to the community's own server and to those of its moderators, never
to followers, and to nobody for whom the accused is the only moderator there (S-130).
"""

from __future__ import annotations

from collections.abc import Sequence

from communities.announcing import announce_to
from communities.authority import is_banned
from communities.membership import moderators_of
from federation.models import Actor
from moderation.models import Case
from sebangsa.models import Post, Role, User
from sebangsa.notifying import notify
from sebangsa.site import Site

MAX_FORWARDED = 20_000
"""Characters of an activity that is passed on: a report of a megabyte is answered here (S-130)."""


def has_communities(site: Site) -> bool:
    """Whether this instance has the feature at all."""
    return any(feature.name == "communities" for feature in site.features)


async def community_of(site: Site, reporter: Actor, posts: Sequence[Post]) -> Actor | None:
    """The community in which the first of these posts stands; None also for a reporter who is banned there."""
    first = next((post for post in posts if post.community_id is not None), None)
    if first is None or not has_communities(site):
        return None
    community = await Actor.get_or_none(id=first.community_id, deleted_at=None, suspended_at=None)
    if community is None or await is_banned(site, community, reporter):
        return None
    return community


async def moderators_besides(community: Actor, accused_id: int) -> list[Actor]:
    """Who judges: the moderators, without one who is accused."""
    return [held.actor for held in await moderators_of(community) if held.actor_id != accused_id]


async def pass_on(
    site: Site,
    community: Actor,
    accused_id: int,
    activity: str,
    *,
    seen_by: str = "",
    also: Actor | None = None,
) -> None:
    """A community of ours tells its moderators elsewhere (and `also` the reporter), in the transaction under way.

    `seen_by` is the host it came from, which has it.
    """
    if not community.is_local or len(activity) > MAX_FORWARDED:
        return
    people = await moderators_besides(community, accused_id)
    if also is not None:
        people.append(also)
    await announce_to(
        site, community, activity, [person for person in people if not seen_by or person.host != seen_by]
    )


async def tell_judges(site: Site, case: Case, community: Actor | None) -> None:
    """A notification for each moderator of this server, and each of the community who is here."""
    told: set[int] = set()
    if case.is_for_site:
        team = await User.filter(role__in=[Role.MODERATOR, Role.ADMIN], disabled_at__isnull=True)
        told = {user.actor_id for user in team}
        for actor_id in told:
            await notify(
                site, actor_id, "admin.report", case.reporter_id, is_repeatable=True, case_id=str(case.id)
            )
    if community is None:
        return
    for moderator in await moderators_besides(community, case.accused_id):
        if moderator.id not in told:
            await notify(
                site,
                moderator.id,
                "community.report",
                case.reporter_id,
                is_repeatable=True,
                case_id=str(case.id),
                community=community.handle,
            )
