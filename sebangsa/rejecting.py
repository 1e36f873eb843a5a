"""A `Reject` with its reason, in both directions (FEP-1b12 allows it; without one people wait for ever, interop b7.4).

Whoever from elsewhere does what our rules forbid is told by the community, or by the author of the poll or event, in
whose name the rule stands. Only what those rules forbid (`Forbidden`) is answered: what looks forged or is malformed never.
Answers to follows, joins and quotes carry their reason in the same form (`with_reason`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from federation import strict_json
from federation.contexts import context_for
from federation.fetch_limits import BudgetSpent, HostBudget
from federation.inbound import Inbound
from federation.models import Actor, OutboundActivity
from federation.outbox import Audience, publish
from federation.refusals import Refused
from federation.registry import Verdict
from federation.wire import id_of
from sebangsa.errors import ProductError
from sebangsa.models import Post, Vote
from sebangsa.notifying import notify
from sebangsa.refusal_words import MAX_CODE, MAX_TEXT, REASONS
from sebangsa.text.plain import clean_name, html_to_plain
from sebangsa.voting import write_vote
from sebangsa.wire import activity_about

if TYPE_CHECKING:
    from sebangsa.site import Site

ANSWERED = frozenset({"Create", "Update", "Like", "Dislike", "EmojiReact", "PollVote"})
"""An answer is never answered, and what has an answer of its own (`Follow`, `Join`, `QuoteRequest`) gets that one."""

AT_ONCE, AT_ONCE_A_SECOND = 20, 1 / 6
"""Answers to one server: a flood of what is not accepted brings no flood back."""

log = structlog.get_logger("sebangsa.rejecting")


class Forbidden(Refused):
    """Our rules forbid it. `speakers` are the actors whose rule it may be, by id: the first that is ours says so."""

    def __init__(self, no: ProductError, speakers: Sequence[int | None] = ()) -> None:
        super().__init__("not-allowed", no.sentence)
        self.no = no
        self.speakers = [actor_id for actor_id in speakers if actor_id is not None]


def with_reason(activity: Mapping[str, Any], no: ProductError | None) -> dict[str, Any]:
    """An answer with why: a sentence as `summary`, our stable code as `reasonCode`."""
    if no is None:
        return dict(activity)
    parts = activity["@context"]
    terms: dict[str, Any] = {}
    for part in (*parts, *context_for("answer")):
        terms |= part if isinstance(part, dict) else {}
    context = [*(part for part in parts if isinstance(part, str)), terms]
    return {**activity, "@context": context, "summary": str(no.sentence), "reasonCode": no.code}


def register(site: Site) -> None:
    """Answer what our rules forbid."""
    budget = HostBudget(site.clock, burst=AT_ONCE, per_second=AT_ONCE_A_SECOND)

    async def answer(inbound: Inbound, refusal: Refused) -> None:
        await _answer(site, budget, inbound, refusal)

    site.federation.registry.refused = answer


async def _answer(site: Site, budget: HostBudget, inbound: Inbound, refusal: Refused) -> None:
    activity = inbound.activity
    if not isinstance(refusal, Forbidden) or activity.type not in ANSWERED or not activity.id:
        return
    speaker = await _speaker(refusal)
    if speaker is None or not (await site.federation.profiles.of(inbound.actor.host)).reads_rejections:
        return
    try:
        budget.spend(inbound.actor.host)
    except BudgetSpent:
        return
    rejected = activity_about("Reject", speaker, activity.id, to=[inbound.actor.uri], cc=[])
    await publish(
        site.federation,
        speaker,
        with_reason(rejected, refusal.no),
        Audience(actors=[inbound.actor], personal=True),
    )


async def _speaker(refusal: Forbidden) -> Actor | None:
    ours = {actor.id: actor for actor in await Actor.filter(id__in=refusal.speakers, host="")}
    found = next((ours[actor_id] for actor_id in refusal.speakers if actor_id in ours), None)
    return found if found is not None and found.is_usable else None


async def receive_rejection(site: Site, inbound: Inbound) -> Verdict | None:
    """A community elsewhere did not take what one of ours wrote, voted or chose: it is marked, and they are told why.

    Only the community that it was for may say so, or the author of the poll. PASS where it is no such answer.
    """
    uri = inbound.activity.object_id or ""
    if not inbound.is_authentic or not site.federation.config.is_ours(uri):
        return Verdict.PASS
    made = await OutboundActivity.get_or_none(uri=uri)
    if made is None:
        return Verdict.PASS
    if made.type in ("Like", "Dislike"):
        return await _take_vote_back(site, inbound, uri)
    if made.type not in ("Create", "Update"):
        return Verdict.PASS
    obj = strict_json.parse_object(made.body.encode()).get("object")
    post = await Post.get_or_none(uri=id_of(obj) or "", author_id=made.actor_id, deleted_at=None)
    if post is not None:
        return await _mark(site, inbound, post)
    poll = await Post.get_or_none(uri=id_of(obj.get("inReplyTo")) or "") if isinstance(obj, dict) else None
    if poll is None or inbound.actor.id not in (poll.community_id, poll.author_id):
        return Verdict.PASS
    await _tell(site, inbound, made.actor_id, poll, "choice")
    return None


async def _mark(site: Site, inbound: Inbound, post: Post) -> Verdict | None:
    if post.community_id != inbound.actor.id:
        return Verdict.PASS
    code, text = _reason(inbound)
    post.refusal_code, post.refusal_text = code or "refused", text
    await post.save(update_fields=["refusal_code", "refusal_text"])
    await _tell(site, inbound, post.author_id, post, "post")
    return None


async def _take_vote_back(site: Site, inbound: Inbound, uri: str) -> Verdict | None:
    """It counts at its community's server for nothing, so not here either."""
    cast = await Vote.get_or_none(uri=uri).select_related("post", "actor")
    if cast is None or cast.post.community_id != inbound.actor.id:
        return Verdict.PASS
    await write_vote(site, cast.actor, cast.post, 0, "")
    await _tell(site, inbound, cast.actor_id, cast.post, "vote")
    return None


def _reason(inbound: Inbound) -> tuple[str, str]:
    """The code where it is one of ours, and what the other server says in words, as plain text."""
    activity = inbound.activity
    said = clean_name(html_to_plain(activity.summary or activity.content), MAX_TEXT)
    code = activity.reason_code[:MAX_CODE]
    return (code if code in REASONS else ""), said


async def _tell(site: Site, inbound: Inbound, person_id: int, post: Post, what: str) -> None:
    code, said = _reason(inbound)
    await notify(
        site,
        person_id,
        "community.refused",
        inbound.actor.id,
        post=post,
        is_repeatable=True,
        what=what,
        code=code or "refused",
        said="" if code else said,
    )


def said_why(inbound: Inbound) -> dict[str, Any]:
    """What a notification of a `Reject` bears: `code` where it is one of ours, which has its own words here, else the
    `reason` in the words of the other server. Empty where it gives none.
    """
    code, said = _reason(inbound)
    return {"code": code} if code else {"reason": said} if said else {}


async def tell_of_refused_follow(site: Site, inbound: Inbound, follower_id: int) -> None:
    """A community did not let somebody join, or a person says why they may not follow. Who says nothing is not told of,
    as everywhere; in the transaction under way.
    """
    why = said_why(inbound)
    if inbound.actor.is_group or why:
        await notify(site, follower_id, "follow.refused", inbound.actor.id, is_repeatable=True, **why)


async def forget_refusal(uri: str) -> None:
    """The community passes the post on: it took it after all. In the transaction under way."""
    await (
        Post.filter(uri=uri, is_local=True).exclude(refusal_code="").update(refusal_code="", refusal_text="")
    )
