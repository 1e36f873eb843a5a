"""`/intents/…`: another site's button brings somebody of ours home, to follow, like, boost or answer here (FEP-3b86).

A GET only shows what would be done; the form on that page does it (S-070).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from federation.refusals import Refused
from federation.urls import parse_url
from sebangsa import boosting, following, voting
from sebangsa.errors import NotFound
from sebangsa.fetching import fetch_post
from sebangsa.lookup import find_actor
from sebangsa.models import Post
from sebangsa.timelines import with_parts
from sebangsa.visibility import post_for
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.presenting import face_of, mine_among, page_of_actor, post_view
from sebangsa.web.viewing import signed_in, site_of, viewer_of

MAX_ADDRESS = 2048
MAX_TEXT = 5000
CLOSE = "(close)"
OF_ACTORS = ("follow",)
OF_POSTS = ("like", "dislike", "announce")


@signed_in
async def intent(request: Request) -> Response:
    """`/intents/{act}?object=`: what would be done, and the form that does it."""
    act = request.path_params["act"]
    if act not in (*OF_ACTORS, *OF_POSTS):
        raise NotFound
    given = await form_of(request) if request.method == "POST" else request.query_params
    address = str(given.get("object", ""))[:MAX_ADDRESS]
    after = {name: str(given.get(name, ""))[:MAX_ADDRESS] for name in ("on-success", "on-cancel")}
    found = await _found(request, address)
    if found is None or isinstance(found, Actor) != (act in OF_ACTORS):
        raise NotFound("Nothing was found at that address that this could be done with.")
    if request.method == "POST":
        cancelled = bool(text_of(await form_of(request), "cancel"))
        if not cancelled:
            await _do(request, act, found)
        return _after(request, after["on-cancel" if cancelled else "on-success"], found, cancelled)
    context = await _shown(request, found) | {"act": act, "object": address, "after": after}
    return _render(request, "pages/intent.html", context)


async def _do(request: Request, act: str, found: Actor | Post) -> None:
    site, viewer = site_of(request), viewer_of(request).actor
    if isinstance(found, Actor):
        await following.follow(site, viewer, found)
    elif act == "announce":
        await boosting.boost(site, viewer, found)
    else:
        await voting.vote(site, viewer, found, 1 if act == "like" else -1)


def _after(request: Request, target: str, found: Actor | Post, cancelled: bool) -> Response:
    """Where the other site wants them next: shown with its host, never followed by itself (S-071)."""
    if target == CLOSE:
        return _render(
            request, "pages/intent_done.html", {"back": None, "here": _page_of(found), "cancelled": cancelled}
        )
    try:
        url = parse_url(target, allow_http=site_of(request).settings.is_development)
    except Refused:
        return RedirectResponse(_page_of(found), 303)
    return _render(
        request, "pages/intent_done.html", {"back": url, "here": _page_of(found), "cancelled": cancelled}
    )


@signed_in
async def open_object(request: Request) -> Response:
    """`/intents/object?object=`: the person, community or post, as this server shows it."""
    address = request.query_params.get("object", "")[:MAX_ADDRESS]
    found = await _found(request, address)
    if found is None:
        return RedirectResponse(f"/search?q={quote(address[:300], safe='')}", 302)
    return RedirectResponse(_page_of(found), 302)


@signed_in
async def create(request: Request) -> Response:
    """`/intents/create`: the form for a new post or an answer, filled in."""
    given = {name: request.query_params.get(name, "")[:MAX_TEXT] for name in ("content", "name", "summary")}
    answered = request.query_params.get("inReplyTo", "")[:MAX_ADDRESS]
    found = await _found(request, answered) if answered else None
    if isinstance(found, Post):
        return RedirectResponse(f"/p/{found.id}?{urlencode({'answer': given['content']})}#reply", 302)
    filled = {"text": given["content"], "title": given["name"], "warning": given["summary"]}
    if isinstance(found, Actor):
        filled["in" if found.is_group else "to"] = f"{'!' if found.is_group else '@'}{found.handle}"
    return RedirectResponse(f"/compose?{urlencode({k: v for k, v in filled.items() if v})}", 302)


async def _found(request: Request, address: str) -> Actor | Post | None:
    """Whom or what an address names, known or fetched, as far as the viewer may see it."""
    site, viewer = site_of(request), viewer_of(request).actor
    address = address.strip().removeprefix("acct:")
    if not address:
        return None
    post = await Post.get_or_none(uri=address)
    if post is None:
        await site.limiter.hit("resolve", f"user {viewer.id}")
        actor = await find_actor(site, address)
        if actor is not None:
            return actor if actor.is_usable and actor.type != "Application" else None
        if not address.startswith(("https://", "http://")):
            return None
        try:
            post = await fetch_post(site, address)
        except Refused:
            return None
    if post is None:
        return None
    try:
        return await post_for(site, viewer, post.boost_of_id or post.id)
    except NotFound:
        return None


async def _shown(request: Request, found: Actor | Post) -> dict[str, Any]:
    site, viewer = site_of(request), viewer_of(request).actor
    if isinstance(found, Actor):
        return {"face": face_of(site, found), "post": None}
    [loaded] = await with_parts(Post.filter(id=found.id))
    return {
        "face": None,
        "post": post_view(site, viewer, loaded, await mine_among(site, viewer, [loaded])),
    }


def _page_of(found: Actor | Post) -> str:
    return page_of_actor(found) if isinstance(found, Actor) else f"/p/{found.id}"


def _render(request: Request, name: str, context: dict[str, Any]) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/intents/object", open_object),
    Route("/intents/create", create),
    Route("/intents/{act}", intent, methods=["GET", "POST"]),
]
