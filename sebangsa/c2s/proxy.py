"""`proxyUrl` (ActivityPub, 4.1): documents of other servers, read for an app that has no key to sign with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from federation.actor_document import actor_document, tombstone
from federation.endpoints.answers import activity_answer
from federation.models import Actor, Follow, FollowState
from federation.refusals import Refused
from federation.urls import MAX_URL
from federation.vocabulary import ACTOR_TYPES, COLLECTION_TYPES
from federation.wire import id_of, ids_of, is_public, types_of
from federation.wire.shapes import as_list, first_id, plain
from sebangsa.activitypub import PRIVATE
from sebangsa.api.access import Call
from sebangsa.c2s.documents import objects_of
from sebangsa.c2s.reading import activity_row
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Post
from sebangsa.post_documents import document_of
from sebangsa.timelines import with_parts
from sebangsa.visibility import OPEN, may_read
from sebangsa.wire import create_activity

ADDRESSES = ("to", "cc", "audience")
SECRET = ("bto", "bcc")
NOT_SHOWN = ("fetch-denied", "not-found")
MAX_DEPTH = 4
"""Activities, objects and pages inside one another whose addresses are looked at."""


async def post_proxy(call: Call) -> Response:
    """The document with the `id` that was given, as its own host serves it; ours under our own rule of who may read.

    Our server asks, so it is shown what the person is not: only what is public, or addressed to the person or to
    followers of somebody whom the person follows, goes on to the app. Raises `Refused`.
    """
    uri = call.given.text("id", limit=MAX_URL).strip()
    if not uri:
        raise Invalid("id-needed", "Give the id of what to read.", field="id")
    if call.site.federation.config.is_ours(uri):
        return await _own(call, uri.partition("#")[0])
    try:
        fetched = await call.site.federation.client.get_document(uri)
    except Refused as refused:
        if refused.code not in NOT_SHOWN or (held := await _held(call, uri)) is None:
            raise
        return activity_answer(call.request, held, cache=PRIVATE)
    shown = await _shown(call, fetched.document, 0)
    if shown is None:
        raise Refused("not-allowed", "it is not addressed to this person")
    return activity_answer(call.request, shown, cache=PRIVATE)


async def _held(call: Call, uri: str) -> dict[str, Any] | None:
    """A post that was sent to us for this person, as we hold it: its own host shows it to them alone, not to our server."""
    post = await Post.get_or_none(uri=uri, is_local=False, boost_of_id=None)
    if post is None or not await may_read(call.site, call.me, post):
        return None
    return (await objects_of(call.site, await with_parts(Post.filter(id=post.id))))[0]


async def _own(call: Call, uri: str) -> Response:
    fed = call.site.federation
    actor = await Actor.get_or_none(uri=uri, host="")
    if actor is not None and actor.deleted_at is not None:
        return activity_answer(call.request, tombstone(uri, actor.deleted_at, actor.type), status=410)
    if actor is not None and actor.is_usable:
        return activity_answer(call.request, await actor_document(fed.config, actor), cache=PRIVATE)
    post = await Post.get_or_none(uri=uri.removesuffix("/activity"), is_local=True, boost_of_id=None)
    if post is not None and post.deleted_at is not None and post.visibility in OPEN:
        return activity_answer(call.request, tombstone(post.uri, post.deleted_at), status=410)
    if post is not None and await may_read(call.site, call.me, post):
        document, _ = await document_of(call.site, post)
        if uri != post.uri:
            document = create_activity(await Actor.get(id=post.author_id), document, uri)
        return activity_answer(call.request, document, cache=PRIVATE)
    row = await activity_row(uri, None) if post is None else None
    if row is not None and (row.is_public or row.actor_id == call.me.id):
        return activity_answer(call.request, row.body.encode(), cache=PRIVATE)
    raise NotFound


async def _shown(call: Call, document: Mapping[str, Any], depth: int) -> dict[str, Any] | None:
    """What of a document the person may see; None for nothing."""
    document = {name: value for name, value in plain(document).items() if name not in SECRET}
    types = set(types_of(document))
    if types & ACTOR_TYPES or "Tombstone" in types:
        return document
    if depth > MAX_DEPTH:
        return None
    if types & COLLECTION_TYPES:
        return await _items_shown(call, document, depth)
    if not await _is_addressed(call, document):
        return None
    inner = document.get("object")
    if isinstance(inner, dict) and _has_addresses(inner):
        shown = await _shown(call, inner, depth + 1)
        return None if shown is None else document | {"object": shown}
    return document


async def _items_shown(call: Call, document: dict[str, Any], depth: int) -> dict[str, Any]:
    """A collection without the items, embedded in it or in its first page, that are not for this person."""
    for name in ("items", "orderedItems"):
        if name in document:
            kept = []
            for item in as_list(document[name]):
                shown = (
                    await _shown(call, item, depth + 1) if isinstance(item, dict) and types_of(item) else item
                )
                if shown is not None:
                    kept.append(shown)
            document[name] = kept
    first = document.get("first")
    if isinstance(first, dict):
        document["first"] = await _shown(call, first, depth + 1)
    return document


def _has_addresses(document: Mapping[str, Any]) -> bool:
    return any(key in document for key in ADDRESSES)


async def _is_addressed(call: Call, document: Mapping[str, Any]) -> bool:
    if any(is_public(document.get(key)) for key in ADDRESSES):
        return True
    named = {uri for key in ADDRESSES for uri in ids_of(document.get(key))}
    if call.me.uri in named:
        return True
    author = id_of(document.get("actor")) or first_id(document.get("attributedTo"))
    return bool(author) and await Follow.exists(
        follower_id=call.me.id,
        state=FollowState.ACCEPTED,
        target__uri=author,
        target__followers_url__in=sorted(named),
    )
