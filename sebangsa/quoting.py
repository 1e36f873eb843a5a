"""Quoting: a post shows another one, as far as that one's author lets it (FEP-044f).

Our people say who may quote them; each quote of ours is asked for, each of theirs answered by that rule, and can be
taken back. What is shown is the quoted post as its own host serves it, and only what everybody may read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from federation.database import transaction
from federation.models import Actor, Follow, FollowState
from federation.outbox import Audience, publish
from federation.vocabulary import AS_PUBLIC
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.models import Post, Quote, QuoteState, User
from sebangsa.notifying import notify
from sebangsa.quote_wire import (
    EVERYBODY,
    FOLLOWERS,
    NOBODY,
    policy_document,
    quote_answer,
    quote_request,
    read_policy,
)
from sebangsa.rejecting import with_reason
from sebangsa.visibility import OPEN, may_read, readable
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

POLICIES = (EVERYBODY, FOLLOWERS, NOBODY)


async def policy_for(author: Actor, visibility: str) -> dict[str, Any] | None:
    """The `interactionPolicy` that a new post of somebody begins with; None for one that nobody can quote."""
    if visibility not in OPEN:
        return None
    user = await User.get_or_none(actor_id=author.id)
    return policy_document(author, user.preferences.get("quote_policy", EVERYBODY) if user else EVERYBODY)


def policy_of(post: Post, author: Actor) -> str:
    """Who may quote a post without being asked about; "" where its software states no policy."""
    stated = read_policy(post.extra.get("interactionPolicy"), author)
    return stated or (EVERYBODY if post.is_local else "")


async def is_allowed(quoter: Actor, post: Post, author: Actor) -> bool:
    """Whether a post may be quoted at once: it is one's own, or its policy says so, or its software knows of none."""
    if post.visibility not in OPEN or not post.is_shown:
        return False
    if quoter.id == author.id:
        return True
    policy = policy_of(post, author)
    if policy == FOLLOWERS:
        return await Follow.exists(follower_id=quoter.id, target_id=author.id, state=FollowState.ACCEPTED)
    return policy in ("", EVERYBODY)


async def must_be_quotable(site: Site, quoter: Actor, post: Post) -> None:
    """Raises `NotAllowed` for a post that cannot be quoted; what its own server decides is asked for later."""
    if post.kind == "boost" or post.visibility not in OPEN or not await may_read(site, quoter, post):
        raise NotAllowed("not-quotable", "This post cannot be quoted.")
    author = await Actor.get(id=post.author_id)
    if post.is_local and not await is_allowed(quoter, post, author):
        raise _unwanted()


def _unwanted() -> NotAllowed:
    return NotAllowed("not-quotable", "Its author does not want this post to be quoted.")


async def write_quote(site: Site, quoter: Actor, quoting: Post, quoted: Post) -> Quote:
    """A post of ours quotes: write it, in the transaction under way, and stamp it where the author lives here."""
    author = await Actor.get(id=quoted.author_id)
    is_sure = quoted.is_local or quoter.id == author.id or policy_of(quoted, author) == ""
    row_id = site.ids.next()
    made = await Quote.create(
        id=row_id,
        quoting_uri=quoting.uri,
        quoting_id=quoting.id,
        quoted_uri=quoted.uri,
        quoted_id=quoted.id,
        state=QuoteState.ACCEPTED if is_sure else QuoteState.PENDING,
        stamp_uri=stamp_of(quoted, row_id) if quoted.is_local and quoter.id != author.id else "",
        request_uri="" if quoted.is_local else site.federation.config.url(f"/a/{site.ids.next()}"),
        created_at=site.clock.now(),
    )
    await notify(site, author.id, "quote", quoter.id, post=quoting)
    return made


async def ask(site: Site, quoter: Actor, made: Quote) -> None:
    """Send the `QuoteRequest` of a quote of ours, in the transaction under way."""
    quoted = await Post.get_or_none(id=made.quoted_id)
    if quoted is None or quoted.is_local or not made.request_uri:
        return
    author = await Actor.get(id=quoted.author_id)
    request = quote_request(quoter, made.quoted_uri, made.quoting_uri, author.uri, made.request_uri)
    await publish(site.federation, quoter, request, Audience(actors=[author]))


async def answer_request(
    site: Site, quoter: Actor, quoted: Post, quoting_uri: str, request: Mapping[str, Any]
) -> Quote | None:
    """Answer a `QuoteRequest` by the post's policy, in the transaction under way; None when it was refused."""
    author = await Actor.get(id=quoted.author_id)
    known = await Quote.get_or_none(quoting_uri=quoting_uri)
    is_open = known is None or (known.quoted_uri == quoted.uri and known.state != QuoteState.REVOKED)
    if not is_open or not await is_allowed(quoter, quoted, author):
        refusal = with_reason(quote_answer(author, request, quoter.uri, ""), _unwanted())
        await publish(site.federation, author, refusal, Audience([quoter]))
        return None
    if known is None:
        quoting = await Post.get_or_none(uri=quoting_uri, author_id=quoter.id)
        known = await Quote.create(
            id=site.ids.next(),
            quoting_uri=quoting_uri,
            quoting_id=quoting.id if quoting else None,
            quoted_uri=quoted.uri,
            quoted_id=quoted.id,
            created_at=site.clock.now(),
        )
    await known.change(
        state=QuoteState.ACCEPTED,
        quoted_id=quoted.id,
        stamp_uri=stamp_of(quoted, known.id),
        request_uri=str(request.get("id") or ""),
    )
    answer = quote_answer(author, request, quoter.uri, known.stamp_uri)
    await publish(site.federation, author, answer, Audience([quoter]))
    if known.quoting_id is not None:
        quoting = await Post.get(id=known.quoting_id)
        await notify(site, author.id, "quote", quoter.id, post=quoting)
    return known


def stamp_of(quoted: Post, row_id: int) -> str:
    """The id of our approval of one quote."""
    return f"{quoted.uri}/quotes/{row_id}"


async def revoke(site: Site, author: Actor, quote_id: int) -> None:
    """Take one's post out of somebody's quote, here and wherever the approval was read. Raises `NotFound`."""
    made = await Quote.get_or_none(id=quote_id, quoted__author_id=author.id).select_related("quoting__author")
    if made is None:
        raise NotFound
    if made.state == QuoteState.REVOKED:
        return
    async with transaction():
        made.state = QuoteState.REVOKED
        await made.save(update_fields=["state"])
        if made.stamp_uri:
            told = [made.quoting.author] if made.quoting is not None else []
            gone = activity_about(
                "Delete", author, made.stamp_uri, to=[AS_PUBLIC, *(a.uri for a in told)], cc=[]
            )
            await publish(site.federation, author, gone, Audience(actors=told, followers_of=[author]))


async def quotes_in(posts: Collection[int], viewer: Actor | None) -> dict[int, tuple[Quote, Post | None]]:
    """What these posts quote, in two queries: the quote, and the quoted post where it may be shown."""
    ids = sorted(posts)
    if not ids:
        return {}
    found = await Quote.filter(quoting_id__in=ids)
    wanted = {row.quoted_id for row in found if row.quoted_id and row.state == QuoteState.ACCEPTED}
    shown: dict[int, Post] = {}
    if wanted:
        seen = readable(Post.filter(id__in=wanted, visibility__in=OPEN, removed_at=None), viewer)
        shown = {post.id: post for post in await seen.select_related("author")}
    return {
        row.quoting_id: (row, shown.get(row.quoted_id) if row.quoted_id in wanted and row.quoted_id else None)
        for row in found
        if row.quoting_id is not None
    }
