"""What is done with an event on the pages: saying that one comes, who comes, changing it, calendars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.events.calendar import MEDIA_TYPE, calendar
from sebangsa.events.changing import call_off, change_event
from sebangsa.events.joining import decide, join, leave
from sebangsa.events.reading import AT_ONCE, coming_for, participants
from sebangsa.models import Event, Post
from sebangsa.visibility import must_be_author, post_for
from sebangsa.web.event_forms import FIELDS, choices, event_given, values_of
from sebangsa.web.forms import back_to, form_of, id_in, id_of, text_of
from sebangsa.web.presenting import face_of, post_views
from sebangsa.web.viewing import page, signed_in, site_of, viewer_of


async def _event_post(request: Request) -> tuple[Post, Event]:
    """The event of the address, as its viewer may read it. Raises `NotFound`."""
    viewer = request.state.viewer.actor if request.state.viewer else None
    post = await post_for(site_of(request), viewer, id_of(request))
    event = await Event.get_or_none(post_id=post.id)
    if event is None:
        raise NotFound
    return post, event


@signed_in
async def attend(request: Request) -> Response:
    """`POST /p/{id}/attend` with `answer-{id}` yes or no, and `message-{id}` for the organiser."""
    site, viewer = site_of(request), viewer_of(request).actor
    post, _ = await _event_post(request)
    form = await form_of(request)
    if text_of(form, f"answer-{post.id}") == "yes":
        await join(site, viewer, post, text_of(form, f"message-{post.id}"))
    else:
        await leave(site, viewer, post)
    return back_to(request, f"/p/{post.id}", text_of(form, "next"))


@signed_in
async def manage(request: Request) -> Response:
    """`/p/{id}/event`: change when and where, for the organiser. A mistake loses nothing."""
    site, viewer = site_of(request), viewer_of(request).actor
    post, event = await _event_post(request)
    must_be_author(viewer, post)
    if request.method == "GET":
        return _manage(request, post, event, values_of(event), None)
    form = await form_of(request)
    values = {name: text_of(form, name) for name in FIELDS}
    try:
        draft = event_given(values)
        if draft is None:
            raise Invalid("event-time", "Say the day and hour of the event.", field="event")
        await change_event(site, viewer, post, draft)
    except (Invalid, NotAllowed) as error:
        return _manage(request, post, event, values, error)
    return back_to(request, f"/p/{post.id}")


def _manage(
    request: Request, post: Post, event: Event, values: dict[str, str], error: Invalid | NotAllowed | None
) -> Response:
    context = {
        "post": post,
        "event": event,
        "values": values,
        "error": error,
        "event_choices": choices("", values["event_zone"]),
    }
    return _render(request, "pages/event.html", context, error.status if error else 200)


@signed_in
async def end(request: Request) -> Response:
    """`POST /p/{id}/event/call-off`."""
    post, _ = await _event_post(request)
    await call_off(site_of(request), viewer_of(request).actor, post)
    return back_to(request, f"/p/{post.id}")


@signed_in
async def people(request: Request) -> Response:
    """`/p/{id}/people`: who comes and who asks, for the organiser alone; a POST answers one (`who`, `answer`)."""
    site, viewer = site_of(request), viewer_of(request).actor
    post, event = await _event_post(request)
    must_be_author(viewer, post)
    error: Invalid | None = None
    if request.method == "POST":
        form = await form_of(request)
        who = await Actor.get_or_none(id=id_in(text_of(form, "who")) or 0)
        if who is None:
            raise NotFound
        try:
            await decide(site, viewer, post, who, lets_in=text_of(form, "answer") == "yes")
            return back_to(request, f"/p/{post.id}/people")
        except Invalid as refused:
            error = refused
    number = id_in(request.query_params.get("page", "")) or 1
    number = min(max(1, number), 10_000)
    found = await participants(event, number)
    context = {
        "post": post,
        "event": event,
        "error": error,
        "rows": [(row, face_of(site, row.person)) for row in found[:AT_ONCE]],
        "more": f"/p/{post.id}/people?page={number + 1}" if len(found) > AT_ONCE else "",
    }
    return _render(request, "pages/event_people.html", context, error.status if error else 200)


@page
async def event_calendar(request: Request) -> Response:
    """`/p/{id}/event.ics`: one event as a calendar file, for whom may read the post."""
    post, event = await _event_post(request)
    return calendar_answer(request, [(post, event)], f"event-{post.id}")


@signed_in
async def own_events(request: Request) -> Response:
    """`/calendar`: what one goes to or organises, the next first."""
    site, viewer = site_of(request), viewer_of(request).actor
    posts = await coming_for(viewer, site.clock.now())
    return _render(request, "pages/calendar.html", {"posts": await post_views(site, viewer, posts)})


def calendar_answer(
    request: Request, entries: Sequence[tuple[Post, Event]], file: str, *, name: str = ""
) -> Response:
    """Events as a file that the phone's calendar opens."""
    body = calendar(entries, name=name, product=site_of(request).settings.domain)
    headers = {
        "content-disposition": f'attachment; filename="{file}.ics"',
        "x-content-type-options": "nosniff",
    }
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _render(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    rendered: Response = request.app.state.templates.render(request, name, context, status_code=status)
    return rendered


ROUTES: list[BaseRoute] = [
    Route("/calendar", own_events),
    Route("/p/{id:int}/attend", attend, methods=["POST"]),
    Route("/p/{id:int}/event", manage, methods=["GET", "POST"]),
    Route("/p/{id:int}/event/call-off", end, methods=["POST"]),
    Route("/p/{id:int}/people", people, methods=["GET", "POST"]),
    Route("/p/{id:int}/event.ics", event_calendar),
]
