"""Lost wake-ups, old rows, an admin's hand, a killed process; over real HTTP where it matters."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from federation import lanes, peers, sweep
from federation.clock import SystemClock
from federation.delivery import deliver
from federation.ids import first_id_at
from federation.models import Actor, Delivery, InboundActivity, OutboundActivity, Peer
from federation.outbox import Audience
from federation.transport import AioTransport, Response
from tests.federation.delivering import World, answer, make_federation
from tests.federation.lying_peers import peer as real_peer
from tests.simulation.network import SimulatedRequest


async def received_row(world: World, number: int, **columns: object) -> InboundActivity:
    now = world.clock.now()
    values: dict[str, object] = {
        "id": world.fed.ids.next(),
        "uri": f"https://a.example/a/{number}",
        "type": "Like",
        "actor_id": 1,
        "body": "{}",
        "run_at": now,
        "received_at": now,
    }
    return await InboundActivity.create(**values | columns)


async def test_s145_the_sweep_finds_work_that_nobody_was_woken_for(world: World) -> None:
    world.peer("a.example")
    await sweep.sweep(world.fed)
    assert world.woken == []
    await world.to(await world.remote("budi", "a.example"))
    await received_row(world, 1)
    world.woken.clear()  # the queue was emptied
    await sweep.sweep(world.fed)
    assert world.woken == ["deliver", "process_inbox"]
    await world.deliver()
    await InboundActivity.all().update(state="done")
    world.woken.clear()
    await sweep.sweep(world.fed)
    assert world.woken == []


async def test_s145_the_sweep_wakes_for_what_a_killed_worker_held_but_not_for_what_rests(
    world: World,
) -> None:
    peer = world.peer("a.example")
    await world.to(await world.remote("budi", "a.example"))
    await lanes.Turns(world.fed, "killed").claim(8, troubled=False)
    await received_row(world, 1, locked_until=world.clock.now() + timedelta(minutes=2))
    world.woken.clear()
    await sweep.sweep(world.fed)
    assert world.woken == []
    await world.clock.advance(lanes.LEASE.total_seconds() + 1)
    await sweep.sweep(world.fed)
    assert world.woken == ["deliver", "process_inbox"]
    peer.answers = [answer(500)]
    await world.deliver()
    world.woken.clear()
    await sweep.sweep(world.fed)
    assert world.woken == ["process_inbox"]


async def test_what_its_window_has_passed_is_removed_and_the_rest_stays(world: World) -> None:
    world.peer("a.example")
    budi = await world.remote("budi", "a.example")
    public = await world.say(Audience(actors=[budi]), is_public=True)
    old = await world.to(budi)
    await world.deliver()
    await received_row(world, 1, state="done", body='{"a":1}')
    await received_row(world, 2, body='{"a":2}')
    await world.clock.advance(days=6)
    await sweep.clean(world.fed)
    assert await Delivery.all().count() == 2
    await world.clock.advance(days=1.1)
    fresh = await world.to(budi)
    await sweep.clean(world.fed)
    assert await Delivery.all().values_list("activity_id", flat=True) == [fresh.id]
    await world.clock.advance(days=23)
    await sweep.clean(world.fed)
    kept = set(await OutboundActivity.all().values_list("id", flat=True))
    assert kept == {public.id, fresh.id}
    assert old.id not in kept
    assert await InboundActivity.all().order_by("id").values_list("body", flat=True) == ["", '{"a":2}']


async def test_s140_what_waits_too_long_behind_a_dead_host_is_given_up(world: World) -> None:
    budi = await world.remote("budi", "dead.example")
    await world.to(budi)
    await world.clock.advance(days=6.9)
    assert await sweep.give_up_old(world.fed) == 0
    await world.to(budi)
    await world.clock.advance(days=0.2)
    assert await sweep.give_up_old(world.fed) == 1
    assert await world.states() == ["failed", "pending"]
    assert first_id_at(world.clock.now()) > 0


async def test_s140_the_claim_does_not_read_all_that_waits_in_a_lane(world: World) -> None:
    budi = await world.remote("budi", "a.example")
    row = await world.to(budi)
    rows = [
        Delivery(
            id=world.fed.ids.next(),
            activity_id=row.id,
            host="a.example",
            inbox_url=f"https://a.example/{number}",
            run_at=world.clock.now(),
        )
        for number in range(20_000)
    ]
    await Delivery.bulk_create(rows, batch_size=2000)
    await world.to(await world.remote("citra", "b.example"))
    others = [f"https://c{number}.example/inbox" for number in range(600)]
    await world.say(Audience(inbox_urls=others), proof=False)
    before = asyncio.get_running_loop().time()
    claimed = await lanes.Turns(world.fed, "me").claim(1000, troubled=False)
    # A table never analysed, as after a quiet night: a planner that joins here takes ten seconds.
    assert asyncio.get_running_loop().time() - before < 2
    assert len(claimed) == 602
    assert all(len(lane.due) <= lanes.ROWS_AT_ONCE for lane in claimed)


async def test_an_admin_sees_peers_pauses_resumes_and_retries_them(world: World) -> None:
    inbox = world.peer("a.example")
    inbox.answers = [answer(500, b"oops")]
    budi = await world.remote("budi", "a.example")
    await world.to(budi)
    world.peer("b.example")
    await world.to(await world.remote("citra", "b.example"))
    await world.deliver()
    failing, well = await peers.list_peers(world.fed)
    assert (failing.peer.host, failing.condition, failing.counts) == ("a.example", "failing", {"pending": 1})
    assert (well.condition, well.counts) == ("well", {"delivered": 1})
    assert [report.peer.host for report in await peers.list_peers(world.fed, only_troubled=True)] == [
        "a.example"
    ]
    assert [report.peer.host for report in await peers.list_peers(world.fed, after="a.example")] == [
        "b.example"
    ]
    assert await peers.pause(world.fed, "a.example")
    await world.clock.advance(600)
    assert await world.deliver() == 0
    report = await peers.show_peer(world.fed, "a.example")
    assert report is not None
    assert report.condition == "paused"
    summary = await peers.queue_summary(world.fed)
    assert (summary.deliveries, summary.lanes_waiting) == ({"delivered": 1, "pending": 1}, 1)
    assert (summary.peers, summary.peers_failing) == (2, 1)
    assert 599 < summary.oldest_seconds < 601
    assert await peers.resume(world.fed, "a.example")
    assert await world.deliver() == 1
    assert not await peers.pause(world.fed, "nobody.example")
    assert await peers.show_peer(world.fed, "nobody.example") is None


async def test_retry_forgives_failures_and_a_410(world: World) -> None:
    inbox, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    inbox.answers = [answer(410)]
    await world.to(budi)
    await world.deliver()
    assert (await peers.list_peers(world.fed))[0].condition == "gone"
    await peers.retry(world.fed, "a.example")
    await world.to(budi)
    assert await world.deliver() == 1
    await world.to(budi)
    assert await peers.cancel(world.fed, "a.example", "blocked-domain") == 1
    assert await world.states() == ["cancelled", "delivered", "cancelled"]


async def real_world(world: World, transport: AioTransport, base: str) -> Actor:
    """Let the world send over real HTTP, by the machine's clock, to `base`."""
    world.fed = make_federation(world.clock, transport, world.woken, base_url="http://warga.localhost:1")
    world.fed.clock = world.fed.client._clock = SystemClock()  # type: ignore[assignment]
    return await world.remote(
        "budi", base.partition("//")[2], inbox_url=f"{base}/u/budi/inbox", shared_inbox_url=f"{base}/inbox"
    )


async def test_over_real_http_order_is_kept_and_trouble_is_outlived(world: World) -> None:
    got: list[int] = []
    statuses = [503, 202, 401]

    async def inbox(request: web.Request) -> web.Response:
        status = statuses.pop(0) if statuses else 202
        if status == 202:
            got.append((await request.json())["number"])
        return web.Response(status=status, headers={"Retry-After": "1"} if status == 503 else {})

    async with (
        AioTransport(user_agent="Sebangsa/test", allow_loopback=True) as transport,
        real_peer(inbox=inbox) as (base, asked),
    ):
        budi = await real_world(world, transport, base)
        for _ in range(5):
            await world.to(budi)
        assert await deliver(world.fed) == 1
        await Peer.all().update(retry_at=None)
        assert await deliver(world.fed) == 5
    assert got == [1, 2, 3, 4, 5]
    assert (await Peer.get()).signature_scheme == "rfc9421"
    assert asked[0].headers["User-Agent"] == "Sebangsa/test"


WORKER = """
import asyncio, sys
from federation.clock import SystemClock
from federation.database import Database
from federation.delivery import deliver
from federation.transport import AioTransport
from tests.federation.delivering import PROTOCOL_TABLES, make_federation

async def work():
    database = Database(sys.argv[1], PROTOCOL_TABLES)
    await database.open()
    with database.entered():
        transport = AioTransport(user_agent="worker", allow_loopback=True)
        fed = make_federation(SystemClock(), transport, [], base_url="http://warga.localhost:1")
        await deliver(fed)

asyncio.run(work())
"""


async def test_s143_after_kill_9_between_send_and_mark_each_inbox_gets_it_once_more_and_nothing_is_lost(
    world: World, outgoing_url: str
) -> None:
    ids: list[str] = []
    worker: list[int] = []

    async def inbox(request: web.Request) -> web.Response:
        ids.append((await request.json())["id"])
        if worker:
            os.kill(worker.pop(), signal.SIGKILL)
        return web.Response(status=202)

    async with (
        AioTransport(user_agent="Sebangsa/test", allow_loopback=True) as transport,
        real_peer(inbox=inbox) as (base, _),
    ):
        budi = await real_world(world, transport, base)
        sent = [(await world.to(budi)).uri for _ in range(3)]
        root = Path(__file__).parents[2]
        process = subprocess.Popen([sys.executable, "-c", WORKER, outgoing_url], cwd=root)
        worker.append(process.pid)
        assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
        assert len(ids) == 1
        assert set(await world.states()) == {"pending"}
        assert await deliver(world.fed) == 0  # the lease of the killed one still holds
        await Peer.all().update(locked_until=world.fed.clock.now())
        assert await deliver(world.fed) == 3
    assert ids == [sent[0], *sent]
    assert set(await world.states()) == {"delivered"}


async def test_the_simulated_network_repeats_its_faults_with_the_seed(world: World) -> None:
    from tests.simulation.network import Faults, SimulatedClock, SimulatedNetwork

    async def run(seed: int) -> tuple[list[str], int]:
        clock = SimulatedClock()
        faults = Faults(lost_requests=0.2, lost_answers=0.2, doubled=0.2, delayed=0.2)
        network = SimulatedNetwork(clock, seed=seed, faults=faults)

        async def take(request: SimulatedRequest) -> Response:
            return answer(202)

        for number in range(40):
            network.serve(f"h{number}.example", take)
        world.fed = make_federation(clock, network.transport("warga.example"), [])
        world.clock = clock
        await Delivery.all().delete()
        await Peer.all().delete()
        await world.say(Audience(inbox_urls=[f"https://h{n}.example/inbox" for n in range(40)]), proof=False)
        # The bytes decide the fate: the same activity in both runs.
        await OutboundActivity.all().update(body=json.dumps({"id": "https://warga.example/a/1"}))
        await world.until_quiet(hours=48)
        while network.next_mail_at is not None:
            await clock.advance(max(0.0, network.next_mail_at - clock.time()))
            await network.deliver_mail()
        assert set(await world.states()) == {"delivered"}
        return sorted(request.url for request, _ in network.log), len(network.tried)

    first, again, other = await run(1), await run(1), await run(2)
    assert first == again
    assert first != other
    assert len(set(first[0])) == 40
