"""How fast a post reaches 2,000 followers on 500 hosts, and how near that is to what the machine can do.

    python -m benchmarks.fan_out [--followers 2000] [--hosts 500] [--posts 5] [--database URL]

500 inboxes on 500 loopback addresses (127.1.x.y) are served by another process. Printed are deliveries a second,
our own CPU time for each (the other process is not counted), and the same for the bare minimum, measured in the
same run: sign with the parsed key, POST with aiohttp, 64 at once. The first post meets each host for the first
time, the later ones find its connection open.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
import yarl

from benchmarks.marks import LIMIT_OUT, Mark
from benchmarks.peers import author_with_followers, peers
from federation.clock import SystemClock
from federation.config import FederationConfig
from federation.database import Database
from federation.delivery import LANES_AT_ONCE, deliver
from federation.federation import Federation
from federation.ids import IdMaker
from federation.local_keys import signing_key
from federation.models import Delivery, OutboundActivity, Peer
from federation.outbox import Audience, publish
from federation.signatures import SigningKey, sign_request
from federation.transport import AioTransport

MARK, MARK_OF_ALL = Mark(0.0008, LIMIT_OUT), Mark(0.45, 500 * LIMIT_OUT)
"""CPU of a warm delivery; the last of 500 has it after so long."""
TEXT = "Jalan Melati banjir lagi sejak pagi. Air setinggi lutut di depan sekolah. " * 8


async def _measured(work: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Seconds by the clock, and of our own CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - wall, time.process_time() - cpu


async def _bare(hosts: list[str], body: bytes, key: SigningKey, rounds: int) -> list[tuple[float, float]]:
    """Sign and POST, nothing else."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def work() -> None:
            waiting = iter(hosts)

            async def send_some() -> None:
                for host in waiting:
                    url = f"http://{host}/inbox"
                    headers = sign_request("POST", url, body, key, scheme="cavage", now=time.time())
                    target = yarl.URL(url, encoded=True)
                    async with session.post(target, data=body, headers=headers) as answer:
                        await answer.read()
                        assert answer.status == 202

            await asyncio.gather(*(send_some() for _ in range(LANES_AT_ONCE)))

        return [await _measured(work) for _ in range(rounds)]


def _signing(hosts: list[str], body: bytes, key: SigningKey) -> float:
    """CPU seconds of one signature: the part of a delivery that differs most from machine to machine."""
    began = time.process_time()
    for host in hosts:
        sign_request("POST", f"http://{host}/inbox", body, key, scheme="cavage", now=time.time())
    return (time.process_time() - began) / len(hosts)


def _line(name: str, count: int, measured: tuple[float, float]) -> str:
    wall, cpu = measured
    return f"{name:34} {count / wall:8.0f} deliveries/s  {wall:6.2f} s  {cpu / count * 1000:6.3f} ms CPU each"


async def _run(options: argparse.Namespace, hosts: list[str], folder: Path) -> None:
    clock = SystemClock()
    url = options.database or f"sqlite://{folder / 'bench.sqlite3'}"
    database = Database(url, {"federation": ["federation.models"]})
    transport = AioTransport(user_agent="Sebangsa/benchmark", allow_loopback=True)
    fed = Federation(
        FederationConfig("http://warga.localhost:8000", "warga.localhost:8000", "bench", development=True),
        clock=clock,
        rng=random.Random(1),
        ids=IdMaker(clock),
        transport=transport,
        wake=lambda job: None,
        sanitise=lambda html: html,
    )
    await database.open()
    with database.entered():
        await database._context.generate_schemas()
        ani = await author_with_followers(fed, hosts, options.followers)
        activity = {"type": "Create", "object": {"type": "Note", "content": TEXT, "attributedTo": ani.uri}}
        ours: list[tuple[float, float]] = []
        published: list[tuple[float, float]] = []
        for _ in range(options.posts):

            async def say() -> None:
                await publish(fed, ani, dict(activity), Audience(followers_of=[ani]))

            published.append(await _measured(say))
            ours.append(await _measured(lambda: deliver(fed)))
        delivered = await Delivery.filter(state="delivered").count()
        if delivered != options.posts * options.hosts:
            troubles = await Peer.filter(failures__gt=0).distinct().values_list("last_error", flat=True)
            raise SystemExit(f"only {delivered} arrived: {troubles}")
        assert await Peer.filter(locked_by__not="").count() == 0
        key = await signing_key(fed, ani.id)
        body = (await OutboundActivity.all().order_by("id").first()).body.encode()  # type: ignore[union-attr]
        await transport.close()
        bare = await _bare(hosts, body, key, options.posts)
        signing = _signing(hosts, body, key)
    await database.close()
    count = options.hosts

    def middle(runs: list[tuple[float, float]]) -> tuple[float, float]:
        return statistics.median(wall for wall, _ in runs), statistics.median(cpu for _, cpu in runs)

    print(f"{options.followers} followers, {count} hosts, body {len(body)} bytes, {url.partition(':')[0]}")
    wall, cpu = middle(published)
    print(
        f"publish (one transaction)          {wall * 1000:8.1f} ms  {cpu / count * 1000:6.3f} ms CPU per inbox"
    )
    last = statistics.median(
        said[0] + sent[0]
        for said, sent in list(zip(published, ours, strict=True))[1:] or [(published[0], ours[0])]
    )
    print(f"the last of {count} has it after     {last:8.2f} s, counted from the post")
    print(_line("first contact", count, ours[0]))
    print(_line("warm", count, middle(ours[1:] or ours)))
    print(_line("limit: sign + POST, first contact", count, bare[0]))
    print(_line("limit: sign + POST, warm", count, middle(bare[1:] or bare)))
    print(f"one signature                      {signing * 1000:57.3f} ms CPU")
    for name, mine, limit in (
        ("first contact", ours[0], bare[0]),
        ("warm", middle(ours[1:] or ours), middle(bare[1:] or bare)),
    ):
        print(f"{name}: {limit[1] / mine[1]:.2f} of the limit by CPU, {limit[0] / mine[0]:.2f} by the clock")
    print(
        "CPU, warm: " + MARK.judged(middle(ours[1:] or ours)[1] / count, middle(bare[1:] or bare)[1] / count)
    )
    print(f"the last of {count}: " + MARK_OF_ALL.judged(last, middle(bare[1:] or bare)[0]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--followers", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--posts", type=int, default=5)
    parser.add_argument(
        "--database", default="", help="an empty PostgreSQL database; without it a new SQLite file"
    )
    options = parser.parse_args()
    with (
        peers() as others,
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as the server runs
    ):
        runner.run(_run(options, others.hosts(options.hosts), Path(folder)))


if __name__ == "__main__":
    main()
