"""What moderators decided in a community and what now holds, section by section, as our rows have it.

The community's own server and every other one make the same lists from their own rows, so equal digests say that both
hold the same, without a list being sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from communities.membership import moderators_of
from communities.models import Membership, PostFlair
from communities.state_digest import MOST, Listing, Section
from federation.actor_document import timestamp
from federation.ids import first_id_at
from federation.models import Actor
from sebangsa.flair import flairs_of
from sebangsa.models import Post, Visibility
from sebangsa.visibility import OPEN

DAYS = 90
"""Posts older than this are compared no more; pinned ones always."""


def window_at(now: datetime) -> datetime:
    """Since when posts are compared: the same moment for a whole day, or digests would change without any event."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)


async def state_of(community: Actor, now: datetime, since: datetime) -> dict[Section, Listing]:
    """All sections as our rows have them; the number of queries is fixed."""
    return {
        Section.ABOUT: Listing([_about(community)]),
        Section.MODERATORS: Listing([held.actor.uri for held in await moderators_of(community)]),
        Section.BANS: await _bans(community, now),
        **await _marked(community, since),
        Section.PINNED: Listing(await _pinned(community)),
        Section.LABELS: await _labels(community, since),
    }


def _about(community: Actor) -> list[Any]:
    labels = sorted([flair.id, flair.display_name] for flair in flairs_of(community))
    restricted = community.extra.get("postingRestrictedToMods") is True
    return [community.name, community.source, restricted, labels]


async def _bans(community: Actor, now: datetime) -> Listing:
    held = (
        await Membership.filter(
            Q(banned_until__isnull=True) | Q(banned_until__gt=now),
            community_id=community.id,
            banned_at__isnull=False,
        )
        .order_by("-banned_at")
        .limit(MOST + 1)
        .select_related("actor")
    )
    return _listing([ban_item(row.actor.uri, row.banned_until) for row in held])


def ban_item(uri: str, until: datetime | None) -> dict[str, str]:
    """One ban: of whom, and its end unless it is for good."""
    return {"object": uri} | ({"endTime": timestamp(until)} if until else {})


async def _marked(community: Actor, since: datetime) -> dict[Section, Listing]:
    found: dict[Section, list[str]] = {Section.REMOVED: [], Section.DELETED: [], Section.LOCKED: []}
    marked = (
        await Post.filter(
            Q(removed_at__isnull=False) | Q(deleted_at__isnull=False) | Q(is_locked=True),
            community_id=community.id,
            id__gte=first_id_at(since),
            visibility__in=(*OPEN, Visibility.MEMBERS),
        )
        .order_by("-id")
        .limit(3 * MOST + 1)
        .only("id", "uri", "removed_at", "deleted_at", "is_locked")
    )
    for post in marked:
        if post.deleted_at is not None:
            found[Section.DELETED].append(post.uri)
            continue
        if post.removed_at is not None:
            found[Section.REMOVED].append(post.uri)
        if post.is_locked:
            found[Section.LOCKED].append(post.uri)
    is_cut = len(marked) > 3 * MOST
    return {section: _listing(uris, is_cut=is_cut) for section, uris in found.items()}


async def _pinned(community: Actor) -> list[str]:
    pinned = Post.filter(community_id=community.id, is_pinned=True, deleted_at__isnull=True)
    return [str(uri) for uri in await pinned.order_by("-id").limit(MOST).values_list("uri", flat=True)]


async def _labels(community: Actor, since: datetime) -> Listing:
    found: dict[str, list[str]] = {}
    rows = (
        await PostFlair.filter(
            post__community_id=community.id,
            post_id__gte=first_id_at(since),
            post__deleted_at__isnull=True,
            post__visibility__in=(*OPEN, Visibility.MEMBERS),
        )
        .order_by("-post_id")
        .limit(3 * MOST + 1)
        .values_list("post__uri", "flair")
    )
    for uri, label in rows:
        found.setdefault(str(uri), []).append(str(label))
    items = [{"object": uri, "tag": sorted(labels)} for uri, labels in found.items()]
    return _listing(items, is_cut=len(rows) > 3 * MOST)


def _listing(items: list[Any], *, is_cut: bool = False) -> Listing:
    return Listing(items[:MOST], is_whole=not is_cut and len(items) <= MOST)
