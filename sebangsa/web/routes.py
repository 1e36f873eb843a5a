"""The pages' routes. One URL serves a page to browsers and a document to servers."""

from __future__ import annotations

from starlette.routing import BaseRoute

from sebangsa.web import (
    appearance,
    composing,
    design_page,
    feeds,
    finding,
    moving,
    oneself,
    signing_in,
    threads,
)

ROUTES: list[BaseRoute] = [
    *feeds.ROUTES,
    *threads.ROUTES,
    *composing.ROUTES,
    *oneself.ROUTES,
    *moving.ROUTES,
    *finding.ROUTES,
    *signing_in.ROUTES,
    *appearance.ROUTES,
    *design_page.ROUTES,
]
