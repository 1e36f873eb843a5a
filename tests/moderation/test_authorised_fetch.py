"""Documents for servers that say who they are (`SEBANGSA_FETCHES=signed`), and for no blocked one in any case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from communities.describing import Description
from communities.founding import create_community
from federation.clock import SystemClock
from federation.local_actors import server_actor
from federation.local_keys import signing_key
from federation.models import Actor
from federation.signatures import sign_request
from moderation.domains import block_domain
from moderation.suspending import suspend
from sebangsa.accounts import user_by_name
from sebangsa.following import follow
from sebangsa.lookup import find_actor
from sebangsa.models import Post, Role, User, Visibility
from sebangsa.oauth.apps import register_app
from sebangsa.oauth.tokens import issue_token
from sebangsa.posting import Draft, create_post
from tests import foreign_server
from tests.foreign_server import ACTIVITY, ForeignServer
from tests.instances import Instance, settle, unfinished

Start = Callable[..., Awaitable[Instance]]
Answer = tuple[int, dict[str, Any], dict[str, str]]

STUB = {"@context", "id", "type", "preferredUsername", "inbox", "endpoints", "publicKey", "assertionMethod"}


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("communities", "moderation")


async def get(instance: Instance, path: str, headers: dict[str, str] | None = None) -> Answer:
    """What a server gets: status, document, headers."""
    asked = {"Accept": ACTIVITY, **(headers or {})}
    async with instance.http.get(instance.url + path, headers=asked, allow_redirects=False) as answer:
        body = await answer.read()
        document = await answer.json(content_type=None) if body.startswith(b"{") else {}
        return answer.status, document, {name.lower(): value for name, value in answer.headers.items()}


def signed(
    who: foreign_server.Actor, url: str, *, now: float | None = None, scheme: Any = "cavage"
) -> dict[str, str]:
    """The headers of a GET of `url` signed by somebody on a foreign server."""
    return sign_request("GET", url, b"", who.key, scheme=scheme, now=now or SystemClock().time())


async def posted(instance: Instance, who: User, source: str, **more: Any) -> Post:
    async with instance.inside() as site:
        return await create_post(site, await Actor.get(id=who.actor_id), Draft(source, **more))


def paths_of(post: Post) -> list[str]:
    number = post.id
    return [
        f"/p/{number}", f"/p/{number}/activity", f"/p/{number}/replies", f"/p/{number}/context", "/u/ani/outbox",
        "/u/ani/followers", "/u/ani/following", "/c/rt/outbox", "/c/rt/followers", "/c/rt/moderators", "/c/rt/featured",
    ]  # fmt: skip


@pytest.fixture
async def secure(start: Start) -> tuple[Instance, Post]:
    """An instance that asks for signatures, with a post of ani and a community."""
    warga = await start("warga", fetches="signed")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        await create_community(site, "rt", await Actor.get(id=ani.actor_id), Description(title="RT"))
    return warga, await posted(warga, ani, "Kerja bakti hari Minggu")


async def test_a_stranger_gets_no_document(secure: tuple[Instance, Post]) -> None:
    warga, post = secure
    for path in paths_of(post):
        status, document, headers = await get(warga, path)
        assert (path, status, document["code"]) == (path, 401, "signature-missing")
        assert headers["cache-control"] == "no-store"
    # Not even whether it changed.
    assert (await get(warga, f"/p/{post.id}", {"If-None-Match": "*"}))[0] == 401
    async with warga.http.head(f"{warga.url}/p/{post.id}", headers={"Accept": ACTIVITY}) as answer:
        assert answer.status == 401


async def test_whoever_signs_gets_documents_that_no_cache_keeps(secure: tuple[Instance, Post]) -> None:
    warga, post = secure
    async with foreign_server.foreign_server() as server:
        budi = server.actor("budi")
        for scheme in ("cavage", "rfc9421"):
            for path in [*paths_of(post), "/u/ani", "/c/rt"]:
                status, document, headers = await get(
                    warga, path, signed(budi, warga.url + path, scheme=scheme)
                )
                assert (path, status) == (path, 200)
                assert document["id"].startswith(warga.url)
                assert headers["cache-control"] == "private, no-store"
                assert {"Accept", "Signature"} <= set(headers["vary"].split(", "))


async def test_strangers_see_of_an_account_its_key_and_of_the_server_all(
    secure: tuple[Instance, Post],
) -> None:
    warga, _ = secure
    for path in ("/u/ani", "/c/rt"):
        status, stub, headers = await get(warga, path)
        assert (status, set(stub)) == (200, STUB)
        assert stub["publicKey"]["id"] == f"{warga.url}{path}#main-key"
        assert stub["endpoints"] == {"sharedInbox": f"{warga.url}/inbox"}
        assert headers["vary"] == "Accept, Signature, Authorization"
    status, server, _ = await get(warga, "/actor")
    assert status == 200
    assert not set(server) <= STUB
    host = warga.url.removeprefix("http://")
    for path in (
        f"/.well-known/webfinger?resource=acct:ani@{host}",
        "/.well-known/nodeinfo",
        "/nodeinfo/2.0",
    ):
        assert (await get(warga, path))[0] == 200
    assert (await get(warga, "/u/ani", {"Accept": "text/html"}))[0] == 200


async def test_an_app_of_ours_needs_no_signature(secure: tuple[Instance, Post]) -> None:
    warga, post = secure
    async with warga.inside() as site:
        app, _ = await register_app(site, "App", ["urn:ietf:wg:oauth:2.0:oob"], scopes="read")
        _, token = await issue_token(site, app, "read", user=await user_by_name("ani"))
    answer = await get(warga, f"/p/{post.id}", {"Authorization": f"Bearer {token}"})
    assert answer[0] == 200
    assert (await get(warga, f"/p/{post.id}", {"Authorization": "Bearer made-up"}))[0] == 401


async def test_two_servers_that_both_ask_for_signatures_federate(start: Start, database: str) -> None:
    warga = await start("warga", database=database, fetches="signed")
    kota = await start("kota", database=database, fetches="signed")
    ani, budi = await warga.user("ani"), await kota.user("budi")
    host = warga.url.removeprefix("http://")
    async with kota.inside() as site:
        found = await find_actor(site, f"ani@{host}")
        assert found is not None
        await follow(site, await Actor.get(id=budi.actor_id), found)
    await settle(warga, kota)
    post = await posted(warga, ani, "Halo tetangga")
    hidden = await posted(warga, ani, "Hanya pengikut", visibility=Visibility.FOLLOWERS)
    await settle(warga, kota)
    async with kota.inside() as site:
        assert {p.uri for p in await Post.filter(is_local=False)} == {post.uri, hidden.uri}
        assert (await Actor.get(uri=f"{warga.url}/u/ani")).name == "ani"
        # The server's own key, which neither knew, read from the other while it asks for ours.
        fetched = await site.federation.client.get_document(post.uri)
        assert fetched.document["id"] == post.uri
    assert await unfinished(warga.site) == {"inbound": [], "deliveries": []}
    assert await unfinished(kota.site) == {"inbound": [], "deliveries": []}


async def test_s018_a_signature_for_another_host_opens_nothing(secure: tuple[Instance, Post]) -> None:
    warga, post = secure
    async with foreign_server.foreign_server() as server:
        budi = server.actor("budi")
        headers = signed(budi, f"http://other.localhost:1/p/{post.id}")
        headers.pop("Host")
        status, document, _ = await get(warga, f"/p/{post.id}", headers)
    assert (status, document["code"]) == (401, "signature-wrong")


async def test_s019_a_signature_that_is_used_again_opens_neither_another_address_nor_later(
    secure: tuple[Instance, Post],
) -> None:
    warga, post = secure
    path = f"/p/{post.id}"
    async with foreign_server.foreign_server() as server:
        budi = server.actor("budi")
        headers = signed(budi, warga.url + path)
        assert (await get(warga, path, headers))[0] == 200
        elsewhere = await get(warga, "/u/ani/outbox", headers)
        late = await get(warga, path, signed(budi, warga.url + path, now=SystemClock().time() - 3700))
        forged = await get(warga, path, {**headers, "Signature": headers["Signature"].replace("budi", "evi")})
    assert (elsewhere[0], elsewhere[1]["code"]) == (401, "signature-wrong")
    assert (late[0], late[1]["code"]) == (401, "signature-expired")
    assert (forged[0], forged[1]["code"]) == (401, "key-unavailable")


async def _blocked(instance: Instance, server: ForeignServer) -> None:
    await instance.user("kepala", role=Role.ADMIN)
    async with instance.inside() as site:
        user = await User.get(actor__local_name="kepala").select_related("actor")
        await block_domain(site, user, server.host.partition(":")[0], "spam")


@pytest.mark.parametrize("fetches", ["open", "signed"])
async def test_s129_a_blocked_server_that_signs_gets_nothing(start: Start, fetches: str) -> None:
    warga = await start("warga", fetches=fetches)
    ani = await warga.user("ani")
    post = await posted(warga, ani, "Halo")
    async with foreign_server.foreign_server() as server:
        budi = server.actor("budi")
        paths = [f"/p/{post.id}", "/u/ani", "/u/ani/outbox", "/u/ani/followers", "/actor"]
        for path in paths:
            assert (await get(warga, path, signed(budi, warga.url + path)))[0] == 200
        await _blocked(warga, server)
        for path in paths:
            status, document, headers = await get(warga, path, signed(budi, warga.url + path))
            assert (status, document["code"], headers["cache-control"]) == (403, "blocked-domain", "no-store")
        # Also by a key that nobody ever read, without looking for it.
        before = len(server.asked)
        for scheme in ("cavage", "rfc9421"):
            headers = signed(server.actor("cici"), warga.url + paths[0], scheme=scheme)
            assert (await get(warga, paths[0], headers))[0] == 403
        assert len(server.asked) == before


async def test_s129_who_is_suspended_here_gets_nothing_by_their_signature(
    secure: tuple[Instance, Post],
) -> None:
    warga, post = secure
    path = f"/p/{post.id}"
    async with foreign_server.foreign_server() as server:
        budi = server.actor("budi")
        assert (await get(warga, path, signed(budi, warga.url + path)))[0] == 200
        await warga.user("kepala", role=Role.ADMIN)
        async with warga.inside() as site:
            moderator = await User.get(actor__local_name="kepala").select_related("actor")
            await suspend(site, moderator, await Actor.get(uri=budi.uri), "spam")
        assert (await get(warga, path, signed(budi, warga.url + path)))[0] == 403


async def test_by_default_a_stranger_reads_what_is_public_and_caches_keep_it_for_strangers(
    start: Start,
) -> None:
    warga = await start("warga")
    post = await posted(warga, await warga.user("ani"), "Halo")
    status, _, headers = await get(warga, f"/p/{post.id}")
    assert (status, headers["cache-control"]) == (200, "public, max-age=180")
    assert headers["vary"] == "Accept, Signature"
    status, ani, _ = await get(warga, "/u/ani")
    assert status == 200
    assert "outbox" in ani


async def test_the_servers_own_key_reads_what_the_other_shows_to_known_servers(start: Start) -> None:
    warga, kota = await start("warga", fetches="signed"), await start("kota")
    post = await posted(warga, await warga.user("ani"), "Halo")
    async with kota.inside() as site:
        key = await signing_key(site.federation, (await server_actor(site.federation)).id)
        headers = sign_request("GET", post.uri, b"", key, scheme="cavage", now=SystemClock().time())
    assert (await get(warga, f"/p/{post.id}", headers))[0] == 200
