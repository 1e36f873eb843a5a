"""Under a post of one's own: whom it reached, and sending it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.reach import Trouble
from sebangsa.models import Post
from sebangsa.reach import may_see_reach, reach_of_post, send_again
from sebangsa.visibility import post_for
from sebangsa.web.forms import back_to, id_of
from sebangsa.web.i18n import N_
from sebangsa.web.viewing import signed_in, site_of, viewer_of

if TYPE_CHECKING:
    from sebangsa.site import Site

SENTENCES = {
    Trouble.QUEUED: N_("Its turn has not come yet."),
    Trouble.SILENT: N_("It does not answer. We try again by ourselves."),
    Trouble.DEAD: N_("It has not answered for a week. We look once a day whether it is back."),
    Trouble.PAUSED: N_("Our administrators have paused sending there."),
    Trouble.REFUSED: N_("It refused the post."),
    Trouble.GONE: N_("It says that nobody is there any more."),
    Trouble.BLOCKED: N_("Our administrators have blocked it."),
    Trouble.GIVEN_UP: N_("We gave up after many tries."),
}
"""Why a server does not have it, in plain words."""


async def reach_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: for its author and administrators. A post that went to nobody elsewhere shows nothing."""
    user = request.state.viewer
    if not may_see_reach(user, post):
        return None
    found = await reach_of_post(site, user, post)
    if not found.total and found.is_complete:
        return None
    context = {
        "post": post,
        "reach": found,
        "sentences": SENTENCES,
        "unnamed": found.waiting + found.missed - len(found.troubled),
    }
    response = request.app.state.templates.render(request, "pages/reach.html", context)
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on


@signed_in
async def post_again(request: Request) -> Response:
    """`POST /p/{id}/send-again`: by its author, or by an administrator."""
    site, user = site_of(request), viewer_of(request)
    post = await post_for(site, user.actor, id_of(request))
    await send_again(site, user, post)
    return back_to(request, f"/p/{post.id}#reach")


ROUTES: list[BaseRoute] = [Route("/p/{id:int}/send-again", post_again, methods=["POST"])]
