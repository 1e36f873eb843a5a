"""`sebangsa community …`: found a community, show one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import REFUSED, account, instance_command, json_option, say_json

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
@click.option("--private", "is_private", is_flag=True, help="Only members read it, for good.")
@json_option
@instance_command
async def create(
    site: Site, name: str, owner: str, title: str, summary: str, is_private: bool, as_json: bool
) -> None:
    """Found the community NAME."""
    from communities.describing import Description
    from communities.founding import create_community
    from communities.models import JoinMode
    from communities.presenting import community_json

    user = await account(site, owner)
    mode = JoinMode.PRIVATE if is_private else JoinMode.OPEN
    about = Description(title=title, sidebar=summary, join_mode=mode)
    made = await create_community(site, name, user.actor, about)
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


@community.command()
@click.argument("name")
@click.option("--repair", "repairs", is_flag=True, help="Also put right what differs here.")
@json_option
@instance_command
async def compare(site: Site, name: str, repairs: bool, as_json: bool) -> None:
    """Compare what this server holds of the community NAME, `name@host`, with what its own server says.

    Ends with code 1 when something differs and was not put right.
    """
    from communities import comparing, repairing
    from communities.rules import community_by_name

    found = await repairing.with_state_address(site, await community_by_name(name))
    if repairs:
        compared = await repairing.repair(site, found, is_thorough=True)
    else:
        compared = await comparing.compare(site, found)
    if as_json:
        say_json(
            {"community": found.uri, "repaired": repairs, "drift": [one.as_json() for one in compared.drift]}
        )
    elif not compared.drift:
        click.echo("Nothing differs.")
    for one in [] if as_json else compared.drift:
        click.echo(f"{one.act:<8} {one.uri}")
    if compared.drift and not repairs:
        sys.exit(REFUSED)
