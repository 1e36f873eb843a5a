"""What strangers' signatures make us fetch, and whose keys count: raw requests to a running server (S-022 to S-027)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from federation.fetch_limits import HostBudget
from federation.models import Actor as ActorRow
from federation.models import ActorKey, Follow, InboundActivity
from federation.refusals import Refused
from federation.signatures import SigningKey
from tests.foreign_server import PUBLIC, Actor, ForeignServer, foreign_server
from tests.instances import Instance, settle


@pytest.fixture
async def lain() -> AsyncIterator[ForeignServer]:
    async with foreign_server("lain") as server:
        yield server


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def code_of(warga: Instance, key_id: str, sender: str = "192.0.2.1") -> str:
    """What asking for this key ends in."""
    async with warga.inside() as site:
        try:
            await site.federation.keys.find(site.federation, key_id, sender=sender)
        except Refused as refusal:
            return refusal.code
        return "found"


def like(actor: Actor) -> dict[str, object]:
    return actor.activity("Like", "http://x.localhost/1")


async def test_s022_a_key_id_that_another_actor_has_is_not_taken_from_it(
    start: Callable[..., Awaitable[Instance]], lain: ForeignServer, database: str
) -> None:
    warga = await start("warga", database=database)
    rini, jahat = lain.actor("rini"), lain.actor("jahat", key=1)
    assert (await rini.send(warga, like(rini)))[0] == 202
    lain.documents["/users/jahat"]["publicKey"]["id"] = rini.key.key_id
    for key_id in (jahat.key.key_id, rini.key.key_id):
        forged = SigningKey(key_id, jahat.key.private_key)
        for speaker in (jahat, rini):
            status, answer = await rini.send(warga, like(speaker), key=forged)
            assert (status, answer["code"]) in [(401, "key-unavailable"), (401, "signature-wrong")]
    assert (await rini.send(warga, like(rini)))[0] == 202
    async with warga.inside():
        [key] = await ActorKey.filter(key_id=rini.key.key_id).select_related("actor")
        assert key.actor.uri == rini.uri
        assert await InboundActivity.all().count() == 2


async def test_s025_a_thousand_made_up_names_of_keys_cause_one_fetch(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, like(rini)))[0] == 202
    lain.asked.clear()
    made_up = SigningKey(f"{rini.uri}#other", rini.key.private_key)
    status, answer = await rini.send(warga, like(rini), key=made_up)
    assert (status, answer["code"]) == (401, "key-unavailable")
    codes = [await code_of(warga, f"{rini.uri}#key-{number}") for number in range(1_000)]
    assert set(codes) == {"key-unavailable"}
    assert lain.asked.count("/users/rini") == 1
    assert (await rini.send(warga, like(rini)))[0] == 202, "the true key still counts"


async def test_s025_a_key_that_cannot_be_had_is_not_asked_for_again_soon(
    warga: Instance, lain: ForeignServer
) -> None:
    codes = [await code_of(warga, f"{lain.origin}/users/nobody#{number}") for number in range(500)]
    assert set(codes) == {"key-unavailable"}
    assert lain.asked == ["/users/nobody"]


async def test_s025_a_host_that_we_have_asked_enough_is_told_to_come_back(
    warga: Instance, lain: ForeignServer
) -> None:
    """Somebody used up what we ask of this host. Its own people get no final answer because of that."""
    rini = lain.actor("rini")
    warga.site.federation.client._budget = HostBudget(warga.site.clock, burst=1, per_second=0.0)
    assert await code_of(warga, f"{lain.origin}/users/nobody") == "key-unavailable"
    status, answer = await rini.send(warga, like(rini))
    assert (status, answer["code"]) == (503, "unreachable")


async def test_s026_one_sender_cannot_make_us_knock_at_a_thousand_hosts(
    warga: Instance, lain: ForeignServer
) -> None:
    """Each key on another host, so that no limit of a host helps: what one address may cause is limited."""
    port = lain.origin.rpartition(":")[2]
    warga.site.federation.lookups = HostBudget(warga.site.clock, burst=5, per_second=0.0)
    rini = lain.actor("rini")
    for number in range(20):
        elsewhere = SigningKey(f"http://h{number}.localhost:{port}/users/x#main-key", rini.key.private_key)
        status, answer = await rini.send(warga, like(rini), key=elsewhere)
        assert (status, answer["code"]) == ((401, "key-unavailable") if number < 5 else (503, "unreachable"))
    assert lain.asked.count("/users/x") == 5
    assert await code_of(warga, rini.key.key_id, sender="192.0.2.1") == "found", "others are not held up"
    assert (await rini.send(warga, like(rini)))[0] == 202, "nor is anybody known"


async def test_s027_a_flood_of_farewells_costs_no_fetch_and_no_row(
    warga: Instance, lain: ForeignServer
) -> None:
    rini, budi = lain.actor("rini"), lain.actor("budi", key=1)
    assert (await rini.send(warga, like(rini)))[0] == 202
    assert (await rini.send(warga, rini.activity("Delete", rini.uri, to=[PUBLIC])))[0] == 202
    await settle(warga)
    lain.documents.clear()
    lain.asked.clear()
    async with warga.inside():
        before = await InboundActivity.all().count()
    for number in range(20):
        gone = lain.actor(f"asing{number}")
        del lain.documents[f"/users/asing{number}"]
        assert (await gone.send(warga, gone.activity("Delete", gone.uri)))[0] == 202
        # One whom we did know, and know to be gone, is told so and is not asked for again.
        again = rini.activity("Delete", rini.uri, to=[PUBLIC])
        for key in (rini.key, SigningKey(f"{rini.uri}#key-{number}", budi.key.private_key)):
            status, answer = await rini.send(warga, again, key=key)
            assert (status, answer["code"]) == (410, "gone")
    assert lain.asked == []
    async with warga.inside():
        assert await InboundActivity.all().count() == before


@pytest.mark.parametrize("state", ["suspended_at", "deleted_at"])
async def test_s027_the_kept_key_of_somebody_suspended_or_deleted_counts_no_more(
    warga: Instance, lain: ForeignServer, state: str
) -> None:
    """Also when another process wrote it, and this one has the key in memory."""
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    assert (await rini.send(warga, like(rini)))[0] == 202
    async with warga.inside() as site:
        await ActorRow.filter(uri=rini.uri).update(**{state: site.clock.now()})
    await rini.send(warga, rini.activity("Follow", ani.actor.uri))
    await settle(warga)
    async with warga.inside():
        assert await Follow.all().count() == 0
        assert (await ActorRow.get(id=ani.actor_id)).followers_count == 0


async def test_s047_we_never_ask_ourselves_for_a_key(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    for path in ("/users/nobody#main-key", "/actor#other", "/key"):
        ours = SigningKey(f"{warga.url}{path}", rini.key.private_key)
        spoken = like(rini) | {"actor": f"{warga.url}{path}".partition("#")[0], "id": f"{warga.url}/a/1"}
        status, answer = await rini.send(warga, spoken, key=ours)
        assert (status, answer["code"]) == (401, "key-unavailable")
    async with warga.inside():
        assert await InboundActivity.all().count() == 0
