"""`/elsewhere`: a visitor with an account on another server joins, follows or answers from there.

They type their handle; their server's WebFinger says where that is done (FEP-3b86, else OStatus `subscribe`). Where it
says nothing, they get the address to copy, and a link that fits their server's software.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.addresses import customer_of
from federation.discovery import fetch_software
from federation.intents import home_of
from federation.models import Actor, Peer
from federation.refusals import Refused
from sebangsa.errors import Invalid, NotFound, ProductError
from sebangsa.models import Post
from sebangsa.text.handles import parse_handle
from sebangsa.text.plain import excerpt
from sebangsa.visibility import may_read
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import face_of, page_of_actor
from sebangsa.web.viewing import page, set_cookie, site_of

if TYPE_CHECKING:
    from sebangsa.site import Site

HOME_COOKIE = "home"
"""The visitor's handle; kept only when they ask for it."""
MAX_HANDLE = 400
MAX_ADDRESS = 2048

ACTS = {"follow": "Follow", "reply": "Create", "like": "Like", "boost": "Announce", "open": "Object"}

# Where the known software opens what its server has not met: `{signed}` is a handle with its sign, `{name}`,
# `{domain}`, `{uri}`. Communities first, then people and posts.
SEARCHES = {
    "lemmy": ("/search?q={signed}&type=All", "/search?q={uri}&type=All"),
    "piefed": ("/community/lookup/{name}/{domain}", "/search?q={uri}"),
    "mbin": ("/search?q={signed}", "/search?q={uri}"),
    "mastodon": ("/authorize_interaction?uri={uri}", "/authorize_interaction?uri={uri}"),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """What the visitor wants to reach. `address` is what they can copy into any server's search; `uri` its id."""

    uri: str
    address: str
    face: Face
    excerpt: str
    href: str
    is_community: bool


@dataclass(frozen=True, slots=True)
class WayHome:
    """Where it goes on. `url` is on `host`; without it the visitor must search there. `software` is what runs there."""

    host: str
    url: str = ""
    search_url: str = ""
    software: str = ""


@page
async def elsewhere(request: Request) -> Response:
    """The form with the handle, and where it leads: always shown, never a redirect (S-071)."""
    site = site_of(request)
    given = await form_of(request) if request.method == "POST" else request.query_params
    act = str(given.get("do", "follow"))
    thing = await _thing(site, str(given.get("object", ""))[:MAX_ADDRESS])
    if act not in ACTS:
        raise NotFound
    kept = request.cookies.get(HOME_COOKIE, "")
    handle = kept if parse_handle(kept) else ""
    way, error = None, None
    if request.method == "POST":
        form = await form_of(request)
        handle = text_of(form, "handle").strip()[:MAX_HANDLE]
        try:
            way = await _way_home(request, act, thing, handle)
        except ProductError as refused:
            error = refused
    if way is not None and way.host in _ours(site):
        return RedirectResponse(f"/sign-in?next={quote(thing.href, safe='/')}", 303)
    context = {
        "act": act,
        "thing": thing,
        "handle": handle,
        "way": way,
        "error": error,
        "is_kept": bool(kept),
        "again": urlencode({"do": act, "object": thing.uri}),
    }
    response = _render(request, context, error.status if error else 200)
    if way is not None and text_of(await form_of(request), "remember"):
        set_cookie(site, response, HOME_COOKIE, handle)
    return response


@page
async def forget(request: Request) -> Response:
    """`POST /elsewhere/forget`: the handle is not remembered any more."""
    form = await form_of(request)
    target = urlencode({name: text_of(form, name)[:MAX_ADDRESS] for name in ("do", "object")})
    response = RedirectResponse(f"/elsewhere?{target}", 303)
    response.delete_cookie(HOME_COOKIE)
    return response


async def _thing(site: Site, uri: str) -> Thing:
    """What everybody may see of ours or of what we know. Raises `NotFound`."""
    actor = await Actor.get_or_none(uri=uri, suspended_at=None, deleted_at=None) if uri else None
    if actor is not None and actor.is_nameable and actor.type != "Application":
        sign = "!" if actor.is_group else "~" if actor.is_feed else "@"
        address = f"{sign}{actor.username}@{actor.domain or site.settings.domain}"
        return Thing(uri, address, face_of(site, actor), "", page_of_actor(actor), actor.is_group)
    post = await Post.get_or_none(uri=uri, boost_of_id=None).select_related("author") if uri else None
    if post is None or not await may_read(site, None, post):
        raise NotFound
    said = post.name or excerpt(post.content, 140)
    return Thing(uri, uri, face_of(site, post.author), said, f"/p/{post.id}", is_community=False)


async def _way_home(request: Request, act: str, thing: Thing, text: str) -> WayHome:
    """Raises `Invalid` for a text that is no handle, `TooMany`."""
    site = site_of(request)
    handle = parse_handle(text)
    if handle is None or handle.domain is None:
        raise Invalid("handle-invalid", "Write your whole address, like ani@server.example.", field="handle")
    if handle.domain in _ours(site):
        return WayHome(handle.domain)
    # Visitors make us ask servers of their choice: only so often.
    await site.limiter.hit("resolve", f"from {customer_of(request.client.host if request.client else '')}")
    client, url = site.federation.client, None
    try:
        home = await home_of(client, f"{handle.name}@{handle.domain}")
        named = "inReplyTo" if act == "reply" else "object"
        url = home.address_for(ACTS[act], {named: thing.uri}, allow_http=client.allow_http)
    except Refused as refusal:
        if refusal.code == "blocked-domain":
            raise Invalid(
                "blocked-domain", "This server does not talk with that one.", field="handle"
            ) from refusal
    if url is not None:
        return WayHome(handle.domain, url)
    software = await _software(site, handle.domain)
    return WayHome(handle.domain, "", _search(site, handle.domain, software, thing), software)


async def _software(site: Site, host: str) -> str:
    known = await Peer.get_or_none(host=host)
    if known is not None and known.software:
        return known.software
    try:
        return (await fetch_software(site.federation.client, host)).name
    except Refused:
        return ""


def _search(site: Site, host: str, software: str, thing: Thing) -> str:
    paths = SEARCHES.get(software)
    if paths is None:
        return ""
    name, _, domain = thing.address.lstrip("!@~").rpartition("@")
    values = {"signed": thing.address, "name": name, "domain": domain, "uri": thing.uri}
    path = paths[0] if thing.is_community else paths[1]
    filled = path.format(**{key: quote(value, safe="") for key, value in values.items()})
    return site.federation.client.web_origin(host) + filled


def _ours(site: Site) -> tuple[str, str]:
    return site.federation.config.domain, site.federation.config.authority


def _render(request: Request, context: dict[str, Any], status: int) -> Response:
    rendered: Response = request.app.state.templates.render(
        request, "pages/elsewhere.html", context, status_code=status
    )
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/elsewhere", elsewhere, methods=["GET", "POST"]),
    Route("/elsewhere/forget", forget, methods=["POST"]),
]
