"""Large audiences: their deliveries are written by the delivery job, each once, whatever is killed in between."""

from __future__ import annotations

import pytest

from federation import fan_out
from federation.models import Actor, Delivery, FanOut, Peer, Reads
from federation.outbox import Audience
from federation.sweep import sweep
from tests.federation.delivering import World

SERVERS = 12


async def _followers(world: World) -> None:
    for number in range(SERVERS):
        host = f"h{number}.example"
        world.peer(host)
        await world.follow(await world.remote(f"p{number}", host), world.ani)
    await Actor.filter(id=world.ani.id).update(followers_count=SERVERS)
    world.ani.followers_count = SERVERS


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "FEW", SERVERS - 1)


@pytest.mark.usefixtures("few")
async def test_an_author_of_many_followers_writes_one_row_and_the_job_writes_the_rest(world: World) -> None:
    await _followers(world)
    await world.say(Audience(followers_of=[world.ani]))
    assert await Delivery.all().count() == 0
    assert world.woken == ["deliver"]
    assert await world.deliver() == SERVERS
    assert await Delivery.filter(state="delivered").count() == SERVERS
    assert await FanOut.all().count() == 0


@pytest.mark.usefixtures("few")
async def test_the_sweep_wakes_the_job_for_an_audience_that_nobody_was_woken_for(world: World) -> None:
    await _followers(world)
    await world.say(Audience(followers_of=[world.ani]))
    world.woken.clear()
    await sweep(world.fed)
    assert world.woken == ["deliver"]


@pytest.mark.usefixtures("few")
async def test_an_audience_is_written_out_once_also_when_the_job_died_in_the_middle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _followers(world)
    await world.say(Audience(followers_of=[world.ani], actors=[await Actor.get(username="p3")]))
    assert await Delivery.all().count() == 1  # who is named is not put off

    async def killed(*args: object, **options: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(fan_out, "write_deliveries", killed)
        with pytest.raises(RuntimeError):
            await fan_out.write_out_waiting(world.fed)
    assert await FanOut.all().count() == 1
    assert await fan_out.write_out_waiting(world.fed) == 1
    assert await fan_out.write_out_waiting(world.fed) == 0
    assert await Delivery.all().count() == SERVERS


@pytest.mark.parametrize(
    ("reads", "readers"),
    [
        (Reads.ANYTHING, {"lemmy", "mastodon", "sebangsa", ""}),
        (Reads.ACTIVITIES, {"lemmy", "sebangsa", ""}),
        (Reads.IDS, {"mastodon", ""}),
        (Reads.BATCHES, {"sebangsa"}),
        (Reads.SINGLE_ACTIVITIES, {"lemmy", ""}),
    ],
)
async def test_an_activity_goes_to_the_servers_that_read_it(
    world: World, reads: Reads, readers: set[str]
) -> None:
    for software in ("lemmy", "mastodon", "sebangsa", ""):
        host = f"{software or 'other'}.example"
        await Peer.create(host=host, software=software, created_at=world.fed.clock.now())
        await world.follow(await world.remote("budi", host), world.ani)
    await world.say(Audience(followers_of=[world.ani], reads=reads))
    hosts = set(await Delivery.all().values_list("host", flat=True))
    assert hosts == {f"{software or 'other'}.example" for software in readers}


async def test_unknown_software_that_announces_activities_itself_is_sent_no_bare_ids(world: World) -> None:
    for host, seen in (("baru.example", "announces-activities"), ("lain.example", "")):
        await Peer.create(host=host, seen=seen, created_at=world.fed.clock.now())
        await world.follow(await world.remote("budi", host), world.ani)
    await world.say(Audience(followers_of=[world.ani], reads=Reads.ACTIVITIES))
    await world.say(Audience(followers_of=[world.ani], reads=Reads.IDS))
    hosts = await Delivery.all().order_by("id").values_list("host", flat=True)
    assert sorted(hosts[:2]) == ["baru.example", "lain.example"]
    assert hosts[2:] == ["lain.example"]


async def test_what_has_low_priority_lets_the_next_minutes_go_first_but_waits_for_nothing(
    world: World,
) -> None:
    budi = await world.remote("budi", "lemmy.example")
    lemmy = world.peer("lemmy.example")
    for _ in range(3):
        await world.say(Audience(actors=[budi], low_priority=True), proof=False)
    await world.say(Audience(actors=[budi]), proof=False)
    assert await world.deliver() == 4
    assert lemmy.numbers == [4, 1, 2, 3]
