"""`GET` of one's inbox and outbox, page by page, and of single activities of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q

from federation import strict_json
from federation.contexts import context_for
from federation.endpoints.actors import activity_answer_of, featured_answer, local_actor, outbox_answer
from federation.endpoints.answers import activity_answer, refusal_answer
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from federation.wire import id_of
from sebangsa.activitypub import PRIVATE, reader_of
from sebangsa.api.access import Call, Caller, Rule, must_include, respond
from sebangsa.api.parameters import as_id
from sebangsa.c2s.inbox import items_of
from sebangsa.c2s.owning import must_be_owner, owner_of
from sebangsa.errors import Invalid
from sebangsa.models import Post
from sebangsa.web.viewing import site_of

PAGE = 20
STREAM = "stream"
"""The event stream of a collection lies below it."""

_OPEN = Rule(Caller.ANYBODY, "read:statuses")


async def get_inbox(call: Call) -> Response:
    """What came to the person, to their own apps only."""
    await must_be_owner(call)
    assert call.token is not None
    must_include(call.token, "read:notifications")
    me = call.me
    if (place := _page(call)) is None:
        return _private(call, _collection(me.inbox_url))
    items = await items_of(call.site, me, limit=PAGE, below=place or None)
    page = _collection_page(
        me.inbox_url, place, [item.activity for item in items], items[-1].id if len(items) == PAGE else 0
    )
    return _private(call, page)


async def get_outbox(request: Request) -> Response:
    """What a person did: to anybody what is public, to their own apps all of it."""
    site = site_of(request)
    if _has_token(request):
        response = await respond(request, _outbox, _OPEN)
    else:
        try:
            owner = await local_actor(request.path_params["name"], group=False)
            if owner.deleted_at is not None:
                raise Refused("gone", owner.uri)
            response = await outbox_answer(site.federation, request, owner)
        except Refused as refusal:
            response = refusal_answer(refusal)
    response.headers["vary"] = "Accept, Signature, Authorization"
    return response


async def get_featured(request: Request) -> Response:
    """`/u/{name}/featured`, for servers."""
    try:
        owner = await local_actor(request.path_params["name"], group=False)
        if owner.deleted_at is not None:
            raise Refused("gone", owner.uri)
        return await featured_answer(request, owner)
    except Refused as refusal:
        return refusal_answer(refusal)


async def _outbox(call: Call) -> Response:
    owner = await owner_of(call)
    if call.viewer is None or call.viewer.id != owner.id:
        return await outbox_answer(call.site.federation, call.request, owner)
    if (place := _page(call)) is None:
        return _private(call, _collection(owner.outbox_url))
    rows = OutboundActivity.filter(actor_id=owner.id)
    found = await (rows.filter(id__lt=place) if place else rows).order_by("-id").limit(PAGE)
    last = found[-1].id if len(found) == PAGE else 0
    shown = [msgspec.Raw(row.body.encode()) for row in await _standing(owner, found)]
    return _private(call, _collection_page(owner.outbox_url, place, shown, last))


async def _standing(owner: Actor, rows: Sequence[OutboundActivity]) -> list[OutboundActivity]:
    """Without what published a post that was deleted since: it holds a copy."""
    about = {
        row.id: id_of(strict_json.parse_object(row.body.encode()).get("object"))
        for row in rows
        if row.type in ("Create", "Update")
    }
    gone = set(
        await Post.filter(
            author_id=owner.id, uri__in=list(filter(None, about.values())), deleted_at__isnull=False
        ).values_list("uri", flat=True)
        if about
        else []
    )
    return [row for row in rows if about.get(row.id) not in gone]


async def get_activity(request: Request) -> Response:
    """`/a/{id}`: an activity of ours as it was sent; one that is not public to its own actor's apps."""
    site = site_of(request)
    try:
        number = as_id(str(request.path_params["id"]))
        row = await activity_row(site.federation.config.url(f"/a/{number}"), number) if number else None
        if row is not None and not row.is_public and _has_token(request):
            reader = await reader_of(site, request)
            if reader is not None and reader.id == row.actor_id:
                return activity_answer(request, row.body.encode(), cache=PRIVATE)
        return await activity_answer_of(request, row)
    except Refused as refusal:
        return refusal_answer(refusal)


async def activity_row(uri: str, number: int | None) -> OutboundActivity | None:
    """An activity by its id or, for a `Create`, by the number it left with."""
    return await OutboundActivity.filter(Q(uri=uri) | Q(id=number) if number else Q(uri=uri)).first()


def _has_token(request: Request) -> bool:
    return request.headers.get("authorization", "").lower().startswith("bearer ")


def _page(call: Call) -> int | None:
    """The place below which a page is asked for: 0 for the first, None for the collection itself."""
    given = call.request.query_params
    if "page" not in given and "below" not in given:
        return None
    below = given.get("below", "")
    place = as_id(below) if below else 0
    if place is None:
        raise Invalid("not-an-id", "below must be an id.", field="below")
    return place


def _collection(uri: str) -> dict[str, Any]:
    return {
        "@context": context_for("stream"),
        "id": uri,
        "type": "OrderedCollection",
        "first": f"{uri}?page=first",
        "eventStream": f"{uri}/{STREAM}",
    }


def _collection_page(uri: str, place: int, items: Sequence[Any], last: int) -> dict[str, Any]:
    """`last` is the place of the last item, where the next page goes on; 0 where there is none."""
    query = urlencode({"below": place}) if place else "page=first"
    page: dict[str, Any] = {
        "@context": context_for("stream"),
        "id": f"{uri}?{query}",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "eventStream": f"{uri}/{STREAM}",
        "orderedItems": list(items),
    }
    if last:
        page["next"] = f"{uri}?{urlencode({'below': last})}"
    return page


def _private(call: Call, document: dict[str, Any]) -> Response:
    return activity_answer(call.request, document, cache=PRIVATE)
