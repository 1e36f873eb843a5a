"""Parts of documents that several softwares write alike: the answers of a poll, a vote, the terms of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def choices(votes: Mapping[str, int]) -> list[dict[str, Any]]:
    """The answers of a poll with what each has got."""
    return [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": number}}
        for name, number in votes.items()
    ]


def poll(votes: Mapping[str, int], **more: Any) -> dict[str, Any]:
    """What makes a post a poll with one choice for each, as Mastodon says it."""
    terms = {"type": "Question", "oneOf": choices(votes), "endTime": "2099-01-01T00:00:00Z"}
    return {**terms, "votersCount": sum(votes.values()), **more}


def counted(question: dict[str, Any], *votes: int, **more: Any) -> dict[str, Any]:
    """The same poll with new counts, in the order of its answers."""
    key = "oneOf" if "oneOf" in question else "anyOf"
    names = [option["name"] for option in question[key]]
    now = choices(dict(zip(names, votes, strict=True)))
    return question | {key: now, "votersCount": max(votes)} | more


def vote(voter: str, author: str, poll_uri: str, choice: str, number: int = 1) -> dict[str, Any]:
    """One choice, for the poll's author alone: a note without a text, whose name is the answer."""
    return {
        "id": f"{voter}#votes/{number}",
        "type": "Note",
        "attributedTo": voter,
        "inReplyTo": poll_uri,
        "name": choice,
        "to": [author],
    }


def event(**more: Any) -> dict[str, Any]:
    """What makes a post an event, as Mobilizon and PieFed say it; `more` is what is peculiar to them."""
    terms = {
        "type": "Event",
        "startTime": "2099-01-01T10:00:00+07:00",
        "endTime": "2099-01-01T12:00:00+07:00",
        "timezone": "Asia/Jakarta",
        "joinMode": "free",
        "maximumAttendeeCapacity": 0,
        "participantCount": 2,
    }
    return {**terms, **more}
