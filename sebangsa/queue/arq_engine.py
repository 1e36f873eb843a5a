"""The scale-out engine: arq over Redis or Valkey. Redis carries only names of jobs to wake.

arq is in maintenance mode upstream, so we lean on little of it: a name in, a function called. Losing all of
Redis loses nothing; the sweep, run by arq's own cron, finds what is due in the database (S-145).
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from arq import cron
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from sebangsa.site import Site

log = structlog.get_logger("sebangsa.queue")

WINDOW = 0.1
"""Seconds in which wake-ups for one job become one. It starts after the window has closed, so none falls between."""

QUEUE_NAME = "sebangsa:jobs"


class ArqEngine:
    """Wakes workers through Redis. A web process only sends; `work()` is the worker process."""

    def __init__(self, site: Site, redis_url: str) -> None:
        self._site = site
        self._settings = RedisSettings.from_dsn(redis_url)
        self._pool: ArqRedis | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def wake(self, job: str) -> None:
        if self._pool is None:
            return
        task = asyncio.get_running_loop().create_task(self._send(job))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, job: str) -> None:
        now = self._site.clock.time()
        window = math.floor(now / WINDOW) + 1
        try:
            assert self._pool is not None
            await self._pool.enqueue_job(
                job, _job_id=f"wake:{job}:{window}", _defer_by=window * WINDOW - now, _queue_name=QUEUE_NAME
            )
        except (RedisError, OSError) as error:
            log.warning(
                "the queue cannot be reached; the sweep will find the work", job=job, error=str(error)
            )

    async def start(self) -> None:
        self._pool = await create_pool(
            self._settings, job_serializer=msgspec.json.encode, job_deserializer=msgspec.json.decode
        )

    async def stop(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending, timeout=2)
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    def worker(self, *, burst: bool = False) -> Worker:
        """The arq worker for this site. `burst` ends it when nothing waits (tests)."""
        return Worker(
            functions=[_function(self._site, name) for name in self._site.woken],
            cron_jobs=[
                cron(
                    _function(self._site, periodic.job),
                    name=f"every:{periodic.job}",
                    **_times(periodic.seconds),
                )
                for periodic in self._site.periodic
            ],
            redis_settings=self._settings,
            queue_name=QUEUE_NAME,
            keep_result=0,
            max_tries=1,
            job_timeout=600,
            burst=burst,
            handle_signals=False,
            job_serializer=msgspec.json.encode,
            job_deserializer=msgspec.json.decode,
        )


def _function(site: Site, name: str) -> Any:
    async def run(ctx: dict[str, Any]) -> None:
        with site.database.entered():
            await site.jobs[name](site)

    run.__qualname__ = name
    return run


def _times(seconds: int) -> dict[str, Any]:
    """arq's cron speaks in clock times: the nearest one that comes at least as often."""
    if seconds < 60:
        return {"second": set(range(0, 60, seconds))}
    if seconds < 3600:
        return {"minute": set(range(0, 60, max(1, seconds // 60))), "second": 0}
    return {"hour": set(range(0, 24, min(24, max(1, seconds // 3600)))), "minute": 7, "second": 0}
