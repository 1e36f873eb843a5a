"""What moderators of this server have on a post's own page."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request

from moderation.log import must_outrank
from sebangsa.errors import NotAllowed
from sebangsa.models import Post
from sebangsa.site import Site


async def removal_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: taking a post out of sight. In a community of ours its own moderation does that, and tells it."""
    user = request.state.viewer
    if user is None or not user.is_moderator:
        return None
    if post.community_id is not None and post.community is not None and post.community.is_local:
        return None
    try:
        await must_outrank(user, post.author)
    except NotAllowed:
        return None
    response = request.app.state.templates.render(request, "moderation/panel.html", {"post": post})
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on
