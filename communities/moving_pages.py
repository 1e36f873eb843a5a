"""`/c/{name}/move`: an owner moves a community to another server, or says from where it came."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from communities.moving import must_own
from communities.pages import address_of, header_of, render
from communities.rules import community_by_name
from sebangsa.errors import Invalid
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.moving import MAX_ADDRESS, change, moving_context
from sebangsa.web.viewing import signed_in, site_of, viewer_of


@signed_in
async def move(request: Request) -> Response:
    """The page, and its forms by `part`, as of a person's move."""
    site = site_of(request)
    community = await community_by_name(request.path_params["name"])
    await must_own(community, viewer_of(request).actor)
    values, error = {"alias": "", "target": ""}, None
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name)[:MAX_ADDRESS] for name in values}
        try:
            await change(site, community, form)
            return RedirectResponse(f"{address_of(community)}/move?saved=1", 303)
        except Invalid as refused:
            error = refused
    context = await header_of(request, community) | await moving_context(site, community)
    context |= {"values": values, "error": error, "saved": bool(request.query_params.get("saved", ""))}
    return render(request, "move", context, error.status if error else 200)
