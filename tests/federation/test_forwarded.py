"""Activities that somebody else brings: believed with the author's own proof, and with nothing less (S-028, S-059)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from federation.models import InboundActivity
from federation.signatures import add_proof, load_private_key
from tests.federation.signed_requests import ed25519_pair
from tests.foreign_server import PUBLIC, Actor, ForeignServer, foreign_server
from tests.instances import Instance


@pytest.fixture
async def good() -> AsyncIterator[ForeignServer]:
    async with foreign_server("good") as server:
        yield server


@pytest.fixture
async def evil() -> AsyncIterator[ForeignServer]:
    async with foreign_server("evil") as server:
        yield server


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


def with_proof_key(actor: Actor) -> Actor:
    """Let an actor's document list an Ed25519 key for proofs (FEP-521a)."""
    document = actor.server.documents[actor.uri.removeprefix(actor.server.origin)]
    document["assertionMethod"] = [
        {
            "id": f"{actor.uri}#ed25519-key",
            "type": "Multikey",
            "controller": actor.uri,
            "publicKeyMultibase": ed25519_pair().public,
        }
    ]
    return actor


def proven(activity: dict[str, Any], by: Actor, now: float) -> dict[str, Any]:
    key = load_private_key(ed25519_pair().private)
    return add_proof(activity, key, f"{by.uri}#ed25519-key", created=now)  # type: ignore[arg-type]


async def stored(warga: Instance) -> list[str]:
    async with warga.inside():
        return [str(uri) for uri in await InboundActivity.all().values_list("uri", flat=True)]


async def test_what_its_author_proved_is_taken_from_whoever_brings_it(
    warga: Instance, good: ForeignServer, evil: ForeignServer
) -> None:
    author, bearer = with_proof_key(good.actor("rini")), evil.actor("pembawa")
    activity = proven(
        author.activity("Like", "http://x.localhost/1", to=[PUBLIC]), author, warga.site.clock.time()
    )
    assert (await bearer.send(warga, activity))[0] == 202
    assert await stored(warga) == [activity["id"]]


@pytest.mark.parametrize("kind", ["RsaSignature2017", "RsaSignatureSuite2017", "Ed25519Signature2020"])
async def test_s028_a_signature_over_linked_data_gives_no_authority(
    warga: Instance, good: ForeignServer, evil: ForeignServer, kind: str
) -> None:
    """Whether it holds is not even asked: the same data can be written in many ways, and each reader reads another."""
    author, bearer = good.actor("rini"), evil.actor("pembawa", key=1)
    activity = author.activity("Like", "http://x.localhost/1", to=[PUBLIC])
    activity["signature"] = {"type": kind, "creator": author.key.key_id, "signatureValue": "AAAA"}
    status, answer = await bearer.send(warga, activity)
    assert (status, answer["code"]) == (401, "signer-is-not-actor")
    assert await stored(warga) == []


async def test_s028_a_proof_counts_for_its_own_author_and_for_what_it_was_made_over(
    warga: Instance, good: ForeignServer, evil: ForeignServer
) -> None:
    author, bearer = with_proof_key(good.actor("rini")), with_proof_key(evil.actor("pembawa", key=1))
    neighbour = good.actor("tetangga", key=2)
    now = warga.site.clock.time()
    activity = author.activity("Like", "http://x.localhost/1", to=[PUBLIC])
    by_author = proven(activity, author, now)
    for forged in (
        proven(activity, bearer, now),
        proven(activity, neighbour, now),
        by_author | {"actor": neighbour.uri},
        by_author | {"object": "http://x.localhost/2"},
        by_author | {"type": "Dislike"},
        by_author | {"@graph": [{"type": "Delete", "object": author.uri}]},
        by_author | {"@included": [{"type": "Delete"}]},
        by_author | {"as:object": "http://x.localhost/2"},
        {"@graph": [by_author]} | by_author,
        by_author | {"proof": by_author["proof"] | {"proofValue": "z1"}},
        by_author | {"proof": by_author["proof"] | {"cryptosuite": "none"}},
    ):
        status, answer = await bearer.send(warga, forged)
        assert status in (400, 401), (answer, forged)
    assert await stored(warga) == []
    assert (await bearer.send(warga, by_author))[0] == 202, "and the true one still does"


async def test_s059_a_ring_of_bearers_ends_at_the_first_copy(
    warga: Instance, good: ForeignServer, evil: ForeignServer
) -> None:
    author = with_proof_key(good.actor("rini"))
    activity = proven(
        author.activity("Like", "http://x.localhost/1", to=[PUBLIC]), author, warga.site.clock.time()
    )
    for number in range(5):
        bearer = evil.actor(f"pembawa{number}")
        assert (await bearer.send(warga, activity))[0] == 202
    assert await stored(warga) == [activity["id"]]
    assert good.received == evil.received == []
