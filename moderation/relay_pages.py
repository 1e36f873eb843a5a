"""Relays, for administrators: which there are, what they answered, adding and removing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.pages import render
from sebangsa.accounts import must_administer
from sebangsa.errors import Invalid
from sebangsa.models import RelayKind
from sebangsa.relays.subscribing import add_relay, all_relays, remove_relay, standing_of
from sebangsa.web.forms import back_to, form_of, text_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of


@signed_in
async def relays(request: Request) -> Response:
    """`/moderation/relays`: the list, and a form that adds one."""
    site = site_of(request)
    must_administer(viewer_of(request))
    error: Invalid | None = None
    url = ""
    if request.method == "POST":
        url = text_of(await form_of(request), "url")
        try:
            await add_relay(site, url)
            return RedirectResponse("/moderation/relays", 303)
        except Invalid as refused:
            error = refused
    now = site.clock.now()
    found = [
        {
            "url": relay.url,
            "standing": standing_of(relay, now),
            "asked_at": relay.asked_at,
            "answered_at": relay.answered_at,
            "wants_posts": relay.kind is RelayKind.MASTODON or relay.follows_back,
        }
        for relay in await all_relays()
    ]
    return render(
        request, "relays", {"relays": found, "url": url, "error": error}, error.status if error else 200
    )


@signed_in
async def post_remove(request: Request) -> Response:
    """`POST /moderation/relays/remove` with `url`."""
    must_administer(viewer_of(request))
    await remove_relay(site_of(request), text_of(await form_of(request), "url"))
    return back_to(request, "/moderation/relays")
