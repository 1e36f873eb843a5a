"""Emoji under posts: leaving one, taking it back, and who left which."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sebangsa import reacting
from sebangsa.media.remote import shown_url
from sebangsa.models import Reaction
from sebangsa.visibility import post_for
from sebangsa.web.forms import back_to, form_of, id_in, id_of, text_of
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of


@signed_in
async def react(request: Request) -> Response:
    """`POST /p/{id}/react` with `emoji`: an emoji, or the id of a reaction that stands there; twice takes it back."""
    site, viewer = site_of(request), viewer_of(request).actor
    shown = await post_for(site, viewer, id_of(request))
    form = await form_of(request)
    emoji = text_of(form, "emoji")
    same = id_in(emoji)
    if same is not None:
        known = await Reaction.get_or_none(id=same, post_id=shown.id)
        emoji = known.emoji if known is not None else ""
    if await Reaction.exists(actor_id=viewer.id, post_id=shown.id, emoji=emoji):
        await reacting.unreact(site, viewer, shown, emoji)
    elif emoji:  # somebody may have taken the last one back while the page was open
        await reacting.react(site, viewer, shown, emoji)
    return back_to(request, f"/p/{shown.id}", text_of(form, "next"))


@page
async def reactions(request: Request) -> Response:
    """`/p/{id}/reactions`: who left which emoji."""
    site = site_of(request)
    viewer = request.state.viewer.actor if request.state.viewer else None
    shown = await post_for(site, viewer, id_of(request))
    found = [
        (face_of(site, entry.actor), entry.emoji, shown_url(site, entry.icon_url, "emoji"))
        for entry in await reacting.who_reacted(shown)
    ]
    rendered: Response = request.app.state.templates.render(
        request, "pages/reactions.html", {"reactions": found, "back": f"/p/{shown.id}"}
    )
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/p/{id:int}/react", react, methods=["POST"]),
    Route("/p/{id:int}/reactions", reactions),
]
