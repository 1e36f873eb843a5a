"""The rules of trying again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from federation import retry
from federation.retry import Judgement, judge, lane_pause, next_delay, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "judgement"),
    [
        (200, Judgement.DELIVERED),
        (202, Judgement.DELIVERED),
        (204, Judgement.DELIVERED),
        (301, Judgement.LATER),
        (400, Judgement.REFUSED),
        (401, Judgement.REFUSED),
        (404, Judgement.REFUSED),
        (408, Judgement.LATER),
        (410, Judgement.GONE),
        (425, Judgement.LATER),
        (429, Judgement.LATER),
        (500, Judgement.LATER),
        (503, Judgement.LATER),
        (599, Judgement.LATER),
    ],
)
def test_an_answer_has_one_meaning(status: int, judgement: Judgement) -> None:
    assert judge(status) is judgement


def test_a_delivery_is_tried_for_about_two_days_and_then_given_up() -> None:
    rng = random.Random(1)
    delays = [next_delay(attempts, rng) for attempts in range(1, retry.MAX_TRIES + 1)]
    assert delays[-1] is None
    kept = [delay for delay in delays if delay is not None]
    assert len(kept) == retry.MAX_TRIES - 1
    assert kept == sorted(kept)
    assert timedelta(days=2) < sum(kept, timedelta()) < timedelta(days=3)


def test_a_lane_pauses_longer_and_longer_until_the_cap() -> None:
    calm = random.Random(2)
    calm.uniform = lambda low, high: low  # type: ignore[method-assign]
    since = NOW - retry.LATELY
    pauses = [lane_pause(failures, since, NOW, calm).total_seconds() for failures in range(1, 30)]
    assert pauses[:6] == [2, 4, 8, 16, 32, 60]
    assert pauses[retry.BREAKER_OPENS_AT - 1 :][:3] == [60, 120, 240]
    assert pauses == sorted(pauses)
    assert pauses[-1] == retry.BREAKER_PAUSE_CAP.total_seconds()
    assert lane_pause(10**9, since, NOW, calm) == retry.BREAKER_PAUSE_CAP
    assert lane_pause(10**9, since + timedelta(seconds=1), NOW, calm) == retry.LATELY_CAP


def test_a_dead_peer_is_probed_once_a_day() -> None:
    since = NOW - retry.DEAD_AFTER
    pause = lane_pause(40, since, NOW, random.Random(3))
    assert retry.PROBE_DEAD_EVERY <= pause <= retry.PROBE_DEAD_EVERY * (1 + retry.JITTER)
    assert not retry.is_dead(since + timedelta(seconds=1), NOW)


def test_peers_that_failed_together_are_not_tried_together() -> None:
    rng = random.Random(4)
    assert len({lane_pause(12, NOW, NOW, rng) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 1),
        ("999999999", 86400),
        ("9" * 5000, 86400),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(value: str, seconds: int) -> None:
    assert retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5", "٣", "Sun, 99 Foo 2026", "\x00", "1e9"])
def test_a_retry_after_that_says_nothing_is_passed_over(value: str | None) -> None:
    assert retry_after(value, NOW) is None
