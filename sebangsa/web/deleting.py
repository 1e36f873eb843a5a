"""`/settings/delete`: somebody deletes their own account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sebangsa import deleting
from sebangsa.errors import Invalid, NotAllowed, ProductError
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import SESSION_COOKIE, signed_in, site_of, viewer_of


@signed_in
async def delete(request: Request) -> Response:
    """What happens, what it needs, and the deed itself. `sure` must be ticked, with the password beside it."""
    site, user = site_of(request), viewer_of(request)
    error: ProductError | None = None
    if request.method == "POST":
        form = await form_of(request)
        try:
            if not text_of(form, "sure"):
                raise Invalid("not-sure", "Tick the box if you are sure.", field="sure")
            session = request.cookies.get(SESSION_COOKIE, "")
            await deleting.must_be_confirmed(site, user, text_of(form, "password"), session)
            await deleting.delete_account(site, user)
            return _done(request)
        except (Invalid, NotAllowed) as refused:
            error = refused
    context = {
        "face": face_of(site, user.actor),
        "handle": f"@{user.actor.username}@{site.settings.domain}",
        "left_behind": [
            face_of(site, community) for community in await deleting.left_behind(site, user.actor)
        ],
        "asks_password": bool(user.password_hash),
        "error": error,
    }
    return _render(request, "pages/delete_account.html", context, error.status if error else 200)


def _done(request: Request) -> Response:
    request.state.viewer = None
    response = _render(request, "pages/account_deleted.html", {}, 200)
    response.delete_cookie(SESSION_COOKIE)
    response.headers["cache-control"] = "private, no-store"
    return response


def _render(request: Request, name: str, context: dict[str, object], status: int) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context, status_code=status)
    return rendered


ROUTES: list[BaseRoute] = [Route("/settings/delete", delete, methods=["GET", "POST"])]
