"""Polls: what apps send with a status, reading one, voting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sebangsa.api.access import ApiRoute, Call, Caller, Rule
from sebangsa.api.entities.polls import poll
from sebangsa.api.parameters import Parameters
from sebangsa.errors import Invalid, NotFound
from sebangsa.models import Poll, PollOption, Post
from sebangsa.polls.asking import PollDraft
from sebangsa.polls.reading import polls_among
from sebangsa.polls.voting import ASKED_AGAIN_AFTER, vote
from sebangsa.text.plain import clean_name
from sebangsa.visibility import post_for

MANY = 100
"""Answers that are read at all; how many a poll may have is judged later."""


def poll_given(given: Parameters) -> PollDraft | None:
    """The poll of a new status, from `poll[options][]`, `poll[expires_in]` (seconds), `poll[multiple]` and
    `poll[hide_totals]`. Raises `Invalid`.
    """
    options = _options(given)
    if not options:
        return None
    return PollDraft(
        options,
        timedelta(seconds=given.number("poll[expires_in]", 0, 10**9)),
        given.flag("poll[multiple]"),
        given.flag("poll[hide_totals]"),
    )


def _options(given: Parameters) -> list[str]:
    return [option for option in given.many("poll[options]", MANY) if option.strip()]


async def must_keep_poll(given: Parameters, post: Post) -> None:
    """Raises `Invalid` where an edit brings other answers: people have voted for those that were there."""
    options = [clean_name(option, 500) for option in _options(given)]
    if not options:
        return
    known = PollOption.filter(poll__post_id=post.id).order_by("position")
    if options != await known.values_list("name", flat=True):
        raise Invalid("poll-fixed", "The answers of a poll cannot be changed.", field="poll")


async def show_poll(call: Call) -> dict[str, Any]:
    """A poll. For one of ours, a running poll of another server is asked for again in the background, for the next look."""
    post = await _post_of(call)
    if call.viewer is not None and await Poll.exists(post_id=post.id, post__is_local=False, has_ended=False):
        key = f"refresh-poll-{post.id}"
        await call.site.queue.enqueue("refresh_poll", post.id, key=key, delay=ASKED_AGAIN_AFTER)
    return await _shown(call, post)


async def vote_in_poll(call: Call) -> dict[str, Any]:
    """Vote with `choices[]`, positions from 0."""
    post = await _post_of(call)
    given = call.given.many("choices", MANY)
    if not all(choice.isascii() and choice.isdigit() and len(choice) < 4 for choice in given):
        raise Invalid("no-such-option", "The poll has no such answer.", field="choices")
    await vote(call.site, call.me, post, {int(choice) for choice in given})
    return await _shown(call, post)


async def _post_of(call: Call) -> Post:
    found = await Poll.get_or_none(id=call.path_id())
    if found is None:
        raise NotFound
    return await post_for(call.site, call.viewer, found.post_id)


async def _shown(call: Call, post: Post) -> dict[str, Any]:
    found = await polls_among(call.viewer, [post], call.site.clock.now())
    return poll(found[post.id], is_signed_in=call.viewer is not None)


ROUTES = [
    ApiRoute("/api/v1/polls/{id}", show_poll, Rule(Caller.ANYBODY, "read:statuses")),
    ApiRoute(
        "/api/v1/polls/{id}/votes", vote_in_poll, Rule(Caller.PERSON, "write:statuses"), methods=["POST"]
    ),
]
