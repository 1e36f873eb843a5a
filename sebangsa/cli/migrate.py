"""`sebangsa migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from sebangsa.cli.instance import (
    data_dir_option,
    json_option,
    open_database,
    run_or_exit,
    say_json,
    settings_or_exit,
)


@click.command("migrate")
@click.option("--list", "only_list", is_flag=True, help="Only say what would be done.")
@json_option
@data_dir_option
def command(only_list: bool, as_json: bool, data_dir: Path | None) -> None:
    """Bring the database's tables up to this version.

    `serve` does this at each start; run it by itself before you start several web processes or workers. Safe to
    run twice.
    """
    from sebangsa.site import Site

    settings = settings_or_exit(data_dir=data_dir)

    async def body() -> None:
        site = Site(settings)
        await open_database(site)
        try:
            pending = await site.database.pending_migrations()
            if not only_list:
                await site.database.migrate()
            if as_json:
                say_json(pending)
                return
            for name in pending:
                click.echo(name)
            if not pending:
                click.echo("The database is up to date.")
        finally:
            await site.stop()

    run_or_exit(body)
