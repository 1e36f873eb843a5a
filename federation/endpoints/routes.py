"""The protocol's routes; `fed` is bound by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.endpoints import actors, discovery, followers
from federation.endpoints.answers import refusal_answer
from federation.endpoints.inboxes import post_inbox
from federation.federation import Federation
from federation.local_actors import SERVER_PATH, server_actor
from federation.refusals import Refused

Endpoint = Callable[[Request], Awaitable[Response]]


def protocol_routes(fed: Federation, usage: Callable[[], Awaitable[discovery.Usage]]) -> list[Route]:
    """All that a peer asks for by fixed address. Actors themselves are answered where their pages are."""

    def plain(handler: Callable[[Federation, Request], Awaitable[Response]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(fed, request)
            except Refused as refusal:
                return refusal_answer(refusal)

        return endpoint

    async def shared_inbox(fed: Federation, request: Request) -> Response:
        return await post_inbox(fed, request)

    async def server_document(fed: Federation, request: Request) -> Response:
        return await actors.actor_answer(fed, request, await server_actor(fed))

    async def server_inbox(fed: Federation, request: Request) -> Response:
        return await post_inbox(fed, request, owner=await server_actor(fed))

    routes = [
        Route("/inbox", plain(shared_inbox), methods=["POST"]),  # first: most requests are for it
        Route("/.well-known/webfinger", plain(discovery.webfinger)),
        Route("/.well-known/host-meta", plain(discovery.host_meta)),
        Route("/.well-known/host-meta.json", plain(discovery.host_meta)),
        Route("/.well-known/nodeinfo", plain(discovery.nodeinfo_links)),
        Route("/nodeinfo/2.0", plain(partial(discovery.nodeinfo, usage=usage, version="2.0"))),
        Route("/nodeinfo/2.1", plain(partial(discovery.nodeinfo, usage=usage, version="2.1"))),
        Route(SERVER_PATH, plain(server_document)),
        Route(f"{SERVER_PATH}/inbox", plain(server_inbox), methods=["POST"]),
    ]
    for prefix, group in (("/u", False), ("/c", True)):
        routes += [
            Route(f"{prefix}/{{name}}/inbox", plain(_of(post_inbox_of, group)), methods=["POST"]),
            Route(f"{prefix}/{{name}}/following", plain(_of(actors.following_answer, group))),
            Route(
                f"{prefix}/{{name}}/followers_synchronization",
                plain(_of(followers.synchronization_answer, group)),
            ),
        ]
    # A group's outbox and followers are answered where its posts are known: Lemmy wants shapes of its own (interop b1).
    # What a person did is answered where their apps are known: they see what is not public too.
    routes.append(Route("/u/{name}/followers", plain(_of(actors.followers_answer, False))))
    return routes


async def post_inbox_of(fed: Federation, request: Request, actor: actors.Actor) -> Response:
    return await post_inbox(fed, request, owner=actor)


def _of(
    answer: Callable[[Federation, Request, actors.Actor], Awaitable[Response]], group: bool
) -> Callable[[Federation, Request], Awaitable[Response]]:
    async def endpoint(fed: Federation, request: Request) -> Response:
        actor = await actors.local_actor(request.path_params["name"], group=group)
        if actor.deleted_at is not None:
            raise Refused("gone", actor.uri)  # peers stop sending to such an inbox
        return await answer(fed, request, actor)

    return endpoint
