"""Account, CredentialAccount and Relationship."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tortoise.expressions import Q

from federation.models import Actor, Follow, FollowState
from sebangsa.api.answers import midnight
from sebangsa.media.remote import whole_url
from sebangsa.models import Role, User
from sebangsa.moving import destination_of

if TYPE_CHECKING:
    from sebangsa.site import Site

MISSING_AVATAR = "/avatars/original/missing.png"
MISSING_HEADER = "/headers/original/missing.png"
"""Clients know these paths by name, and leave such a header out."""

BOTS = ("Service", "Application")


def account(site: Site, actor: Actor) -> dict[str, Any]:
    """A person or community. Of somebody suspended here only the name is shown."""
    hidden = actor.suspended_at is not None
    avatar = _picture(site, "" if hidden else actor.icon_url, "portrait", MISSING_AVATAR)
    header = _picture(site, "" if hidden else actor.image_url, "picture", MISSING_HEADER)
    shown: dict[str, Any] = {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.handle,
        "display_name": "" if hidden else actor.name or actor.username,
        "locked": actor.manually_approves_followers,
        "bot": actor.type in BOTS,
        "group": actor.is_group,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "noindex": not actor.indexable,
        "hide_collections": False,
        "created_at": midnight(actor.created_at),
        "note": "" if hidden else actor.summary,
        "url": actor.url or actor.uri,
        "uri": actor.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": max(0, actor.followers_count),
        "following_count": max(0, actor.following_count),
        "statuses_count": max(0, actor.posts_count),
        "last_status_at": actor.last_post_at.strftime("%Y-%m-%d") if actor.last_post_at else None,
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
        "attribution_domains": [],
        "emojis": [],
        "roles": [],
        "fields": [] if hidden else [_field(field) for field in actor.profile_fields],
        "mute_expires_at": None,
    }
    if hidden:
        shown["suspended"] = True
    return shown


async def account_with_move(site: Site, actor: Actor) -> dict[str, Any]:
    """The account, with the account that it moved to under `moved`: shown to whoever looks at it alone."""
    shown, target = account(site, actor), await destination_of(actor)
    return shown | {"moved": account(site, target)} if target is not None else shown


def _picture(site: Site, url: str, variant: str, missing: str) -> str:
    """Through us where it lies elsewhere: apps load it without being asked."""
    return whole_url(site, url, variant) if url else f"{site.settings.url}{missing}"


def _field(field: dict[str, str]) -> dict[str, Any]:
    return {"name": field["name"], "value": field["value"], "verified_at": field.get("verified_at")}


async def credential_account(site: Site, user: User) -> dict[str, Any]:
    """One's own account, with what can be edited."""
    actor = user.actor
    asking = await Follow.filter(target_id=actor.id, state=FollowState.PENDING).count()
    preferences = user.preferences
    return await account_with_move(site, actor) | {
        "source": {
            "privacy": preferences.get("visibility", "public"),
            "sensitive": bool(preferences.get("sensitive", False)),
            "language": preferences.get("language") or user.language or None,
            "quote_policy": preferences.get("quote_policy", "public"),
            "note": actor.source,
            "fields": [
                _field(field | {"value": field.get("source", field["value"])})
                for field in actor.profile_fields
            ],
            "follow_requests_count": asking,
            "hide_collections": False,
            "discoverable": actor.discoverable,
            "indexable": actor.indexable,
            "attribution_domains": [],
        },
        "role": role(user),
    }


def role(user: User) -> dict[str, Any]:
    """The person's role. Its permissions are none: they would open admin screens in apps, whose API is not here."""
    names = {Role.MEMBER: ("-99", ""), Role.MODERATOR: ("1", "Moderator"), Role.ADMIN: ("3", "Admin")}
    number, name = names[user.role]
    return {
        "id": number,
        "name": name,
        "color": "",
        "permissions": "0",
        "highlighted": user.is_moderator,
        "collection_limit": 0,
    }


async def relationships(me: Actor, others: Sequence[int]) -> list[dict[str, Any]]:
    """How I stand to others, by their ids, in that order; one query."""
    follows = await Follow.filter(
        Q(follower_id=me.id, target_id__in=others) | Q(target_id=me.id, follower_id__in=others)
    )
    mine = {made.target_id: made for made in follows if made.follower_id == me.id}
    theirs = {made.follower_id: made for made in follows if made.target_id == me.id}
    return [_relationship(other, mine.get(other), theirs.get(other)) for other in others]


def _relationship(other: int, mine: Follow | None, theirs: Follow | None) -> dict[str, Any]:
    following = mine is not None and mine.state == FollowState.ACCEPTED
    return {
        "id": str(other),
        "following": following,
        "showing_reblogs": following and mine is not None and mine.shows_boosts,
        "notifying": following and mine is not None and mine.notifies,
        "languages": None,
        "followed_by": theirs is not None and theirs.state == FollowState.ACCEPTED,
        "blocking": False,
        "blocked_by": False,
        "muting": False,
        "muting_notifications": False,
        "muting_expires_at": None,
        "requested": mine is not None and mine.state == FollowState.PENDING,
        "requested_by": theirs is not None and theirs.state == FollowState.PENDING,
        "domain_blocking": False,
        "endorsed": False,
        "note": "",
    }
