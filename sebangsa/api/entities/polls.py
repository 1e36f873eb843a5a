"""Poll."""

from __future__ import annotations

from typing import Any

from sebangsa.api.answers import moment
from sebangsa.polls.reading import PollView, label_of


def poll(view: PollView, *, is_signed_in: bool) -> dict[str, Any]:
    """A poll. As at Mastodon, its author counts as one who has voted, and hidden numbers are null until the end."""
    shown: dict[str, Any] = {
        "id": str(view.poll.id),
        "expires_at": moment(view.poll.ends_at),
        "expired": view.has_ended,
        "multiple": view.poll.is_multiple,
        "votes_count": view.votes,
        "voters_count": view.poll.voters_count,
        "options": [
            {"title": label_of(option), "votes_count": option.votes_count if view.shows_totals else None}
            for option in view.options
        ],
        "emojis": [],
    }
    if is_signed_in:
        shown |= {"voted": view.is_author or bool(view.choices), "own_votes": sorted(view.choices)}
    return shown
