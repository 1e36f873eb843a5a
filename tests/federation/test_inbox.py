"""What the inbox takes in, and what it refuses before anything is written. Raw requests to a running server."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.fetch_limits import HostBudget
from federation.models import Actor as ActorRow
from federation.models import ActorKey, Follow, InboundActivity
from federation.peers import ignored_types
from federation.signatures import SigningKey, load_private_key, sign_request
from sebangsa.models import Post
from tests.foreign_server import PUBLIC, Actor, ForeignServer, foreign_server, key_pair, post
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]


@pytest.fixture
async def lain() -> AsyncIterator[ForeignServer]:
    async with foreign_server("lain") as server:
        yield server


@pytest.fixture
async def warga(start: Start) -> Instance:
    return await start("warga")


@pytest.fixture(params=["shared", "personal"])
async def door(request: pytest.FixtureRequest, warga: Instance) -> str:
    """The inbox that is sent to: each test that asks for it tries both."""
    if request.param == "shared":
        return "/inbox"
    return str((await warga.user("ani")).actor.inbox_url).removeprefix(warga.url)


async def counts(instance: Instance) -> dict[str, int]:
    """How many rows there are of all that an inbox may write."""
    with instance.site.database.entered():
        return {
            model.__name__: await model.all().count()
            for model in (ActorRow, ActorKey, InboundActivity, Post, Follow)
        }


def hello(author: Actor, **more: Any) -> dict[str, Any]:
    return author.activity("Create", author.note("1", "<p>Halo</p>"), **more)


async def test_a_signed_activity_is_stored_and_accepted(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    assert await rini.send(warga, hello(rini)) == (202, {})
    with warga.site.database.entered():
        [row] = await InboundActivity.all()
        assert row.type == "Create"


async def test_what_is_new_wakes_the_work_and_what_is_known_does_not(
    start: Start, lain: ForeignServer, database: str
) -> None:
    warga = await start("warga", database=database)
    woken = warga.site.queue.engine.woken  # type: ignore[attr-defined]
    rini = lain.actor("rini")
    sent = hello(rini)
    assert (await rini.send(warga, sent))[0] == 202
    assert woken.count("process_inbox") == 1
    assert (await rini.send(warga, sent))[0] == 202
    assert woken.count("process_inbox") == 1


async def test_rfc_9421_signatures_are_accepted_too(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, hello(rini), scheme="rfc9421"))[0] == 202


async def test_an_unknown_activity_type_is_accepted_and_counted(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, rini.activity("Travel", "https://x.example/1")))[0] == 202
    await settle(warga)
    async with warga.inside():
        assert await ignored_types() == {"Travel": 1}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"body": b'{"changed": true}'}, "digest-wrong"),
        ({"without": ["digest"]}, "signature-incomplete"),
        ({"without": ["signature"]}, "signature-missing"),
        ({"now": 1_000_000_000.0}, "signature-expired"),
    ],
)
async def test_s016_s017_s019_a_signature_that_does_not_cover_this_request_is_refused(
    warga: Instance, lain: ForeignServer, door: str, options: dict[str, Any], code: str
) -> None:
    rini = lain.actor("rini")
    activity = hello(rini)
    if "body" in options:
        options = {"body": json.dumps(activity | {"summary": "lain"}).encode()}
    before = await counts(warga)
    status, answer = await rini.send(warga, activity, **options, path=door)
    assert status == 401
    assert answer["code"] in (code, "digest-missing")
    assert (await counts(warga))["InboundActivity"] == before["InboundActivity"]


async def test_s018_a_signature_made_for_another_server_is_refused(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    body = json.dumps(hello(rini)).encode()
    headers = sign_request(
        "POST",
        f"http://elsewhere.example{door}",
        body,
        rini.key,
        scheme="cavage",
        now=warga.site.clock.time(),
    )
    status, answer = await post(warga.http, f"{warga.url}{door}", body, headers)
    assert (status, answer["code"]) == (401, "signature-host")


async def test_s019_the_same_request_twice_has_one_effect(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    ani = await warga.user("ani")
    follow = rini.activity("Follow", ani.actor.uri)
    assert [(await rini.send(warga, follow))[0] for _ in range(3)] == [202, 202, 202]
    await settle(warga)
    with warga.site.database.entered():
        assert await Follow.all().count() == 1
        assert (await ActorRow.get(id=ani.actor_id)).followers_count == 1


async def test_s020_a_signer_cannot_speak_for_another_actor(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini, budi = lain.actor("rini"), lain.actor("budi", key=1)
    status, answer = await rini.send(warga, hello(budi), path=door)
    assert (status, answer["code"]) == (401, "signer-is-not-actor")
    assert (await counts(warga))["InboundActivity"] == 0


async def test_s021_a_key_that_its_owner_does_not_list_is_refused(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    async with foreign_server("evil") as evil:
        evil.documents["/key"] = {
            "id": f"{evil.origin}/key",
            "type": "Key",
            "owner": rini.uri,
            "publicKeyPem": key_pair(1).public,
        }
        forged = SigningKey(f"{evil.origin}/key", load_private_key(key_pair(1).private))
        status, answer = await rini.send(warga, hello(rini), key=forged, path=door)
    assert (status, answer["code"]) == (401, "key-unavailable")
    assert lain.asked == [], "a key document speaks for its own host, and sends us to no other"
    with warga.site.database.entered():
        assert not await ActorKey.filter(actor__host__contains="evil").exists()
        assert not await ActorKey.filter(key_id=forged.key_id).exists()
        assert await InboundActivity.all().count() == 0


async def test_s022_an_actor_that_redirects_to_another_hosts_actor_is_not_believed(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    async with foreign_server("evil") as evil:
        evil.documents["/users/rini"] = lain.documents["/users/rini"]
        forged = SigningKey(f"{evil.origin}/users/rini#main-key", load_private_key(key_pair(0).private))
        status, _ = await rini.send(warga, hello(rini), key=forged, path=door)
        mallory = evil.actor("mallory", key=1)
        lain.redirects["/users/korban"] = mallory.uri
        victim = f"{lain.origin}/users/korban"
        led_away = SigningKey(f"{victim}#main-key", mallory.key.private_key)
        spoken = hello(rini) | {"actor": victim, "id": f"{lain.origin}/activities/x"}
        answers = [(await rini.send(warga, spoken, key=led_away, path=door))[0] for _ in range(2)]
    assert [status, *answers] == [401] * 3
    with warga.site.database.entered():
        assert not await ActorRow.filter(uri__in=[victim, f"{evil.origin}/users/rini"]).exists()
        assert not await ActorKey.filter(key_id__in=[forged.key_id, led_away.key_id]).exists()
        assert await InboundActivity.all().count() == 0


async def test_s025_a_rotated_key_is_read_again_once(warga: Instance, lain: ForeignServer) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, hello(rini)))[0] == 202
    rotated = lain.actor("rini", key=1)
    lain.asked.clear()
    assert (await rotated.send(warga, rotated.activity("Like", "https://x.example/1")))[0] == 202
    assert lain.asked.count("/users/rini") == 1


async def test_s025_many_bad_signatures_cause_one_look_at_the_key(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, hello(rini)))[0] == 202
    lain.asked.clear()
    forged = SigningKey(rini.key.key_id, load_private_key(key_pair(2).private))
    for _ in range(10):
        assert (await rini.send(warga, hello(rini), key=forged))[0] == 401
    assert lain.asked.count("/users/rini") == 1


async def test_s025_what_comes_at_once_with_a_new_key_is_all_taken(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    assert (await rini.send(warga, hello(rini)))[0] == 202
    rotated = lain.actor("rini", key=1)
    lain.asked.clear()
    likes = [rotated.activity("Like", f"http://x.localhost/{number}") for number in range(8)]
    answers = await asyncio.gather(*(rotated.send(warga, like) for like in likes))
    assert [status for status, _ in answers] == [202] * 8
    assert lain.asked.count("/users/rini") <= 2


async def test_s027_a_stranger_that_deletes_itself_costs_nothing(
    warga: Instance, lain: ForeignServer
) -> None:
    rini = lain.actor("rini")
    del lain.documents["/users/rini"]
    lain.asked.clear()
    assert (await rini.send(warga, rini.activity("Delete", rini.uri, to=[PUBLIC])))[0] == 202
    assert lain.asked == []
    assert (await counts(warga))["InboundActivity"] == 0


async def test_s033_other_media_types_are_refused(warga: Instance, lain: ForeignServer, door: str) -> None:
    rini = lain.actor("rini")
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/json", ""):
        status, answer = await rini.send(warga, hello(rini), headers={"Content-Type": media_type}, path=door)
        assert (status, answer["code"]) == (415, "wrong-media-type")


async def test_s034_an_activity_with_an_id_of_another_host_is_refused(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    status, answer = await rini.send(warga, hello(rini, id="http://good.localhost/activities/1"), path=door)
    assert (status, answer["code"]) == (403, "foreign-id")


async def test_s030_an_actor_that_is_not_one_id_is_refused(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    for actor in (None, 7, [], ["a", "b"], {"id": 5}):
        status, _ = await rini.send(warga, hello(rini) | {"actor": actor}, path=door)
        assert status in (400, 403)
    assert (await counts(warga))["InboundActivity"] == 0


async def test_s035_one_id_with_two_bodies_keeps_the_first(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    first = rini.activity("Like", "https://x.example/1")
    assert (await rini.send(warga, first, path=door))[0] == 202
    assert (await rini.send(warga, first | {"type": "Dislike"}, path=door))[0] == 202
    with warga.site.database.entered():
        assert [row.type for row in await InboundActivity.all()] == ["Like"]


async def test_s139_a_peer_that_sends_too_much_is_told_to_wait_and_no_other_is(
    warga: Instance, lain: ForeignServer
) -> None:
    rini, budi = lain.actor("rini"), lain.actor("budi", key=1)
    warga.site.federation.arrivals = HostBudget(warga.site.clock, burst=3, per_second=0.0)
    async with foreign_server("good") as good:
        sari = good.actor("sari", key=2)
        said = [
            (await rini.send(warga, rini.activity("Like", f"http://x.localhost/{n}")))[0] for n in range(3)
        ]
        assert said == [202, 202, 202]
        forged = SigningKey(sari.key.key_id, rini.key.private_key)
        for sender in (rini, budi):
            status, answer = await sender.send(warga, sender.activity("Like", "http://x.localhost/9"))
            assert (status, answer["code"]) == (429, "too-many")
        for _ in range(5):
            assert (await sari.send(warga, sari.activity("Like", "http://x.localhost/1"), key=forged))[
                0
            ] == 401
        assert (await sari.send(warga, sari.activity("Like", "http://x.localhost/1")))[0] == 202
    assert (await counts(warga))["InboundActivity"] == 4


async def test_s137_a_body_that_is_too_large_is_refused_while_reading(
    warga: Instance, lain: ForeignServer, door: str
) -> None:
    rini = lain.actor("rini")
    before = await counts(warga)
    status, answer = await rini.send(warga, b'{"a": "' + b"x" * 1_100_000 + b'"}', path=door)
    assert (status, answer["code"]) == (413, "too-large")
    assert await counts(warga) == before
    assert lain.asked == []


async def test_s137_a_body_without_a_length_is_counted_as_it_comes(warga: Instance, door: str) -> None:
    """Chunked, and told too large long before its ten megabytes have all been sent."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b"[" * 65_536

    headers = {"Content-Type": "application/activity+json"}
    with contextlib.suppress(aiohttp.ClientError):  # the server may hang up while we still send
        async with warga.http.post(f"{warga.url}{door}", data=endless(), headers=headers) as answer:
            assert answer.status == 413
    assert sent < 50_000_000
    assert (await counts(warga))["InboundActivity"] == 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
async def test_s137_a_compressed_body_is_not_opened(
    warga: Instance, lain: ForeignServer, door: str, encoding: str
) -> None:
    rini = lain.actor("rini")
    status, answer = await rini.send(
        warga,
        hello(rini),
        headers={"Content-Encoding": encoding},
        body=gzip.compress(bytes(1_000_000)),
        path=door,
    )
    assert (status, answer["code"]) == (415, "wrong-media-type")
    assert (await counts(warga))["InboundActivity"] == 0


async def test_s035_one_activity_at_twenty_inboxes_at_once_has_one_effect(
    start: Start, lain: ForeignServer, database: str
) -> None:
    warga = await start("warga", database=database)
    people = [await warga.user(f"warga{number}") for number in range(10)]
    rini = lain.actor("rini")
    follow = rini.activity("Follow", people[0].actor.uri)
    doors = ["/inbox"] * 10 + [person.actor.inbox_url.removeprefix(warga.url) for person in people]
    answers = await asyncio.gather(*(rini.send(warga, follow, path=door) for door in doors))
    assert [status for status, _ in answers] == [202] * 20
    await settle(warga)
    with warga.site.database.entered():
        assert await InboundActivity.all().count() == 1
        assert await Follow.all().count() == 1
        assert (await ActorRow.get(id=people[0].actor_id)).followers_count == 1


async def test_s032_every_malformed_body_is_a_400_and_changes_nothing(
    warga: Instance, lain: ForeignServer, documents_folder: Path
) -> None:
    """Every file of the JSON parsing suite, validly signed: not JSON, or JSON that is no activity."""
    files = sorted((documents_folder / "badinput" / "json_parsing").glob("*.json"))
    assert len(files) == 318
    rini = lain.actor("rini")
    assert (await rini.send(warga, hello(rini)))[0] == 202
    before = await counts(warga)
    for file in files:
        status, answer = await rini.send(warga, file.read_bytes())
        assert status in (400, 413), file.name
        assert answer["code"], file.name
        if file.name.startswith("y_") and "duplicated_key" not in file.name:
            assert answer["code"] != "not-json" or "object" in answer["detail"], file.name
    assert await counts(warga) == before


async def test_every_captured_document_can_be_sent_to_the_inbox_without_a_fault(
    warga: Instance, lain: ForeignServer, documents_folder: Path
) -> None:
    rini = lain.actor("rini")
    for file in sorted((documents_folder / "activitypub").rglob("*.json")):
        status, answer = await rini.send(warga, file.read_bytes())
        assert 200 <= status < 500, (file, answer)
