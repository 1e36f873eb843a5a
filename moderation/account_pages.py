"""Pages on which moderators answer requests for an account, and invite people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.log import must_moderate
from moderation.pages import render
from sebangsa import registering
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Invite, User
from sebangsa.web.forms import back_to, form_of, id_of, text_of
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

PAGE = "/moderation/accounts"
FIRST = {"uses": "1", "days": "7"}


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for an account."""

    id: int
    face: Face
    email: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation; `url` is passed on to who is invited."""

    id: int
    url: str
    by: Face
    uses: int
    max_uses: int
    expires_at: datetime | None


@signed_in
async def accounts(request: Request) -> Response:
    """`/moderation/accounts`: requests that wait, and invitations that can be used."""
    must_moderate(viewer_of(request))
    return await _page(request, FIRST, None)


async def _page(request: Request, values: dict[str, str], error: Invalid | None) -> Response:
    site = site_of(request)
    context: dict[str, Any] = {
        "mode": site.settings.registration,
        "asking": [
            Asking(user.id, face_of(site, user.actor), user.email or "", user.created_at)
            for user in await registering.waiting()
        ],
        "invitations": [
            Invitation(
                id=invite.id,
                url=registering.invite_url(site, invite),
                by=face_of(site, invite.created_by.actor),
                uses=invite.uses,
                max_uses=invite.max_uses,
                expires_at=invite.expires_at,
            )
            for invite in await registering.open_invites(site)
        ],
        "values": values,
        "error": error,
    }
    return render(request, "accounts", context, error.status if error else 200)


@signed_in
async def post_account(request: Request) -> Response:
    """`POST /moderation/accounts/{id}/approve` and `/refuse`."""
    by = viewer_of(request)
    must_moderate(by)
    user = await User.get_or_none(id=id_of(request)).select_related("actor")
    if user is None:
        raise NotFound
    match request.path_params["act"]:
        case "approve":
            await registering.approve(site_of(request), by, user)
        case "refuse":
            await registering.refuse(by, user)
        case _:
            raise NotFound
    return back_to(request, PAGE)


@signed_in
async def post_invite(request: Request) -> Response:
    """`POST /moderation/accounts/invites` with `uses` and `days`."""
    by = viewer_of(request)
    must_moderate(by)
    form = await form_of(request)
    values = {name: text_of(form, name) for name in FIRST}
    try:
        await registering.make_invite(
            site_of(request), by, uses=_number(values["uses"]), days=_number(values["days"])
        )
    except Invalid as error:
        return await _page(request, values, error)
    return RedirectResponse(PAGE, 303)


@signed_in
async def post_end_invite(request: Request) -> Response:
    """`POST /moderation/accounts/invites/{id}/end`."""
    by = viewer_of(request)
    must_moderate(by)
    invite = await Invite.get_or_none(id=id_of(request))
    if invite is None:
        raise NotFound
    await registering.end_invite(site_of(request), by, invite)
    return back_to(request, PAGE)


def _number(text: str) -> int:
    """A small whole number; 0, which is out of every range here, for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
