"""People join, leave, are let in, get roles, and are banned."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from communities import wire
from communities.authority import Rank, must_moderate, must_outrank
from communities.enacting import enact
from communities.log import write_log
from communities.models import Membership, Role
from communities.moderating import remove_posts_of
from federation.database import transaction
from federation.models import Actor, Follow, FollowState
from sebangsa import following
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.text.plain import clean_name
from sebangsa.visibility import is_member

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_ANSWER = 2_000


async def join(site: Site, actor: Actor, community: Actor, answer: str = "") -> Follow:
    """Join, or ask to. `answer` is to the community's question. Raises `NotAllowed` for a banned one."""
    if not community.is_group:
        raise NotAllowed("not-a-community", "Only communities can be joined.")
    async with transaction():
        if answer.strip():
            held = await held_by(site, community, actor)
            await held.change(answer=answer.strip()[:MAX_ANSWER])
        return await following.follow(site, actor, community)


async def leave(site: Site, actor: Actor, community: Actor) -> None:
    """Leave; a moderator's role ends with it. Raises `NotAllowed` for the last owner (S-131)."""
    await following.unfollow(site, actor, community)


async def give_up_role(site: Site, actor: Actor, community: Actor) -> None:
    """Whoever stops following leaves, whichever way they do it: page, app or another program. One that moved away keeps
    its roles: they end with it.
    """
    stays = not community.is_group or bool(community.moved_to)
    if not stays and await rank_of_role(community, actor) >= Rank.MODERATOR:
        await dismiss(site, actor, community, actor)


async def rank_of_role(community: Actor, actor: Actor) -> Rank:
    """The rank that a role in the community itself gives."""
    held = await Membership.get_or_none(community_id=community.id, actor_id=actor.id)
    if held is None or not held.is_moderating:
        return Rank.NOBODY
    return Rank.OWNER if held.role == Role.OWNER else Rank.MODERATOR


async def approve(site: Site, moderator: Actor, community: Actor, member: Actor) -> None:
    """Let somebody in who asked."""
    await must_moderate(community, moderator)
    made = await _asked(community, member)
    await following.accept(site, made, member, community)


async def decline(site: Site, moderator: Actor, community: Actor, member: Actor) -> None:
    """Refuse somebody who asked, or put a member out without a ban."""
    await must_outrank(community, moderator, member)
    await following.reject(site, await _asked(community, member), member, community)


async def _asked(community: Actor, member: Actor) -> Follow:
    made = await Follow.get_or_none(follower_id=member.id, target_id=community.id)
    if made is None:
        raise NotAllowed("no-request", "There is no such request.")
    return made


async def held_by(site: Site, community: Actor, actor: Actor) -> Membership:
    """The row of somebody in a community, made where there is none."""
    held, _ = await Membership.get_or_create(
        community_id=community.id,
        actor_id=actor.id,
        defaults={"id": site.ids.next(), "created_at": site.clock.now()},
    )
    return held


async def appoint(
    site: Site, by: Actor, community: Actor, person: Actor, role: Role = Role.MODERATOR, *, activity: str = ""
) -> None:
    """Make somebody moderator or owner. Only owners appoint owners. `activity` is the `Add` of a peer, if it was one.

    Raises `NotAllowed`.
    """
    rank = await must_moderate(community, by)
    if role == Role.OWNER and rank < Rank.OWNER:
        raise NotAllowed("ranks-too-low", "Only an owner may appoint an owner.")
    if person.is_group or not person.is_usable:
        raise NotAllowed("not-a-person", "Only people can moderate.")
    if community.is_members_only and community.is_local and not await is_member(person, community.id):
        raise NotAllowed("not-a-member", "Only members can moderate a private community.")
    held = await held_by(site, community, person)
    if held.is_banned(site.clock.now()):
        raise NotAllowed("banned", "This person is banned here.")
    if held.role in (role, Role.OWNER):
        return
    async with transaction():
        was_moderating = held.is_moderating
        held.role = role
        await held.save(update_fields=["role"])
        await write_log(site, community, by, "appoint", subject=person, reason=role.value)
        if not was_moderating:
            added = wire.moderation("Add", by, community, person.uri, target=community.moderators_url)
            await enact(site, by, community, added, activity, told=[person])


async def dismiss(site: Site, by: Actor, community: Actor, person: Actor, *, activity: str = "") -> None:
    """End somebody's role, or lay down one's own. Never the last owner's (S-131). Raises `NotAllowed`."""
    if by.id != person.id:
        await must_outrank(community, by, person)
    else:
        await must_moderate(community, by)
    held = await Membership.get_or_none(community_id=community.id, actor_id=person.id)
    if held is None or not held.is_moderating:
        return
    async with transaction():
        if held.role == Role.OWNER:
            owners = await Membership.filter(community_id=community.id, role=Role.OWNER).count()
            if owners < 2 and community.is_local:
                raise NotAllowed("last-owner", "A community needs an owner. Appoint another one first.")
        held.role = Role.MEMBER
        await held.save(update_fields=["role"])
        await write_log(site, community, by, "dismiss", subject=person)
        removed = wire.moderation("Remove", by, community, person.uri, target=community.moderators_url)
        await enact(site, by, community, removed, activity, told=[person])


async def ban(
    site: Site,
    by: Actor,
    community: Actor,
    person: Actor,
    *,
    reason: str = "",
    until: datetime | None = None,
    removes_posts: bool = False,
    activity: str = "",
) -> None:
    """Shut somebody out: no posts, edits, votes, no joining, until `until` or for good. Raises `NotAllowed`."""
    await must_outrank(community, by, person)
    if until is not None and until <= site.clock.now():
        raise Invalid("until-past", "The end of the ban lies in the past.", field="until")
    reason = clean_name(reason, 500)
    async with transaction():
        await write_ban(site, community, person, reason, until)
        await write_log(site, community, by, "ban", subject=person, reason=reason)
        if removes_posts:
            await remove_posts_of(site, by, community, person)
        blocked = wire.block(by, community, person, reason, until, removes_posts=removes_posts)
        await enact(site, by, community, blocked, activity, told=[person])
        made = await Follow.get_or_none(follower_id=person.id, target_id=community.id)
        if made is not None and community.is_local:
            await following.reject(site, made, person, community)


async def write_ban(site: Site, community: Actor, person: Actor, reason: str, until: datetime | None) -> None:
    """The row alone, in the transaction under way."""
    held = await held_by(site, community, person)
    await held.change(banned_at=site.clock.now(), banned_until=until, ban_reason=reason, role=Role.MEMBER)


async def unban(site: Site, by: Actor, community: Actor, person: Actor, *, activity: str = "") -> None:
    """End a ban. Raises `NotAllowed`."""
    await must_moderate(community, by)
    held = await Membership.get_or_none(
        community_id=community.id, actor_id=person.id, banned_at__isnull=False
    )
    if held is None:
        return
    async with transaction():
        blocked = wire.block(by, community, person, held.ban_reason, held.banned_until, removes_posts=False)
        blocked["id"] = site.federation.config.url(f"/a/{site.ids.next()}")
        await held.change(banned_at=None, banned_until=None, ban_reason="")
        await write_log(site, community, by, "unban", subject=person)
        await enact(site, by, community, wire.undo(by, community, blocked), activity, told=[person])


async def moderators_of(community: Actor) -> list[Membership]:
    """Owners first, then moderators, each in the order of their appointment."""
    held = await Membership.filter(
        community_id=community.id, role__in=[Role.OWNER, Role.MODERATOR]
    ).select_related("actor")
    return sorted(held, key=lambda row: (row.role != Role.OWNER, row.id))


async def requests_of(community: Actor) -> list[tuple[Follow, str]]:
    """Who waits to be let in, with their answers to the join question."""
    asked = (
        await Follow.filter(target_id=community.id, state=FollowState.PENDING)
        .order_by("id")
        .limit(200)
        .select_related("follower")
    )
    answers = dict(
        await Membership.filter(
            community_id=community.id, actor_id__in=[made.follower_id for made in asked]
        ).values_list("actor_id", "answer")
    )
    return [(made, answers.get(made.follower_id, "")) for made in asked]
