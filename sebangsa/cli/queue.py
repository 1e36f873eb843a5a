"""`sebangsa queue …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sebangsa.cli.instance import instance_command, json_option, say_json

if TYPE_CHECKING:
    from sebangsa.site import Site

SHOWN = 20


@click.group("queue")
def command() -> None:
    """Background work: what waits, what failed, and why."""


@command.command("show")
@json_option
@instance_command
async def show(site: Site, as_json: bool) -> None:
    """How much waits in each of the three tables of work, and what was given up.

    `inbound` is what came from other servers, `deliveries` what goes to them, `jobs` everything else.
    """
    from federation.peers import ignored_types

    counted = await _counted(site)
    failed = await _failed()
    ignored = await ignored_types()
    if as_json:
        say_json({"counts": counted, "ignored": ignored, "failed": failed})
        return
    for table, states in counted.items():
        click.echo(
            f"{table:<12}" + ("  ".join(f"{state} {count}" for state, count in states.items()) or "empty")
        )
    if ignored:
        click.echo("\nReceived, and of no use here: " + ", ".join(f"{t} {n}" for t, n in ignored.items()))
    if failed:
        click.echo("\nGiven up, the newest first (`sebangsa queue retry` tries them again):")
    for row in failed:
        click.echo(f"{row['table']:<12}{row['id']}  {row['what']}: {row['reason']}")


@command.command("retry")
@click.argument("ids", nargs=-1, type=int)
@instance_command
async def retry(site: Site, ids: tuple[int, ...]) -> None:
    """Try again what was given up: the rows with these IDS, or all. The server takes it up within 30 seconds.

    What another server refused for good (4xx) is only tried again when named by its id.
    """
    from federation.models import Delivery, DeliveryState, InboundActivity, InboundState
    from sebangsa.queue.models import Job

    now = site.clock.now()
    dead = Job.filter(is_dead=True)
    inbound = InboundActivity.filter(state=InboundState.FAILED)
    deliveries = Delivery.filter(state=DeliveryState.FAILED)
    if ids:
        dead, inbound = dead.filter(id__in=ids), inbound.filter(id__in=ids)
        deliveries = Delivery.filter(state__in=[DeliveryState.FAILED, DeliveryState.REFUSED], id__in=ids)
    done = await dead.update(is_dead=False, attempts=0, run_at=now, locked_until=None)
    done += await inbound.update(
        state=InboundState.PENDING, attempts=0, run_at=now, locked_until=None, done_at=None
    )
    done += await deliveries.update(state=DeliveryState.PENDING, attempts=0, run_at=now, done_at=None)
    click.echo(f"{done} will be tried again.")


async def _counted(site: Site) -> dict[str, dict[str, int]]:
    from federation.database import rows
    from sebangsa.queue.models import Job

    counted: dict[str, dict[str, int]] = {}
    for name, table in (("inbound", "inbound_activities"), ("deliveries", "deliveries")):
        found = await rows(f"SELECT state, count(*) AS n FROM {table} GROUP BY state ORDER BY state", [])  # noqa: S608
        counted[name] = {row["state"]: row["n"] for row in found}
    now = site.clock.now()
    jobs = {
        "due": await Job.filter(is_dead=False, run_at__lte=now).count(),
        "later": await Job.filter(is_dead=False, run_at__gt=now).count(),
        "failed": await Job.filter(is_dead=True).count(),
    }
    counted["jobs"] = {state: count for state, count in jobs.items() if count}
    return counted


async def _failed() -> list[dict[str, Any]]:
    from federation.models import Delivery, DeliveryState, InboundActivity, InboundState
    from sebangsa.queue.models import Job

    inbound = InboundActivity.filter(state=InboundState.FAILED).order_by("-id").limit(SHOWN)
    deliveries = Delivery.filter(state=DeliveryState.FAILED).order_by("-id").limit(SHOWN)
    dead = Job.filter(is_dead=True).order_by("-id").limit(SHOWN)
    return [
        *(_row("inbound", row.id, f"{row.type} {row.uri}", row.reason) for row in await inbound),
        *(_row("deliveries", row.id, row.inbox_url, row.reason) for row in await deliveries),
        *(_row("jobs", row.id, row.name, row.error) for row in await dead),
    ]


def _row(table: str, id_: int, what: str, reason: str) -> dict[str, Any]:
    return {"table": table, "id": str(id_), "what": what, "reason": reason}
