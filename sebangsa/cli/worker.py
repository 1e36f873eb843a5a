"""`sebangsa worker`."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from sebangsa.cli.instance import (
    SETTINGS_WRONG,
    Unavailable,
    data_dir_option,
    fail,
    opened_site,
    run_or_exit,
    settings_or_exit,
)


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
                worker = engine.worker()
                with stopping() as asked:
                    working = asyncio.create_task(worker.async_run())
                    leaving = asyncio.create_task(asked.wait())
                    click.echo(f"Working for {settings.url}")
                    await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
                    leaving.cancel()
                    # Closing cancels what runs; its leases end by themselves and nothing is done twice.
                    await worker.close()
                    working.cancel()
                    result = (await asyncio.gather(working, return_exceptions=True))[0]
                if isinstance(result, Exception):
                    raise result
            except (OSError, RedisError) as error:
                raise Unavailable(f"The queue cannot be used: {error}") from error

    run_or_exit(body, run=run)
