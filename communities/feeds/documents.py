"""Feeds of ours as servers read them: actor, inbox, what they list, owner, outbox, followers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from communities.feeds import wire
from communities.feeds.changing import MAX_COMMUNITIES
from communities.feeds.models import Feed
from communities.feeds.reading import communities_of
from communities.wire import followers_document
from federation.actor_document import actor_document
from federation.endpoints.actors import local_feed, outbox_answer
from federation.endpoints.answers import activity_answer, refusal_answer
from federation.endpoints.inboxes import post_inbox
from federation.models import Actor
from federation.refusals import Refused
from sebangsa.web.viewing import site_of

Answer = Callable[[Request, Actor], Awaitable[Response]]


def _of_feed(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request, await local_feed(request.path_params["name"]))
        except Refused as refusal:
            return refusal_answer(refusal)

    return endpoint


async def inbox(request: Request, feed: Actor) -> Response:
    """`POST /f/{name}/inbox`."""
    return await post_inbox(site_of(request).federation, request, owner=feed)


async def following(request: Request, feed: Actor) -> Response:
    """`/f/{name}/following`: the communities that it lists."""
    listed = await communities_of(feed, limit=MAX_COMMUNITIES)
    return activity_answer(
        request, wire.following_document(feed, [community.uri for community in listed], len(listed))
    )


async def owner(request: Request, feed: Actor) -> Response:
    """`/f/{name}/owner`: whose feed it is."""
    row = await Feed.get(actor_id=feed.id).select_related("owner")
    if row.owner is None or not row.owner.is_usable:
        raise Refused("not-found", feed.uri)
    document = await actor_document(site_of(request).federation.config, row.owner)
    return activity_answer(request, wire.owner_document(document))


async def outbox(request: Request, feed: Actor) -> Response:
    """`/f/{name}/outbox`: how its list changed."""
    return await outbox_answer(site_of(request).federation, request, feed)


async def followers(request: Request, feed: Actor) -> Response:
    """`/f/{name}/followers`: how many; not who."""
    return activity_answer(request, followers_document(feed))


ROUTES: list[BaseRoute] = [
    Route("/f/{name}/inbox", _of_feed(inbox), methods=["POST"]),
    Route("/f/{name}/following", _of_feed(following)),
    Route("/f/{name}/owner", _of_feed(owner)),
    Route("/f/{name}/outbox", _of_feed(outbox)),
    Route("/f/{name}/followers", _of_feed(followers)),
]
