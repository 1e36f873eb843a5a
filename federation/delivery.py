"""Sending what is due. Each peer is a lane: its deliveries leave in order, its trouble delays nobody else.

Order within a lane is given up in one case only: a delivery that failed three times is set aside until its own
next try, so that one activity that a peer chokes on does not hold up all that follow.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import structlog

from federation.database import rows
from federation.delivery_marks import Marks
from federation.fan_out import write_out_waiting
from federation.lanes import LANE_SECONDS, LEASE, Due, Lane, Turns, is_anything_due, read_more
from federation.models import DeliveryState
from federation.retry import (
    HEAD_TRIES,
    LATELY,
    MAX_TRIES,
    SILENT_AT_THIS,
    SUSPECT_AFTER,
    Judgement,
    is_away,
    lane_pause,
    looks_past,
    may_be_the_signature,
    next_delay,
)
from federation.sending import Activities, Outcome, Outgoing, Signer, post
from federation.signatures import Scheme, SigningKey

if TYPE_CHECKING:
    from federation.federation import Federation

LANES_AT_ONCE = 64
TROUBLED_AT_ONCE = 32
"""Peers that failed last time have slots of their own: a thousand dead hosts never take those of the others."""

SLOW_AFTER = 1.0
SLOW_AT_ONCE = 64
"""A lane that waits longer than this for its answer gives its slot to another, up to so many."""

PACE_EVERY = timedelta(seconds=30)
"""How often a peer with a limit of its own (`PeerProfile.per_minute`) gets its share: as often as the sweep looks."""

LOOK_EVERY = 0.25
"""Seconds between two looks for new work while slow peers keep the job running."""

MARKS_AT_ONCE = 256
RUN_FOR = 300.0
"""Seconds after which the job ends and asks to be woken again: workers have a limit for a job's time."""

STOP_WITHIN = 3.0
"""Seconds that requests under way get when the job is cancelled (shutdown)."""

log = structlog.get_logger("federation.delivery")


async def deliver(fed: Federation, *, budget: int | None = None) -> int:
    """Send all that is due now; returns how many deliveries were tried.

    With a `budget` at most so many. Safe to run in many processes at once and to be killed at any instant.
    Retries that are not due yet are found by the sweep.
    """
    return await _Delivering(fed, budget).run()


class _Delivering:
    """One run of the job."""

    def __init__(self, fed: Federation, budget: int | None) -> None:
        self._fed = fed
        self._left = budget
        self._worker = uuid.uuid4().hex
        self._turns = Turns(fed, self._worker)
        self._marks = Marks(fed, self._worker)
        self._activities = Activities(fed)
        self._signer = Signer(fed)
        self._waiting: dict[bool, deque[Lane]] = {False: deque(), True: deque()}
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._turn = asyncio.Event()
        self._looks = {False: True, True: True}  # whether more lanes may be due than we have claimed
        self._ends_at = fed.clock.monotonic() + RUN_FOR
        self._has_ticked = False
        self._is_stopping = False
        self._tried = 0

    async def run(self) -> int:
        ticker = asyncio.create_task(self._tick())
        try:
            while True:
                await self._start_lanes()
                if self._running:
                    self._turn.clear()
                    await self._turn.wait()
                    if self._marks.count >= MARKS_AT_ONCE or self._has_ticked:
                        await self._write()
                elif self._marks.count:
                    await self._write()
                elif self._is_over() or not any(self._looks.values()):
                    break
        finally:
            ticker.cancel()
            await self._stop()
        if self._is_over() and await is_anything_due(self._fed):
            self._fed.wake("deliver")
        return self._tried

    def _is_over(self) -> bool:
        out_of_time = self._fed.clock.monotonic() >= self._ends_at
        return self._is_stopping or out_of_time or (self._left is not None and self._left <= 0)

    async def _write(self) -> None:
        """Write the marks. Lanes given back with them may have more, so look again."""
        self._has_ticked = False
        await self._marks.write()
        self._looks = {False: True, True: True}

    async def _start_lanes(self) -> None:
        """Fill the free slots; claim more when nothing claimed is left."""
        for troubled, waiting in self._waiting.items():
            free = self._free(troubled)
            if not waiting and free > 0 and self._looks[troubled] and not self._is_over():
                if not troubled:
                    await write_out_waiting(self._fed)
                limit = TROUBLED_AT_ONCE if troubled else LANES_AT_ONCE
                lanes = await self._turns.claim(limit, troubled=troubled)
                await self._activities.load({lane.due[0].activity_id for lane in lanes if lane.due})
                waiting.extend(lanes)
                self._looks[troubled] = len(lanes) >= limit
            while waiting and free > 0:
                lane = waiting.popleft()
                free -= 1
                self._running[lane] = asyncio.create_task(self._run_lane(lane))

    def _free(self, troubled: bool) -> int:
        mine = [lane for lane in self._running if lane.is_troubled is troubled]
        if troubled:
            return TROUBLED_AT_ONCE - len(mine)
        slow = sum(lane.is_slow for lane in mine)
        return LANES_AT_ONCE - len(mine) + min(slow, SLOW_AT_ONCE)

    async def _tick(self) -> None:
        """See which lanes are slow; let the loop write its marks and look for new work."""
        while True:
            await self._fed.clock.sleep(LOOK_EVERY)
            now = self._fed.clock.monotonic()
            for lane in self._running:
                lane.is_slow = lane.sending_since is not None and now - lane.sending_since >= SLOW_AFTER
            self._has_ticked = True
            self._turn.set()

    async def _stop(self) -> None:
        """Give everything back. Requests under way get a moment, so that fewer are sent twice."""
        self._is_stopping = True
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for lane in [lane for waiting in self._waiting.values() for lane in waiting]:
            self._marks.give_back(lane)
        await self._marks.write()

    async def _run_lane(self, lane: Lane) -> None:
        try:
            await self._drain(lane)
        except Exception:  # a fault of ours in one lane must not end the others
            log.exception("a lane stopped", host=lane.host)
            self._pause_lane(lane, "internal error")
        finally:
            del self._running[lane]
            self._marks.give_back(lane)
            self._turn.set()

    async def _drain(self, lane: Lane) -> None:
        """Send what is due in a lane, in order, until something says stop."""
        clock = self._fed.clock
        if clock.monotonic() - lane.started > LEASE.total_seconds() / 2:
            return  # it waited too long for a slot: another may have it by now
        ends_at = clock.monotonic() + LANE_SECONDS
        turn = lane.profile.per_minute * PACE_EVERY.total_seconds() // 60 or None
        while lane.due and not self._is_over():
            if turn is not None and (turn := turn - 1) < 0:
                # It takes so many a minute and refuses the rest: nothing failed (interop b6).
                lane.changes["retry_at"] = clock.now() + PACE_EVERY
                return
            due = lane.due.popleft()
            if self._left is not None:
                self._left -= 1
            self._tried += 1
            if not await self._deliver(lane, due) or clock.monotonic() >= ends_at:
                return
            if not lane.due and lane.has_more:
                await read_more(self._fed, lane, due.id)

    async def _deliver(self, lane: Lane, due: Due) -> bool:
        """Send one; false when the lane must stop here."""
        outgoing = await self._activities.get(due.activity_id)
        if outgoing.key is None:
            self._marks.end(due, DeliveryState.FAILED, None, "its actor has no key any more")
            return True
        outcome = await self._send(lane, due, outgoing, outgoing.key)
        now = self._fed.clock.now()
        if outcome.is_ours:
            self._marks.end(due, DeliveryState.CANCELLED, None, outcome.reason)
            return True
        if outcome.judgement is Judgement.LATER:
            if self._was_silent_alone(lane, due, outcome):
                self._set_aside(due, outcome, now)
                self._pause_lane(lane, outcome.reason)
            elif await self._takes_another(lane, due, outcome):
                self._peer_answers(lane)
                self._set_aside(due, outcome, now)
            else:
                self._postpone(lane, due, outcome, now)
            return False
        recovered = self._peer_answers(lane)
        if outcome.judgement is Judgement.DELIVERED:
            lane.changes["succeeded_at"] = now
            self._marks.end(due, DeliveryState.DELIVERED, outcome.status)
        elif outcome.judgement is Judgement.REFUSED:
            self._marks.end(due, DeliveryState.REFUSED, outcome.status, outcome.reason)
        else:
            return await self._close(lane, due, outcome)
        return not recovered

    async def _send(self, lane: Lane, due: Due, outgoing: Outgoing, key: SigningKey) -> Outcome:
        """Send with the scheme that the peer took last; when it refuses, once more with the other.

        Few say in advance which one they read (client_api d). Software that is known to read one only, and a peer that
        refuses both, is not asked twice: it refuses what we say, not how it is signed.
        """
        scheme = cast(Scheme, lane.scheme)
        body, headers = outgoing.body, await self._activities.headers_for(outgoing, lane.host)
        lane.sending_since = self._fed.clock.monotonic()
        try:
            first = await post(self._fed, self._signer, due.inbox_url, body, key, scheme, headers)
            is_settled = lane.both_schemes_refused or lane.profile.signatures == scheme
            if first.status is None or is_settled or not may_be_the_signature(first.status):
                return first
            other: Scheme = "rfc9421" if scheme == "cavage" else "cavage"
            second = await post(self._fed, self._signer, due.inbox_url, body, key, other, headers)
        finally:
            lane.sending_since, lane.is_slow = None, False
        if second.judgement is Judgement.DELIVERED:
            lane.scheme = lane.changes["signature_scheme"] = other
        elif second.judgement is Judgement.REFUSED:
            lane.both_schemes_refused = True
            return first
        return second

    def _peer_answers(self, lane: Lane) -> bool:
        """Whether it answers again after failures. Then all that it missed is due, and the lane begins anew."""
        if not lane.failures:
            return False
        lane.failures, lane.failing_since = 0, None
        lane.changes |= {"failures": 0, "failing_since": None, "retry_at": None, "last_error": ""}
        self._marks.revive(lane.host)
        return True

    def _was_silent_alone(self, lane: Lane, due: Due, outcome: Outcome) -> bool:
        """Whether the peer took others since this one failed so often: what alone makes it fall silent does so again."""
        is_silent = outcome.pause is None and is_away(outcome.status)
        return is_silent and due.attempts >= SUSPECT_AFTER and not lane.failures

    async def _takes_another(self, lane: Lane, silent_at: Due, outcome: Outcome) -> bool:
        """Whether the peer falls silent at this one alone: from time to time another is tried right after it. By then a
        peer that is back would have taken the first, so no order is lost. One of another actor, where there is one.
        """
        if outcome.pause is not None or not is_away(outcome.status):
            return False
        now = self._fed.clock.now()
        if now - (lane.failing_since or now) >= LATELY:
            return False  # by now the first is set aside in any case
        others = [due for due in lane.due if due.activity_id != silent_at.activity_id]
        if not others or not looks_past(silent_at.attempts + 1, lane.failures):
            return False
        await self._activities.load({due.activity_id for due in (silent_at, *others)})
        speaker = (await self._activities.get(silent_at.activity_id)).actor_id
        tried = others[0]
        for due in others:
            if (await self._activities.get(due.activity_id)).actor_id != speaker:
                tried = due
                break
        outgoing = await self._activities.get(tried.activity_id)
        if outgoing.key is None:
            return False
        self._tried += 1
        found = await self._send(lane, tried, outgoing, outgoing.key)
        if found.is_ours or found.judgement not in (Judgement.DELIVERED, Judgement.REFUSED):
            return False
        state = DeliveryState.DELIVERED if found.judgement is Judgement.DELIVERED else DeliveryState.REFUSED
        if state is DeliveryState.DELIVERED:
            lane.changes["succeeded_at"] = self._fed.clock.now()
        self._marks.end(tried, state, found.status, found.reason)
        return True

    def _set_aside(self, due: Due, outcome: Outcome, now: datetime) -> None:
        """It has its own clock from now on, and an end: `MAX_TRIES`."""
        delay = next_delay(due.attempts + 1, self._fed.rng)
        reason = f"{SILENT_AT_THIS}: {outcome.reason}"
        if delay is None:
            self._marks.end(due, DeliveryState.FAILED, outcome.status, reason)
        else:
            self._marks.postpone(due, now + delay, outcome.status, reason)

    def _postpone(self, lane: Lane, due: Due, outcome: Outcome, now: datetime) -> None:
        if outcome.pause is not None:
            # It answers, and says when it wants more: nothing failed, neither peer nor activity.
            lane.changes |= {"retry_at": now + outcome.pause, "last_error": outcome.reason}
            return
        attempts = due.attempts + 1
        # While the peer is away it is not the activity's fault: only its age ends it (`MAX_AGE`).
        away = is_away(outcome.status)
        counted = min(attempts, MAX_TRIES - 1) if away else attempts
        delay = next_delay(counted, self._fed.rng)
        if delay is None:
            self._marks.end(due, DeliveryState.FAILED, outcome.status, outcome.reason)
        else:
            stays_first = attempts < HEAD_TRIES or (away and now - (lane.failing_since or now) < LATELY)
            until = now if stays_first else now + delay
            self._marks.postpone(due, until, outcome.status, outcome.reason)
        self._pause_lane(lane, outcome.reason)

    def _pause_lane(self, lane: Lane, reason: str) -> None:
        now = self._fed.clock.now()
        lane.failures += 1
        lane.failing_since = lane.failing_since or now
        lane.changes |= {
            "failures": lane.failures,
            "failing_since": lane.failing_since,
            "retry_at": now + lane_pause(lane.failures, lane.failing_since, now, self._fed.rng),
            "last_error": reason[:255],
        }

    async def _close(self, lane: Lane, due: Due, outcome: Outcome) -> bool:
        """An inbox is gone for good. When it is the shared one, so is the peer."""
        self._marks.end(due, DeliveryState.CANCELLED, outcome.status, "gone")
        is_shared = await rows(
            "SELECT 1 AS found FROM actors WHERE host = ? AND shared_inbox_url = ? LIMIT 1",
            [lane.host, due.inbox_url],
        )
        if is_shared:
            lane.changes["is_gone"] = True
            self._marks.close(lane.host, None, "gone")
            return False
        self._marks.close(lane.host, due.inbox_url, "gone")
        lane.due = deque(waiting for waiting in lane.due if waiting.inbox_url != due.inbox_url)
        return True
