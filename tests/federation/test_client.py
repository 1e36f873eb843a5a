"""What an answer may claim: the client's rules, with real names on a network in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from federation.client import Client
from federation.fetch_limits import FailureMemory, HostBudget
from federation.refusals import Refused
from federation.transport import Response
from tests.federation.lying_peers import ACTIVITY, Network, StoppedClock

GOOD, EVIL = "https://good.example", "https://evil.example"
PROFILE = '"https://www.w3.org/ns/activitystreams"'


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def client(network: Network, clock: StoppedClock) -> Client:
    return Client(network, clock=clock)


async def code_of(client: Client, url: str) -> str:
    with pytest.raises(Refused) as refused:
        await client.get_document(url)
    return refused.value.code


async def test_s003_each_hop_is_signed_anew_and_permitted(network: Network, clock: StoppedClock) -> None:
    network.redirect(f"{GOOD}/a", f"{EVIL}/b")
    network.redirect(f"{EVIL}/b", "https://blocked.example/c")
    permitted: list[str] = []

    async def permit(host: str) -> None:
        permitted.append(host)
        if host == "blocked.example":
            raise Refused("blocked-domain", host)

    client = Client(
        network,
        clock=clock,
        sign=lambda method, url, body, scheme: {"Signature": f"{method} {url}"},
        permit=permit,
    )
    for _ in range(2):  # a block is no failure of the URL: it is asked for again
        assert await code_of(client, f"{GOOD}/a") == "blocked-domain"
    assert [headers["Signature"] for _, _, headers in network.asked[:2]] == [
        f"GET {GOOD}/a",
        f"GET {EVIL}/b",
    ]
    assert permitted[:3] == ["good.example", "evil.example", "blocked.example"]
    with pytest.raises(Refused):
        await client.post("https://blocked.example/inbox", b"{}", {})
    assert all("blocked" not in url for url in network.urls())


@pytest.mark.parametrize(
    "to",
    [
        "http://good.example/",
        "ftp://good.example/",
        "file:///etc/passwd",
        "FILE:///x",
        "https://10.0.0.1/",
        "//localhost/",
        "https://good@evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "data:,x",
        "/\x00",
    ],
)
async def test_s006_a_redirect_to_what_is_no_peer_is_refused(
    network: Network, client: Client, to: str
) -> None:
    network.redirect(f"{GOOD}/a", to)
    assert await code_of(client, f"{GOOD}/a") == "bad-url"
    assert network.urls() == [f"{GOOD}/a"]


async def test_a_token_is_shown_to_the_host_that_was_asked_and_to_no_other(
    network: Network, client: Client
) -> None:
    token = "ActivityPubActorToken {}"
    network.redirect(f"{GOOD}/a", f"{GOOD}/b")
    network.redirect(f"{GOOD}/b", f"{EVIL}/c")
    with pytest.raises(Refused):
        await client.get_document(f"{GOOD}/a", authorization=token)
    assert [headers.get("Authorization") for _, _, headers in network.asked] == [token, token, None]
    asked = len(network.asked)
    await code_of(client, f"{GOOD}/a")  # a refusal with a token says nothing of an answer without
    assert len(network.asked) > asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_redirects_are_followed(network: Network, client: Client, status: int) -> None:
    for step in range(3):
        network.redirect(f"{GOOD}/{step}", f"/{step + 1}", status)
    network.serve(f"{GOOD}/3", {"id": f"{GOOD}/3"})
    assert (await client.get_document(f"{GOOD}/0")).url == f"{GOOD}/3"


@pytest.mark.parametrize("kind", ["fifty", "two", "itself", "no location"])
async def test_s007_redirects_have_one_small_budget(network: Network, client: Client, kind: str) -> None:
    for step in range(50):
        to = {"fifty": f"/{step + 1}", "two": f"/{1 - step % 2}", "itself": f"/{step}", "no location": ""}[
            kind
        ]
        network.redirect(f"{GOOD}/{step}", to)
    assert await code_of(client, f"{GOOD}/0") == "too-many-redirects"
    assert len(network.asked) == 4
    assert await code_of(client, f"{GOOD}/0") == "too-many-redirects"
    assert len(network.asked) == 4, "the failure is remembered"


async def test_s007_two_documents_that_name_each_other_end(network: Network, client: Client) -> None:
    network.serve(f"{GOOD}/a", {"id": f"{GOOD}/b"})
    network.serve(f"{GOOD}/b", {"id": f"{GOOD}/a"})
    assert await code_of(client, f"{GOOD}/a") == "id-mismatch"
    assert network.urls() == [f"{GOOD}/a", f"{GOOD}/b"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "image/png",
        "text/plain",
        "application/json",
        "application/octet-stream",
        "",
        "nonsense",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/other"',
        "application/activity+json, text/html",
        "text/html; application/activity+json",
        "application/activity+jsonx",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams',
    ],
)
async def test_s010_another_content_type_is_no_activity(
    network: Network, client: Client, content_type: str
) -> None:
    network.serve(f"{GOOD}/media/1.json", {"id": f"{GOOD}/media/1.json"}, content_type)
    assert await code_of(client, f"{GOOD}/media/1.json") == "wrong-media-type"


@pytest.mark.parametrize(
    "content_type",
    [
        ACTIVITY,
        f"{ACTIVITY}; charset=utf-8",
        "Application/Activity+JSON;charset=UTF-8",
        f"{ACTIVITY};",
        f"application/ld+json; profile={PROFILE}",
        f"application/ld+json;charset=utf-8; profile={PROFILE}",
        f"application/ld+json;profile={PROFILE};charset=utf-8",
        "application/ld+json; PROFILE=" + PROFILE,
        'application/ld+json; profile="https://w3id.org/x https://www.w3.org/ns/activitystreams"',
    ],
)
async def test_s010_the_two_types_are_read_with_parameters_in_any_order(
    network: Network, client: Client, content_type: str
) -> None:
    network.serve(f"{GOOD}/u/a", {"id": f"{GOOD}/u/a"}, content_type)
    assert (await client.get_document(f"{GOOD}/u/a")).document == {"id": f"{GOOD}/u/a"}


async def test_s011_a_document_with_an_id_on_another_host_is_refused(
    network: Network, client: Client
) -> None:
    network.serve(f"{EVIL}/x", {"id": f"{GOOD}/u/victim"})
    network.serve(f"{GOOD}/u/victim", {"id": f"{GOOD}/u/victim"})
    assert await code_of(client, f"{EVIL}/x") == "id-mismatch"
    assert network.urls() == [f"{EVIL}/x"]


@pytest.mark.parametrize(
    "claimed", ["https://GOOD.example@evil.example/", "good", "", None, 5, ["https://x.example/"]]
)
async def test_s011_a_document_without_a_usable_id_is_refused(
    network: Network, client: Client, claimed: Any
) -> None:
    network.serve(f"{GOOD}/x", {"id": claimed})
    assert await code_of(client, f"{GOOD}/x") == "bad-id"


async def test_s011_another_id_on_the_same_host_is_fetched_once_from_there(
    network: Network, client: Client
) -> None:
    network.serve(f"{GOOD}/@ani", {"id": f"{GOOD}/u/ani", "name": "alias"})
    network.serve(f"{GOOD}/u/ani", {"id": f"{GOOD}/u/ani#me", "name": "ani"})
    fetched = await client.get_document(f"{GOOD}/@ani#main-key")
    assert (fetched.url, fetched.document["name"]) == (f"{GOOD}/u/ani", "ani")
    assert network.urls() == [f"{GOOD}/@ani", f"{GOOD}/u/ani"]


async def test_s012_after_an_open_redirect_the_final_host_counts(network: Network, client: Client) -> None:
    network.redirect(f"{GOOD}/redirect?to=evil", f"{EVIL}/x")
    network.serve(f"{EVIL}/x", {"id": f"{GOOD}/u/victim"})
    assert await code_of(client, f"{GOOD}/redirect?to=evil") == "id-mismatch"
    for claimed in (f"{GOOD}/redirect?to=evil", f"{GOOD}/redirect?to=evil&"):
        network.serve(f"{EVIL}/x", {"id": claimed})
        network.redirect(f"{GOOD}/redirect?to=evil&", f"{EVIL}/x")
        client._failures._failures.clear()
        assert await code_of(client, f"{GOOD}/redirect?to=evil&") == "id-mismatch"


async def test_s012_the_refetch_shares_the_redirects_and_must_end_at_its_own_id(
    network: Network, client: Client
) -> None:
    network.serve(f"{GOOD}/x", {"id": f"{GOOD}/go"})
    network.redirect(f"{GOOD}/go", f"{EVIL}/x")
    network.serve(f"{EVIL}/x", {"id": f"{GOOD}/go"})
    assert await code_of(client, f"{GOOD}/x") == "id-mismatch"


async def test_s022_a_redirect_to_another_actor_is_seen_by_the_caller(
    network: Network, client: Client
) -> None:
    network.redirect(f"{GOOD}/u/victim", f"{EVIL}/u/me")
    network.serve(f"{EVIL}/u/me", {"id": f"{EVIL}/u/me"})
    assert (await client.get_document(f"{GOOD}/u/victim")).url == f"{EVIL}/u/me"


async def test_a_key_document_may_be_read_without_its_id(network: Network, client: Client) -> None:
    network.serve(f"{GOOD}/key", {"owner": f"{GOOD}/u/ani"})
    fetched = await client.get_document(f"{GOOD}/key", expect_id=False)
    assert fetched.document["owner"] == f"{GOOD}/u/ani"
    assert await code_of(client, f"{GOOD}/key") == "bad-id"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "fetch-denied"),
        (403, "fetch-denied"),
        (404, "not-found"),
        (410, "gone"),
        (429, "too-many"),
        (500, "unreachable"),
        (503, "unreachable"),
        (204, "unreachable"),
        (304, "unreachable"),
    ],
)
async def test_each_status_has_its_code_and_is_remembered(
    network: Network, client: Client, clock: StoppedClock, status: int, code: str
) -> None:
    network.serve(f"{GOOD}/x", {"id": f"{GOOD}/x"}, status=status)
    assert [await code_of(client, f"{GOOD}/x") for _ in range(3)] == [code] * 3
    assert len(network.asked) == 1
    clock.seconds += 301
    network.serve(f"{GOOD}/x", {"id": f"{GOOD}/x"})
    assert (await client.get_document(f"{GOOD}/x")).url == f"{GOOD}/x"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"[]", "not-an-object"),
        (b'{"id":1,"id":2}', "duplicate-key"),
        (b"[" * 9999, "too-deep"),
    ],
)
async def test_s032_bad_json_fails_the_fetch(
    network: Network, client: Client, body: bytes, code: str
) -> None:
    network.serve(f"{GOOD}/x", body)
    assert await code_of(client, f"{GOOD}/x") == code


async def test_s025_a_thousand_askers_for_one_document_cause_one_fetch(
    network: Network, client: Client
) -> None:
    network.serve(f"{GOOD}/u/a", {"id": f"{GOOD}/u/a", "tag": []})
    found = await asyncio.gather(*(client.get_document(f"{GOOD}/u/a") for _ in range(1000)))
    assert len(network.asked) == 1
    found[0].document["tag"].append("mine")
    assert found[1].document["tag"] == [], "each asker has its own copy"

    codes = await asyncio.gather(*(code_of(client, f"{GOOD}/u/none#{key}") for key in range(1000)))
    assert set(codes) == {"not-found"}
    assert len(network.asked) == 2


async def test_an_asker_that_gives_up_leaves_the_answer_to_the_others(
    network: Network, client: Client
) -> None:
    network.serve(f"{GOOD}/u/a", {"id": f"{GOOD}/u/a"})
    first = asyncio.create_task(client.get_document(f"{GOOD}/u/a"))
    second = asyncio.create_task(client.get_document(f"{GOOD}/u/a"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).url == f"{GOOD}/u/a"


async def test_s026_ten_thousand_keys_on_one_host_are_not_all_fetched(
    network: Network, client: Client, clock: StoppedClock
) -> None:
    codes = [await code_of(client, f"https://third.example/key/{number}") for number in range(10_000)]
    assert codes.count("too-many") == 10_000 - len(network.asked)
    assert len(network.asked) == 150
    network.serve(f"{GOOD}/u/a", {"id": f"{GOOD}/u/a"})
    assert (await client.get_document(f"{GOOD}/u/a")).url == f"{GOOD}/u/a", "other hosts are not affected"
    clock.seconds += 10
    assert await code_of(client, "https://third.example/key/9999") == "not-found", (
        "our limit is not remembered"
    )


async def test_the_limits_can_be_given(network: Network, clock: StoppedClock) -> None:
    failures, budget = FailureMemory(clock, seconds=5), HostBudget(clock, burst=2)
    client = Client(network, clock=clock, failures=failures, budget=budget)
    assert [await code_of(client, f"{GOOD}/{number}") for number in range(3)] == [
        "not-found",
        "not-found",
        "too-many",
    ]
    assert len(failures) == 2
    clock.seconds += 6
    assert await code_of(client, f"{GOOD}/0") == "not-found"
    assert len(network.asked) == 3


def test_s140_what_is_remembered_is_bounded(clock: StoppedClock) -> None:
    failures = FailureMemory(clock, size=10)
    budget = HostBudget(clock, burst=1, size=10)
    for number in range(1000):
        failures.remember(f"{EVIL}/{number}", Refused("not-found"))
        budget.spend(f"{number}.evil.example")
    assert len(failures) == 10
    failures.raise_remembered(f"{EVIL}/0")
    with pytest.raises(Refused):
        failures.raise_remembered(f"{EVIL}/999")
    with pytest.raises(Refused):
        budget.spend("999.evil.example")


async def test_a_host_that_reads_one_scheme_only_is_asked_in_it_from_then_on(
    network: Network, clock: StoppedClock
) -> None:
    reads = "rfc9421"
    answered = network.request

    async def picky(method: str, url: str, headers: Mapping[str, str], *rest: Any, **more: Any) -> Response:
        answer = await answered(method, url, headers, *rest, **more)
        return answer if headers["Signature"] == reads else Response(401, {}, b"", url)

    network.request = picky  # type: ignore[method-assign]
    client = Client(network, clock=clock, sign=lambda method, url, body, scheme: {"Signature": scheme})
    for number in range(4):
        network.serve(f"{GOOD}/{number}", {"id": f"{GOOD}/{number}"})
    await client.get_document(f"{GOOD}/0")
    await client.get_document(f"{GOOD}/1")
    reads = "cavage"  # it changed its software
    await client.get_document(f"{GOOD}/2")
    reads = "neither"
    assert await code_of(client, f"{GOOD}/3") == "fetch-denied"
    assert [(url[-1], headers["Signature"]) for _, url, headers in network.asked] == [
        ("0", "cavage"),
        ("0", "rfc9421"),
        ("1", "rfc9421"),
        ("2", "rfc9421"),
        ("2", "cavage"),
        ("3", "cavage"),
        ("3", "rfc9421"),
    ]


async def test_media_are_fetched_by_type_unsigned_and_bounded(network: Network, clock: StoppedClock) -> None:
    client = Client(network, clock=clock, sign=lambda method, url, body, scheme: {"Signature": "x"})
    network.serve(f"{GOOD}/a.png", b"\x89PNG", "image/png")
    network.serve(f"{GOOD}/a.html", b"<p>", "text/html")
    found = await client.get_bytes(f"{GOOD}/a.png", accept_types=("image/*",))
    assert (found.body, found.media_type) == (b"\x89PNG", "image/png")
    assert "Signature" not in network.asked[0][2]
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await client.get_bytes(f"{GOOD}/a.html", accept_types=("image/*", "video/mp4"))
        assert refused.value.code == "wrong-media-type"
    assert len(network.asked) == 2


def page(network: Network, name: str, items: Any = None, **fields: Any) -> str:
    url = f"{GOOD}/{name}"
    document = {"id": url, "type": "OrderedCollectionPage", **fields}
    if items is not None:
        document["orderedItems"] = items
    network.serve(url, document)
    return url


async def items(client: Client, collection: Any, max_items: int = 100, max_pages: int = 10) -> list[Any]:
    return await client.collection_items(collection, max_items=max_items, max_pages=max_pages)


async def test_a_collection_is_read_page_by_page(network: Network, client: Client) -> None:
    third = page(network, "3", ["e"])
    second = page(network, "2", ["c", {"id": "d"}], next=third, first=f"{GOOD}/elsewhere")
    first = {"type": "CollectionPage", "items": ["a", "b"], "next": second}
    root = page(network, "outbox", type="OrderedCollection", first=first, totalItems=10**9)
    assert await items(client, root) == ["a", "b", "c", {"id": "d"}, "e"]
    assert await items(client, root, max_items=3) == ["a", "b", "c"]
    assert await items(client, root, max_pages=2) == ["a", "b", "c", {"id": "d"}]
    assert await items(client, page(network, "all", ["x"], type="OrderedCollection", first=second)) == ["x"]
    assert await items(client, page(network, "empty", type="Collection")) == []
    assert await items(client, page(network, "one", type="Collection", items="solo")) == ["solo"]


async def test_s051_loops_end(network: Network, client: Client) -> None:
    page(network, "2", ["b"], next=f"{GOOD}/1")
    page(network, "1", ["a"], next=f"{GOOD}/2")
    root = page(network, "loop", type="OrderedCollection", first=f"{GOOD}/1")
    assert await items(client, root) == ["a", "b"]
    own = page(network, "own", type="OrderedCollection", first=f"{GOOD}/own")
    assert await items(client, own) == []
    page(network, "self", ["s"], next=f"{GOOD}/self#again")
    assert await items(client, page(network, "r", type="Collection", first=f"{GOOD}/self")) == ["s"]


async def test_s051_pages_without_end_are_bounded_by_number_and_by_time(
    network: Network, client: Client, clock: StoppedClock
) -> None:
    for number in range(50):
        page(network, f"{number}", [number], next=f"{GOOD}/{number + 1}")
    root = page(network, "outbox", type="OrderedCollection", first=f"{GOOD}/0")
    assert await items(client, root, max_pages=5) == [0, 1, 2, 3, 4]

    request = network.request

    async def slow(*args: Any, **kwargs: Any) -> Any:
        clock.seconds += 9
        return await request(*args, **kwargs)

    network.request = slow  # type: ignore[method-assign]
    assert len(await items(client, root, max_pages=50)) == 7


@pytest.mark.parametrize("link", ["first", "next"])
async def test_s051_a_page_on_another_host_is_refused(network: Network, client: Client, link: str) -> None:
    network.serve(f"{EVIL}/page", {"id": f"{EVIL}/page", "type": "CollectionPage", "items": ["x"]})
    one = page(network, "1", ["a"], next=f"{EVIL}/page")
    root = page(network, "outbox", type="Collection", first=f"{EVIL}/page" if link == "first" else one)
    with pytest.raises(Refused) as refused:
        await items(client, root)
    assert refused.value.code == "foreign-id"
    assert f"{EVIL}/page" not in network.urls()
    network.redirect(f"{GOOD}/away", f"{EVIL}/page")
    with pytest.raises(Refused) as refused:
        await items(client, page(network, "outbox2", type="Collection", first=f"{GOOD}/away"))
    assert refused.value.code == "foreign-id"


async def test_a_later_page_that_fails_ends_the_reading_and_a_first_one_fails_it(
    network: Network, client: Client
) -> None:
    one = page(network, "1", ["a"], next=f"{GOOD}/none")
    assert await items(client, page(network, "outbox", type="Collection", first=one)) == ["a"]
    with pytest.raises(Refused) as refused:
        await items(client, page(network, "outbox2", type="Collection", first=f"{GOOD}/none"))
    assert refused.value.code == "not-found"


@pytest.mark.parametrize("document", [{"type": "Note"}, {"type": None}, {}, {"type": [{"x": 1}]}])
async def test_what_is_no_collection_is_refused(client: Client, document: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await items(client, {"id": f"{GOOD}/x", **document})
    assert refused.value.code == "not-an-object"


@pytest.mark.parametrize("link", [5, True, [], ["x"], {"a": 1}, "not a url", {"items": None}])
async def test_a_link_that_is_none_ends_the_reading(client: Client, link: Any) -> None:
    document = {"id": f"{GOOD}/x", "type": "Collection", "first": link}
    if isinstance(link, dict) and "items" in link:
        link["type"] = "CollectionPage"
    assert await items(client, document) == []
