"""The command line: `sebangsa COMMAND`. What it offers, with its exit codes, is in `docs/command-line.md`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

OWN: Mapping[str, str] = {
    "check": "sebangsa.cli.check",
    "demo": "sebangsa.cli.demo",
    "inspect": "sebangsa.cli.inspect",
    "migrate": "sebangsa.cli.migrate",
    "peer": "sebangsa.cli.peer",
    "queue": "sebangsa.cli.queue",
    "relay": "sebangsa.cli.relay",
    "serve": "sebangsa.cli.serve",
    "token": "sebangsa.cli.token",
    "user": "sebangsa.cli.user",
    "worker": "sebangsa.cli.worker",
}
"""Command → the module whose variable `command` it is. Loaded when asked for: a server starts without the others."""


class Commands(click.Group):
    """Our own commands, and those of the features that are switched on (`Feature.commands`)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from sebangsa.settings import SettingsError

        try:
            brought = _feature_commands()
        except SettingsError:
            brought = {}  # help must not need right settings
        return sorted({*OWN, *brought})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in OWN:
            command: click.Command = import_module(OWN[cmd_name]).command
            return command
        from sebangsa.cli.instance import exit_with_mistakes
        from sebangsa.settings import SettingsError

        try:
            return _feature_commands().get(cmd_name)
        except SettingsError as error:
            exit_with_mistakes(error)


def _feature_commands() -> dict[str, click.Command]:
    from sebangsa.features import load_features
    from sebangsa.settings import load_settings

    features = load_features(load_settings().features)
    return {command.name or "": command for feature in features for command in feature.commands}


def _say_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from sebangsa.site import software_version  # a checkout is not an installed package

        click.echo(f"sebangsa, version {software_version()}")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from the environment (SEBANGSA_…): see docs/settings.md.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version,
    help="Show the version and exit.",
)  # fmt: skip
def main() -> None:
    """Sebangsa: communities, civic reports and chat for one town or for all of them, on ActivityPub."""
