"""The pages' routes. One URL serves a page to browsers and a document to servers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.endpoints.actors import actor_answer, local_actor
from sebangsa import activitypub
from sebangsa.web.viewing import site_of


async def person(request: Request) -> Response:
    """`/u/{name}`."""
    actor = await local_actor(request.path_params["name"], group=False)
    return await actor_answer(site_of(request).federation, request, actor)


async def post(request: Request) -> Response:
    """`/p/{id}`."""
    return await activitypub.post_answer(site_of(request), request, request.path_params["id"])


async def post_create(request: Request) -> Response:
    """`/p/{id}/activity`."""
    return await activitypub.create_answer(site_of(request), request, request.path_params["id"])


async def post_replies(request: Request) -> Response:
    """`/p/{id}/replies`."""
    return await activitypub.replies_answer(site_of(request), request, request.path_params["id"])


async def post_context(request: Request) -> Response:
    """`/p/{id}/context`."""
    return await activitypub.replies_answer(
        site_of(request), request, request.path_params["id"], whole_thread=True
    )


ROUTES: list[BaseRoute] = [
    Route("/u/{name}", person),
    Route("/p/{id:int}", post),
    Route("/p/{id:int}/activity", post_create),
    Route("/p/{id:int}/replies", post_replies),
    Route("/p/{id:int}/context", post_context),
]
