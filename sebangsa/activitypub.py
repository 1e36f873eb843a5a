"""Our posts as documents for servers, to those who may read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from federation.actor_document import tombstone
from federation.actor_tokens import group_of_token
from federation.contexts import context_for
from federation.endpoints.actors import activity_answer_of
from federation.endpoints.answers import PUBLIC_FOR, activity_answer
from federation.endpoints.collections import collection_document, digest_of, page_document, place_in
from federation.endpoints.signers import signer_of
from federation.models import Actor, OutboundActivity
from federation.refusals import Refused
from sebangsa.api.access import bearer, must_include
from sebangsa.counts import count_terms
from sebangsa.models import Post, Quote, QuoteState, Visibility
from sebangsa.post_documents import document_of
from sebangsa.quote_wire import stamp_document
from sebangsa.visibility import OPEN, may_read, readable
from sebangsa.wire import create_activity

if TYPE_CHECKING:
    from sebangsa.site import Site

PRIVATE = "private, no-store"
REPLIES = 100
"""Ids on one page; as many stand in the list itself where there are no more."""
MAX_MEMBERS = 5000


async def reader_of(site: Site, request: Request) -> Actor | None:
    """Who asks for a document: the person whose app sends their token, or the remote actor that signed, or nobody.

    Raises `Denied` for a token that does not hold or may not read posts, `Refused` as `signer_of`.
    """
    token = await bearer(site, request)
    if token is None:
        return await signer_of(site.federation, request)
    must_include(token, "read:statuses")
    return token.user.actor if token.user is not None else None


@dataclass(frozen=True)
class Reader:
    """Who asks for a document, and the community elsewhere whose token (FEP-db0e) they showed, if any."""

    actor: Actor | None = None
    let_in_by: Actor | None = None


ANYBODY = Reader()


async def signed_reader(site: Site, request: Request) -> Reader:
    """`reader_of`, with the token of a community besides. Raises as that, and for a token that does not hold."""
    actor = await reader_of(site, request)
    shown = request.headers.get("authorization", "")
    return Reader(actor, await group_of_token(site.federation, shown, actor))


async def post_answer(site: Site, request: Request, post_id: int) -> Response:
    """`/p/{id}` for a server: the object, its tombstone, or 404 for whoever may not read it (S-111)."""
    post = await Post.get_or_none(id=post_id, is_local=True)
    if post is not None and post.kind == "boost":
        return await activity_answer_of(request, await OutboundActivity.get_or_none(uri=post.uri))
    post = await _local_post(post_id)
    ended = post.deleted_at or post.author.deleted_at
    if ended is not None:
        if post.visibility not in OPEN:
            post.deleted_at = None  # whoever might have read it may know that it is gone, and nobody else
            await _must_read(site, request, post)
        return activity_answer(request, tombstone(post.uri, ended), status=410, cache=_cache(post))
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


async def replies_answer(site: Site, request: Request, post_id: int) -> Response:
    """`/p/{id}/replies`: the public answers to a post, oldest first."""
    post = await _local_post(post_id)
    reader = await _must_read(site, request, post)
    author = await Actor.get(id=post.author_id)
    found = _answers(Post.filter(in_reply_to_id=post.id), reader)
    return await _posts_answer(request, post, f"{post.uri}/replies", found, author.uri)


async def context_answer(site: Site, request: Request, post_id: int) -> Response:
    """`/p/{id}/context`: the public posts of a conversation, oldest first (FEP-7888, FEP-f228), owned by its community or
    else its author. That of a comment leads to the one of its thread.
    """
    post = await _local_post(post_id)
    reader = await _must_read(site, request, post)
    uri = f"{post.uri}/context"
    if post.conversation not in ("", uri):
        if not site.federation.config.is_ours(post.conversation):
            raise Refused("not-found", "the conversation is another server's")
        return RedirectResponse(post.conversation, 301)
    thread = Q(root_id=post.id) if post.root_id is None else Q(root_id=post.root_id, conversation=uri)
    owner = await Actor.get(id=post.community_id or post.author_id)
    found = _answers(Post.filter(thread).exclude(id=post.id), reader)
    return await _posts_answer(request, post, uri, found, owner.uri, opening=post.uri)


def _answers(posts: QuerySet[Post], reader: Reader) -> QuerySet[Post]:
    """Those that anybody may read, and those for members under a post that is for members."""
    if reader is ANYBODY:
        return readable(posts, None)
    found = readable(posts, reader.actor, let_in_by=reader.let_in_by)
    return found.filter(visibility__in=(*OPEN, Visibility.MEMBERS))


async def _posts_answer(
    request: Request, post: Post, uri: str, found: QuerySet[Post], owner: str, *, opening: str = ""
) -> Response:
    """A list of posts by their ids; its ETag is a digest of all of them, as NodeBB reads it."""
    place = place_in(request, "above")
    members: list[tuple[int, str]] = await found.order_by("id").limit(MAX_MEMBERS).values_list("id", "uri")
    if opening:
        members = [(post.id, opening), *members]
    total, cache = len(members), _cache(post)
    if place is None:
        items = [member for _, member in members] if total <= REPLIES else None
        document = collection_document(uri, items, total, attributedTo=owner)
        digest = digest_of(member for _, member in members)
        return activity_answer(request, document, cache=cache, digest=digest)
    begin = next((n for n, (number, _) in enumerate(members) if number > place), total)
    shown = members[begin : begin + REPLIES]
    following = shown[-1][0] if begin + REPLIES < total else None
    page = page_document(
        uri,
        [member for _, member in shown],
        total,
        name="above",
        place=place,
        following=following,
        attributedTo=owner,
    )
    return activity_answer(request, page, cache=cache)


async def count_answer(site: Site, request: Request, post_id: int, name: str) -> Response:
    """`/p/{id}/likes`, `dislikes` and `shares`: how many, and never who."""
    post = await _local_post(post_id)
    await _must_read(site, request, post)
    if post.visibility not in OPEN:
        raise Refused("not-found")
    document = {"@context": context_for()} | count_terms(post)[name]
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
    post = await Post.get_or_none(id=post_id, is_local=True).select_related("author")
    if post is None or post.kind == "boost":
        raise Refused("not-found")
    return post


async def _must_read(site: Site, request: Request, post: Post) -> Reader:
    reader = ANYBODY if post.visibility in OPEN else await signed_reader(site, request)
    if not await may_read(site, reader.actor, post, let_in_by=reader.let_in_by):
        raise Refused("not-found")
    return reader


def _cache(post: Post) -> str:
    return PUBLIC_FOR if post.visibility in OPEN else PRIVATE
