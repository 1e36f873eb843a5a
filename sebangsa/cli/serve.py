"""`sebangsa serve`."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sebangsa.cli.instance import (
    UNAVAILABLE,
    Unavailable,
    check_identity,
    fail,
    open_database,
    run_or_exit,
    settings_or_exit,
)
from sebangsa.settings import Settings

if TYPE_CHECKING:
    from sebangsa.site import Site

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(command: F) -> F:
    """One option for each setting; what is given wins over the environment."""
    for field in reversed(dataclasses.fields(Settings)):
        option = f"--{field.name.replace('_', '-')}"
        of_type: Any = click.Path(file_okay=False, path_type=Path) if field.name == "data_dir" else str
        command = click.option(option, field.name, type=of_type, help=field.metadata["help"])(command)
    return command


@click.command("serve")
@click.option(
    "--demo", is_flag=True, help="Two filled servers to look around in, instead of your own: see `demo`."
)
@settings_options
def command(demo: bool, **given: Any) -> None:
    """Run the server.

    Brings the database up to date first. Prints where it answers and, while there is no administrator, a link that
    makes the first one. Ctrl-C or SIGTERM end it: requests under way are finished, open work is kept for the next
    start. Each option is a setting and wins over its SEBANGSA_… variable.
    """
    settings = settings_or_exit(**_typed(given))
    if demo:
        from sebangsa.cli.demo import run_demo

        run_demo(settings.data_dir)
        return

    gc.disable()  # what is loaded now stays: looking for garbage meanwhile costs a tenth of the start
    from sebangsa.logging import set_up_logging
    from sebangsa.serving import PortTaken, bind, run, serve
    from sebangsa.site import Site

    set_up_logging()
    try:
        place = bind(settings)
    except PortTaken as error:
        fail(UNAVAILABLE, str(error))

    async def body() -> None:
        site = Site(settings)
        gc.enable()
        await open_database(site)
        try:
            with site.database.entered():
                if await _has_tables(site):
                    await check_identity(site)
        finally:
            await site.database.close()
        away: tuple[type[Exception], ...] = ()
        if settings.queue_url != "inprocess":
            from redis.exceptions import RedisError

            away = (RedisError,)
        try:
            await serve(site, place, lambda: _say_ready(site))
        except away as error:
            raise Unavailable(f"The queue cannot be used: {error}") from error

    run_or_exit(body, run=run)


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    """Values as `load_settings` has them when they come from the environment."""
    from sebangsa.settings import setting_value

    return {name: setting_value(name, text) for name, text in given.items() if text is not None}


async def _has_tables(site: Site) -> bool:
    """Whether this is not the very first start."""
    return not any(name == "federation.0001_initial" for name in await site.database.pending_migrations())


async def _say_ready(site: Site) -> None:
    from sebangsa.accounts import has_administrator, make_link

    click.echo(f"{site.settings.name} answers at {site.settings.url}")
    listening = f"http://{site.settings.bind}"
    if listening.replace("127.0.0.1", "localhost") != site.settings.url.replace("127.0.0.1", "localhost"):
        click.echo(f"It listens on {listening}; a proxy must bring {site.settings.url} there.")
    if not await has_administrator():
        link = await make_link(site, "first-admin")
        click.echo(f"There is no administrator yet. Become one within 24 hours: {link}")
