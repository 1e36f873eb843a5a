"""The embedded engine: jobs run as tasks of the server's own loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from federation.database import is_postgres

if TYPE_CHECKING:
    from sebangsa.site import Site

log = structlog.get_logger("sebangsa.queue")

STOP_AFTER = 5.0
"""Seconds that running work gets at shutdown; its leases end by themselves."""


class InProcessEngine:
    """One task a job name: waking a job that runs makes it run once more afterwards."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._events: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def wake(self, job: str) -> None:
        event = self._events.get(job)
        if event is not None:
            event.set()

    async def start(self) -> None:
        with self._site.database.entered():
            if not is_postgres():
                # SQLite serves one process, and that is us: nobody need wait for the leases of one that was killed.
                await self._site.queue.release_leases()
        for job in self._site.woken:
            self._events[job] = asyncio.Event()
            self._tasks.append(asyncio.create_task(self._serve(job), name=f"job {job}"))
        for periodic in self._site.periodic:
            self._tasks.append(
                asyncio.create_task(
                    self._repeat(periodic.job, periodic.seconds), name=f"every {periodic.job}"
                )
            )
        for job in self._site.woken:
            self.wake(job)  # what the last process left behind

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=STOP_AFTER) if self._tasks else None
        self._tasks.clear()
        self._events.clear()

    async def _serve(self, job: str) -> None:
        event = self._events[job]
        while True:
            await event.wait()
            event.clear()
            await self._run(job)

    async def _repeat(self, job: str, seconds: int) -> None:
        while True:
            await self._site.clock.sleep(seconds)
            await self._run(job)

    async def _run(self, job: str) -> None:
        try:
            with self._site.database.entered():
                await self._site.jobs[job](self._site)
        except Exception:
            log.exception("a job failed", job=job)
