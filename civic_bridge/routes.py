"""All addresses of this feature."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from civic_bridge import desk_pages, filing_pages, pages
from civic_bridge.api import ROUTES as API_ROUTES

UPLOAD_BODY = 72 * 1024 * 1024
"""Bytes of a form with four photos as cameras make them."""

ROUTES: list[BaseRoute] = [
    Route("/report", filing_pages.report_form, methods=["GET", "POST"], max_body_size=UPLOAD_BODY),
    Route("/report/received/{reference}", filing_pages.received),
    Route("/reports", pages.public_list),
    Route("/reports/find", pages.find),
    Route("/civic/{reference}/history", pages.history),
    Route("/civic/{name}/answer", desk_pages.post_answer, methods=["POST"], max_body_size=UPLOAD_BODY),
    Route("/civic/{name}/{verdict:str}", pages.post_verdict, methods=["POST"], max_body_size=UPLOAD_BODY),
    Route("/civic/{name}", pages.report),
    Route("/desk", desk_pages.desk),
    Route("/desk/assign", desk_pages.post_assign, methods=["POST"]),
    Route("/desk/offers/{id:int}", desk_pages.post_offer, methods=["POST"]),
    Route("/bodies/{name}", pages.body_page),
    Route("/bodies/{name}/officers", pages.officers),
    *API_ROUTES,
]
