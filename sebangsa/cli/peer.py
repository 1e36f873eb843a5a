"""`sebangsa peer …`: the other servers that this one sends to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from federation.federation import Federation
    from federation.peers import PeerReport
    from sebangsa.site import Site

PAGE = 200


@click.group("peer")
def command() -> None:
    """Other servers: whether they answer, and what waits for them.

    HOST is a server's name as it stands in its addresses, such as mastodon.example.
    """


@command.command("list")
@click.option("--troubled", is_flag=True, help="Only those that fail, are paused or gone.")
@json_option
@instance_command
async def list_all(site: Site, troubled: bool, as_json: bool) -> None:
    """All servers that were ever spoken to, by name."""
    from federation.peers import list_peers

    reports: list[PeerReport] = []
    while page := await list_peers(
        site.federation, only_troubled=troubled, limit=PAGE, after=reports[-1].peer.host if reports else ""
    ):
        reports += page
    if as_json:
        say_json([_described(report) for report in reports])
        return
    for report in reports:
        waiting = report.counts.get("pending", 0)
        software = f"{report.peer.software} {report.peer.version}".strip() or "-"
        click.echo(f"{report.peer.host:<36} {report.condition:<8} {waiting:>6} waiting  {software}")


@command.command("show")
@click.argument("host")
@json_option
@instance_command
async def show(site: Site, host: str, as_json: bool) -> None:
    """One server: what it runs, since when it fails and why, and its deliveries by state."""
    from federation.peers import show_peer

    report = await show_peer(site.federation, host.lower())
    if report is None:
        raise _never_met(host)
    described = _described(report)
    if as_json:
        say_json(described)
        return
    for key, value in described.items():
        if isinstance(value, dict):
            value = ", ".join(f"{state} {count}" for state, count in value.items())
        click.echo(f"{key.replace('_', ' '):<18} {'-' if value in (None, '') else value}")


@command.command("pause")
@click.argument("host")
@instance_command
async def pause(site: Site, host: str) -> None:
    """Send nothing there until `resume`; what is published meanwhile waits."""
    from federation import peers

    await _act(site, host, peers.pause)
    click.echo(f"Nothing is sent to {host} until `sebangsa peer resume {host}`.")


@command.command("resume")
@click.argument("host")
@instance_command
async def resume(site: Site, host: str) -> None:
    """End a pause. The server sends what waits within 30 seconds."""
    from federation import peers

    await _act(site, host, peers.resume)
    click.echo(f"{host} is sent to again.")


@command.command("retry")
@click.argument("host")
@instance_command
async def retry(site: Site, host: str) -> None:
    """Forget that a server failed or said it was gone, and try it again within 30 seconds."""
    from federation import peers

    await _act(site, host, peers.retry)
    click.echo(f"{host} is tried again.")


async def _act(site: Site, host: str, act: Callable[[Federation, str], Awaitable[bool]]) -> None:
    if not await act(site.federation, host.lower()):
        raise _never_met(host)


def _never_met(host: str) -> Exception:
    from sebangsa.errors import NotFound

    return NotFound(f"This server never sent anything to {host}.")


def _described(report: PeerReport) -> dict[str, Any]:
    peer = report.peer
    return {
        "host": peer.host,
        "condition": report.condition,
        "software": peer.software,
        "version": peer.version,
        "signature_scheme": peer.signature_scheme,
        "deliveries": report.counts,
        "failures": peer.failures,
        "failing_since": _moment(peer.failing_since),
        "succeeded_at": _moment(peer.succeeded_at),
        "retry_at": _moment(peer.retry_at),
        "last_error": peer.last_error,
    }


def _moment(moment: Any) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
