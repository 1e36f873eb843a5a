"""WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo 2.0 and 2.1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from federation.federation import Federation
from federation.intents import SUBSCRIBE, intent_links
from federation.local_actors import actor_named
from federation.models import URL_LENGTH, Actor
from federation.vocabulary import PEOPLE_TYPES

PEOPLE = PEOPLE_TYPES - {"Application"}
JRD = "application/jrd+json"
FOR_ALL = {"access-control-allow-origin": "*"}
OPEN = {**FOR_ALL, "cache-control": "public, max-age=600"}


@dataclass(frozen=True)
class Usage:
    """What NodeInfo counts."""

    users: int
    active_month: int
    active_half_year: int
    posts: int
    comments: int
    open_registrations: bool
    name: str
    description: str


async def webfinger(fed: Federation, request: Request) -> Response:
    """`?resource=acct:name@domain` or an actor's URL. 400 without a resource, 404 for nobody of ours."""
    resource = request.query_params.get("resource", "")
    if not resource:
        return JSONResponse({"error": "Give a resource."}, status_code=400, headers=FOR_ALL)
    actor = await _actor_of(fed, resource)
    if actor is None:
        # Not kept anywhere: the account may be made a minute later.
        return JSONResponse({"error": "There is no such account here."}, status_code=404, headers=FOR_ALL)
    document = {
        "subject": f"acct:{actor.username}@{fed.config.domain}",
        "aliases": sorted({actor.uri, fed.config.url(f"/@{actor.username}")}),
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": actor.uri},
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": actor.uri},
            {
                "rel": SUBSCRIBE,
                "template": fed.config.url("/authorize_interaction?uri={uri}"),
            },
            # Nobody signs in as a community.
            *(intent_links(fed.config) if actor.type in PEOPLE else []),
        ],
    }
    rels = request.query_params.getlist("rel")
    if rels:
        document["links"] = [link for link in document["links"] if link["rel"] in rels]  # type: ignore[index]
    return JSONResponse(document, media_type=JRD, headers=OPEN)


async def _actor_of(fed: Federation, resource: str) -> Actor | None:
    actor = None
    scheme, _, rest = resource.partition(":")
    if scheme == "acct":
        name, _, domain = rest.removeprefix("@").rpartition("@")
        if domain.lower() in (fed.config.domain, fed.config.authority):
            actor = await actor_named(name.removeprefix("~"))
            if actor is not None and name.startswith("~") and not actor.is_feed:
                actor = None  # PieFed asks so for a feed, and for nobody else
    elif len(resource) <= URL_LENGTH and fed.config.is_ours(resource):
        short = fed.config.url("/@")
        if resource.startswith(short):
            actor = await actor_named(resource.removeprefix(short))
        else:
            actor = await Actor.get_or_none(uri=resource, host="")
    return actor if actor is not None and actor.is_usable and actor.is_nameable else None


async def host_meta(fed: Federation, request: Request) -> Response:
    """XML by default, JSON at `.json` or when asked for; Phanpy and mastodon-android read the first template."""
    template = fed.config.url("/.well-known/webfinger?resource={uri}")
    if request.url.path.endswith(".json") or "json" in request.headers.get("accept", ""):
        return JSONResponse(
            {"links": [{"rel": "lrdd", "type": JRD, "template": template}]}, media_type=JRD, headers=OPEN
        )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="{JRD}" template={quoteattr(template)}/></XRD>\n'
    )
    return Response(xml, media_type="application/xrd+xml", headers=OPEN)


async def nodeinfo_links(fed: Federation, request: Request) -> Response:
    """2.0 first: Phanpy takes the highest schema up to 2.0."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/"
    links = [{"rel": schema + v, "href": fed.config.url(f"/nodeinfo/{v}")} for v in ("2.0", "2.1")]
    return JSONResponse({"links": links}, headers=OPEN)


async def nodeinfo(
    fed: Federation, request: Request, usage: Callable[[], Awaitable[Usage]], version: str
) -> Response:
    """What runs here and how much it is used (NodeInfo 2.0 and 2.1)."""
    counted = await usage()
    document = {
        "version": version,
        "software": {"name": fed.config.software, "version": fed.config.version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": counted.open_registrations,
        "usage": {
            "users": {
                "total": counted.users,
                "activeMonth": counted.active_month,
                "activeHalfyear": counted.active_half_year,
            },
            "localPosts": counted.posts,
            "localComments": counted.comments,
        },
        "metadata": {"nodeName": counted.name, "nodeDescription": counted.description},
    }
    profile = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
    return JSONResponse(document, media_type=f'application/json; profile="{profile}"', headers=OPEN)
