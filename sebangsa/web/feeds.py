"""Pages that are lists of posts: home, what is new here, a tag, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from federation.endpoints.actors import actor_answer, local_actor
from federation.endpoints.answers import wants_activity
from federation.models import Actor, Follow, FollowState
from sebangsa import following, timelines
from sebangsa.errors import Gone, NotFound
from sebangsa.lookup import actor_by_handle, was_deleted
from sebangsa.models import Post
from sebangsa.moving import destination_of
from sebangsa.text.handles import parse_handle
from sebangsa.text.hashtags import normal_form
from sebangsa.timelines import Window
from sebangsa.web.backfills import missing_of_actor
from sebangsa.web.forms import back_to, form_of, id_in, text_of
from sebangsa.web.pieces import Face, Tab
from sebangsa.web.presenting import details_of, face_of, page_of_actor, post_views
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of

if TYPE_CHECKING:
    from sebangsa.site import Site

COMMUNITIES_BESIDE = 8


async def feed_context(request: Request, posts: QuerySet[Post]) -> dict[str, Any]:
    """One page of a feed: `posts` as cards, and the addresses of the pages beside it."""
    viewer = request.state.viewer.actor if request.state.viewer else None
    window = Window(max_id=id_in(request.query_params.get("before", "")), limit=timelines.PAGE)
    found = await timelines.page_of(posts, window)
    older = f"{request.url.path}?before={found[-1].id}" if len(found) == timelines.PAGE else ""
    newer = request.url.path if window.max_id is not None else ""
    return {"posts": await post_views(site_of(request), viewer, found), "older": older, "newer": newer}


async def _communities_beside(request: Request) -> list[Face]:
    """For the side of a feed: the communities that one is in; for visitors the largest of this server."""
    viewer, groups = request.state.viewer, Actor.filter(type="Group", deleted_at__isnull=True)
    if viewer:
        joined = Follow.filter(follower_id=viewer.actor_id, state=FollowState.ACCEPTED)
        groups = groups.filter(id__in=Subquery(joined.values("target_id")))
    else:
        groups = groups.filter(host="", discoverable=True)
    found = await groups.order_by("-followers_count").limit(COMMUNITIES_BESIDE)
    return [face_of(site_of(request), group) for group in found]


@page
async def home(request: Request) -> Response:
    """`/`: one's own feed; for visitors what this server is, and what is new here."""
    viewer = request.state.viewer
    posts = timelines.home(viewer.actor) if viewer else timelines.public(local_only=True)
    context = await feed_context(request, posts)
    context |= {
        "tabs_of_feed": _tabs(viewer is not None),
        "communities": await _communities_beside(request),
    }
    return _render(request, "pages/home.html", context)


@page
async def public(request: Request) -> Response:
    """`/public`: everything public that this server knows; `/public/local`: what was written here."""
    local_only = request.url.path.endswith("/local")
    context = await feed_context(request, timelines.public(local_only=local_only))
    context |= {
        "tabs_of_feed": _tabs(request.state.viewer is not None),
        "communities": await _communities_beside(request),
        "is_local": local_only,
    }
    return _render(request, "pages/public.html", context)


def _tabs(is_signed_in: bool) -> list[Tab]:
    own = [Tab("For you", "/")] if is_signed_in else [Tab("New here", "/")]
    return [*own, Tab("This server", "/public/local"), Tab("Everywhere", "/public")]


@page
async def tag(request: Request) -> Response:
    """`/tags/{name}`."""
    name = normal_form(request.path_params["name"])
    if not name:
        raise NotFound
    viewer = request.state.viewer.actor if request.state.viewer else None
    return _render(
        request,
        "pages/tag.html",
        {**await feed_context(request, timelines.by_tag(name, viewer)), "tag": name},
    )


async def person(request: Request) -> Response:
    """`/u/{handle}`: a person of ours (for servers their document), or one of another server as we know them."""
    name = request.path_params["name"]
    if "@" not in name and wants_activity(request):
        return await actor_answer(site_of(request).federation, request, await local_actor(name, group=False))
    return await _person_page(request)


@page
async def _person_page(request: Request) -> Response:
    site = site_of(request)
    actor = await _shown_actor(request)
    if actor.is_group or actor.is_feed:
        return RedirectResponse(page_of_actor(actor), 307)
    viewer = request.state.viewer.actor if request.state.viewer else None
    with_replies = request.url.path.endswith("/replies")
    context = await feed_context(request, timelines.of_actor(actor, viewer, replies=with_replies))
    made = await following.follow_of(viewer, actor)
    context |= {
        "person": actor,
        "face": face_of(site, actor),
        "details": details_of(actor),
        "follow_state": made.state.value if made else "",
        "moved_to": await moved_face(site, actor),
        "missing": await missing_of_actor(site, actor),
        "is_oneself": viewer is not None and viewer.id == actor.id,
        "tabs_of_feed": [
            Tab("Posts", page_of_actor(actor)),
            Tab("Posts and answers", f"{page_of_actor(actor)}/replies"),
        ],
        "address": f"{actor.username}@{actor.domain or site.settings.domain}",
        "menu": [
            action
            for offer in site.actor_actions
            if (action := offer(actor, request.state.viewer)) is not None
        ],
    }
    return _render(request, "pages/person.html", context)


async def moved_face(site: Site, actor: Actor) -> Face | None:
    """For a notice on the page of somebody who moved: whom to go to."""
    target = await destination_of(actor)
    return face_of(site, target) if target is not None else None


async def _shown_actor(request: Request) -> Actor:
    handle = parse_handle(request.path_params["name"])
    fetch = request.state.viewer is not None  # visitors make us ask no other server
    actor = await actor_by_handle(site_of(request), handle, fetch=fetch) if handle else None
    if actor is None and handle is not None and await was_deleted(site_of(request), handle):
        raise Gone("This account was deleted.")
    if actor is None:
        raise NotFound("There is nobody with that name here.")
    return actor


@signed_in
async def follow(request: Request) -> Response:
    """`POST /u/{handle}/follow`, with `undo` to unfollow or take a request back."""
    site, actor = site_of(request), await _shown_actor(request)
    viewer = viewer_of(request).actor
    if text_of(await form_of(request), "undo"):
        await following.unfollow(site, viewer, actor)
    else:
        await following.follow(site, viewer, actor)
    return back_to(request, page_of_actor(actor))


async def short_address(request: Request) -> Response:
    """`/@{name}` leads to the person or community; `/@{name}@{host}` to our page about them."""
    handle = parse_handle(request.path_params["name"])
    actor = await actor_by_handle(site_of(request), handle, fetch=False) if handle else None
    if actor is None:
        raise NotFound
    return RedirectResponse(page_of_actor(actor), 302)


def _render(request: Request, name: str, context: dict[str, Any]) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/", home),
    Route("/public", public),
    Route("/public/local", public),
    Route("/tags/{name}", tag),
    Route("/@{name}", short_address),
    Route("/u/{name}", person),
    Route("/u/{name}/replies", person),
    Route("/u/{name}/follow", follow, methods=["POST"]),
]
