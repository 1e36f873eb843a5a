"""`sebangsa demo`, the same as `sebangsa serve --demo`."""

from __future__ import annotations

from pathlib import Path

import click

from sebangsa.cli.instance import UNAVAILABLE, data_dir_option, fail, run_or_exit, settings_or_exit


@click.command("demo")
@data_dir_option
def command(data_dir: Path | None) -> None:
    """Run two filled servers that federate with each other: citizens and their city.

    They answer at http://warga.localhost:8001 and http://kota.localhost:8002, with invented people, posts, reports
    and chats, and keep their data in `demo` inside the data folder. Prints links to sign in as a citizen, a
    moderator, the administrator and an officer. The first start fills them; delete that folder to begin anew.
    """
    run_demo(settings_or_exit(data_dir=data_dir).data_dir)


def run_demo(data_dir: Path) -> None:
    """Serve both until Ctrl-C."""
    from sebangsa.demo.servers import Demonstration
    from sebangsa.logging import set_up_logging
    from sebangsa.serving import PortTaken, run

    set_up_logging()
    try:
        demonstration = Demonstration(data_dir)
    except PortTaken as error:
        fail(UNAVAILABLE, str(error).replace(", or choose another with --bind", ""))
    run_or_exit(lambda: demonstration.run(click.echo), run=run)
