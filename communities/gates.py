"""What a community forbids, whichever way somebody comes: page, app, another server, a scheduled post."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import Q

from communities.authority import is_banned, is_moderator
from communities.models import Posting
from communities.rules import rules_of
from federation.ids import first_id_at
from federation.models import Actor, Follow, FollowState
from federation.urls import registered_domain
from sebangsa.errors import NotAllowed
from sebangsa.models import Post, Reaction, Vote
from sebangsa.posting import Draft
from sebangsa.visibility import is_member

if TYPE_CHECKING:
    from sebangsa.site import Site

FRESH_HOST = timedelta(days=3)
VOTES_OF_FRESH_HOST = 20
"""Votes on one post that count from a server whose people we have met for less than `FRESH_HOST`, together with those
of all servers under the same registered domain (S-055).
"""


async def may_post(site: Site, author: Actor, draft: Draft) -> None:
    """Bans, locks, and who may open a thread."""
    community = draft.community
    if community is None:
        return
    await _must_not_be_banned(site, community, author)
    await _must_be_let_in(community, author)
    if draft.in_reply_to is not None:
        await _must_be_open(community, author, draft.in_reply_to)
    else:
        await _may_open_threads(community, author)


async def _must_be_open(community: Actor, author: Actor, parent: Post) -> None:
    opening = await Post.get(id=parent.root_id) if parent.root_id else parent
    if (opening.is_locked or parent.is_locked) and not await is_moderator(community, author):
        raise NotAllowed("locked", "This thread is locked: nobody can answer any more.")


async def _may_open_threads(community: Actor, author: Actor) -> None:
    rules = await rules_of(community)
    if rules.posting == Posting.ANYONE or await is_moderator(community, author):
        return
    if not community.is_local and not author.is_local:
        return  # theirs to judge: the community's server has taken it
    if rules.posting == Posting.MODERATORS:
        raise NotAllowed("posting-restricted", "Only moderators open threads in this community.")
    if not await Follow.exists(follower_id=author.id, target_id=community.id, state=FollowState.ACCEPTED):
        raise NotAllowed("members-only", "Join this community first.")


async def may_edit(site: Site, author: Actor, post: Post) -> None:
    """Who is banned, or left a private community, cannot bring anything new into it through old posts (S-132)."""
    if post.community_id is not None:
        community = await Actor.get(id=post.community_id)
        await _must_not_be_banned(site, community, author)
        await _must_be_let_in(community, author)


async def may_vote(site: Site, voter: Actor, post: Post) -> None:
    """Bans, and how many votes of one new server a post takes."""
    if post.community_id is None:
        return
    community = await Actor.get(id=post.community_id)
    await _must_not_be_banned(site, community, voter)
    await _must_be_let_in(community, voter)
    if not voter.is_local and community.is_local and await _is_fresh_host(site, voter.host):
        domain = registered_domain(voter.host)
        same = Q(actor__host=domain) | Q(actor__host__endswith=f".{domain}")
        others = Vote.filter(same, post_id=post.id).exclude(actor_id=voter.id)
        if await others.count() >= VOTES_OF_FRESH_HOST:
            raise NotAllowed("too-many-votes", "This post has enough votes of that new server.")


async def may_react(site: Site, reactor: Actor, post: Post) -> None:
    """The same of emoji: bans, and how many of one new server a post takes."""
    if post.community_id is None:
        return
    community = await Actor.get(id=post.community_id)
    await _must_not_be_banned(site, community, reactor)
    await _must_be_let_in(community, reactor)
    if not reactor.is_local and community.is_local and await _is_fresh_host(site, reactor.host):
        others = Reaction.filter(post_id=post.id, actor__host=reactor.host)
        if await others.count() >= VOTES_OF_FRESH_HOST:
            raise NotAllowed("too-many-votes", "This post has enough votes of that new server.")


async def may_attend(site: Site, person: Actor, post: Post) -> None:
    """Who is banned, or no member of a private community, comes to no event of it either."""
    if post.community_id is not None:
        community = await Actor.get(id=post.community_id)
        await _must_not_be_banned(site, community, person)
        await _must_be_let_in(community, person)


async def _is_fresh_host(site: Site, host: str) -> bool:
    return not await Actor.filter(host=host, id__lt=first_id_at(site.clock.now() - FRESH_HOST)).exists()


async def may_follow(site: Site, follower: Actor, target: Actor) -> None:
    """Who is banned cannot join again."""
    if target.is_group:
        await _must_not_be_banned(site, target, follower)


async def _must_be_let_in(community: Actor, actor: Actor) -> None:
    """Only members do anything in a community for members. Those of one elsewhere are its own server's to know."""
    if not community.is_members_only or not (community.is_local or actor.is_local):
        return
    if not await is_member(actor, community.id):
        raise NotAllowed("members-only", "Join this community first.")


async def _must_not_be_banned(site: Site, community: Actor, actor: Actor) -> None:
    if await is_banned(site, community, actor):
        raise NotAllowed("banned", "You are banned from this community.")
