"""`sebangsa community …`: found a community, show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site


@click.group()
def community() -> None:
    """Communities of this instance."""


@community.command()
@click.argument("name")
@click.option("--owner", required=True, metavar="WHO", help="Account name of the owner.")
@click.option("--title", default="", help="What people read; the name where there is none.")
@click.option("--summary", default="", help="The description, in Markdown.")
@instance_command
async def create(site: Site, name: str, owner: str, title: str, summary: str) -> None:
    """Found the community NAME."""
    from communities.describing import Description
    from communities.founding import create_community
    from sebangsa.accounts import user_by_name

    user = await user_by_name(owner)
    made = await create_community(site, name, user.actor, Description(title=title, sidebar=summary))
    click.echo(made.uri)


@community.command()
@click.argument("name")
@json_option
@instance_command
async def show(site: Site, name: str, as_json: bool) -> None:
    """Show the community NAME, `name` or `name@host`."""
    from communities.presenting import community_json
    from communities.rules import community_by_name

    found = await community_json(await community_by_name(name), None)
    if as_json:
        say_json(found)
        return
    for label, value in found.items():
        click.echo(f"{label}: {value}")
