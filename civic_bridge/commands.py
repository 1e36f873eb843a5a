"""`sebangsa body …` and `sebangsa reports …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from civic_bridge.models import Body
    from sebangsa.site import Site

area_option = click.option(
    "--area", "areas", multiple=True, metavar="CODE", help="An area's code, like 31.74."
)
service_option = click.option(
    "--service", "services", multiple=True, metavar="CODE", help="A category, a group, or *."
)
tier_option = click.option(
    "--tier", default="C", show_default=True, help="A, B, C or D: how its authority is known."
)


@click.group()
def body() -> None:
    """Offices that answer reports."""


@body.command()
@click.argument("name")
@area_option
@service_option
@tier_option
@click.option("--title", default="", help="What people read; the name where there is none.")
@click.option(
    "--officer", "--owner", "officers", multiple=True, metavar="WHO", help="Account name of an officer."
)
@click.option(
    "--reached-by", default="sebangsa", show_default=True, help="For one elsewhere: sebangsa or mastodon."
)
@instance_command
async def create(
    site: Site,
    name: str,
    areas: tuple[str, ...],
    services: tuple[str, ...],
    tier: str,
    title: str,
    officers: tuple[str, ...],
    reached_by: str,
) -> None:
    """Make the office NAME here, or link the one at NAME@HOST."""
    from civic_bridge import bodies
    from sebangsa.accounts import user_by_name

    people = [(await user_by_name(officer)).actor for officer in officers]
    if "@" in name.lstrip("@"):
        made = await bodies.link_body(
            site, f"@{name.lstrip('@')}", areas=areas, services=services, tier=tier, reached_by=reached_by
        )
        for person in people:
            await bodies.add_officer(site, made, person)
    else:
        made = await bodies.create_body(
            site, name, areas=areas, services=services, display_name=title, officers=people, tier=tier
        )
    click.echo((await _with_actor(made)).actor.uri)


@body.command()
@click.argument("name")
@json_option
@instance_command
async def show(site: Site, name: str, as_json: bool) -> None:
    """Show the office NAME: what it answers for and who speaks for it."""
    from civic_bridge.authority import body_problem
    from civic_bridge.bodies import body_named
    from civic_bridge.models import Officer
    from civic_bridge.presenting import body_json

    found = await body_named(name)
    officers = await Officer.filter(body_id=found.id).select_related("actor")
    shown = body_json(found) | {
        "officers": [f"{each.actor.handle} ({each.source})" for each in officers],
        "problem": await body_problem(found),
    }
    if as_json:
        say_json(shown)
        return
    for label, value in shown.items():
        click.echo(f"{label}: {', '.join(value) if isinstance(value, list) else value}")


@body.command("confirm")
@click.argument("name")
@instance_command
async def confirm(site: Site, name: str) -> None:
    """The actor NAME with its present keys is that office still: its answers count again."""
    from civic_bridge.bodies import body_named, vouch_again

    await vouch_again(site, await body_named(name))


@body.command("suspend")
@click.argument("name")
@instance_command
async def suspend(site: Site, name: str) -> None:
    """The office NAME sets no status any more; `confirm` ends that."""
    from civic_bridge.bodies import body_named

    found = await body_named(name)
    found.is_active = False
    await found.save(update_fields=["is_active"])


@body.group()
def officer() -> None:
    """Who speaks for an office."""


@officer.command("add")
@click.argument("name")
@click.argument("who")
@instance_command
async def officer_add(site: Site, name: str, who: str) -> None:
    """Let WHO (an account, or somebody@host) speak for the office NAME."""
    from civic_bridge.bodies import add_officer, body_named
    from sebangsa.errors import NotFound
    from sebangsa.lookup import find_actor

    actor = await find_actor(site, who if who.startswith(("@", "http")) else f"@{who}")
    if actor is None:
        raise NotFound("Nobody was found under that handle.")
    await add_officer(site, await body_named(name), actor)


@officer.command("remove")
@click.argument("name")
@click.argument("who")
@instance_command
async def officer_remove(site: Site, name: str, who: str) -> None:
    """WHO speaks for the office NAME no more."""
    from civic_bridge.bodies import body_named, remove_officer
    from sebangsa.errors import NotFound
    from sebangsa.lookup import find_actor

    actor = await find_actor(site, who if who.startswith(("@", "http")) else f"@{who}")
    if actor is None:
        raise NotFound("Nobody was found under that handle.")
    await remove_officer(site, await body_named(name), actor)


@click.group()
def reports() -> None:
    """Citizens' reports."""


@reports.command("list")
@click.option("--state", default="all", show_default=True, help="A state, open, closed or all.")
@click.option("--area", default="", help="An area's code; those below it are included.")
@click.option("--category", default="", help="A category or a group of them.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
@instance_command
async def reports_list(site: Site, state: str, area: str, category: str, limit: int, as_json: bool) -> None:
    """List public reports, newest first."""
    from civic_bridge.desk import Filters, public_reports
    from civic_bridge.presenting import report_json

    filters = Filters(state=state, area=area, category=category)
    found = await public_reports(filters, site.clock.now()).limit(limit)
    if as_json:
        say_json([report_json(site, report) for report in found])
        return
    for report in found:
        click.echo(f"{report.reference}  {report.status:<20} {report.category:<18} {report.post.name}")


@reports.command("accept")
@click.argument("community")
@click.option(
    "--office", default="", metavar="NAME", help="Gets what no office answers for by place and category."
)
@click.option("--area", default="", metavar="CODE", help="Offered first in the form.")
@instance_command
async def reports_accept(site: Site, community: str, office: str, area: str) -> None:
    """Let COMMUNITY (`name` or `name@host`) take reports."""
    from civic_bridge.bodies import body_named, take_reports
    from communities.rules import community_by_name

    chosen = await body_named(office) if office else None
    await take_reports(site, await community_by_name(community), default_body=chosen, area_code=area)


async def _with_actor(made: Body) -> Body:
    await made.fetch_related("actor")
    return made
