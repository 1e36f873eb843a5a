"""`sebangsa domain …`: which servers this one does not talk with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site

by_option = click.option(
    "--by", required=True, metavar="WHO", help="Account name of the administrator, for the public log."
)


@click.group()
def domain() -> None:
    """Servers that this instance does not talk with."""


@domain.command()
@click.argument("host")
@by_option
@click.option("--reason", required=True, help="Why; everybody can read it in the public log.")
@instance_command
async def block(site: Site, host: str, by: str, reason: str) -> None:
    """Stop talking with HOST and all hosts below it."""
    from moderation.domains import block_domain
    from sebangsa.accounts import user_by_name

    made = await block_domain(site, await user_by_name(by), host, reason)
    click.echo(f"{made.domain} is blocked.")


@domain.command()
@click.argument("host")
@by_option
@click.option("--reason", default="", help="Why; everybody can read it in the public log.")
@instance_command
async def unblock(site: Site, host: str, by: str, reason: str) -> None:
    """Talk with HOST again."""
    from moderation.domains import unblock_domain
    from sebangsa.accounts import user_by_name

    await unblock_domain(site, await user_by_name(by), host, reason)
    click.echo(f"{host} is not blocked.")


@domain.command("list")
@json_option
@instance_command
async def list_domains(site: Site, as_json: bool) -> None:
    """List the blocked hosts, with the reasons."""
    from moderation.models import DomainBlock

    found = await DomainBlock.all().order_by("domain")
    if as_json:
        say_json([{"domain": made.domain, "reason": made.reason, "since": made.created_at} for made in found])
        return
    for made in found:
        click.echo(f"{made.domain}\t{made.reason}")
