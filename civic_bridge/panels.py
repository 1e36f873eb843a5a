"""A report's state and timeline on its post's own page."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request

from civic_bridge import showing
from civic_bridge.models import EventState, Report, StatusEvent
from civic_bridge.pages import viewer_actor
from civic_bridge.reading import address_of, may_see, timeline
from civic_bridge.words import status_of
from sebangsa.models import Post
from sebangsa.site import Site
from sebangsa.web.i18n import language_of


async def report_panel(site: Site, request: Request, post: Post) -> Markup | None:
    """For `site.panels`: the timeline under a report, and under a reply whether it is an official status."""
    if post.root_id is None:
        report = await Report.get_or_none(post_id=post.id).select_related(
            "post__author", "reporter", "body__actor"
        )
        if report is None or not await may_see(site, viewer_actor(request), report):
            return None
        context = {
            "report": report,
            "address": address_of(report),
            "status": status_of(report, language_of(request)),
            "lines": showing.lines(site, request, await timeline(report)),
            "office": showing.face(report.body.actor, report.body) if report.body is not None else None,
        }
        return _part(request, "report_panel", context)
    event = await StatusEvent.get_or_none(post_id=post.id).select_related("report")
    if event is None:
        return None
    context = {"is_official": event.state == EventState.APPLIED, "address": address_of(event.report)}
    return _part(request, "reply_panel", context)


def _part(request: Request, name: str, context: dict[str, object]) -> Markup:
    """A part of a page: the template is rendered by itself."""
    response = request.app.state.templates.render(request, f"civic/{name}.html", context)
    return Markup(bytes(response.body).decode())  # noqa: S704 - rendered by Jinja with escaping on
