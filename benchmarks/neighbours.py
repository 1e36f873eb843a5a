"""What a bad neighbour costs the others: one that answers after ten seconds, one that is dead, one that floods us.

    .venv/bin/python -m benchmarks.neighbours [--hosts 500] [--rounds 9] [--notes 3000] [--database URL]

Outgoing: the seconds from a post until the last of 500 good servers has it, alone and beside each bad one. Incoming: the
seconds in which notes of 20 servers are handled, alone and behind a 21st that sent its 20,000 before them. The limit is what
it takes alone.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.ingest import fill, note
from benchmarks.peers import Peers, add_followers, author_with_followers, peers
from federation.clock import SystemClock
from federation.config import FederationConfig
from federation.database import Database, execute, rows
from federation.delivery import deliver
from federation.federation import Federation
from federation.ids import IdMaker
from federation.models import Actor, InboundActivity
from federation.outbox import Audience, publish
from federation.processing import process_inbox
from federation.transport import AioTransport
from sebangsa.settings import load_settings
from sebangsa.site import Site

FLOOD = 20_000
FLOODER = "p20.localhost"


async def _until_all_good_have_it(fed: Federation, ani: Actor, others: Peers, good: int) -> float:
    before = others.got.value
    begin = time.perf_counter()
    await publish(
        fed,
        ani,
        {"type": "Create", "object": {"type": "Note", "content": "Halo"}},
        Audience(followers_of=[ani]),
    )
    sending = asyncio.create_task(deliver(fed))
    while others.got.value < before + good:
        if sending.done():
            raise SystemExit(f"only {others.got.value - before} of {good} have it")
        await asyncio.sleep(0.001)
    seconds = time.perf_counter() - begin
    await sending
    return seconds


async def outgoing(options: argparse.Namespace, others: Peers, folder: Path) -> dict[str, list[float]]:
    """Seconds of each round: alone, and with followers at a server that is bad in its own way, new in each round."""
    clock = SystemClock()
    database = Database(f"sqlite://{folder / 'out.sqlite3'}", {"federation": ["federation.models"]})
    fed = Federation(
        FederationConfig("http://warga.localhost:8000", "warga.localhost:8000", "bench", development=True),
        clock=clock,
        rng=random.Random(1),
        ids=IdMaker(clock),
        transport=AioTransport(user_agent="Sebangsa/benchmark", allow_loopback=True),
        wake=lambda job: None,
        sanitise=lambda html: html,
    )
    await database.open()
    measured: dict[str, list[float]] = {"alone": [], "slow": [], "dead": []}
    with database.entered():
        await database._context.generate_schemas()
        ani = await author_with_followers(fed, others.hosts(options.hosts), options.hosts * 4)
        await _until_all_good_have_it(fed, ani, others, options.hosts)  # first contact
        for number in range(options.rounds):
            for kind, seconds in measured.items():
                if kind != "alone":
                    port = others.slow_port if kind == "slow" else others.dead_port
                    await add_followers(fed, ani, [f"127.{2 if kind == 'slow' else 3}.0.{number + 1}:{port}"])
                seconds.append(await _until_all_good_have_it(fed, ani, others, options.hosts))
                if kind != "alone":
                    await execute(
                        "UPDATE actors SET suspended_at = ? WHERE host LIKE ?", [clock.now(), f"%:{port}"]
                    )
                    await execute("DELETE FROM deliveries WHERE host LIKE ?", [f"%:{port}"])
    await fed.transport.close()
    await database.close()
    return measured


async def _wait_in_line(site: Site, actors: Sequence[Actor], mention: str, first: int, count: int) -> None:
    """Rows of the inbox as the door writes them."""
    now = site.clock.now()
    waiting = []
    for number in range(first, first + count):
        actor = actors[number % len(actors)]
        body = note(actor.uri, number, mention).decode()
        waiting.append(
            InboundActivity(
                id=site.ids.next(), uri=f"{actor.uri}/statuses/{number}/activity", type="Create", actor_id=actor.id,
                host=actor.host, body=body, run_at=now, received_at=now,
            )
        )  # fmt: skip
    await InboundActivity.bulk_create(waiting, batch_size=200)


async def incoming(options: argparse.Namespace, folder: Path) -> tuple[float, float]:
    """Seconds until the notes of 20 servers are handled: alone, and behind a flood. In turns: machines change speed."""
    settings = {
        "url": "http://warga.localhost",
        "mode": "development",
        "data_dir": folder,
        "rate_limits": "off",
    }
    if options.database:
        settings["database_url"] = options.database
    site = Site(load_settings({}, **settings))
    mention, _ = await fill(site, 0)
    site = Site(load_settings({}, **settings))
    await site.open()
    with site.database.entered():
        good = await Actor.filter(host__not="").order_by("id")
        flooder = await Actor.create(
            id=site.ids.next(), uri=f"http://{FLOODER}/users/banjir", type="Person", username="banjir", domain=FLOODER,
            host=FLOODER, inbox_url=f"http://{FLOODER}/inbox", created_at=site.clock.now(), updated_at=site.clock.now(),
        )  # fmt: skip
        seconds: dict[int, list[float]] = {0: [], FLOOD: []}
        for place in range(2 * options.rounds + 1):
            flood = FLOOD if place and place % 2 == 0 else 0
            await _wait_in_line(site, [flooder], mention, 100_000_000 + place * FLOOD, flood)
            await _wait_in_line(site, good, mention, place * 1_000_000, options.notes)
            begin = time.perf_counter()
            working = asyncio.create_task(process_inbox(site.federation))
            while await _is_anything_left(FLOODER):
                await asyncio.sleep(0.02)
            if place:  # the first warms up
                seconds[flood].append(time.perf_counter() - begin)
            working.cancel()
            await asyncio.wait([working])
            await execute("DELETE FROM inbound_activities WHERE host = ?", [FLOODER])
    await site.stop()
    return statistics.median(seconds[0]), statistics.median(seconds[FLOOD])


async def _is_anything_left(flooder: str) -> bool:
    """Of the others. Asked often, so it must not read the flood."""
    found = await rows(
        "SELECT id FROM inbound_activities WHERE state IN ('pending', 'waiting') AND host < ? "
        "UNION ALL SELECT id FROM inbound_activities WHERE state IN ('pending', 'waiting') AND host > ? LIMIT 1",
        [flooder, flooder],
    )
    return bool(found)


async def _run(options: argparse.Namespace, others: Peers, folder: Path) -> None:
    measured = await outgoing(options, others, folder)
    alone = statistics.median(measured["alone"])
    print(f"{options.hosts} good servers have a post after   {alone:6.2f} s")
    for kind, name in (
        ("slow", "beside one that takes ten seconds"),
        ("dead", "beside one that never answers"),
    ):
        seconds = statistics.median(measured[kind])
        print(f"  {name:34} {seconds:6.2f} s   {seconds / alone:5.2f} × as long")
    quiet, flooded = await incoming(options, folder)
    print(f"{options.notes} notes of 20 servers are handled in {quiet:6.2f} s")
    print(f"  {f'behind {FLOOD} of a 21st':34} {flooded:6.2f} s   {flooded / quiet:5.2f} × as long")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database for the incoming half")
    options = parser.parse_args()
    with (
        peers() as others,
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as the server runs
    ):
        runner.run(_run(options, others, Path(folder)))


if __name__ == "__main__":
    main()
