"""The pages' routes. One URL serves a page to browsers and a document to servers."""

from __future__ import annotations

from starlette.routing import BaseRoute

from sebangsa.web import (
    appearance,
    backfills,
    composing,
    deleting,
    design_page,
    elsewhere,
    event_pages,
    feeds,
    finding,
    intents,
    moving,
    oneself,
    peers,
    reaching,
    reactions,
    signing_in,
    threads,
)

ROUTES: list[BaseRoute] = [
    *feeds.ROUTES,
    *threads.ROUTES,
    *reaching.ROUTES,
    *event_pages.ROUTES,
    *reactions.ROUTES,
    *composing.ROUTES,
    *oneself.ROUTES,
    *moving.ROUTES,
    *deleting.ROUTES,
    *finding.ROUTES,
    *peers.ROUTES,
    *intents.ROUTES,
    *backfills.ROUTES,
    *elsewhere.ROUTES,
    *signing_in.ROUTES,
    *appearance.ROUTES,
    *design_page.ROUTES,
]
