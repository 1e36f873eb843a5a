"""What communities add to a post's own page: its labels, where else it was posted, and posting it elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities import forms, listing
from communities.authority import is_moderator
from communities.cross_posts import elsewhere
from communities.flairs import relabel
from communities.pages import render, viewer_actor
from federation.models import Actor
from sebangsa.flair import flairs_of, labels_of
from sebangsa.models import Post
from sebangsa.site import Site
from sebangsa.visibility import OPEN, post_for
from sebangsa.web.forms import form_of, id_of
from sebangsa.web.pieces import Action
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of


async def flair_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: choosing the labels of a post of ours, for its author and moderators."""
    viewer, community = viewer_actor(request), post.community
    if viewer is None or community is None or post.in_reply_to_id is not None or not post.is_local:
        return None
    flairs = flairs_of(community)
    if not flairs or (viewer.id != post.author_id and not await is_moderator(community, viewer)):
        return None
    chosen = {flair.id for flair in labels_of(post, community)}
    return _panel(request, "flair_panel", {"post": post, "flairs": flairs, "chosen": chosen})


async def cross_post_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: where else the same link was posted."""
    found = await elsewhere(site, post, viewer_actor(request))
    if not found:
        return None
    others = [(other, face_of(site, other.community)) for other in found if other.community is not None]
    return _panel(request, "cross_posts", {"others": others})


def _panel(request: Request, name: str, context: dict[str, Any]) -> Markup:
    response = request.app.state.templates.render(request, f"communities/{name}.html", context)
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on


def cross_post_action(post: Post, viewer: Actor | None) -> Action | None:
    """For `site.post_actions`: whoever is signed in can bring a public thread to another community."""
    if viewer is None or post.in_reply_to_id is not None or post.visibility not in OPEN or not post.name:
        return None
    return Action("Cross-post", "share-2", href=f"/p/{post.id}/cross-post")


@signed_in
async def cross_post(request: Request) -> Response:
    """`/p/{id}/cross-post`: into which community; then the form for writing, filled."""
    site, viewer = site_of(request), viewer_of(request).actor
    post = await post_for(site, viewer, id_of(request))
    joined = [group for group in await listing.joined(viewer) if group.id != post.community_id]
    context = {
        "post": post,
        "joined": [
            (
                face_of(site, group),
                "/compose?"
                + urlencode(
                    {
                        "in": f"!{group.handle}",
                        "title": post.name,
                        "link": post.link_url or post.url,
                        "text": f"cross-posted from: {post.url or post.uri}",
                    }
                ),
            )
            for group in joined
        ],
    }
    return render(request, "cross_post", context)


@signed_in
async def post_flair(request: Request) -> Response:
    """`POST /p/{id}/flair` with any number of `flair`."""
    site, viewer = site_of(request), viewer_of(request).actor
    post = await post_for(site, viewer, id_of(request))
    form = await form_of(request)
    await relabel(site, viewer, post, [str(value) for value in form.getlist("flair")][: forms.MAX_CHOSEN])
    return RedirectResponse(f"/p/{post.id}", 303)
