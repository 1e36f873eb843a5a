"""What every command needs: the settings, an open instance, and an exit code that a script can rely on."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec

import click

if TYPE_CHECKING:
    from sebangsa.models import User
    from sebangsa.settings import Settings, SettingsError
    from sebangsa.site import Site

P = ParamSpec("P")

REFUSED = 1
"""Exit code: what was asked for is refused, was not found, or a check failed."""
USAGE = 2
"""Exit code: the command line itself is wrong (click's own)."""
SETTINGS_WRONG = 3
"""Exit code: one or more settings are wrong."""
UNAVAILABLE = 4
"""Exit code: the port is taken, or the database or queue cannot be used."""


class Unavailable(Exception):
    """The machine around the program is not ready; the text says what to do."""


def fail(code: int, *sentences: str) -> NoReturn:
    """Say what is wrong on the error stream and end with `code`."""
    for sentence in sentences:
        click.echo(sentence, err=True)
    sys.exit(code)


def exit_with_mistakes(error: SettingsError) -> NoReturn:
    """Every mistake in the settings, one a line."""
    fail(SETTINGS_WRONG, "These settings are wrong:", *(f"- {mistake}" for mistake in error.mistakes))


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings, with those given on the command line; ends with code 3 when they are wrong."""
    from sebangsa.settings import SettingsError, load_settings

    try:
        return load_settings(**overrides)
    except SettingsError as error:
        exit_with_mistakes(error)


def say_json(value: Any) -> None:
    """For scripts: one JSON value on the standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the database, media, secrets (SEBANGSA_DATA_DIR).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")


def instance_command(
    function: Callable[Concatenate[Site, P], Awaitable[None]],
) -> Callable[..., None]:
    """Make `async def (site, …)` the body of a command: with an open instance, and errors as sentences.

    Features use it for the commands they bring. Adds the option `--data-dir`. Ends with the exit codes above.
    """

    @data_dir_option
    @functools.wraps(function)
    def run(data_dir: Path | None, *args: P.args, **kwargs: P.kwargs) -> None:
        settings = settings_or_exit(data_dir=data_dir)

        async def body() -> None:
            async with opened_site(settings) as site:
                await function(site, *args, **kwargs)

        run_or_exit(body)

    return run


def _run(body: Callable[[], Awaitable[None]]) -> None:
    async def entered() -> None:
        await body()

    asyncio.run(entered())


def run_or_exit(
    body: Callable[[], Awaitable[None]], *, run: Callable[[Callable[[], Awaitable[None]]], None] = _run
) -> None:
    """Run a coroutine function with `run`; what it refuses becomes a sentence and an exit code."""
    from federation.refusals import Refused
    from sebangsa.errors import ProductError
    from sebangsa.settings import SettingsError

    try:
        run(body)
    except ProductError as error:
        fail(REFUSED, error.sentence)
    except Refused as error:
        fail(REFUSED, f"{error.sentence} ({error.code})")
    except Unavailable as error:
        fail(UNAVAILABLE, str(error))
    except SettingsError as error:
        exit_with_mistakes(error)
    except KeyboardInterrupt:
        fail(130)


@asynccontextmanager
async def opened_site(settings: Settings) -> AsyncIterator[Site]:
    """An instance with its database open and entered, whose schema is this version's. Does no background work.

    Raises `Unavailable`.
    """
    from sebangsa.logging import set_up_logging
    from sebangsa.site import Site

    set_up_logging()
    site = Site(settings)
    await open_database(site)
    try:
        with site.database.entered():
            if await site.database.pending_migrations():
                raise Unavailable(
                    "The database is not up to date. Run `sebangsa migrate`, or start the server."
                )
            await check_identity(site)
            await site.federation.start()  # what a command asks of other servers is signed
            yield site
    finally:
        await site.stop()


async def open_database(site: Site) -> None:
    """Connect. Raises `Unavailable` with what the database says."""
    from sqlite3 import DatabaseError

    from tortoise.exceptions import BaseORMException

    from federation.database import rows

    refusals: tuple[type[Exception], ...] = (OSError, ValueError, DatabaseError, BaseORMException)
    if not site.database.url.startswith("sqlite:"):
        try:
            from asyncpg import PostgresError
        except ModuleNotFoundError as error:
            raise Unavailable("PostgreSQL needs an extra: pip install 'sebangsa[postgres]'") from error
        refusals += (PostgresError,)
    try:
        await site.open()
        with site.database.entered():
            await rows("SELECT 1")  # Tortoise connects at the first query
    except refusals as error:
        await site.stop()  # an open connection has a thread, which the program would wait for at its end
        raise Unavailable(f"The database cannot be opened: {error}") from error


async def account(site: Site, who: str) -> User:
    """The account with this name: `ani`, `@ani`, or the whole handle as we print it. Raises `NotFound`."""
    from sebangsa.accounts import user_by_name

    return await user_by_name(who.strip().lower().removesuffix(f"@{site.federation.config.domain}"))


async def check_identity(site: Site) -> None:
    """The addresses of everything in a database begin with the URL it was made under.

    Under another one other servers would see strangers with stolen names (Mastodon and Lemmy have no repair for it).
    Raises `SettingsError`.
    """
    from federation.models import Actor
    from sebangsa.settings import SettingsError

    first = await Actor.filter(host="").order_by("id").first()
    if first is not None and not site.federation.config.is_ours(first.uri):
        made_under = "/".join(first.uri.split("/", 3)[:3])
        raise SettingsError(
            [
                f"SEBANGSA_URL is {site.settings.url}, but this database belongs to {made_under}. "
                "An instance cannot change its URL; use that one, or another data folder."
            ]
        )
