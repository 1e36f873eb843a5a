"""All addresses of this feature."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from moderation import desk_pages, pages

ROUTES: list[BaseRoute] = [
    Route("/moderation", desk_pages.desk),
    Route("/moderation/report", pages.report, methods=["GET", "POST"]),
    Route("/moderation/log", pages.public_log),
    Route("/moderation/domains", desk_pages.blocked_domains, methods=["GET", "POST"]),
    Route("/moderation/domains/unblock", desk_pages.post_unblock, methods=["POST"]),
    Route("/moderation/cases/{id:int}/resolve", desk_pages.post_resolve, methods=["POST"]),
    Route("/moderation/posts/{id:int}/{act}", desk_pages.post_post, methods=["POST"]),
    Route("/moderation/people/{handle}", desk_pages.person),
    Route("/moderation/people/{handle}/{act}", desk_pages.post_person, methods=["POST"]),
]
