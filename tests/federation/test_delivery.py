"""Lanes on a simulated network: order, retries, what each answer does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from federation import delivery, lanes, retry
from federation.delivery_marks import Marks
from federation.models import ActorKey, Delivery, DeliveryState, Peer
from federation.outbox import Audience
from federation.refusals import Refused
from federation.signatures import HttpRequest, check_claim, load_public_key, read_claim
from federation.transport import Response
from tests.federation.delivering import World, answer
from tests.simulation.network import SimulatedRequest


async def test_what_is_published_arrives_signed_with_the_actors_key(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    row = await world.to(budi)
    assert await world.deliver() == 1
    (request,) = peer.got
    assert request.body.decode() == row.body
    assert request.headers["content-type"] == "application/activity+json"
    claim = read_claim(
        HttpRequest("POST", "https", request.headers["host"], "/inbox", request.headers, request.body),
        authority="a.example",
        now=world.clock.time(),
    )
    check_claim(claim, load_public_key((await ActorKey.get(key_id=claim.key_id)).public))
    delivered = await Delivery.get()
    assert (delivered.state, delivered.status, delivered.attempts) == (DeliveryState.DELIVERED, 202, 1)
    assert delivered.done_at is not None
    peer_row = await world.row_of("a.example")
    assert peer_row.succeeded_at is not None
    assert (peer_row.locked_by, peer_row.locked_until, peer_row.failures) == ("", None, 0)
    assert await world.deliver() == 0


async def test_a_lane_keeps_its_order(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    citra = await world.remote("citra", "a.example", shared=False)
    for number in range(60):  # more than a lane reads at once
        await world.to(budi if number % 2 else citra)
    await world.deliver()
    assert peer.numbers == list(range(1, 61))
    assert set(await world.states()) == {"delivered"}


async def test_a_failure_is_tried_again_later_and_order_is_kept(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.answers = [answer(500, b"  oh\x00no\n"), answer(502)]
    for _ in range(3):
        await world.to(budi)
    assert await world.deliver() == 1
    assert await world.deliver() == 0  # the lane rests
    row = await world.row_of("a.example")
    assert (row.failures, row.last_error) == (1, "500 oh no")
    await world.clock.advance(3)
    assert await world.deliver() == 1
    await world.clock.advance(6)
    assert await world.deliver() == 3
    assert peer.numbers == [1, 1, 1, 2, 3]
    row = await world.row_of("a.example")
    assert (row.failures, row.failing_since, row.retry_at, row.last_error) == (0, None, None, "")


async def test_a_head_that_fails_three_times_is_set_aside_and_the_lane_goes_on(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")

    async def choke_on_the_first(request: SimulatedRequest) -> Response:
        return answer(500 if b'"number":1,' in request.body else 202)

    peer.always = choke_on_the_first
    for _ in range(3):
        await world.to(budi)
    for _ in range(4):
        await world.deliver()
        await world.clock.advance(10)
    assert peer.numbers == [1, 1, 1, 2, 3]
    peer.always = answer(202)
    await world.clock.advance(hours_to_seconds(1))
    await world.deliver()
    assert peer.numbers == [1, 1, 1, 2, 3, 1]
    assert set(await world.states()) == {"delivered"}


async def test_a_delivery_is_given_up_after_its_last_try(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.always = answer(500)
    await world.to(budi)
    begun = world.clock.time()
    while await Delivery.filter(state="pending").exists():
        await world.deliver()
        due = (await Delivery.get()).run_at.timestamp()
        pause = (await world.row_of("a.example")).retry_at
        assert pause is not None
        await world.clock.advance(max(due, pause.timestamp()) - world.clock.time())
    assert await world.states() == ["failed"]
    assert len(peer.got) == retry.MAX_TRIES
    assert 1.9 < (world.clock.time() - begun) / 86400 < 4


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
async def test_retry_after_is_obeyed_and_counts_as_no_failure(
    world: World, status: int, as_date: bool
) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    when = format_datetime(world.clock.now() + timedelta(seconds=900), usegmt=True) if as_date else "900"
    peer.answers = [answer(status, retry_after=when)]
    await world.to(budi)
    await world.to(budi)
    await world.deliver()
    await world.clock.advance(890)
    assert await world.deliver() == 0
    row, head = await world.row_of("a.example"), await Delivery.all().order_by("id").first()
    assert head is not None
    assert (row.failures, head.attempts) == (0, 0)
    await world.clock.advance(10)
    assert await world.deliver() == 2
    assert peer.numbers == [1, 1, 2]


async def test_a_refusal_is_final_and_the_lane_goes_on(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.answers = [answer(404, b"no such community")]
    await world.to(budi)
    await world.to(budi)
    await world.deliver()
    assert await world.states() == ["refused", "delivered"]
    refused = await Delivery.get(state="refused")
    assert (refused.status, refused.reason) == (404, "404 no such community")
    assert (await world.row_of("a.example")).failures == 0


async def test_410_on_a_personal_inbox_ends_that_inbox_only(world: World) -> None:
    peer = world.peer("a.example")
    budi, citra = [await world.remote(name, "a.example") for name in ("budi", "citra")]

    async def budi_is_gone(request: SimulatedRequest) -> Response:
        return answer(410 if "/budi/" in request.url else 202)

    peer.always = budi_is_gone
    for actor in (budi, citra, budi, citra):
        await world.to(actor, personal=True)
    await world.deliver()
    assert await world.states() == ["cancelled", "delivered", "cancelled", "delivered"]
    assert len(peer.got) == 3
    assert not (await world.row_of("a.example")).is_gone


async def test_410_on_the_shared_inbox_means_that_the_peer_is_gone(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.always = answer(410)
    for _ in range(30):
        await world.to(budi)
    await world.deliver()
    assert set(await world.states()) == {"cancelled"}
    assert len(peer.got) == 1
    assert (await world.row_of("a.example")).is_gone
    await world.to(budi)
    assert await Delivery.filter(state="pending").count() == 0


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_the_other_signature_scheme_is_tried_at_once_and_remembered(world: World, status: int) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")

    async def reads_rfc9421_only(request: SimulatedRequest) -> Response:
        return answer(202 if "signature-input" in request.headers else status)

    peer.always = reads_rfc9421_only
    await world.to(budi)
    await world.to(budi)
    await world.deliver()
    assert peer.numbers == [1, 1, 2]
    assert (await world.row_of("a.example")).signature_scheme == "rfc9421"
    await world.to(budi)
    await world.deliver()
    assert peer.numbers == [1, 1, 2, 3]
    assert set(await world.states()) == {"delivered"}


async def test_a_peer_that_refuses_both_schemes_is_not_asked_twice_each_time(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    peer.always = answer(403, b"blocked")
    for _ in range(4):
        await world.to(budi)
    await world.deliver()
    assert peer.numbers == [1, 1, 2, 3, 4]
    assert set(await world.states()) == {"refused"}
    assert (await world.row_of("a.example")).signature_scheme == "cavage"


async def test_software_that_reads_one_scheme_only_is_not_asked_in_the_other(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await Peer.create(host="a.example", software="lemmy", version="0.19.5", created_at=world.clock.now())
    peer.always = answer(401, b"no")
    await world.to(budi)
    await world.deliver()
    assert peer.numbers == [1]
    assert await world.states() == ["refused"]


async def test_a_peer_that_takes_so_many_a_minute_gets_its_share_and_nothing_fails(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await Peer.create(host="a.example", software="discourse", created_at=world.clock.now())
    for _ in range(14):
        await world.to(budi)
    counts = []
    for _ in range(5):
        await world.deliver()
        await world.deliver()
        counts.append(len(peer.got))
        await world.clock.advance(delivery.PACE_EVERY.total_seconds())
    assert counts == [5, 10, 14, 14, 14], "ten a minute"
    assert peer.numbers == [*range(1, 15)]
    assert (await world.row_of("a.example")).failures == 0


async def test_a_host_blocked_meanwhile_gets_nothing(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await world.to(budi)

    async def gate(host: str, actor: Any) -> None:
        raise Refused("blocked-domain", host)

    world.fed.registry.gates.append(gate)
    await world.deliver()
    assert peer.got == []
    row = await Delivery.get()
    assert row.state == DeliveryState.CANCELLED
    assert row.reason.startswith("blocked-domain")


async def test_a_paused_peer_waits_and_a_lost_key_stops_nobody(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await world.to(budi)
    await Peer.filter(host="a.example").update(is_paused=True)
    assert await world.deliver() == 0
    await Peer.filter(host="a.example").update(is_paused=False)
    await ActorKey.filter(kind="rsa").update(private="")
    await world.deliver()
    assert peer.got == []
    assert await world.states() == ["failed"]


async def test_a_budget_ends_the_job_which_asks_to_be_woken_again(world: World) -> None:
    for number in range(5):
        world.peer(f"h{number}.example")
        await world.to(await world.remote("budi", f"h{number}.example"))
    world.woken.clear()
    assert await world.deliver(budget=3) == 3
    assert world.woken == ["deliver"]
    assert await world.deliver() == 2
    assert world.woken == ["deliver"]


@pytest.mark.parametrize(("lanes_at_once", "marks_at_once"), [(64, 256), (4, 4), (4, 3), (3, 4), (64, 1)])
async def test_one_run_sends_all_that_is_due_whatever_the_sizes(
    world: World, monkeypatch: pytest.MonkeyPatch, lanes_at_once: int, marks_at_once: int
) -> None:
    monkeypatch.setattr(delivery, "LANES_AT_ONCE", lanes_at_once)
    monkeypatch.setattr(delivery, "MARKS_AT_ONCE", marks_at_once)
    hosts = [f"h{number}.example" for number in range(150)]
    for host in hosts:
        world.peer(host)
    for _ in range(2):
        await world.say(Audience(inbox_urls=[f"https://{host}/inbox" for host in hosts]), proof=False)
    assert await world.deliver() == 300
    assert set(await world.states()) == {"delivered"}


async def test_two_workers_never_send_to_one_peer_at_the_same_time(world: World) -> None:
    busy: set[str] = set()
    sent: list[tuple[str, bytes]] = []

    async def only_one(request: SimulatedRequest) -> Response:
        assert request.url not in busy, "two at once"
        busy.add(request.url)
        await asyncio.sleep(0.002)
        busy.remove(request.url)
        sent.append((request.url, request.body))
        return answer(202)

    people = [await world.remote("budi", f"h{number}.example") for number in range(12)]
    for actor in people:
        world.peer(actor.host).always = only_one
    for _ in range(6):
        await world.to(*people)
    tried = await asyncio.gather(*(world.deliver(world.another()) for _ in range(4)))
    assert sum(tried) == len(sent) == len(set(sent)) == 72
    assert set(await world.states()) == {"delivered"}
    for actor in people:
        peer = world.network.received(actor.host)
        assert [request.body for request in peer] == sorted((r.body for r in peer), key=_number)


async def test_the_lease_of_a_killed_worker_ends_and_another_takes_over(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await world.to(budi)
    assert await lanes.Turns(world.fed, "killed").claim(64, troubled=False)
    assert await world.deliver(world.another()) == 0
    assert not await lanes.is_anything_due(world.fed)
    await world.clock.advance(lanes.LEASE.total_seconds() + 1)
    assert await lanes.is_anything_due(world.fed)
    assert await world.deliver(world.another()) == 1
    assert peer.numbers == [1]


async def test_s143_killed_between_send_and_mark_it_goes_again_with_the_same_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    await world.to(budi)

    async def die(self: Marks, *parts: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Marks, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            await world.deliver()
    assert await world.states() == ["pending"]
    await world.clock.advance(lanes.LEASE.total_seconds() + 1)
    await world.deliver(world.another())
    assert await world.states() == ["delivered"]
    assert len(peer.ids) == 2
    assert len(set(peer.ids)) == 1


async def test_a_cancelled_job_gives_its_lanes_back(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    arrived = asyncio.Event()

    async def hang(request: SimulatedRequest) -> Response:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    peer.always = hang
    await world.to(budi)
    task = asyncio.create_task(world.deliver())
    await arrived.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "STOP_WITHIN", 0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    peer.always = answer(202)
    assert await world.deliver() == 1
    assert await world.states() == ["delivered"]


async def test_s140_dead_and_slow_peers_delay_nobody_and_cost_little(world: World) -> None:
    fast = world.peer("fast.example")
    budi = await world.remote("budi", "fast.example")

    async def hang(request: SimulatedRequest) -> Response:
        await world.clock.sleep(60)
        return answer(202)

    urls = [f"https://slow{number}.example/inbox" for number in range(150)]
    for number in range(150):
        world.peer(f"slow{number}.example").always = hang
    await world.say(Audience(inbox_urls=urls), proof=False)
    await world.clock.advance(120)  # older than what counts as new: no head start for the others
    begun = world.clock.time()
    task = asyncio.create_task(world.deliver())
    await world.clock.advance(0.1)
    await world.to(budi)  # published while the job hangs with the slow ones
    while not fast.got:
        await asyncio.sleep(0.03)  # the database answers in real time
        await world.clock.advance(0.25)
    assert world.clock.time() - begun < 10, "it waited until the slow ones had timed out"
    await world.while_time_passes(task)
    assert await Delivery.filter(state="delivered").count() == 1
    assert await Peer.filter(failures__gt=0).count() == 150
    # Tried again they have slots of their own, so that even the first moment belongs to the others.
    await world.clock.advance(120)
    await world.to(budi)
    task = asyncio.create_task(world.deliver())
    async with asyncio.timeout(20):
        while len(fast.got) < 2:
            await asyncio.sleep(0.002)
    await world.while_time_passes(task, seconds=1200)


async def test_s140_an_outage_of_days_loses_nothing_and_a_dead_peer_is_probed_daily(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    world.network.take_down("a.example")
    for _ in range(3):
        await world.to(budi)
    while world.clock.time() < world.clock._start + 5 * 86400:
        await world.deliver()
        retry_at = (await world.row_of("a.example")).retry_at
        assert retry_at is not None
        await world.clock.advance(max(1, retry_at.timestamp() - world.clock.time()))
    assert (
        len(world.network.tried) < 120
    )  # every five minutes for six hours (each fourth time twice), then ever more rarely
    assert "failed" not in await world.states()
    world.network.bring_up("a.example")
    await world.clock.advance(days=1)
    await world.deliver()
    assert sorted(peer.numbers) == [1, 2, 3]
    assert peer.numbers[1:] == sorted(peer.numbers[1:])
    world.network.take_down("a.example")
    await Peer.filter(host="a.example").update(
        failures=30, failing_since=world.clock.now() - retry.DEAD_AFTER
    )
    await world.to(budi)
    before = len(world.network.tried)
    for _ in range(48 * 3):
        await world.deliver()
        await world.clock.advance(1800)
    assert 2 <= len(world.network.tried) - before <= 3


async def test_a_direct_note_does_not_stand_behind_a_huge_fan_out(world: World) -> None:
    order: list[str] = []

    async def note(request: SimulatedRequest) -> Response:
        order.append(request.url)
        return answer(202)

    urls = [f"https://h{number:04}.example/inbox" for number in range(400)]
    for number in range(400):
        world.peer(f"h{number:04}.example").always = note
    world.peer("z.example").always = note
    await world.say(Audience(inbox_urls=urls), proof=False)
    await world.to(await world.remote("budi", "z.example"), personal=True)
    await world.deliver()
    assert len(order) == 401
    assert order.index("https://z.example/u/budi/inbox") < 64


async def test_s147_a_clock_that_jumps_brings_no_storm(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")
    for jump in (3600, -7200, 3600):
        await world.to(budi)
        await world.deliver()
        world.clock.jump(jump)
        assert await world.deliver() == 0
    await world.clock.advance(7200)
    await world.deliver()
    assert sorted(peer.numbers) == [1, 2, 3]
    assert len(set(peer.ids)) == 3


async def test_a_refused_body_of_another_kind_of_host_is_not_dialled(world: World) -> None:
    await world.say(Audience(inbox_urls=["http://plain.example/inbox"]), proof=False)
    assert await world.deliver() == 1
    assert world.network.tried == []
    assert (await Delivery.get()).reason.startswith("bad-url")


def hours_to_seconds(hours: float) -> float:
    return hours * 3600


def _number(body: bytes) -> int:
    import json

    return int(json.loads(body)["number"])
