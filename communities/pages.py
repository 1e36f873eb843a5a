"""The pages of communities. One address serves a page to browsers and a document to servers."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities import forms, listing
from communities.authority import Rank, rank_of
from communities.describing import describe_community
from communities.founding import create_community
from communities.log import community_log
from communities.membership import join, leave, moderators_of, requests_of
from communities.rules import community_by_name, rules_of
from federation.endpoints.actors import actor_answer, local_actor
from federation.endpoints.answers import wants_activity
from federation.models import Actor, FollowState
from federation.refusals import Refused
from sebangsa import backfilling, following
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.flair import chosen_among, flair_tag, flairs_of
from sebangsa.lookup import find_actor
from sebangsa.posting import Draft, create_post
from sebangsa.web.backfills import missing_of_actor
from sebangsa.web.feeds import moved_face
from sebangsa.web.presenting import face_of, post_views
from sebangsa.web.viewing import local_path, page, signed_in, site_of, viewer_of

LOG_PAGE = 50


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
    site, viewer = site_of(request), viewer_actor(request)
    rank = await rank_of(community, viewer) if viewer is not None else Rank.NOBODY
    may_moderate = rank >= Rank.MODERATOR
    follow = await following.follow_of(viewer, community)
    is_member = follow is not None and follow.state == FollowState.ACCEPTED
    return {
        "community": community,
        "community_face": face_of(site, community),
        "sidebar": Markup(community.summary),  # noqa: S704 - passed the one sanitiser when it was written
        "community_address": address_of(community),
        "moved_to": await moved_face(site, community),
        "rules": await rules_of(community),
        "follow": follow,
        "is_shut": community.is_members_only and not is_member,
        "rank": int(rank),
        "may_moderate": may_moderate,
        "moderator_tabs": [
            await tab(community, viewer) for tab in site.moderator_tabs if viewer is not None and may_moderate
        ],
    }


@page
async def directory(request: Request) -> Response:
    """`/communities`: find one."""
    text = request.query_params.get("q", "")[:200]
    sort = "new" if request.query_params.get("sort") == "new" else "popular"
    site, viewer = site_of(request), viewer_actor(request)
    if viewer is not None and "@" in text.strip().lstrip("!@"):
        # Only for people of ours: anybody else could make us ask servers of their choice.
        named = await find_actor(site, text.strip().replace("!", "@", 1))
        if named is not None and named.is_group:
            return RedirectResponse(address_of(named), 303)
    found = await listing.directory(text, local_only=request.query_params.get("local") == "1", sort=sort)
    context = {
        "text": text,
        "sort": sort,
        "found": [(face_of(site, group), group) for group in found],
        "joined": [face_of(site, group) for group in await listing.joined(viewer)] if viewer else [],
        "local_only": request.query_params.get("local") == "1",
    }
    return render(request, "directory", context)


@signed_in
async def new(request: Request) -> Response:
    """`/communities/new`: found one."""
    context: dict[str, Any] = {"given": forms.given_first(), "error": None}
    if request.method == "GET":
        return render(request, "new", context)
    form = await request.form()
    try:
        about = forms.description_of(form)
        made = await create_community(
            site_of(request), forms.text(form, "name"), viewer_of(request).actor, about
        )
    except Invalid as error:
        return render(request, "new", {"given": forms.given_again(form), "error": error}, error.status)
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
    if viewer is not None and not community.is_local:
        # Only for people of ours: anybody else could make us ask servers of their choice.
        await backfilling.first_contact(site, community)
    is_first = order.page == 1 and order.below is None and not order.flair
    pinned = await listing.pinned(community, viewer) if is_first else []
    found = await listing.threads(site, community, viewer, order)
    context = await header_of(request, community) | {
        "order": order,
        "flairs": flairs_of(community),
        "missing": await missing_of_actor(site, community),
        "pinned": await post_views(site, viewer, pinned),
        "threads": await post_views(site, viewer, found),
        "next_href": forms.next_page(order, found),
        "moderators": [
            (face_of(site, held.actor), held.role.value) for held in await moderators_of(community)
        ],
    }
    return render(request, "community", context)


@signed_in
async def submit(request: Request) -> Response:
    """`/c/{name}/submit`: open a thread."""
    site, author = site_of(request), viewer_of(request).actor
    community = await community_by_name(request.path_params["name"])
    context = await header_of(request, community) | {
        "values": {},
        "error": None,
        "flairs": flairs_of(community),
        "chosen": [],
    }
    if request.method == "GET":
        return render(request, "submit", context)
    form = await request.form()
    names = [str(value) for value in form.getlist("flair")]
    tags = [flair_tag(flair) for flair in chosen_among(community, names)]
    draft = Draft(
        source=forms.text(form, "source"),
        name=forms.text(form, "name"),
        link_url=forms.link(form, "link"),
        language=forms.text(form, "language")[:16],
        community=community,
        extra={"tag": tags} if tags else {},
    )
    try:
        made = await create_post(site, author, draft)
    except (Invalid, NotAllowed) as error:
        return render(
            request, "submit", context | {"values": form, "error": error, "chosen": names}, error.status
        )
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
    site, is_moderating = site_of(request), header["may_moderate"]
    members_ = await listing.members(community) if is_moderating else []
    requests = await requests_of(community) if is_moderating and community.is_local else []
    banned = await listing.banned(site, community) if is_moderating else []
    context = header | {
        "moderators": [
            (face_of(site, held.actor), held.role.value) for held in await moderators_of(community)
        ],
        "members": [face_of(site, made.follower) for made in members_],
        "requests": [(face_of(site, made.follower), answer) for made, answer in requests],
        "banned": [(face_of(site, held.actor), held) for held in banned],
    }
    return render(request, "members", context)


@signed_in
async def settings(request: Request) -> Response:
    """`/c/{name}/settings`: for those who moderate a community of ours."""
    community = await community_by_name(request.path_params["name"])
    context = await header_of(request, community)
    context |= {"given": forms.given_first(community, context["rules"]), "error": None}
    if not context["may_moderate"] or not community.is_local:
        raise NotFound
    if request.method == "GET":
        return render(request, "settings", context)
    form = await request.form()
    try:
        about = forms.description_of(form)
        forms.must_be_confirmed(form, context["rules"], about)
        await describe_community(site_of(request), viewer_of(request).actor, community, about)
    except Invalid as error:
        given = forms.given_again(form) | forms.privacy_of(context["rules"])
        return render(request, "settings", context | {"given": given, "error": error}, error.status)
    return RedirectResponse(f"{address_of(community)}/settings?saved=1", 303)


@page
async def log(request: Request) -> Response:
    """`/c/{name}/log`: what moderators did, for everybody who reads the posts."""
    community = await community_by_name(request.path_params["name"])
    header = await header_of(request, community)
    if header["is_shut"] and not header["may_moderate"]:
        raise NotFound
    site, before = site_of(request), forms.number(request.query_params.get("before", ""))
    entries = await community_log(community, before=before, limit=LOG_PAGE)
    context = header | {
        "entries": [
            (
                entry,
                face_of(site, entry.moderator) if entry.moderator else None,
                face_of(site, entry.subject) if entry.subject else None,
            )
            for entry in entries
        ],
        "next_href": f"?before={entries[-1].id}" if len(entries) == LOG_PAGE else "",
    }
    return render(request, "log", context)
