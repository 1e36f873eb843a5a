"""What moderators of a community have on a post's own page."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request

from communities.authority import Rank, rank_of
from communities.pages import viewer_actor
from communities.rules import numbered_rules, rules_of
from federation.models import Actor
from sebangsa.models import Post
from sebangsa.site import Site


async def moderation_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: pin, lock, remove and warn, for those who moderate the post's community."""
    viewer = viewer_actor(request)
    if viewer is None or post.community_id is None:
        return None
    community = await Actor.get(id=post.community_id)
    if await rank_of(community, viewer) < Rank.MODERATOR:
        return None
    context = {
        "post": post,
        "is_thread": post.in_reply_to_id is None,
        "may_warn": post.author_id != viewer.id,
        "rules": numbered_rules(await rules_of(community)),
    }
    response = request.app.state.templates.render(request, "communities/moderation_panel.html", context)
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on
