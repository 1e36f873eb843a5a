"""The pages of feeds. One address serves a page to browsers and a document to servers."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from communities import forms
from communities.feeds import reading
from communities.feeds.changing import add_community, remove_community
from communities.feeds.copying import look_at
from communities.feeds.joining import follow_feed, unfollow_feed
from communities.feeds.making import FeedDescription, create_feed, delete_feed, describe_feed
from communities.feeds.models import Feed, FeedJoiner
from communities.pages import render, viewer_actor
from federation.endpoints.actors import actor_answer, local_actor
from federation.endpoints.answers import wants_activity
from federation.models import Actor
from federation.refusals import Refused
from sebangsa import following
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.web.presenting import face_of, page_of_actor, post_views
from sebangsa.web.viewing import local_path, page, signed_in, site_of, viewer_of

BESIDE = 10
"""Communities at the side of a feed's posts."""
MAX_PAGE = 100


async def _header(request: Request, feed: Actor, row: Feed | None) -> dict[str, Any]:
    """What `communities/feeds/_header.html` needs."""
    site, viewer = site_of(request), viewer_actor(request)
    user = request.state.viewer
    is_owner = viewer is not None and row is not None and row.owner_id == viewer.id
    joins = viewer is not None and await FeedJoiner.exists(feed_id=feed.id, member_id=viewer.id)
    return {
        "feed": feed,
        "feed_face": face_of(site, feed),
        "feed_address": page_of_actor(feed),
        "feed_actions": f"/feeds/{feed.id}",
        "about": Markup(feed.summary),  # noqa: S704 - passed the one sanitiser when it was written
        "is_public": row is None or row.is_public,
        "is_owner": is_owner,
        "may_change": is_owner or (feed.is_local and user is not None and user.is_moderator),
        "joins": joins,
        "follow": await following.follow_of(viewer, feed),
        "size": (await reading.sizes_of([feed])).get(feed.id, 0),
        "is_being_read": not feed.is_local and (row is None or row.read_at is None),
    }


async def _lines(request: Request, communities: list[Actor]) -> list[tuple[Any, Actor, str]]:
    """Communities with what the viewer is in each: "", pending or accepted."""
    states = await reading.follows_among(viewer_actor(request), communities)
    return [
        (face_of(site_of(request), community), community, states.get(community.id, ""))
        for community in communities
    ]


async def _named(request: Request) -> tuple[Actor, Feed | None]:
    """The feed that the address names, `/f/{name}` or `/feeds/{id}`, as far as the viewer may see it."""
    site, viewer = site_of(request), viewer_actor(request)
    if "id" in request.path_params:
        return await reading.feed_by_id(_id(request), viewer)
    # Only for people of ours: anybody else could make us ask servers of their choice.
    feed = await reading.feed_by_name(site, request.path_params["name"], fetch=viewer is not None)
    if viewer is not None and not feed.is_local:
        await look_at(site, feed)
    return await reading.feed_by_id(feed.id, viewer)


def _id(request: Request) -> int:
    return min(int(request.path_params["id"]), forms.MAX_ID)


@page
async def directory(request: Request) -> Response:
    """`/feeds`: one's own, those that one follows, and public ones."""
    site, viewer = site_of(request), viewer_actor(request)
    text = request.query_params.get("q", "")[:200]
    if viewer is not None and "@" in text.strip().lstrip("~"):
        named = await find_actor(site, "~" + text.strip().lstrip("~@"))
        if named is not None and named.is_feed:
            return RedirectResponse(page_of_actor(named), 303)
    found = await reading.directory(text)
    own = [row.actor for row in await reading.feeds_of(viewer)] if viewer else []
    followed = await reading.followed_by(viewer) if viewer else []
    sizes = await reading.sizes_of([*found, *own, *followed])

    def lines(feeds: list[Actor]) -> list[tuple[Any, int, bool]]:
        return [(face_of(site, feed), sizes.get(feed.id, 0), feed.is_nameable) for feed in feeds]

    context = {"text": text, "found": lines(found), "own": lines(own), "followed": lines(followed)}
    return render(request, "feeds/list", context)


@signed_in
async def new(request: Request) -> Response:
    """`/feeds/new`: make one."""
    given = {"name": "", "title": "", "description": "", "is_public": True, "joins": False}
    if request.method == "GET":
        return render(request, "feeds/new", {"given": given, "error": None})
    form = await request.form()
    about = _description(form)
    try:
        feed = await create_feed(site_of(request), viewer_of(request).actor, forms.text(form, "name"), about)
    except Invalid as error:
        context = {"given": _given(about) | {"name": forms.text(form, "name")}, "error": error}
        return render(request, "feeds/new", context, error.status)
    return RedirectResponse(f"{page_of_actor(feed)}/communities", 303)


async def show(request: Request) -> Response:
    """`/f/{name}`: posts of all its communities, or its document."""
    name = request.path_params["name"]
    if wants_activity(request):
        if "@" in name:
            raise Refused("not-found", name[:64])
        feed = await local_actor(name)
        if not feed.is_feed:
            raise Refused("not-found", name[:64])
        return await actor_answer(site_of(request).federation, request, feed)
    return await show_page(request)


@page
async def show_page(request: Request) -> Response:
    """The same for browsers; `/feeds/{id}` for one that only its owner sees."""
    site, viewer = site_of(request), viewer_actor(request)
    feed, row = await _named(request)
    if "id" in request.path_params and page_of_actor(feed) != request.url.path:
        return RedirectResponse(page_of_actor(feed), 303)
    order = forms.order_of(request)
    found = await reading.threads(site, feed, viewer, order)
    beside = (await reading.communities_of(feed, limit=BESIDE))[:BESIDE]
    context = await _header(request, feed, row) | {
        "order": order,
        "threads": await post_views(site, viewer, found),
        "next_href": forms.next_page(order, found),
        "beside": [face_of(site, community) for community in beside],
    }
    return render(request, "feeds/feed", context)


@page
async def communities(request: Request) -> Response:
    """`/f/{name}/communities`, `/feeds/{id}/communities`: what it lists, to join them."""
    feed, row = await _named(request)
    return await _communities_page(request, feed, row)


async def _communities_page(
    request: Request,
    feed: Actor,
    row: Feed | None,
    error: Invalid | NotAllowed | None = None,
    given: str = "",
) -> Response:
    number = min(forms.number(request.query_params.get("page", "1")) or 1, MAX_PAGE)
    found = await reading.communities_of(feed, number)
    context = await _header(request, feed, row) | {
        "lines": await _lines(request, found[: reading.COMMUNITIES_PAGE]),
        "more": f"?page={number + 1}" if len(found) > reading.COMMUNITIES_PAGE else "",
        "given": given,
        "error": error,
    }
    return render(request, "feeds/communities", context, error.status if error else 200)


@signed_in
async def post_list(request: Request) -> Response:
    """`POST /feeds/{id}/list`: put a community in, by handle or address (`community`); with `undo` take it out."""
    site, viewer = site_of(request), viewer_of(request).actor
    feed, row = await reading.feed_by_id(_id(request), viewer)
    form = await request.form()
    given = forms.text(form, "community")[:300]
    try:
        community = await _community(request, given)
        act = remove_community if forms.is_checked(form, "undo") else add_community
        await act(site, viewer, feed, community)
    except (Invalid, NotAllowed) as error:
        return await _communities_page(request, feed, row, error, given)
    target = local_path(forms.text(form, "next"), f"{page_of_actor(feed)}/communities")
    return RedirectResponse(target, 303)


async def _community(request: Request, given: str) -> Actor:
    """The community with this handle or address, asked for where it is not known. Raises `Invalid`, `TooMany`."""
    site = site_of(request)
    await site.limiter.hit("resolve", f"user {viewer_of(request).id}")
    found = await find_actor(site, given) if given else None
    if found is None or not found.is_group:
        raise Invalid("community-unknown", "There is no such community.", field="community")
    return found


@signed_in
async def post_follow(request: Request) -> Response:
    """`POST /feeds/{id}/follow`, with `joins` for its communities too, or with `undo`."""
    site, viewer = site_of(request), viewer_of(request).actor
    feed, _ = await reading.feed_by_id(_id(request), viewer)
    form = await request.form()
    if forms.is_checked(form, "undo"):
        await unfollow_feed(site, viewer, feed)
    else:
        await follow_feed(site, viewer, feed, joins=forms.is_checked(form, "joins"))
    return RedirectResponse(page_of_actor(feed), 303)


@signed_in
async def settings(request: Request) -> Response:
    """`/feeds/{id}/settings`: for whoever made it."""
    site, viewer = site_of(request), viewer_of(request).actor
    feed, row = await reading.feed_by_id(_id(request), viewer)
    context = await _header(request, feed, row)
    if not context["may_change"]:
        raise NotFound
    given = FeedDescription(feed.name, feed.source, is_public=context["is_public"], joins=context["joins"])
    error: Invalid | None = None
    if request.method == "POST":
        given = _description(await request.form())
        try:
            await describe_feed(site, viewer, feed, given)
            return RedirectResponse(f"/feeds/{feed.id}/settings?saved=1", 303)
        except Invalid as refused:
            error = refused
    context |= {"given": _given(given), "error": error}
    return render(request, "feeds/settings", context, error.status if error else 200)


@signed_in
async def post_delete(request: Request) -> Response:
    """`POST /feeds/{id}/delete`."""
    viewer = viewer_of(request).actor
    feed, _ = await reading.feed_by_id(_id(request), viewer)
    await delete_feed(site_of(request), viewer, feed)
    return RedirectResponse("/feeds", 303)


@signed_in
async def add(request: Request) -> Response:
    """`/feeds/add?community=`: which of one's feeds list a community, to change that from the community's page."""
    site, viewer = site_of(request), viewer_of(request).actor
    community = await _community(request, "!" + request.query_params.get("community", "")[:300].lstrip("!"))
    listing = await reading.holding(viewer, community)
    context = {
        "community": community,
        "community_face": face_of(site, community),
        "own": [
            (face_of(site, row.actor), row.actor_id, row.actor_id in listing)
            for row in await reading.feeds_of(viewer)
        ],
    }
    return render(request, "feeds/add", context)


def _description(form: Any) -> FeedDescription:
    return FeedDescription(
        title=forms.text(form, "title"),
        description=forms.text(form, "description"),
        is_public=forms.text(form, "is_public") != "0",
        joins=forms.is_checked(form, "joins"),
    )


def _given(about: FeedDescription) -> dict[str, Any]:
    return {
        "title": about.title,
        "description": about.description,
        "is_public": about.is_public,
        "joins": about.joins,
    }


ROUTES: list[BaseRoute] = [
    Route("/feeds", directory),
    Route("/feeds/new", new, methods=["GET", "POST"]),
    Route("/feeds/add", add),
    Route("/feeds/{id:int}", show_page),
    Route("/feeds/{id:int}/communities", communities),
    Route("/feeds/{id:int}/list", post_list, methods=["POST"]),
    Route("/feeds/{id:int}/follow", post_follow, methods=["POST"]),
    Route("/feeds/{id:int}/settings", settings, methods=["GET", "POST"]),
    Route("/feeds/{id:int}/delete", post_delete, methods=["POST"]),
    Route("/f/{name}", show),
    Route("/f/{name}/communities", communities),
]
