"""A community as the JSON that our API and the command line show."""

from __future__ import annotations

from typing import Any

from communities.membership import moderators_of
from communities.models import Membership
from communities.rules import rules_of
from federation.actor_document import timestamp
from federation.models import Actor
from sebangsa import following


async def community_json(community: Actor, viewer: Actor | None) -> dict[str, Any]:
    """One community in full; with a `viewer` also what they are in it."""
    rules = await rules_of(community)
    shown = brief_json(community) | {
        "summary": community.summary,
        "rules": [line.strip() for line in rules.rules.splitlines() if line.strip()],
        "join_mode": rules.join_mode.value,
        "join_question": rules.join_question,
        "posting": rules.posting.value,
        "language": rules.language,
        "moderators": [
            {"acct": held.actor.handle, "name": held.actor.name, "role": held.role.value}
            for held in await moderators_of(community)
        ],
    }
    if viewer is not None:
        follow = await following.follow_of(viewer, community)
        held = await Membership.get_or_none(community_id=community.id, actor_id=viewer.id)
        shown["viewer"] = {
            "state": follow.state.value if follow else "none",
            "role": held.role.value if held else "",
        }
    return shown


def brief_json(community: Actor) -> dict[str, Any]:
    """One community as a line of the directory. `id` is text: JavaScript cannot hold 64 bits."""
    return {
        "id": str(community.id),
        "uri": community.uri,
        "name": community.handle,
        "title": community.name,
        "url": community.url,
        "icon": community.icon_url,
        "is_local": community.is_local,
        "is_private": community.is_members_only,
        "members_count": community.followers_count,
        "threads_count": community.posts_count,
        "created_at": timestamp(community.created_at),
    }
