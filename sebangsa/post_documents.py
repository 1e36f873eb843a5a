"""A post of ours as the object that other servers get, put together from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from federation.models import Actor
from sebangsa.addressing import Addresses, addresses_of, also_to
from sebangsa.counts import count_terms
from sebangsa.events.wire import event_terms
from sebangsa.models import Attachment, Event, Mention, Poll, PollOption, Post, PostTag, Quote, QuoteState
from sebangsa.polls.wire import poll_terms
from sebangsa.quote_wire import with_quote
from sebangsa.text.plain import excerpt
from sebangsa.visibility import OPEN
from sebangsa.wire import EXCERPT, post_document

if TYPE_CHECKING:
    from sebangsa.site import Site


async def document_of(site: Site, post: Post) -> tuple[dict[str, Any], Addresses]:
    """A local post as its object, with its addresses, read from the database."""
    author = await Actor.get(id=post.author_id)
    mentions = await Mention.filter(post_id=post.id).select_related("actor")
    mentioned = [mention.actor for mention in mentions if not mention.is_silent]
    blind = [mention.actor for mention in mentions if mention.is_silent]
    community = await Actor.get(id=post.community_id) if post.community_id else None
    parent = (
        await Post.get_or_none(id=post.in_reply_to_id).select_related("author")
        if post.in_reply_to_id
        else None
    )
    attachments = await Attachment.filter(post_id=post.id).order_by("position")
    addresses = addresses_of(
        post, author, mentioned, community, parent.author if parent else None, blind=blind
    )
    document = post_document(
        site.federation.config,
        post,
        author,
        addresses,
        mentioned=mentioned,
        tags=[tag.name for tag in await PostTag.filter(post_id=post.id)],
        attachments=attachments,
        attachment_urls=[a.remote_url or site.media.url(a.key) for a in attachments],
        community=community,
        in_reply_to=parent.uri if parent else "",
        excerpt=excerpt(post.content, EXCERPT) if post.kind == "page" else "",
    )
    if post.visibility in OPEN:
        document |= count_terms(post)
    if post.kind == "question":
        document |= await _poll_of(site, post)
    elif post.kind == "event":
        document |= await _event_of(site, post)
    quote = await Quote.get_or_none(quoting_id=post.id).select_related("quoted__author")
    if quote is not None and quote.state not in (QuoteState.REJECTED, QuoteState.REVOKED):
        quoted = quote.quoted
        shown = (quoted.url or quoted.uri) if quoted is not None else quote.quoted_uri
        document = with_quote(document, quote.quoted_uri, shown, quote.stamp_uri)
        if quoted is not None and quoted.author_id != author.id:
            addresses = also_to(addresses, quoted.author)
            document["cc"] = addresses.cc
    return document, addresses


async def _poll_of(site: Site, post: Post) -> dict[str, Any]:
    poll = await Poll.get_or_none(post_id=post.id)
    if poll is None:
        return {}
    options = await PollOption.filter(poll_id=poll.id).order_by("position")
    return poll_terms(poll, options, site.clock.now())


async def _event_of(site: Site, post: Post) -> dict[str, Any]:
    event = await Event.get_or_none(post_id=post.id)
    if event is None:
        return {}
    return event_terms(event, post.content, excerpt(post.content, EXCERPT), post.language)
