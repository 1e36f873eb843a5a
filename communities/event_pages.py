"""What is coming in a community: a page, and a calendar that phones subscribe to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from communities.pages import header_of, render, viewer_actor
from communities.rules import community_by_name
from sebangsa.events.reading import coming_in, public_in
from sebangsa.models import Event
from sebangsa.web.event_pages import calendar_answer
from sebangsa.web.presenting import post_views
from sebangsa.web.viewing import page, site_of


@page
async def events(request: Request) -> Response:
    """`/c/{name}/events`: the next ones first."""
    site, viewer = site_of(request), viewer_actor(request)
    community = await community_by_name(request.path_params["name"])
    posts = await coming_in(community, viewer, site.clock.now())
    context = await header_of(request, community) | {"posts": await post_views(site, viewer, posts)}
    return render(request, "events", context)


@page
async def events_calendar(request: Request) -> Response:
    """`/c/{name}/events.ics`: those that anybody may read; also what was called off, so that calendars cross it out."""
    site = site_of(request)
    community = await community_by_name(request.path_params["name"])
    posts = await public_in(community, site.clock.now())
    events = {event.post_id: event for event in await Event.filter(post_id__in=[post.id for post in posts])}
    entries = [(post, events[post.id]) for post in posts if post.id in events]
    return calendar_answer(request, entries, community.username, name=community.name or community.username)
