"""The addresses of ActivityPub for apps. What servers ask for at some of them is answered beside it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from sebangsa.api.access import ApiRoute, Caller, Rule
from sebangsa.c2s.endpoints import PROXY, UPLOADS
from sebangsa.c2s.outbox import post_outbox
from sebangsa.c2s.proxy import post_proxy
from sebangsa.c2s.reading import STREAM, get_activity, get_featured, get_inbox, get_outbox
from sebangsa.c2s.streaming import CollectionStream
from sebangsa.c2s.uploading import get_upload, post_upload

# Which scope an activity needs is said beside what it does.
_ACT = Rule(Caller.PERSON)
_READ = Rule(Caller.PERSON, "read:statuses")

ROUTES: list[BaseRoute] = [
    Route("/a/{id:int}", get_activity),
    Route("/u/{name}/outbox", get_outbox),
    Route("/u/{name}/featured", get_featured),
    ApiRoute("/u/{name}/outbox", post_outbox, _ACT, methods=["POST"]),
    ApiRoute("/u/{name}/inbox", get_inbox, _READ),
    Route(f"/u/{{name}}/inbox/{STREAM}", CollectionStream("inbox"), methods=["GET"]),
    Route(f"/u/{{name}}/outbox/{STREAM}", CollectionStream("outbox"), methods=["GET"]),
    ApiRoute(PROXY, post_proxy, Rule(Caller.PERSON, "read:statuses", bucket="proxy"), methods=["POST"]),
    ApiRoute(
        UPLOADS, post_upload, Rule(Caller.PERSON, "write:media", bucket="media"), methods=["POST"], files=True
    ),
    ApiRoute(f"{UPLOADS}/{{id}}", get_upload, Rule(Caller.PERSON, "write:media")),
]
