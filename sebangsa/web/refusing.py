"""Under a post of one's own that its community elsewhere did not take: why, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request

from federation.models import Actor
from sebangsa.models import Post
from sebangsa.refusal_words import reason_of
from sebangsa.web.presenting import face_of

if TYPE_CHECKING:
    from sebangsa.site import Site


async def refusal_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: for its author alone. Others see on the post that it was not taken."""
    user = request.state.viewer
    if not post.refusal_code or user is None or user.actor_id != post.author_id or post.community_id is None:
        return None
    context = {
        "community": face_of(site, await Actor.get(id=post.community_id)),
        "reason": reason_of(post.refusal_code),
        "said": post.refusal_text if post.refusal_code == "refused" else "",
    }
    response = request.app.state.templates.render(request, "pages/refusal.html", context)
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on
