"""`sebangsa worker`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
import structlog

from sebangsa.cli.instance import (
    SETTINGS_WRONG,
    Unavailable,
    data_dir_option,
    fail,
    opened_site,
    run_or_exit,
    settings_or_exit,
)

if TYPE_CHECKING:
    from arq.worker import Worker

    from sebangsa.queue.arq_engine import ArqEngine

log = structlog.get_logger("sebangsa.queue")

AGAIN_AFTER = 5.0
"""Seconds until a queue that went away is asked again."""


@click.command("worker")
@data_dir_option
def command(data_dir: Any) -> None:
    """Do the background work of an instance whose SEBANGSA_QUEUE_URL names a Redis or Valkey.

    Run as many as you like, on any machine that reaches the same database and queue. With the default queue
    (inprocess) the server itself does this work and there is nothing for a worker to do.
    """
    settings = settings_or_exit(data_dir=data_dir)
    if settings.queue_url == "inprocess":
        fail(
            SETTINGS_WRONG,
            "SEBANGSA_QUEUE_URL is inprocess: the server does the background work itself. "
            "Name a Redis or Valkey there to run workers.",
        )

    from redis.exceptions import RedisError

    from sebangsa.queue.arq_engine import ArqEngine
    from sebangsa.serving import run, stopping

    async def body() -> None:
        async with opened_site(settings) as site:
            engine = site.queue.engine
            assert isinstance(engine, ArqEngine)
            try:
                await site.start()
            except (OSError, RedisError) as error:
                raise Unavailable(f"The queue cannot be used: {error}") from error
            with stopping() as asked:
                click.echo(f"Working for {settings.url}")
                await _work(engine, asked)

    run_or_exit(body, run=run)


async def _work(engine: ArqEngine, asked: asyncio.Event) -> None:
    """Work until asked to stop. A queue that goes away comes back: nothing is lost with it, and the web processes
    wait for it too.
    """
    from redis.exceptions import RedisError

    while not asked.is_set():
        try:
            await _until(asked, engine.worker())
        except (OSError, RedisError) as error:
            log.warning("the queue is out of reach; trying again", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), AGAIN_AFTER)


async def _until(asked: asyncio.Event, worker: Worker) -> None:
    """Run one worker until asked to stop; raises what ended it before."""
    from redis.exceptions import RedisError

    working = asyncio.create_task(worker.async_run())
    leaving = asyncio.create_task(asked.wait())
    await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    with suppress(OSError, RedisError):
        # Closing cancels what runs; its leases end by themselves and nothing is done twice.
        await worker.close()
    working.cancel()
    result = (await asyncio.gather(working, return_exceptions=True))[0]
    if isinstance(result, Exception):
        raise result
