"""`sebangsa relay …`: servers that pass public posts on between many others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site


@click.group("relay")
def command() -> None:
    """Relays: public posts of this server go there, and those of others come from there.

    URL is what the relay's page says: an inbox (https://relay.example/inbox, for Mastodon's way) or an actor
    (https://relay.example/actor, for Pleroma's).
    """


@command.command("add")
@click.argument("url")
@instance_command
async def add(site: Site, url: str) -> None:
    """Ask a relay to take part, or ask again one that did not accept."""
    from sebangsa.relays.subscribing import add_relay

    relay = await add_relay(site, url)
    click.echo(f"{relay.url}: {relay.state}.")


@command.command("list")
@json_option
@instance_command
async def list_all(site: Site, as_json: bool) -> None:
    """Every relay that was added, and what it answered: asked, accepted, refused, or silent for a day."""
    from sebangsa.relays.subscribing import all_relays, standing_of

    found = await all_relays()
    now = site.clock.now()
    if as_json:
        say_json(
            [
                {
                    "url": relay.url,
                    "kind": relay.kind,
                    "state": standing_of(relay, now),
                    "follows_back": relay.follows_back,
                    "asked_at": relay.asked_at,
                    "answered_at": relay.answered_at,
                }
                for relay in found
            ]
        )
        return
    for relay in found:
        click.echo(f"{standing_of(relay, now):<9} {relay.kind:<9} {relay.url}")


@command.command("remove")
@click.argument("url")
@instance_command
async def remove(site: Site, url: str) -> None:
    """Leave a relay. What it brought stays."""
    from sebangsa.relays.subscribing import remove_relay

    await remove_relay(site, url)
    click.echo(f"{url} is removed.")
