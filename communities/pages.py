"""The pages of communities. One address serves a page to browsers and a document to servers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities import forms, listing
from communities.authority import Rank, rank_of
from communities.describing import describe_community
from communities.founding import create_community
from communities.log import community_log
from communities.membership import join, leave, moderators_of, requests_of
from communities.models import JoinMode, Posting
from communities.rules import community_by_name, rules_of
from federation.endpoints.actors import actor_answer, local_actor
from federation.endpoints.answers import wants_activity
from federation.models import Actor
from federation.refusals import Refused
from sebangsa import following
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.posting import Draft, create_post
from sebangsa.web.viewing import local_path, page, signed_in, site_of, viewer_of


def render(request: Request, name: str, context: dict[str, Any], status_code: int = 200) -> Response:
    """A page of this feature."""
    response: Response = request.app.state.templates.render(
        request, f"communities/{name}.html", context, status_code=status_code
    )
    return response


def address_of(community: Actor) -> str:
    """Where a community is shown on this server: `/c/name`, `/c/name@host`."""
    return f"/c/{community.handle}"


def viewer_actor(request: Request) -> Actor | None:
    """The actor of who looks, or None."""
    viewer = request.state.viewer
    return viewer.actor if viewer is not None else None


def back_to(request: Request, community: Actor, tail: str = "") -> Response:
    """After a form: to where the form says, else to the community."""
    return RedirectResponse(
        local_path(request.query_params.get("next", ""), address_of(community) + tail), 303
    )


async def header_of(request: Request, community: Actor) -> dict[str, Any]:
    """What `communities/_header.html` needs; threads' pages include it too."""
    viewer = viewer_actor(request)
    return {
        "community": community,
        "community_address": address_of(community),
        "rules": await rules_of(community),
        "follow": await following.follow_of(viewer, community),
        "rank": int(await rank_of(community, viewer)) if viewer is not None else 0,
        "may_moderate": viewer is not None and await rank_of(community, viewer) >= Rank.MODERATOR,
    }


@page
async def directory(request: Request) -> Response:
    """`/communities`: find one."""
    text = request.query_params.get("q", "")[:200]
    sort = "new" if request.query_params.get("sort") == "new" else "popular"
    viewer = viewer_actor(request)
    if viewer is not None and "@" in text.strip().lstrip("!@"):
        # Only for people of ours: anybody else could make us ask servers of their choice.
        found = await find_actor(site_of(request), text.strip().replace("!", "@", 1))
        if found is not None and found.is_group:
            return RedirectResponse(address_of(found), 303)
    context = {
        "text": text,
        "sort": sort,
        "found": await listing.directory(
            text, local_only=request.query_params.get("local") == "1", sort=sort
        ),
        "joined": await listing.joined(viewer) if viewer is not None else [],
        "local_only": request.query_params.get("local") == "1",
    }
    return render(request, "directory", context)


@signed_in
async def new(request: Request) -> Response:
    """`/communities/new`: found one."""
    context: dict[str, Any] = {"values": {}, "error": None, "join_modes": JoinMode, "postings": Posting}
    if request.method == "GET":
        return render(request, "new", context)
    form = await request.form()
    try:
        about = forms.description_of(form)
        made = await create_community(
            site_of(request), forms.text(form, "name"), viewer_of(request).actor, about
        )
    except Invalid as error:
        return render(request, "new", context | {"values": form, "error": error}, error.status)
    return RedirectResponse(address_of(made), 303)


async def show(request: Request) -> Response:
    """`/c/{name}`: the community's threads, or its document."""
    name = request.path_params["name"]
    if wants_activity(request):
        if "@" in name:
            raise Refused("not-found", name[:64])
        community = await local_actor(name, group=True)
        return await actor_answer(site_of(request).federation, request, community)
    return await _show_page(request)


@page
async def _show_page(request: Request) -> Response:
    site, viewer = site_of(request), viewer_actor(request)
    community = await community_by_name(request.path_params["name"])
    order = forms.order_of(request)
    context = await header_of(request, community) | {
        "order": order,
        "pinned": await listing.pinned(community, viewer) if order.page == 1 and order.below is None else [],
        "threads": await listing.threads(site, community, viewer, order),
        "moderators": await moderators_of(community),
        "periods": list(listing.PERIODS),
        "values": {},
        "error": None,
    }
    return render(request, "community", context)


@signed_in
async def submit(request: Request) -> Response:
    """`/c/{name}/submit`: open a thread."""
    site, author = site_of(request), viewer_of(request).actor
    community = await community_by_name(request.path_params["name"])
    context = await header_of(request, community) | {"values": {}, "error": None}
    if request.method == "GET":
        return render(request, "submit", context)
    form = await request.form()
    draft = Draft(
        source=forms.text(form, "source"),
        name=forms.text(form, "name"),
        link_url=forms.link(form, "link"),
        language=forms.text(form, "language")[:16],
        community=community,
    )
    try:
        made = await create_post(site, author, draft)
    except (Invalid, NotAllowed) as error:
        return render(request, "submit", context | {"values": form, "error": error}, error.status)
    return RedirectResponse(f"/p/{made.id}", 303)


@signed_in
async def post_join(request: Request) -> Response:
    """`/c/{name}/join`."""
    community = await community_by_name(request.path_params["name"])
    answer = forms.text(await request.form(), "answer")
    await join(site_of(request), viewer_of(request).actor, community, answer)
    return back_to(request, community)


@signed_in
async def post_leave(request: Request) -> Response:
    """`/c/{name}/leave`."""
    community = await community_by_name(request.path_params["name"])
    await leave(site_of(request), viewer_of(request).actor, community)
    return back_to(request, community)


@page
async def members(request: Request) -> Response:
    """`/c/{name}/members`: the moderators for everybody; members, requests and bans for those who moderate."""
    community = await community_by_name(request.path_params["name"])
    header = await header_of(request, community)
    is_moderating = header["may_moderate"]
    context = header | {
        "moderators": await moderators_of(community),
        "members": await listing.members(community) if is_moderating else [],
        "requests": await requests_of(community) if is_moderating and community.is_local else [],
        "banned": await listing.banned(site_of(request), community) if is_moderating else [],
    }
    return render(request, "members", context)


@signed_in
async def settings(request: Request) -> Response:
    """`/c/{name}/settings`: for those who moderate a community of ours."""
    community = await community_by_name(request.path_params["name"])
    context = await header_of(request, community) | {
        "values": {},
        "error": None,
        "join_modes": JoinMode,
        "postings": Posting,
    }
    if not context["may_moderate"] or not community.is_local:
        raise NotFound
    if request.method == "GET":
        return render(request, "settings", context)
    form = await request.form()
    try:
        await describe_community(
            site_of(request), viewer_of(request).actor, community, forms.description_of(form)
        )
    except Invalid as error:
        return render(request, "settings", context | {"values": form, "error": error}, error.status)
    return RedirectResponse(f"{address_of(community)}/settings?saved=1", 303)


@page
async def log(request: Request) -> Response:
    """`/c/{name}/log`: what moderators did, for everybody."""
    community = await community_by_name(request.path_params["name"])
    before = forms.number(request.query_params.get("before", ""))
    context = await header_of(request, community) | {"entries": await community_log(community, before=before)}
    return render(request, "log", context)
