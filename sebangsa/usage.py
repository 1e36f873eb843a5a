"""How much this instance is used, for NodeInfo and the instance document."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from federation.endpoints.discovery import Usage
from sebangsa.models import Post, User

if TYPE_CHECKING:
    from sebangsa.site import Site

FRESH_FOR = 600.0
"""Seconds for which a count is used again: crawlers ask often, and counting reads whole tables."""


async def usage(site: Site) -> Usage:
    """People with an account, those seen lately, and what was posted here."""
    kept = site.usage
    now = site.clock.monotonic()
    if kept is not None and kept[0] > now:
        return kept[1]
    moment = site.clock.now()
    users = User.filter(disabled_at__isnull=True)
    posts = Post.filter(is_local=True, deleted_at__isnull=True, boost_of_id__isnull=True)
    counted = Usage(
        users=await users.count(),
        active_month=await users.filter(last_seen_at__gte=moment - timedelta(days=30)).count(),
        active_half_year=await users.filter(last_seen_at__gte=moment - timedelta(days=180)).count(),
        posts=await posts.filter(in_reply_to_id__isnull=True).count(),
        comments=await posts.filter(in_reply_to_id__isnull=False).count(),
        open_registrations=site.settings.registration in ("open", "approval"),
        name=site.settings.name,
        description=site.settings.description,
    )
    site.usage = (now + FRESH_FOR, counted)
    return counted
