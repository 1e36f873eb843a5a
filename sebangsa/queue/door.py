"""The one door to background work, whatever engine stands behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import structlog

from federation.database import after_commit, execute, is_postgres, rows, transaction
from federation.sweep import release_leases
from sebangsa.queue.models import Job

if TYPE_CHECKING:
    from sebangsa.site import Site

LEASE = timedelta(minutes=10)
CLAIMED_AT_ONCE = 20
MAX_ATTEMPTS = 8

log = structlog.get_logger("sebangsa.queue")

_INSERT = """
INSERT INTO jobs (id, name, args, key, run_at, attempts, is_dead, error, created_at)
VALUES (?, ?, ?, ?, ?, 0, ?, '', ?) ON CONFLICT (key) DO NOTHING
"""


class Engine(Protocol):
    """Runs the named jobs soon after they were asked for, and the periodic ones."""

    def wake(self, job: str) -> None:
        """Ask for a job without arguments to run soon. May be lost; never blocks."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Let what runs come to its end (a few seconds), then return."""


class Queue:
    """Writes jobs beside the state that asks for them, and runs those that are due."""

    def __init__(self, site: Site, engine: Engine) -> None:
        self._site = site
        self.engine = engine

    async def enqueue(
        self, job: str, *args: Any, key: str | None = None, delay: timedelta = timedelta(0)
    ) -> None:
        """Ask for `job(site, *args)` in the transaction under way. `args` are plain JSON values.

        With a `key`, nothing is added while a row with that key waits.
        """
        now = self._site.clock.now()
        encoded = msgspec.json.encode(args).decode()
        await execute(_INSERT, [self._site.ids.next(), job, encoded, key, now + delay, False, now])
        if not delay:
            after_commit(lambda: self.engine.wake("run_jobs"))

    async def release_leases(self) -> None:
        """Let go of what a killed process held. Only where no other process works on this database."""
        await release_leases()
        await execute("UPDATE jobs SET locked_until = NULL WHERE locked_until IS NOT NULL", [])

    async def run_due(self) -> int:
        """Run all jobs that are due; returns how many. Safe in many processes at once."""
        done = 0
        while claimed := await self._claim():
            for row in claimed:
                await self._run(row)
                done += 1
        return done

    async def _claim(self) -> list[Job]:
        now = self._site.clock.now()
        skip = "FOR UPDATE SKIP LOCKED" if is_postgres() else ""
        async with transaction():
            claimed = await rows(
                f"""UPDATE jobs SET locked_until = ?, attempts = attempts + 1 WHERE id IN (
                        SELECT id FROM jobs WHERE is_dead = ? AND run_at <= ?
                        AND (locked_until IS NULL OR locked_until < ?)
                        ORDER BY run_at LIMIT {CLAIMED_AT_ONCE} {skip}
                    ) RETURNING id""",  # noqa: S608 - constants
                [now + LEASE, False, now, now],
            )
        return await Job.filter(id__in=[row["id"] for row in claimed]).order_by("run_at")

    async def _run(self, row: Job) -> None:
        function = self._site.jobs.get(row.name)
        try:
            if function is None:
                raise LookupError(f"no job named {row.name}")
            await function(self._site, *row.args)
        except Exception as fault:
            log.exception("a job failed", job=row.name, attempts=row.attempts)
            row.is_dead = row.attempts >= MAX_ATTEMPTS or function is None
            row.error = repr(fault)[:1000]
            row.locked_until = None
            row.run_at = self._site.clock.now() + timedelta(seconds=15 * 2**row.attempts)
            await row.save(update_fields=["is_dead", "error", "locked_until", "run_at"])
        else:
            await row.delete()
