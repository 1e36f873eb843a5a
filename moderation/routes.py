"""All addresses of this feature."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from moderation import account_pages, community_pages, desk_pages, inspect_page, pages, relay_pages
from moderation.api import ROUTES as API_ROUTES

ROUTES: list[BaseRoute] = [
    Route("/moderation", desk_pages.desk),
    Route("/moderation/report", pages.report, methods=["GET", "POST"]),
    Route("/moderation/log", pages.public_log),
    Route("/moderation/domains", desk_pages.blocked_domains, methods=["GET", "POST"]),
    Route("/moderation/domains/unblock", desk_pages.post_unblock, methods=["POST"]),
    Route("/moderation/relays", relay_pages.relays, methods=["GET", "POST"]),
    Route("/moderation/relays/remove", relay_pages.post_remove, methods=["POST"]),
    Route("/moderation/inspect", inspect_page.inspect, methods=["GET", "POST"]),
    Route("/moderation/cases/{id:int}/resolve", desk_pages.post_resolve, methods=["POST"]),
    Route("/c/{name}/reports", community_pages.queue),
    Route("/c/{name}/reports/{id:int}/resolve", community_pages.post_resolve, methods=["POST"]),
    Route("/moderation/posts/{id:int}/{act}", desk_pages.post_post, methods=["POST"]),
    Route("/moderation/accounts", account_pages.accounts),
    Route("/moderation/accounts/invites", account_pages.post_invite, methods=["POST"]),
    Route("/moderation/accounts/invites/{id:int}/end", account_pages.post_end_invite, methods=["POST"]),
    Route("/moderation/accounts/{id:int}/{act}", account_pages.post_account, methods=["POST"]),
    Route("/moderation/people/{handle}", desk_pages.person),
    Route("/moderation/people/{handle}/{act}", desk_pages.post_person, methods=["POST"]),
    *API_ROUTES,
]
