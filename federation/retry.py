"""When to try again: the numbers and the rules, free of clock, database and network.

Three things are kept apart. A *delivery* that failed counts its tries and is given up in the end. Its *lane* (the
peer) pauses after each failure, longer and longer, whatever waits in it. A *dead* peer is only probed.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

MAX_TRIES = 16
"""Tries of one delivery, as Mastodon's: the last comes about two days after the first."""

MAX_AGE = timedelta(days=7)
"""A delivery that waited so long behind others is given up too: this bounds what a dead host costs (S-140)."""

HEAD_TRIES = 3
"""After so many failures the head of a lane is set aside and the next goes first. Order is given up only then."""

LANE_PAUSE, LANE_PAUSE_CAP = timedelta(seconds=2), timedelta(seconds=60)
"""A lane's pause after its first failure; doubled with each further one, up to the cap."""

BREAKER_OPENS_AT = 10
BREAKER_PAUSE, BREAKER_PAUSE_CAP = timedelta(seconds=60), timedelta(hours=6)
"""From the tenth failure in a row the pause doubles again, from a minute up to this cap."""

LATELY, LATELY_CAP = timedelta(hours=6), timedelta(minutes=5)
"""A peer that is away for less than this is asked at least so often, always for its oldest delivery: back again, it has
all that it missed within minutes, in order. One activity that alone makes it fall silent is found by looking past it.
"""

SUSPECT_AFTER, LOOKS_PAST_EVERY = 5, 4
"""After so many failures of the oldest delivery, and at each so-manieth of the peer's, another is tried right behind it:
when the peer takes that one, it is not away.
"""

SILENT_AT_THIS = "silent at this one alone"
"""How the reason of a delivery begins that was set aside for that: the peer's return does not bring it forward."""

AWAY = frozenset({502, 503, 504})
"""What stands in front of a server answers for one that is away; it is no word about the activity."""

DEAD_AFTER = timedelta(days=7)
PROBE_DEAD_EVERY = timedelta(days=1)
"""A peer without one success for so long gets one probe a day."""

RETRY_AFTER_CAP = timedelta(days=1)
"""The longest pause that a peer can ask for: a mistaken date must not silence a lane for ever."""

JITTER = 0.25
"""The share added to a pause at most: peers that failed together must not be tried together."""


class Judgement(Enum):
    """What a peer's status says about a delivery."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # no, and it will not change
    GONE = "gone"  # the inbox is no more
    LATER = "later"  # the peer is in trouble, or says wait


def judge(status: int) -> Judgement:
    """Read an inbox's answer. A redirect counts as trouble: inboxes do not move, maintenance pages redirect."""
    if 200 <= status < 300:
        return Judgement.DELIVERED
    if status == 410:
        return Judgement.GONE
    if 400 <= status < 500 and status not in (408, 425, 429):
        return Judgement.REFUSED
    return Judgement.LATER


def is_away(status: int | None) -> bool:
    """Whether a failure says that the peer itself is away: no answer at all, or that of what stands in front of it."""
    return status is None or status in AWAY


def looks_past(attempts: int, failures: int) -> bool:
    """Whether a silent peer is tried with another activity at once. `attempts` are those of the first, the one of now
    included; `failures` those of the peer before it.
    """
    return attempts >= SUSPECT_AFTER and failures % LOOKS_PAST_EVERY == 0


def may_be_the_signature(status: int) -> bool:
    """Whether a refusal may be about how the request was signed (client_api d; tags.pub answers 400)."""
    return status in (400, 401, 403)


def next_delay(attempts: int, rng: random.Random) -> timedelta | None:
    """How long a delivery that failed `attempts` times waits; None gives it up."""
    if attempts >= MAX_TRIES:
        return None
    return timedelta(seconds=attempts**4 + 15 + rng.uniform(0, 10 * (attempts + 1)))


def lane_pause(failures: int, failing_since: datetime, now: datetime, rng: random.Random) -> timedelta:
    """How long a lane rests after its `failures`-th failure in a row."""
    if is_dead(failing_since, now):
        pause = PROBE_DEAD_EVERY
    elif failures >= BREAKER_OPENS_AT:
        cap = LATELY_CAP if now - failing_since < LATELY else BREAKER_PAUSE_CAP
        pause = _doubled(BREAKER_PAUSE, failures - BREAKER_OPENS_AT, cap)
    else:
        pause = _doubled(LANE_PAUSE, failures - 1, LANE_PAUSE_CAP)
    return pause * (1 + rng.uniform(0, JITTER))


def is_dead(failing_since: datetime | None, now: datetime) -> bool:
    """Whether a peer failed for so long, without one success, that it is only probed."""
    return failing_since is not None and now - failing_since >= DEAD_AFTER


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3); None when it says nothing usable."""
    value = (value or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        # A number of a thousand digits is not even read.
        asked = timedelta(seconds=int(value)) if len(value) < 10 else RETRY_AFTER_CAP
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        asked = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta(seconds=1)), RETRY_AFTER_CAP)


def _doubled(first: timedelta, times: int, cap: timedelta) -> timedelta:
    return min(first * 2 ** min(times, 32), cap)
