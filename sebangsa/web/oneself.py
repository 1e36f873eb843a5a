"""Pages about oneself: notifications, requests to follow, profile, settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.models import Follow, FollowState
from sebangsa import accounts, following
from sebangsa.errors import Invalid, NotFound, ProductError
from sebangsa.models import Notification, Quote, User
from sebangsa.profiles import MAX_FIELDS, ProfileEdit, edit_profile
from sebangsa.quoting import POLICIES, revoke
from sebangsa.refusal_words import Reason, reason_of
from sebangsa.text.plain import excerpt
from sebangsa.timelines import Window, notifications_window
from sebangsa.web.forms import back_to, files_of, form_of, id_in, id_of, text_of
from sebangsa.web.pieces import Face
from sebangsa.web.presenting import face_of
from sebangsa.web.viewing import signed_in, site_of, viewer_of

PAGE = 30


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification as a line. `type` picks its sentence in the template."""

    type: str
    by: Face
    at: datetime
    href: str
    excerpt: str
    is_new: bool
    extra: dict[str, Any]
    refusal: Reason | None = None
    until: datetime | None = None


@signed_in
async def notifications(request: Request) -> Response:
    """`/notifications`: newest first; looking at them marks them read."""
    site, user = site_of(request), viewer_of(request)
    window = Window(max_id=id_in(request.query_params.get("before", "")))
    found = (
        await Notification.filter(notifications_window(window), recipient_id=user.actor_id)
        .order_by("-id")
        .limit(PAGE)
        .select_related("actor", "post")
    )
    notices = [
        Notice(
            type=entry.type,
            by=face_of(site, entry.actor),
            at=entry.created_at,
            href=f"/p/{entry.post_id}" if entry.post_id else face_of(site, entry.actor).href,
            excerpt=_words_of(entry),
            is_new=entry.id > user.notifications_read_id,
            extra=entry.extra,
            refusal=_refusal_of(entry),
            until=datetime.fromisoformat(entry.extra["until"]) if "until" in entry.extra else None,
        )
        for entry in found
    ]
    if found and found[0].id > user.notifications_read_id:
        await User.filter(id=user.id).update(notifications_read_id=found[0].id)
    requests = await Follow.filter(target_id=user.actor_id, state=FollowState.PENDING).select_related(
        "follower"
    )
    context = {
        "notices": notices,
        "requests": [(made.id, face_of(site, made.follower)) for made in requests],
        "older": f"/notifications?before={found[-1].id}" if len(found) == PAGE else "",
    }
    return _render(request, "pages/notifications.html", context)


def _refusal_of(entry: Notification) -> Reason | None:
    """Why something was refused: a post always has words for it, a wish to join where a code says it."""
    code = str(entry.extra.get("code", ""))
    return reason_of(code) if code or entry.type == "community.refused" else None


def _words_of(entry: Notification) -> str:
    """What it is about: of an event its title, else the beginning of the post."""
    if entry.post is None:
        return ""
    title = entry.post.name if entry.type.startswith("event.") else ""
    return title or excerpt(entry.post.content, 140)


@signed_in
async def answer_request(request: Request) -> Response:
    """`POST /follow-requests/{id}` with `answer` accept or reject."""
    user = viewer_of(request)
    made = await Follow.get_or_none(
        id=id_of(request), target_id=user.actor_id, state=FollowState.PENDING
    ).select_related("follower")
    if made is None:
        raise NotFound
    answer = following.accept if text_of(await form_of(request), "answer") == "accept" else following.reject
    await answer(site_of(request), made, made.follower, user.actor)
    return back_to(request, "/notifications")


@signed_in
async def revoke_quote(request: Request) -> Response:
    """`POST /p/{id}/unquote`: take one's post out of the one with this id, which quotes it."""
    made = await Quote.get_or_none(quoting_id=id_of(request))
    if made is None:
        raise NotFound
    await revoke(site_of(request), viewer_of(request).actor, made.id)
    return back_to(request, "/notifications", text_of(await form_of(request), "next"))


@signed_in
async def me(request: Request) -> Response:
    """`/me` leads to one's own page."""
    return RedirectResponse(f"/u/{viewer_of(request).actor.username}", 302)


@signed_in
async def settings(request: Request) -> Response:
    """`/settings`: profile, picture, who may follow, language, password."""
    site, user = site_of(request), viewer_of(request)
    error: ProductError | None = None
    saved = request.query_params.get("saved", "")
    if request.method == "POST":
        try:
            await _save(request, user)
            return RedirectResponse("/settings?saved=1", 303)
        except Invalid as refused:
            error = refused
    context = {
        "user": user,
        "face": face_of(site, user.actor),
        "profile_url": f"{site.settings.url}/@{user.actor.username}",
        "error": error,
        "saved": bool(saved),
    }
    return _render(request, "pages/settings.html", context, error.status if error else 200)


async def _save(request: Request, user: User) -> None:
    site, form = site_of(request), await form_of(request)
    part = text_of(form, "part")
    if part == "password":
        if not await accounts.password_matches(user, text_of(form, "current")):
            raise Invalid("wrong-password", "That is not your password.", field="current")
        await accounts.set_password(site, user, text_of(form, "password"))
        return
    if text_of(form, "quotes") in POLICIES:
        user.preferences = {**user.preferences, "quote_policy": text_of(form, "quotes")}
        await user.save(update_fields=["preferences"])
    pictures = await files_of(form, "avatar")
    banners = await files_of(form, "header")
    await edit_profile(
        site,
        user,
        ProfileEdit(
            name=text_of(form, "display_name"),
            bio=text_of(form, "bio"),
            fields=_lines(form),
            is_locked=bool(text_of(form, "locked")),
            avatar=pictures[0] if pictures else None,
            header=banners[0] if banners else None,
        ),
    )


def _lines(form: FormData) -> list[tuple[str, str]] | None:
    """The lines of the profile; None from a form without them, which leaves them as they are."""
    numbers = range(1, MAX_FIELDS + 1)
    if not any(f"field_name_{number}" in form for number in numbers):
        return None
    return [
        (text_of(form, f"field_name_{number}"), text_of(form, f"field_value_{number}")) for number in numbers
    ]


def _render(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context, status_code=status)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/notifications", notifications),
    Route("/follow-requests/{id:int}", answer_request, methods=["POST"]),
    Route("/p/{id:int}/unquote", revoke_quote, methods=["POST"]),
    Route("/me", me),
    Route("/settings", settings, methods=["GET", "POST"]),
]
