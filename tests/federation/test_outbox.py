"""What publishing writes, and for whom."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from federation import strict_json
from federation.database import rows, transaction
from federation.models import ActorKey, Delivery, FollowState, OutboundActivity, Peer
from federation.outbox import Audience, publish
from federation.refusals import Refused
from federation.signatures import load_public_key, proof_of, verify_proof
from tests.federation.delivering import World


async def inboxes() -> list[str]:
    return sorted(await Delivery.all().values_list("inbox_url", flat=True))


async def test_what_is_missing_is_added_and_the_bytes_are_kept(world: World) -> None:
    row = await world.say(Audience(), is_public=True)
    document = json.loads(row.body)
    assert document["id"] == row.uri == f"https://warga.example/a/{row.id}"
    assert document["actor"] == world.ani.uri
    assert "https://www.w3.org/ns/activitystreams" in document["@context"]
    stored = await OutboundActivity.get(id=row.id)
    assert (stored.type, stored.is_public, stored.body) == ("Create", True, row.body)
    assert world.woken == []  # there is nobody to send it to


async def test_what_the_caller_gave_stays(world: World) -> None:
    given = {"@context": "https://www.w3.org/ns/activitystreams", "id": "https://warga.example/p/1/activity"}
    row = await publish(world.fed, world.ani, given | {"type": "Create"}, Audience(), proof=False)
    assert json.loads(row.body) == given | {"type": "Create", "actor": world.ani.uri}


async def test_the_proof_is_made_by_the_actors_own_key_and_holds(world: World) -> None:
    row = await world.say(Audience())
    document = strict_json.parse_object(row.body.encode())
    claim = proof_of(document)
    assert claim is not None
    assert claim.verification_method == f"{world.ani.uri}#ed25519-key"
    key = await ActorKey.get(key_id=claim.verification_method)
    verify_proof(document, load_public_key(key.public))
    with pytest.raises(Refused):
        verify_proof(document | {"number": 99}, load_public_key(key.public))


async def test_an_embedded_activity_keeps_its_bytes_and_the_proof_speaks_of_it(world: World) -> None:
    inner = '{"b" :1.50,"a":"\\u00e9", "big":1e2,"list":[ 1 ]}'
    activity: dict[str, Any] = {"type": "Announce", "object": msgspec.Raw(inner.encode())}
    row = await publish(world.fed, world.ani, activity, Audience())
    assert inner in row.body
    key = await ActorKey.get(key_id=f"{world.ani.uri}#ed25519-key")
    verify_proof(strict_json.parse_object(row.body.encode()), load_public_key(key.public))


async def test_what_has_no_canonical_form_is_passed_on_without_a_proof(world: World) -> None:
    activity: dict[str, Any] = {"type": "Announce", "object": msgspec.Raw(b'{"n":9007199254740993}')}
    row = await publish(world.fed, world.ani, activity, Audience())
    assert "proof" not in json.loads(row.body)


async def test_shared_inboxes_are_merged_and_personal_ones_are_not(world: World) -> None:
    budi, citra = await world.remote("budi", "a.example"), await world.remote("citra", "a.example")
    dewi = await world.remote("dewi", "b.example", shared=False)
    await world.to(budi, citra, dewi, budi)
    assert await inboxes() == ["https://a.example/inbox", "https://b.example/u/dewi/inbox"]
    assert await Peer.all().order_by("host").values_list("host", flat=True) == ["a.example", "b.example"]
    await world.to(budi, citra, personal=True)
    assert await Delivery.filter(inbox_url__endswith="/u/citra/inbox").count() == 1
    assert set(world.woken) == {"deliver"}


async def test_followers_are_found_whatever_their_number_with_the_same_queries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def queries_for(people: int) -> int:
        for number in range(people):
            host = f"h{number}.example"
            await world.follow(await world.remote(f"p{number}-{people}", host), world.ani)
        asked = 0

        async def counted(*args: Any) -> Any:
            nonlocal asked
            asked += 1
            return await rows(*args)

        monkeypatch.setattr("federation.fan_out.rows", counted)
        await world.say(Audience(followers_of=[world.ani]), proof=False)
        monkeypatch.undo()
        return asked

    assert await queries_for(2) == await queries_for(40)
    assert await Delivery.all().count() == 2 + 40


async def test_those_who_may_not_get_it_do_not(world: World) -> None:
    now = world.clock.now()
    suspended = await world.remote("suspended", "a.example", suspended_at=now)
    deleted = await world.remote("deleted", "b.example", deleted_at=now)
    pending = await world.remote("pending", "c.example")
    liar = await world.remote("liar", "d.example", shared_inbox_url="https://warga.example/inbox")
    gone = await world.remote("gone", "gone.example")
    blocked = await world.remote("blocked", "blocked.example")
    troll = await world.remote("troll", "e.example", shared=False)
    kind = await world.remote("kind", "e.example", shared=False)
    await Peer.create(host="gone.example", is_gone=True, created_at=now)

    async def gate(host: str, actor: Any) -> None:
        if host == "blocked.example" or (actor is not None and actor.username == "troll"):
            raise Refused("blocked-domain", host)

    world.fed.registry.gates.append(gate)
    everybody = [suspended, deleted, liar, gone, blocked, troll, kind, world.ani]
    for actor in (suspended, deleted, liar, gone, blocked):
        await world.follow(actor, world.ani)
    await world.follow(pending, world.ani, FollowState.PENDING)
    await world.say(Audience(actors=everybody, followers_of=[world.ani]))
    assert await inboxes() == ["https://e.example/u/kind/inbox"]


async def test_named_inboxes_are_used_too(world: World) -> None:
    urls = ["https://relay.example/inbox", "https://warga.example/inbox"]
    await world.say(Audience(inbox_urls=urls))
    assert await inboxes() == ["https://relay.example/inbox"]
    assert (await Delivery.get()).host == "relay.example"


async def test_a_fan_out_to_many_hosts_is_written_whole(world: World) -> None:
    urls = [f"https://h{number}.example/inbox" for number in range(1203)]
    row = await world.say(Audience(inbox_urls=urls))
    assert await Delivery.filter(activity_id=row.id).count() == 1203
    assert await Peer.all().count() == 1203
    await world.say(Audience(inbox_urls=urls))
    assert await Delivery.all().count() == 2406


async def test_s143_what_is_not_committed_is_neither_sent_nor_announced(world: World) -> None:
    peer, budi = world.peer("a.example"), await world.remote("budi", "a.example")

    async def fail_after_publishing() -> None:
        async with transaction():
            await world.to(budi)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_publishing()
    assert await OutboundActivity.all().count() == 0
    assert world.woken == []
    assert await world.deliver() == 0
    assert peer.got == []


async def test_s140_a_dead_peer_gathers_no_more_than_its_next_probe(world: World) -> None:
    budi = await world.remote("budi", "dead.example")
    await world.to(budi)
    await Peer.filter(host="dead.example").update(failures=40, failing_since=world.clock.now())
    await world.clock.advance(days=7)
    for _ in range(5):
        await world.to(budi)
    assert await Delivery.all().count() == 1
    await Delivery.all().update(state="failed")
    await world.to(budi)
    await world.to(budi)
    assert await Delivery.filter(state="pending").count() == 1
