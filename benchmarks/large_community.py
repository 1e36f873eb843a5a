"""A community of 100,000 members on 5,000 servers: what a post in it costs its author, and how a backlog drains.

    .venv/bin/python -m benchmarks.large_community [--members 100000] [--servers 5000] [--posts 10] [--database URL]

Each post is two deliveries to each server (its `Create`, and what the community announces); `--posts 100` is a backlog of
a million. The first figure is the whole use case of publishing, as the author waits for it, beside the same in a community
without members: the limit. Then all is delivered by the job that the server runs; the other servers answer from memory, so
that what is measured is the queue and not their network. The peak of the process's memory is compared with what it held
before.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import uvloop

from benchmarks.measuring import resident_mib
from communities.describing import Description
from communities.founding import create_community
from federation.database import execute, rows
from federation.delivery import deliver
from federation.models import Actor, Follow, FollowState
from federation.transport import Response, Timeouts
from sebangsa.accounts import create_user
from sebangsa.models import User
from sebangsa.posting import Draft, create_post
from sebangsa.settings import load_settings
from sebangsa.site import Site

TEXT = "Jalan Melati banjir lagi sejak pagi. Air setinggi lutut di depan sekolah. " * 8
ROUNDS = 5
MARK_MIB = 350


class _Answering:
    """A network on which every server says 202 at once."""

    def __init__(self) -> None:
        self.requests = 0

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_bytes: int,
        timeout: Timeouts,
    ) -> Response:
        self.requests += 1
        await asyncio.sleep(0)
        return Response(202, {}, b"", url)

    async def close(self) -> None:
        """Holds nothing open."""


class _Peak(threading.Thread):
    """Looks at the memory of this process ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.begin = self.most = resident_mib(os.getpid())
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            self.most = max(self.most, resident_mib(os.getpid()))


def _site(folder: str, database: str) -> Site:
    settings = {"url": "https://warga.example", "data_dir": Path(folder)}
    if database:
        settings["database_url"] = database
    return Site(load_settings({}, **settings), transport=_Answering())  # type: ignore[arg-type]


def _fill(folder: str, database: str, members: int, servers: int) -> None:
    """In a process of its own: what it takes to make 100,000 actors is not what is measured."""

    async def fill() -> None:
        site = _site(folder, database)
        await site.open()
        await site.database.migrate()
        with site.database.entered():
            ani = (await create_user(site, "ani")).actor
            large = await create_community(site, "tebet", ani, Description(title="Tebet"))
            await create_community(site, "gang", ani, Description(title="Gang"))
            now = site.clock.now()
            for start in range(0, members, 5000):
                people, follows = [], []
                for number in range(start, min(start + 5000, members)):
                    host = f"s{number % servers}.example"
                    base = f"https://{host}/u/p{number}"
                    people.append(
                        Actor(
                            id=site.ids.next(), uri=base, type="Person", username=f"p{number}", domain=host, host=host,
                            inbox_url=f"{base}/inbox", shared_inbox_url=f"https://{host}/inbox",
                            created_at=now, updated_at=now,
                        )
                    )  # fmt: skip
                    follows.append(
                        Follow(
                            id=site.ids.next(), follower_id=people[-1].id, target_id=large.id,
                            state=FollowState.ACCEPTED, uri=f"{base}/follow", created_at=now,
                        )
                    )  # fmt: skip
                await Actor.bulk_create(people, batch_size=500)
                await Follow.bulk_create(follows, batch_size=500)
            await Actor.filter(id=large.id).update(followers_count=members)
            await execute("ANALYZE")
        await site.stop()

    asyncio.run(fill())


async def _publish(site: Site, name: str, times: int) -> list[float]:
    """Seconds of each post in a community."""
    measured = []
    ani = (await User.get(actor__username="ani").select_related("actor")).actor
    for number in range(times):
        community = await Actor.get(username=name, host="")
        begin = time.perf_counter()
        await create_post(site, ani, Draft(TEXT, name=f"Kabar {number}", community=community))
        measured.append(time.perf_counter() - begin)
    return measured


async def _run(options: argparse.Namespace, folder: str) -> None:
    site = _site(folder, options.database)
    await site.open()
    with site.database.entered():
        await _publish(site, "gang", 2)
        alone = statistics.median(await _publish(site, "gang", ROUNDS))
        measured = await _publish(site, "tebet", options.posts)
        large = statistics.median(measured)
        print(f"{options.members} members on {options.servers} servers")
        print(f"publishing, community of nobody     {alone * 1000:8.1f} ms")
        print(
            f"publishing, this community          {large * 1000:8.1f} ms  ({large / alone:.2f} ×; mark: < 50 ms)"
        )
        peak = _Peak()
        peak.start()
        network = site.federation.transport
        assert isinstance(network, _Answering)
        wall, cpu = time.perf_counter(), time.process_time()
        while await rows("SELECT 1 AS n FROM deliveries WHERE state = 'pending' LIMIT 1") or await rows(
            "SELECT 1 AS n FROM fan_outs LIMIT 1"
        ):
            await deliver(site.federation)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak.ended.set()
        held = await rows("SELECT count(*) AS n FROM deliveries WHERE state = 'delivered'")
        print(f"deliveries                          {held[0]['n']:8} ({network.requests} requests)")
        print(
            f"drained in                          {wall:8.1f} s   {cpu / held[0]['n'] * 1000:.3f} ms CPU each"
        )
        print(
            f"memory before, at most              {peak.begin:8.0f} MiB, {peak.most:.0f} MiB (mark: < {MARK_MIB} MiB)"
        )
    await site.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--servers", type=int, default=5_000)
    parser.add_argument("--posts", type=int, default=10)
    parser.add_argument(
        "--database", default="", help="an empty PostgreSQL database; without it a new SQLite file"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        filling = multiprocessing.get_context("spawn").Process(
            target=_fill, args=(folder, options.database, options.members, options.servers)
        )
        filling.start()
        filling.join()
        if filling.exitcode:
            raise SystemExit(filling.exitcode)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the server runs
            runner.run(_run(options, folder))


if __name__ == "__main__":
    main()
