"""`sebangsa community …`: found a community, show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import account, instance_command, json_option, say_json

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
@json_option
@instance_command
async def create(site: Site, name: str, owner: str, title: str, summary: str, as_json: bool) -> None:
    """Found the community NAME."""
    from communities.describing import Description
    from communities.founding import create_community
    from communities.presenting import community_json

    user = await account(site, owner)
    made = await create_community(site, name, user.actor, Description(title=title, sidebar=summary))
    if as_json:
        say_json(await community_json(made, None))
    else:
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
    found["moderators"] = [f"{one['acct']} ({one['role']})" for one in found["moderators"]]
    for label, value in found.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        click.echo(f"{label.replace('_', ' '):<16} {'-' if shown in (None, '') else shown}")
