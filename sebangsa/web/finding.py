"""Finding people, communities and posts; joining from another server's page; what this server is."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.models import Actor
from federation.refusals import Refused
from sebangsa.fetching import fetch_post
from sebangsa.lookup import find_actor
from sebangsa.models import Role, User
from sebangsa.text.hashtags import normal_form
from sebangsa.usage import usage
from sebangsa.web.presenting import face_of, page_of_actor
from sebangsa.web.viewing import page, signed_in, site_of

MAX_QUERY = 300
FOUND = 30


@page
async def search(request: Request) -> Response:
    """`/search?q=`: a handle or address leads to whom or what it names, words to names that begin so."""
    site = site_of(request)
    query = request.query_params.get("q", "").strip()[:MAX_QUERY]
    if query.startswith("#") and (name := normal_form(query)):
        return RedirectResponse(f"/tags/{name}", 302)
    found: list[Actor] = []
    if query:
        named = await find_actor(site, query) if request.state.viewer else None
        found = [named] if named else await _by_name(query)
        if not found and request.state.viewer and query.startswith(("https://", "http://")):
            post = await _post_at(request, query)
            if post:
                return RedirectResponse(post, 302)
    return _render(
        request, "pages/search.html", {"query": query, "found": [face_of(site, actor) for actor in found]}
    )


async def _by_name(query: str) -> list[Actor]:
    start = query.lstrip("@!~").lower()
    return (
        await Actor.filter(
            Q(username__startswith=start) | Q(name__icontains=query),
            deleted_at__isnull=True,
            suspended_at__isnull=True,
            discoverable=True,
        )
        .exclude(type="Application")
        .order_by("-followers_count")
        .limit(FOUND)
    )


async def _post_at(request: Request, url: str) -> str:
    try:
        post = await fetch_post(site_of(request), url)
    except Refused:
        return ""
    return f"/p/{post.id}" if post else ""


@signed_in
async def authorize_interaction(request: Request) -> Response:
    """`/authorize_interaction?uri=`: another server's "follow" button brings its visitor home (OStatus subscribe)."""
    uri = request.query_params.get("uri", "").removeprefix("acct:")
    actor = await find_actor(site_of(request), uri)
    if actor is not None:
        return RedirectResponse(page_of_actor(actor), 302)
    post = await _post_at(request, uri) if uri.startswith(("https://", "http://")) else ""
    return RedirectResponse(post or f"/search?q={uri[:MAX_QUERY]}", 302)


@page
async def about(request: Request) -> Response:
    """`/about`: what this server is, who runs it, how much it is used."""
    site = site_of(request)
    team = await User.filter(role=Role.ADMIN, disabled_at__isnull=True).select_related("actor")
    context = {"usage": await usage(site), "team": [face_of(site, user.actor) for user in team]}
    return _render(request, "pages/about.html", context)


def _render(request: Request, name: str, context: dict[str, Any]) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/search", search),
    Route("/authorize_interaction", authorize_interaction),
    Route("/about", about),
]
