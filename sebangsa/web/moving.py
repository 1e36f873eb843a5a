"""`/settings/move`: one's other accounts, moving away, and coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from sebangsa import accounts, moving
from sebangsa.errors import Invalid
from sebangsa.moving import destination_of
from sebangsa.web.forms import form_of, text_of
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_ADDRESS = 400


@signed_in
async def move(request: Request) -> Response:
    """The page, and its forms by `part`: alias, forget, move (needs the password), return."""
    site, user = site_of(request), viewer_of(request)
    values, error = {"alias": "", "target": ""}, None
    if request.method == "POST":
        form = await form_of(request)
        values = {name: text_of(form, name)[:MAX_ADDRESS] for name in values}
        try:
            if text_of(form, "part") == "move":
                await site.limiter.hit("sign-in", f"moving {user.id}")
                if not await accounts.password_matches(user, text_of(form, "password")):
                    raise Invalid("wrong-password", "That is not your password.", field="password")
            await change(site, user.actor, form)
            return RedirectResponse("/settings/move?saved=1", 303)
        except Invalid as refused:
            error = refused
    context = await moving_context(site, user.actor) | {
        "values": values,
        "error": error,
        "saved": bool(request.query_params.get("saved", "")),
    }
    rendered: Response = request.app.state.templates.render(
        request, "pages/moving.html", context, status_code=error.status if error else 200
    )
    return rendered


async def change(site: Site, actor: Actor, form: FormData) -> None:
    """Do what a form of `components/moving.html` asks for, with a person or a community. Raises `Invalid`."""
    part = text_of(form, "part")
    if forgotten := text_of(form, "forget"):
        await moving.remove_alias(site, actor, forgotten)
    elif part == "alias":
        await moving.add_alias(site, actor, text_of(form, "alias")[:MAX_ADDRESS])
    elif part == "move":
        await moving.move_away(site, actor, text_of(form, "target")[:MAX_ADDRESS])
    elif part == "return":
        await moving.come_back(site, actor)


async def moving_context(site: Site, actor: Actor) -> dict[str, Any]:
    """What `components/moving.html` shows of a person or community."""
    known = {other.uri: face_of(site, other) for other in await Actor.filter(uri__in=actor.also_known_as)}
    target = await destination_of(actor)
    sign = "!" if actor.is_group else "@"
    return {
        "aliases": [(uri, known.get(uri)) for uri in actor.also_known_as],
        "moved_to": _moved_face(site, actor, target),
        "handle": f"{sign}{actor.username}@{site.settings.domain}",
    }


def _moved_face(site: Site, actor: Actor, target: Actor | None) -> Face | None:
    """Also where the new account does not confirm it any more: coming back must stay possible."""
    if target is not None:
        return face_of(site, target)
    return Face(actor.moved_to, actor.moved_to, actor.moved_to) if actor.moved_to else None


ROUTES: list[BaseRoute] = [Route("/settings/move", move, methods=["GET", "POST"])]
