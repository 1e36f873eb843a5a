"""Our posts as documents for servers, to those who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from federation.actor_document import tombstone
from federation.contexts import context_for
from federation.endpoints.actors import activity_answer_of
from federation.endpoints.answers import PUBLIC_FOR, activity_answer
from federation.endpoints.signers import signer_of
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from sebangsa.api.access import bearer, must_include
from sebangsa.models import Post, Quote, QuoteState
from sebangsa.posting import document_of
from sebangsa.quote_wire import stamp_document
from sebangsa.visibility import OPEN, may_read, readable
from sebangsa.wire import create_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

PRIVATE = "private, no-store"
REPLIES = 100


async def reader_of(site: Site, request: Request) -> Actor | None:
    """Who asks for a document: the person whose app sends their token, or the remote actor that signed, or nobody.

    Raises `Denied` for a token that does not hold or may not read posts, `Refused` as `signer_of`.
    """
    token = await bearer(site, request)
    if token is None:
        return await signer_of(site.federation, request)
    must_include(token, "read:statuses")
    return token.user.actor if token.user is not None else None


async def post_answer(site: Site, request: Request, post_id: int) -> Response:
    """`/p/{id}` for a server: the object, its tombstone, or 404 for whoever may not read it (S-111)."""
    post = await Post.get_or_none(id=post_id, is_local=True)
    if post is not None and post.kind == "boost":
        return await activity_answer_of(request, await OutboundActivity.get_or_none(uri=post.uri))
    post = await _local_post(post_id)
    if post.deleted_at is not None:
        return activity_answer(request, tombstone(post.uri, post.deleted_at), status=410)
    await _must_read(site, request, post)
    document, _ = await document_of(site, post)
    return activity_answer(request, document, cache=_cache(post))


async def create_answer(site: Site, request: Request, post_id: int) -> Response:
    """`/p/{id}/activity`: the Create that published the post."""
    post = await _local_post(post_id)
    await _must_read(site, request, post)
    document, _ = await document_of(site, post)
    activity = create_activity(await Actor.get(id=post.author_id), document, f"{post.uri}/activity")
    return activity_answer(request, activity, cache=_cache(post))


async def replies_answer(
    site: Site, request: Request, post_id: int, *, whole_thread: bool = False
) -> Response:
    """`/p/{id}/replies`: public answers; `/p/{id}/context`: the whole public thread (FEP-7888)."""
    post = await _local_post(post_id)
    await _must_read(site, request, post)
    found = (
        Post.filter(root_id=post.root_id or post.id) if whole_thread else Post.filter(in_reply_to_id=post.id)
    )
    uris = await readable(found, None).order_by("id").limit(REPLIES).values_list("uri", flat=True)
    suffix = "context" if whole_thread else "replies"
    items = [post.uri, *uris] if whole_thread else list(uris)
    document = {
        "@context": context_for(),
        "id": f"{post.uri}/{suffix}",
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }
    return activity_answer(request, document, cache=_cache(post))


async def stamp_answer(site: Site, request: Request, post_id: int, quote_id: int) -> Response:
    """`/p/{id}/quotes/{quote}`: our approval of one quote (FEP-044f); gone once it was taken back."""
    post = await _local_post(post_id)
    await _must_read(site, request, post)
    made = await Quote.get_or_none(id=quote_id, quoted_id=post.id)
    if made is None or not made.stamp_uri.startswith(f"{post.uri}/"):
        raise Refused("not-found")
    if made.state != QuoteState.ACCEPTED or post.removed_at is not None:
        return activity_answer(
            request, tombstone(made.stamp_uri, site.clock.now()), status=410, cache=PRIVATE
        )
    author = await Actor.get(id=post.author_id)
    document = stamp_document(made.stamp_uri, author.uri, made.quoting_uri, post.uri)
    return activity_answer(request, document, cache=PRIVATE)


async def _local_post(post_id: int) -> Post:
    post = await Post.get_or_none(id=post_id, is_local=True)
    if post is None or post.kind == "boost":
        raise Refused("not-found")
    return post


async def _must_read(site: Site, request: Request, post: Post) -> None:
    viewer = None if post.visibility in OPEN else await reader_of(site, request)
    if not await may_read(site, viewer, post):
        raise Refused("not-found")


def _cache(post: Post) -> str:
    return PUBLIC_FOR if post.visibility in OPEN else PRIVATE
