"""Our own client API for communities: JSON at `/api/sebangsa/v1/communities`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from communities import forms, listing
from communities.membership import join, leave
from communities.presenting import brief_json, community_json
from communities.rules import community_by_name
from federation.models import Actor
from sebangsa.accounts import hash_token
from sebangsa.errors import SignInNeeded
from sebangsa.models import AccessToken
from sebangsa.web.viewing import site_of


async def _viewer(request: Request, scope: str = "") -> Actor | None:
    """Whose token the request carries, when it may do `scope`. Raises `SignInNeeded` where a scope is asked for."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token:
        held = await AccessToken.get_or_none(token_hash=hash_token(token.strip()), revoked_at=None).select_related(
            "user__actor"
        )
        if held is not None and held.user is not None and held.user.is_active and held.user.actor.is_usable:
            scopes = held.scopes.split()
            if not scope or scope in scopes or scope.partition(":")[0] in scopes:
                return held.user.actor
    if scope:
        raise SignInNeeded("This needs an access token.")
    return None


async def directory(request: Request) -> Response:
    """`GET /communities?q=&local=&sort=popular|new`: those that want to be found, at most 50."""
    found = await listing.directory(
        request.query_params.get("q", "")[:200],
        local_only=request.query_params.get("local") in ("1", "true"),
        sort="new" if request.query_params.get("sort") == "new" else "popular",
    )
    return JSONResponse([brief_json(community) for community in found])


async def show(request: Request) -> Response:
    """`GET /communities/{name}`: one in full; with a token also what its owner is there."""
    community = await community_by_name(request.path_params["name"])
    return JSONResponse(await community_json(community, await _viewer(request)))


async def post_join(request: Request) -> Response:
    """`POST …/join`, form or JSON field `answer`: join or ask to (scope `write:follows`)."""
    viewer = await _viewer(request, "write:follows")
    assert viewer is not None
    community = await community_by_name(request.path_params["name"])
    await join(site_of(request), viewer, community, forms.text(await request.form(), "answer"))
    return JSONResponse(await community_json(community, viewer))


async def post_leave(request: Request) -> Response:
    """`POST …/leave` (scope `write:follows`)."""
    viewer = await _viewer(request, "write:follows")
    assert viewer is not None
    community = await community_by_name(request.path_params["name"])
    await leave(site_of(request), viewer, community)
    return JSONResponse(await community_json(community, viewer))
