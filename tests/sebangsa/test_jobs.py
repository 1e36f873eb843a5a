"""Background jobs that go wrong: each has its effect once, and none holds up the others (S-144)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from federation.database import execute, transaction
from sebangsa.queue.door import MAX_ATTEMPTS
from sebangsa.queue.models import Job
from sebangsa.site import Site


async def test_s144_two_workers_at_once_run_each_job_once(site: Site) -> None:
    ran: list[int] = []

    async def count(of: Any, number: int) -> None:
        await asyncio.sleep(0)
        ran.append(number)

    site.jobs["count"] = count
    async with transaction():
        for number in range(50):
            await site.queue.enqueue("count", number, key=f"count-{number}")
            await site.queue.enqueue("count", number, key=f"count-{number}")
    done = await asyncio.gather(*(site.queue.run_due() for _ in range(4)))
    assert sorted(ran) == list(range(50))
    assert sum(done) == 50
    assert await Job.all().count() == 0


async def test_s144_a_job_that_always_fails_is_set_aside_with_its_reason_and_the_rest_go_on(
    site: Site,
) -> None:
    ran: list[str] = []

    async def broken(of: Any) -> None:
        raise RuntimeError("rusak")

    async def good(of: Any) -> None:
        ran.append("good")

    site.jobs |= {"broken": broken, "good": good}
    async with transaction():
        await site.queue.enqueue("broken")
        await site.queue.enqueue("good")
    for _ in range(MAX_ATTEMPTS + 2):
        await site.queue.run_due()
        await execute("UPDATE jobs SET run_at = ?", [site.clock.now() - timedelta(seconds=1)])
    [job] = await Job.all()
    assert (job.name, job.is_dead, job.attempts) == ("broken", True, MAX_ATTEMPTS)
    assert "rusak" in job.error
    assert ran == ["good"]


@pytest.mark.parametrize(("name", "args"), [("no_longer_there", []), ("good", ["one", "too", "many"])])
async def test_s144_a_job_of_another_version_is_set_aside_and_the_rest_go_on(
    site: Site, name: str, args: list[str]
) -> None:
    ran: list[str] = []

    async def good(of: Any) -> None:
        ran.append("good")

    site.jobs["good"] = good
    async with transaction():
        await site.queue.enqueue(name, *args)
        await site.queue.enqueue("good")
    await site.queue.run_due()
    [job] = await Job.all()
    assert (job.name, ran) == (name, ["good"])
    assert job.is_dead or job.run_at > site.clock.now()
    assert job.error
