"""Each peer has its turn, and what waits for other servers holds up nobody."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from federation import processing
from federation.database import is_postgres, transaction
from federation.federation import Federation
from federation.inbox_turns import HOSTS_AT_ONCE, ROWS_AT_ONCE, Turns, bring_back
from federation.models import InboundActivity, InboundState
from federation.processing import process_inbox
from federation.storing import Storing
from federation.sweep import release_leases, sweep
from sebangsa.accounts import create_user
from sebangsa.models import Post
from sebangsa.site import Site
from tests.foreign_server import ForeignServer, foreign_server
from tests.instances import Instance, settle


async def _arrived(site: Site, host: str, count: int, *, actors: int = 1, after: int = 0) -> list[int]:
    """Rows of one peer, as the inbox writes them; the ids."""
    now = site.clock.now()
    made = [
        InboundActivity(
            id=site.ids.next(),
            uri=f"https://{host}/activities/{number}",
            type="Like",
            actor_id=number % actors,
            host=host,
            body="{}",
            run_at=now,
            received_at=now,
        )
        for number in range(after, after + count)
    ]
    await InboundActivity.bulk_create(made, batch_size=500)
    return [row.id for row in made]


async def test_s139_a_peer_that_sends_thousands_gets_its_share_of_each_group(site: Site) -> None:
    await _arrived(site, "evil.example", 5_000, actors=500)
    good = [(await _arrived(site, f"good{number}.example", 1))[0] for number in range(40)]
    turns = Turns(site.federation)
    claimed = []
    for _ in range(4):
        group = await turns.claim()
        assert len(group) <= ROWS_AT_ONCE
        of_evil = [row for row in group if row.host == "evil.example"]
        assert len(of_evil) <= ROWS_AT_ONCE // HOSTS_AT_ONCE
        claimed += [row.id for row in group]
    assert set(good) <= set(claimed)


async def test_a_peer_alone_gets_whole_groups_in_order_of_arrival(site: Site) -> None:
    ids = await _arrived(site, "ramai.example", 200, actors=7)
    turns = Turns(site.federation)
    first = [row.id for row in await turns.claim()]
    assert first == ids[:ROWS_AT_ONCE]
    assert await turns.claim() == []  # somebody works on it
    await InboundActivity.filter(id__in=first).update(state=InboundState.DONE)
    assert [row.id for row in await turns.claim()] == ids[ROWS_AT_ONCE : 2 * ROWS_AT_ONCE]


async def test_s139_groups_side_by_side_share_out_the_hosts_among_them(site: Site) -> None:
    """The flood would be among the few that the first group left, whose turn comes more often."""
    for number in range(20):
        await _arrived(site, f"good{number:02}.example", 150)
    await _arrived(site, "peer.example", 5_000)
    turns = Turns(site.federation, groups=2)
    handled: dict[str, int] = defaultdict(int)

    async def work() -> None:
        while sum(handled.values()) < 2_000:
            group = await turns.claim()
            await asyncio.sleep(0.001 * len(group))
            await InboundActivity.filter(id__in=[row.id for row in group]).update(state=InboundState.DONE)
            turns.done(group)
            for row in group:
                handled[row.host] += 1

    async with asyncio.timeout(60):
        await asyncio.gather(work(), work())
    assert len(handled) == 21
    assert max(handled.values()) < 1.3 * statistics.mean(handled.values())


async def test_what_arrives_while_two_look_at_one_line_does_not_overtake_its_head(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw the line free; one took its head, then more arrived."""
    [first] = await _arrived(site, "ramai.example", 1)
    quick, slow = Turns(site.federation), Turns(site.federation)
    look = slow._next_hosts

    async def look_and_be_overtaken(now: datetime) -> tuple[list[str], int]:
        found = await look(now)
        assert [row.id for row in await quick.claim()] == [first]
        await InboundActivity.filter(id=first).update(uri="https://ramai.example/first")
        await _arrived(site, "ramai.example", 1)
        return found

    monkeypatch.setattr(slow, "_next_hosts", look_and_be_overtaken)
    assert await slow.claim() == []


async def test_what_comes_back_opens_no_way_past_what_is_worked_on(site: Site) -> None:
    back, worked_on, behind = await _arrived(site, "ramai.example", 3)
    now = site.clock.now()
    await InboundActivity.filter(id=worked_on).update(locked_until=now.replace(year=2100))
    assert [row.id for row in await Turns(site.federation).claim()] == [back]
    await InboundActivity.filter(id=worked_on).update(locked_until=now.replace(year=2000))
    await InboundActivity.filter(id=back).update(state=InboundState.DONE)
    assert [row.id for row in await Turns(site.federation).claim()] == [worked_on, behind]


async def test_of_many_who_claim_at_once_one_has_a_line(site: Site) -> None:
    held: dict[str, int] = defaultdict(int)
    most, done = 0, 0

    async def work() -> None:
        nonlocal most, done
        turns = Turns(site.federation)
        while done < 300:
            group = await turns.claim()
            hosts = {row.host for row in group}
            for host in hosts:
                held[host] += 1
                most = max(most, held[host])
            await asyncio.sleep(0.001)
            await InboundActivity.filter(id__in=[row.id for row in group]).update(state=InboundState.DONE)
            for host in hosts:
                held[host] -= 1
            done += len(group)

    async def arrive() -> None:
        for number in range(300):
            await _arrived(site, f"peer{number % 3}.example", 1, after=number)

    async with asyncio.timeout(60):
        await asyncio.gather(arrive(), *(work() for _ in range(4)))
    assert most == 1


async def test_looking_for_the_next_does_not_read_what_waits(site: Site) -> None:
    """The plan is that of an index walked from host to host, whatever stands in the table."""
    await _arrived(site, "evil.example", 3_000)
    await InboundActivity.all().update(state=InboundState.WAITING)
    await _arrived(site, "good.example", 1)
    [row] = await Turns(site.federation).claim()
    assert row.host == "good.example"


async def test_what_an_actor_says_next_stays_behind_what_was_set_aside(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another group may claim it in the instant in which the line is free again."""
    await _arrived(site, "ramai.example", 1)
    work = processing._Processing(site.federation)
    [first] = await work._turns.claim()
    really, order = processing.set_aside, []

    async def and_then_more_arrives(fed: Federation, ids: Sequence[int]) -> None:
        await really(fed, ids)
        if ids == [first.id]:
            await InboundActivity.filter(id=first.id).update(uri="https://ramai.example/first")
            await _arrived(site, "ramai.example", 1)
            await work._drain()
            order.extend(row.id for row in work._alone[first.actor_id])

    monkeypatch.setattr(processing, "set_aside", and_then_more_arrives)
    await work._leave([first])
    assert order == sorted(order)
    assert order[0] == first.id
    assert len(order) == 2
    await work.run()
    assert await InboundActivity.filter(state=InboundState.REFUSED).count() == 2


@pytest.mark.parametrize(("waits", "transactions"), [(True, 5), (False, 1)])
async def test_a_group_ends_early_for_who_waits_at_the_door_and_its_rest_follows(
    site: Site, monkeypatch: pytest.MonkeyPatch, waits: bool, transactions: int
) -> None:
    """On SQLite, which has one writer: what arrives is stored between two transactions of the group."""
    ani = await create_user(site, "ani")
    ids = await _arrived(site, "ramai.example", 5)
    for row_id in ids:
        document = {
            "id": f"https://ramai.example/{row_id}",
            "type": "Listen",
            "actor": "https://ramai.example/ani",
        }
        await InboundActivity.filter(id=row_id).update(body=json.dumps(document), actor_id=ani.actor.id)
    begun = 0

    @asynccontextmanager
    async def counting() -> AsyncIterator[None]:
        nonlocal begun
        begun += 1
        async with transaction():
            yield

    monkeypatch.setattr(processing, "transaction", counting)
    monkeypatch.setattr(processing, "PATIENCE", 0.0)
    monkeypatch.setattr(Storing, "is_writing", property(lambda self: waits))
    assert await process_inbox(site.federation) == 5
    assert begun == (1 if is_postgres() else transactions)
    assert await InboundActivity.filter(state=InboundState.IGNORED).count() == 5


async def test_what_a_killed_worker_had_set_aside_comes_back(site: Site) -> None:
    [one] = await _arrived(site, "good.example", 1)
    now = site.clock.now()
    await InboundActivity.filter(id=one).update(
        state=InboundState.WAITING, run_at=now, locked_until=now.replace(year=2100)
    )
    assert await bring_back(site.federation) == 0
    await release_leases()
    assert (await InboundActivity.get(id=one)).state == InboundState.PENDING


async def test_the_sweep_brings_back_what_waited_long_enough(site: Site) -> None:
    [one] = await _arrived(site, "good.example", 1)
    await InboundActivity.filter(id=one).update(state=InboundState.WAITING)
    await sweep(site.federation)
    assert (await InboundActivity.get(id=one)).state == InboundState.PENDING


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_an_activity_that_waits_for_a_slow_server_holds_up_neither_its_peer_nor_others(
    start: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warga: Instance = await start("warga", database=database)
    ani = await warga.user("ani")
    async with foreign_server("lambat") as slow, foreign_server("lain") as lain:
        slow_one = slow.actor("pelan").note("1", "Lama", inReplyTo=None)
        gate, asked = asyncio.Event(), asyncio.Event()
        get_document = warga.site.federation.client.get_document

        async def gated(url: str, *args: Any, **kwargs: Any) -> Any:
            if url == slow_one["id"]:
                asked.set()
                await gate.wait()
            return await get_document(url, *args, **kwargs)

        monkeypatch.setattr(warga.site.federation.client, "get_document", gated)
        monkeypatch.setattr(warga.site.federation, "wake", lambda job: None)
        answer = await _tell(warga, lain, "rini", 0, inReplyTo=slow_one["id"], cc=[ani.actor.uri])
        others = [
            await _tell(warga, lain, "rini2", 1, cc=[ani.actor.uri]),
            await _tell(warga, slow, "budi", 2, cc=[ani.actor.uri]),
        ]
        async with warga.inside() as site:
            running = asyncio.create_task(process_inbox(site.federation))
            await asyncio.wait_for(asked.wait(), 20)
            later = await _tell(warga, lain, "rini2", 3, cc=[ani.actor.uri])
            while await Post.filter(uri__in=[*others, later]).count() < 3:
                assert not running.done()
                await asyncio.sleep(0.05)
            assert not await Post.exists(uri=answer)
            gate.set()
            assert await asyncio.wait_for(running, 20) == 4
            assert (await Post.get(uri=answer)).in_reply_to_id is not None
        await settle(warga)


async def _tell(warga: Instance, server: ForeignServer, name: str, number: int, **more: Any) -> str:
    """Somebody elsewhere writes a note to one of ours; its id."""
    writer = server.actor(name)
    note = writer.note(f"{name}-{number}", f"Kabar {number}", **more)
    status, _ = await writer.send(warga, writer.activity("Create", note))
    assert status == 202
    return str(note["id"])
