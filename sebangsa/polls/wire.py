"""Polls as ActivityPub JSON. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from federation.actor_document import timestamp
from federation.contexts import context_for
from federation.models import Actor
from sebangsa.models import Poll, PollOption


def poll_terms(poll: Poll, options: Sequence[PollOption], now: datetime) -> dict[str, Any]:
    """What a `Question` says besides what every post does, as Mastodon, Misskey, Pleroma and PieFed read it.

    While a poll hides its totals, the counts say nothing either.
    """
    ended_at = poll.closed_at or (poll.ends_at if poll.ends_at and poll.ends_at <= now else None)
    is_hidden = poll.hides_totals and ended_at is None
    terms: dict[str, Any] = {
        "anyOf" if poll.is_multiple else "oneOf": [
            {
                "type": "Note",
                "name": option.name,
                "replies": {"type": "Collection", "totalItems": 0 if is_hidden else option.votes_count},
            }
            for option in options
        ],
        "votersCount": poll.voters_count or 0,
    }
    if poll.ends_at is not None:
        terms["endTime"] = timestamp(poll.ends_at)
    if ended_at is not None:
        terms["closed"] = timestamp(ended_at)
    return terms


def vote_activity(voter: Actor, author: Actor, poll_uri: str, choice: str, *, number: int) -> dict[str, Any]:
    """A vote, to the poll's author alone. Without `published` and `content`: by that it is known from a comment."""
    uri = f"{voter.uri}#votes/{number}"
    return {
        "@context": context_for("object"),
        "id": f"{uri}/activity",
        "type": "Create",
        "actor": voter.uri,
        "to": [author.uri],
        "cc": [],
        "object": {
            "id": uri,
            "type": "Note",
            "attributedTo": voter.uri,
            "inReplyTo": poll_uri,
            "name": choice,
            "to": [author.uri],
            "cc": [],
        },
    }
