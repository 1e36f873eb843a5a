"""All addresses of this feature."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from communities import (
    collections,
    event_pages,
    moderation_pages,
    moving_pages,
    pages,
    post_pages,
    state_documents,
)
from communities.api import ROUTES as API_ROUTES
from communities.feeds.documents import ROUTES as FEED_DOCUMENTS
from communities.feeds.pages import ROUTES as FEED_PAGES

ROUTES: list[BaseRoute] = [
    Route("/communities", pages.directory),
    Route("/communities/new", pages.new, methods=["GET", "POST"]),
    Route("/c/{name}", pages.show),
    Route("/c/{name}/outbox", collections.outbox),
    Route("/c/{name}/followers", collections.followers),
    Route("/c/{name}/moderators", collections.moderators),
    Route("/c/{name}/featured", collections.featured),
    Route("/c/{name}/wall", collections.wall),
    Route("/c/{name}/actorToken", collections.actor_token),
    Route("/c/{name}/state", state_documents.state),
    Route("/c/{name}/state/{section}", state_documents.section),
    Route("/c/{name}/state/{section}/{page:int}", state_documents.section),
    Route("/c/{name}/submit", pages.submit, methods=["GET", "POST"]),
    Route("/c/{name}/join", pages.post_join, methods=["POST"]),
    Route("/c/{name}/leave", pages.post_leave, methods=["POST"]),
    Route("/c/{name}/members", pages.members),
    Route("/c/{name}/members/{act}", moderation_pages.post_member, methods=["POST"]),
    Route("/c/{name}/settings", pages.settings, methods=["GET", "POST"]),
    Route("/c/{name}/move", moving_pages.move, methods=["GET", "POST"]),
    Route("/c/{name}/log", pages.log),
    Route("/c/{name}/events", event_pages.events),
    Route("/c/{name}/events.ics", event_pages.events_calendar),
    Route("/p/{id:int}/flair", post_pages.post_flair, methods=["POST"]),
    Route("/p/{id:int}/cross-post", post_pages.cross_post),
    Route("/p/{id:int}/moderate/{act}", moderation_pages.post_moderate, methods=["POST"]),
    *FEED_PAGES,
    *FEED_DOCUMENTS,
    *API_ROUTES,
]
