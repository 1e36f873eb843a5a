"""For administrators: how a document of another server is read here, as `sebangsa inspect` says it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from moderation.pages import render
from sebangsa.accounts import must_administer
from sebangsa.errors import Invalid
from sebangsa.inspecting import Inspection, inspect_text, inspect_url
from sebangsa.site import Site
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

MAX_SHOWN = 200_000
"""Letters of a pasted document: far more than any post has."""


@signed_in
async def inspect(request: Request) -> Response:
    """`/moderation/inspect`: a form for an address or a JSON document, and below it what that becomes here."""
    site, user = site_of(request), viewer_of(request)
    must_administer(user)
    pasted, found, error = "", None, None
    if request.method == "POST":
        pasted = text_of(await form_of(request), "pasted").strip()
        try:
            await site.limiter.hit("inspect", user.id)
            found = await _inspected(site, pasted)
        except Invalid as refused:
            error = refused
    context = {"pasted": pasted[:MAX_SHOWN], "found": found, "error": error}
    return render(request, "inspect", context, error.status if error else 200)


async def _inspected(site: Site, pasted: str) -> Inspection:
    """Raises `Invalid` for nothing, or for too much."""
    if not pasted:
        raise Invalid("document-needed", "Paste an address or a JSON document.", field="pasted")
    if len(pasted) > MAX_SHOWN:
        raise Invalid("too-large", "The document is too large.", field="pasted")
    if pasted.startswith(("https://", "http://")):
        return await inspect_url(site, pasted)
    return await inspect_text(site, pasted.encode())
