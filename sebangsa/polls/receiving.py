"""Polls of other servers, and what other servers' people choose in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from federation import wire
from federation.inbound import Inbound
from federation.models import Actor
from federation.refusals import Refused
from federation.wire import id_of, read_object, types_of, with_author
from sebangsa.errors import NotAllowed, ProductError
from sebangsa.hooks import Origin
from sebangsa.models import Poll, PollOption, Post
from sebangsa.polls.asking import write_options
from sebangsa.polls.voting import has_ended, write_vote
from sebangsa.rejecting import Forbidden
from sebangsa.visibility import may_read

if TYPE_CHECKING:
    from sebangsa.site import Site

MAX_VOTES_AT_ONCE = 50
MAX_COUNT = 2_000_000_000


async def write_remote_poll(site: Site, post: Post, found: wire.Poll) -> None:
    """Store the poll that came with a post of a peer, in the transaction under way."""
    poll = await Poll.create(
        id=site.ids.next(),
        post=post,
        is_multiple=found.multiple,
        ends_at=found.end_time,
        closed_at=found.closed,
        voters_count=_count(found.voters_count),
    )
    await write_options(site, poll, [(option.name, _count(option.votes) or 0) for option in found.options])


async def renew_counts(post: Post, found: wire.Poll) -> bool:
    """Take over what a poll's own host counted; false when it offers other answers than we know (an edit)."""
    poll = await Poll.get_or_none(post_id=post.id)
    if poll is None:
        return False
    options = {option.name: option for option in await PollOption.filter(poll_id=poll.id)}
    if set(options) != {option.name for option in found.options} or poll.is_multiple != found.multiple:
        return False
    for told in found.options:
        votes = _count(told.votes)
        if votes is not None and options[told.name].votes_count != votes:
            await PollOption.filter(id=options[told.name].id).update(votes_count=votes)
    await Poll.filter(id=poll.id).update(
        voters_count=_count(found.voters_count), ends_at=found.end_time, closed_at=found.closed
    )
    return True


async def replace_poll(site: Site, post: Post, found: wire.Poll | None) -> None:
    """An edit changed the answers: the votes for the old ones are void, as at Mastodon."""
    await Poll.filter(post_id=post.id).delete()
    if found is not None:
        await write_remote_poll(site, post, found)


def _count(said: int | None) -> int | None:
    """What fits the column; a peer may say anything."""
    return None if said is None else max(0, min(said, MAX_COUNT))


def votes_in(site: Site, inbound: Inbound) -> list[tuple[str, str]] | None:
    """The votes that a `Create` brings, as (poll, option); None when it brings something else.

    GoToSocial sends those of one person together. Nobody can read a vote at its id, so only what the voter's own
    server vouches for counts. Raises `Refused`.
    """
    embedded = inbound.activity.object
    several = embedded if isinstance(embedded, list) else [embedded]
    found: list[tuple[str, str]] = []
    for one in several[:MAX_VOTES_AT_ONCE]:
        if not isinstance(one, dict) or "Note" not in types_of(one) or not _may_be_vote(one):
            return None
        obj = read_object(with_author(one, inbound.actor.uri), allow_http=site.settings.is_development)
        if not obj.is_poll_vote:
            return None
        if not inbound.is_vouched(id_of(one)) or obj.attributed_to != inbound.actor.uri:
            raise Refused("not-the-author", f"{inbound.actor.uri} votes as {obj.attributed_to}")
        found.append((obj.in_reply_to, obj.name))
    return found


def _may_be_vote(document: Mapping[str, Any]) -> bool:
    """Asked before all of the note is read: nearly every `Create` is none."""
    return bool(document.get("name") or document.get("as:name")) and not document.get("content")


async def receive_votes(site: Site, inbound: Inbound, votes: Sequence[tuple[str, str]]) -> None:
    """Count what somebody elsewhere chose in polls of ours. Raises `Refused` for a vote that does not count (S-054)."""
    chosen: dict[str, list[str]] = {}
    for uri, name in votes:
        chosen.setdefault(uri, []).append(name)
    for uri, names in chosen.items():
        post = await Post.get_or_none(uri=uri, is_local=True, deleted_at=None)
        poll = await Poll.get_or_none(post_id=post.id) if post is not None else None
        if post is not None and poll is not None:
            await _receive_vote(site, inbound, post, poll, names)


async def _receive_vote(site: Site, inbound: Inbound, post: Post, poll: Poll, names: Sequence[str]) -> None:
    group = inbound.announcer
    if not inbound.is_authentic and (group is None or post.community_id != group.id):
        raise Refused("not-allowed", "only the poll's own group may pass on votes in it")  # S-055
    if has_ended(poll, site.clock.now()):
        raise _forbidden(post, "poll-ended", "The poll has ended.")
    options = {option.name: option for option in await PollOption.filter(poll_id=poll.id)}
    unknown = [name for name in names if name not in options]
    if unknown:
        raise _forbidden(post, "no-such-option", "The poll has no such answer.")
    wanted = [options[name] for name in dict.fromkeys(names)]
    if len(wanted) > 1 and not poll.is_multiple:
        raise _forbidden(post, "one-option-only", "Choose one answer only.")
    await _must_be_allowed(site, inbound.actor, post, group)
    await write_vote(site, poll, inbound.actor, wanted, adds=True)  # what comes twice counts once


def _forbidden(post: Post, code: str, sentence: str) -> Forbidden:
    """What the poll's rules do not allow; the community says so where it is ours, else who asked."""
    return Forbidden(ProductError(code, sentence), [post.community_id, post.author_id])


async def _must_be_allowed(site: Site, voter: Actor, post: Post, group: Actor | None) -> None:
    if not await may_read(site, voter, post, let_in_by=group):
        raise Refused("not-allowed", "a vote in what its voter may not read")  # S-053
    try:
        await site.hooks.may_vote.ask(voter, post)
    except NotAllowed as no:
        raise Forbidden(no, [post.community_id, post.author_id]) from no


async def receive_poll_vote(site: Site, inbound: Inbound) -> None:
    """PieFed's `PollVote`; also passed on by the poll's group. Raises `Refused`.

    Versions differ in where they say it: `object` is the poll, or a note as in a `Create`; the answer's text is
    `choice_text`, or the note's `name`.
    """
    embedded = inbound.activity.object
    note = embedded if isinstance(embedded, dict) else {}
    uri = id_of(note.get("inReplyTo")) or inbound.activity.object_id or inbound.activity.target
    spoken = (
        inbound.document.get("choice_text"),
        note.get("choice_text"),
        note.get("name"),
        inbound.activity.name,
    )
    choice = next((text for text in spoken if isinstance(text, str) and text), "")
    if not uri or not choice:
        raise Refused("missing-field", "the poll or the answer")
    await receive_votes(site, inbound, [(uri, choice[:500])])
    await _for_another_host(site, inbound, uri)


async def _for_another_host(site: Site, inbound: Inbound, uri: str) -> None:
    """PieFed sends its votes to the group alone: the poll's author elsewhere hears of them from the group."""
    if inbound.announcer is not None or not inbound.is_authentic:
        return
    post = await Post.get_or_none(uri=uri, is_local=False, deleted_at=None, kind="question")
    if post is not None and post.community_id is not None:
        await _must_be_allowed(site, inbound.actor, post, None)
        await site.hooks.poll_voted.emit(post, Origin(inbound.raw))


async def receive_counts(site: Site, inbound: Inbound, post: Post, found: wire.Poll) -> bool:
    """New counts of a peer's poll, which is no edit; true when that was all. In the transaction under way."""
    if not await renew_counts(post, found):
        return False
    await site.hooks.recounted.emit(post, Origin(inbound.raw, None, inbound.announcer))
    return True
