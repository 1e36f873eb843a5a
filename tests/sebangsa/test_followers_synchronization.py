"""Two servers find out that one of them forgot a follow, and repair it (FEP-8fcf)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from federation.clock import SystemClock
from federation.followers_synchronization import NOBODY, FollowerDigests, digest_of, read_header, write_header
from federation.models import Actor, Delivery, Follow, FollowState, OutboundActivity
from federation.signatures import sign_request
from sebangsa.following import follow
from sebangsa.lookup import find_actor
from sebangsa.models import Post, User, Visibility
from sebangsa.posting import Draft, create_post
from tests import foreign_server
from tests.foreign_server import ACTIVITY, PUBLIC, post
from tests.instances import Instance, settle, unfinished
from tests.sebangsa.street import Street

HEADER = "Collection-Synchronization"


async def met(fan: Instance, user: User, idol: Instance, name: str) -> None:
    """`user` at `fan` follows `name` at `idol`, as both know."""
    async with fan.inside() as site:
        found = await find_actor(site, f"{name}@{idol.url.removeprefix('http://')}")
        assert found is not None
        await follow(site, await Actor.get(id=user.actor_id), found)
    await settle(fan, idol)


async def say_to_followers(instance: Instance, user: User) -> Post:
    async with instance.inside() as site:
        author = await Actor.get(id=user.actor_id)
        return await create_post(site, author, Draft("Hanya pengikut", visibility=Visibility.FOLLOWERS))


async def followers_of(instance: Instance, uri: str) -> dict[str, str]:
    """Who follows an actor, as an instance has it: name -> state."""
    async with instance.inside():
        rows = await Follow.filter(target__uri=uri).select_related("follower")
        return {row.follower.username: str(row.state) for row in rows}


async def counts(instance: Instance, uri: str) -> int:
    async with instance.inside():
        return (await Actor.get(uri=uri)).followers_count


@pytest.fixture
async def towns(neighbours: tuple[Instance, Instance]) -> tuple[Instance, Instance, User, str]:
    """Budi, Cici and Dodi at kota follow Ani at warga."""
    warga, kota = neighbours
    ani = await warga.user("ani")
    for name in ("budi", "cici", "dodi"):
        await met(kota, await kota.user(name), warga, "ani")
    return warga, kota, ani, f"{warga.url}/u/ani"


Towns = tuple[Instance, Instance, User, str]


async def test_a_follow_that_the_other_server_lost_ends_here(towns: Towns) -> None:
    warga, kota, ani, uri = towns
    async with warga.inside():
        await Follow.filter(follower__username="cici").delete()
    await say_to_followers(warga, ani)
    await settle(warga, kota)
    assert set(await followers_of(kota, uri)) == {"budi", "dodi"}
    assert set(await followers_of(warga, uri)) == {"budi", "dodi"}
    assert await counts(kota, uri) == 2


async def test_a_follow_that_this_server_lost_is_taken_back_there(towns: Towns) -> None:
    warga, kota, ani, uri = towns
    async with kota.inside():
        await Follow.filter(follower__username="cici").delete()
    await say_to_followers(warga, ani)
    await settle(warga, kota)
    assert set(await followers_of(warga, uri)) == {"budi", "dodi"}
    assert await counts(warga, uri) == 2
    assert (await unfinished(kota.site))["deliveries"] == []


async def test_an_acceptance_that_got_lost_counts(towns: Towns) -> None:
    warga, kota, ani, uri = towns
    async with kota.inside():
        await Follow.filter(follower__username="cici").update(state=FollowState.PENDING)
        await Actor.filter(uri=uri).update(followers_count=2)
    await say_to_followers(warga, ani)
    await settle(warga, kota)
    assert (await followers_of(kota, uri))["cici"] == "accepted"
    assert await counts(kota, uri) == 3


async def test_who_only_asked_to_follow_stands_neither_in_the_digest_nor_in_the_list(towns: Towns) -> None:
    warga, kota, ani, uri = towns
    async with warga.inside():
        await Follow.filter(follower__username="cici").update(state=FollowState.PENDING)
    await say_to_followers(warga, ani)
    await settle(warga, kota)
    assert set(await followers_of(kota, uri)) == {"budi", "dodi"}


async def test_where_both_agree_nothing_is_asked_and_nothing_changes(towns: Towns) -> None:
    warga, kota, ani, uri = towns
    async with warga.inside():
        before = await OutboundActivity.all().count()
    await say_to_followers(warga, ani)
    await settle(warga, kota)
    assert set(await followers_of(kota, uri)) == {"budi", "cici", "dodi"}
    async with warga.inside():
        assert await OutboundActivity.all().count() == before + 1
    async with kota.inside():
        assert await Delivery.filter(activity__type="Undo").count() == 0


async def test_only_what_is_for_followers_alone_carries_a_signed_digest(street: Street) -> None:
    budi = street.good.actor("budi")
    uri = f"{street.warga.url}/u/ani"
    await street.deliver(budi, budi.activity("Follow", uri))
    expected = {
        Visibility.FOLLOWERS: f'collectionId="{uri}/followers", url="{uri}/followers_synchronization", '
        f'digest="{sha256(budi.uri.encode()).hexdigest()}"',
        Visibility.PUBLIC: None,
        Visibility.UNLISTED: None,
    }
    for visibility, header in expected.items():
        await street.post(visibility=visibility)
        await settle(street.warga)
        sent = street.good.headers["/inbox"]
        assert sent.get(HEADER) == header
        assert ("collection-synchronization" in sent["Signature"]) is (header is not None)
    async with street.warga.inside() as site:
        known = await Actor.get(uri=budi.uri)
        await create_post(
            site, street.ani.actor, Draft("Hai", visibility=Visibility.DIRECT, recipients=[known])
        )
    await settle(street.warga)
    assert HEADER not in street.good.headers["/users/budi/inbox"]


async def test_the_digests_of_all_servers_cost_one_query_for_an_actor(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    from federation import followers_synchronization

    asked: list[int] = []
    original = followers_synchronization._digests_by_host

    async def counted(actor_id: int) -> dict[str, str]:
        asked.append(actor_id)
        return await original(actor_id)

    monkeypatch.setattr(followers_synchronization, "_digests_by_host", counted)
    uri = f"{street.warga.url}/u/ani"
    for server in (street.good, street.evil):
        for name in ("budi", "cici"):
            fan = server.actor(name)
            await street.deliver(fan, fan.activity("Follow", uri))
    for _ in range(3):
        await street.post(visibility=Visibility.FOLLOWERS)
    await settle(street.warga)
    assert len([entry for entry in street.good.received if entry["type"] == "Create"]) == 3
    assert len([entry for entry in street.evil.received if entry["type"] == "Create"]) == 3
    assert asked == [street.ani.actor_id]
    async with street.warga.inside() as site:
        digests = FollowerDigests(site.clock)
        actor = street.ani.actor_id
        assert await digests.of(actor, street.good.host) == digest_of(
            f"{street.good.origin}/users/{name}" for name in ("cici", "budi")
        )
        assert await digests.of(actor, "nobody.example") == NOBODY


async def asked_by(street: Street, who: foreign_server.Actor | None, path: str) -> tuple[int, Any]:
    url = street.warga.url + path
    headers = {"Accept": ACTIVITY}
    if who is not None:
        headers |= sign_request("GET", url, b"", who.key, scheme="cavage", now=SystemClock().time())
    async with street.warga.http.get(url, headers=headers) as answer:
        assert answer.headers["cache-control"] in ("private, no-store", "no-store")
        return answer.status, await answer.json(content_type=None)


async def test_the_list_is_shown_to_the_server_it_is_about_alone(street: Street) -> None:
    budi, evi = street.good.actor("budi"), street.evil.actor("evi")
    uri = f"{street.warga.url}/u/ani"
    await street.deliver(budi, budi.activity("Follow", uri))
    path = "/u/ani/followers_synchronization"
    status, document = await asked_by(street, budi, path)
    assert (status, document["orderedItems"]) == (200, [budi.uri])
    assert document["id"] == street.warga.url + path
    status, document = await asked_by(street, evi, path)
    assert (status, document["orderedItems"]) == (200, [])
    status, document = await asked_by(street, None, path)
    assert (status, document["code"]) == (401, "signature-missing")


async def told(
    street: Street, who: foreign_server.Actor, header: str, *, scheme: Any = "cavage", covered: bool = True
) -> None:
    """A post for followers comes with `header`; all that follows from it is done."""
    note = who.note(f"n{len(who.server.documents)}", "Halo", to=[f"{who.uri}/followers"], cc=[])
    body = json.dumps(who.activity("Create", note)).encode()
    url = f"{street.warga.url}/inbox"
    headers = sign_request(
        "POST", url, body, who.key, scheme=scheme, now=SystemClock().time(),
        signed_headers={HEADER: header} if covered else None,
    )  # fmt: skip
    status, answer = await post(street.warga.http, url, body, headers | {HEADER: header})
    assert status == 202, answer
    await settle(street.warga)


def lists(who: foreign_server.Actor, uris: Iterable[str]) -> tuple[str, str]:
    """Serve a partial list of somebody's followers; its digest and its URL."""
    path = f"{who.uri.removeprefix(who.server.origin)}/followers_synchronization"
    url, items = who.server.origin + path, list(uris)
    who.server.documents[path] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": url,
        "type": "OrderedCollection",
        "orderedItems": items,
    }
    return digest_of(items), url


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_a_mastodon_whose_list_lacks_us_ends_the_follow(street: Street, scheme: str) -> None:
    budi = street.good.actor("budi")
    await street.follow(budi)
    digest, url = lists(budi, [])
    await told(
        street, budi, f'collectionId="{budi.uri}/followers", url="{url}", digest="{digest}"', scheme=scheme
    )
    assert await followers_of(street.warga, budi.uri) == {}
    assert "Undo" not in [activity["type"] for activity in street.good.received]


async def test_s050_a_list_of_followers_speaks_of_its_own_actor_alone(street: Street) -> None:
    budi, evi = street.good.actor("budi"), street.evil.actor("evi")
    await street.follow(budi)
    await street.follow(evi)
    digest, url = lists(evi, [])
    mine, its = f"{evi.uri}/followers", f"{budi.uri}/followers"
    for header in (
        f'collectionId="{its}", url="{url}", digest="{digest}"',  # another's followers
        f'collectionId="{mine}", url="{lists(budi, [])[1]}", digest="{digest}"',  # a list on another host
        f'collectionId="{mine}", url="http://127.0.0.1/", digest="{digest}"',
        f'collectionId="{mine}", url="{url}", digest="xyz"',
        f'collectionId="{mine}", collectionId="{its}", url="{url}", digest="{digest}"',
        "nonsense",
        "x" * 9000,
    ):
        await told(street, evi, header)
    await told(street, evi, f'collectionId="{mine}", url="{url}", digest="{digest}"', covered=False)
    assert not [
        path for path in (*street.evil.asked, *street.good.asked) if path.endswith("_synchronization")
    ]
    assert await followers_of(street.warga, budi.uri) == {"ani": "accepted"}
    assert await followers_of(street.warga, evi.uri) == {"ani": "accepted"}
    # The same, honestly said: only its own follower goes.
    await told(street, evi, f'collectionId="{mine}", url="{url}", digest="{digest}"')
    assert await followers_of(street.warga, evi.uri) == {}
    assert await followers_of(street.warga, budi.uri) == {"ani": "accepted"}


async def test_s050_a_digest_that_is_not_its_lists_removes_nobody(street: Street) -> None:
    evi = street.evil.actor("evi")
    await street.follow(evi)
    _, url = lists(evi, [])
    await told(street, evi, f'collectionId="{evi.uri}/followers", url="{url}", digest="{"ab" * 32}"')
    assert await followers_of(street.warga, evi.uri) == {"ani": "accepted"}


async def test_s050_a_list_of_strangers_makes_us_write_to_its_owner_alone_and_only_for_our_people(
    street: Street,
) -> None:
    evi = street.evil.actor("evi")
    await street.warga.user("cici")
    await street.follow(evi)
    ours = [f"{street.warga.url}/u/{name}" for name in ("ani", "cici", "nobody")]
    digest, url = lists(evi, [*ours, f"{street.good.origin}/users/budi"])
    await told(street, evi, f'collectionId="{evi.uri}/followers", url="{url}", digest="{digest}"')
    assert await followers_of(street.warga, evi.uri) == {"ani": "accepted"}
    undone = [entry for entry in street.evil.received if entry["type"] == "Undo"]
    assert [entry["actor"] for entry in undone] == [f"{street.warga.url}/u/cici"]
    assert undone[0]["object"]["type"] == "Follow"
    assert undone[0]["object"]["object"] == evi.uri
    assert street.good.received == []


async def test_s050_lying_digests_cost_one_fetch_an_hour(
    start: Callable[..., Awaitable[Instance]], tmp_path: Path
) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    warga.site.limiter.is_on = True
    async with foreign_server.foreign_server("evil") as evil:
        street = Street(warga, ani, evil, evil)
        evi = evil.actor("evi")
        await street.follow(evi)
        _, url = lists(evi, [])
        for number in range(5):
            digest = sha256(str(number).encode()).hexdigest()
            await told(street, evi, f'collectionId="{evi.uri}/followers", url="{url}", digest="{digest}"')
        assert [path for path in evil.asked if path.endswith("_synchronization")] == [
            url.removeprefix(evil.origin)
        ]


def test_the_header_is_read_in_any_order_and_written_as_mastodon_reads_it() -> None:
    written = write_header("https://a.example/u/ani", "https://a.example/u/ani/followers", "ab" * 32)
    read = read_header(written)
    assert read is not None
    assert (read.collection, read.digest) == ("https://a.example/u/ani/followers", "ab" * 32)
    assert read_header(f'digest="{"AB" * 32}",url="https://a.example/x", collectionId="https://a.example/f"')
    assert read_header("") is None


def test_the_digest_does_not_depend_on_the_order() -> None:
    one, two = "https://a.example/1", "https://a.example/2"
    assert digest_of([one, two]) == digest_of([two, one]) != digest_of([one])
    # The example of FEP-8fcf: the XOR of the hashes, in lower-case hexadecimal.
    assert digest_of([one]) == sha256(one.encode()).hexdigest()
    assert digest_of([]) == NOBODY


def test_what_is_addressed_to_everybody_too_is_no_secret_list() -> None:
    from federation.sending import _is_for_followers_alone

    followers = "https://a.example/u/ani/followers"
    for to, cc, expected in (
        ([followers], [], True),
        (["https://b.example/u/budi"], [followers], True),
        (followers, [], True),
        ([followers], [PUBLIC], False),
        (["as:Public"], [followers], False),
        (["https://b.example/u/budi"], [], False),
    ):
        body = json.dumps({"to": to, "cc": cc, "object": {"content": followers}})
        assert _is_for_followers_alone(body, followers) is expected
