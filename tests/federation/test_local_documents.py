"""What other servers find when they ask us: WebFinger, host-meta, NodeInfo, and an actor document of each kind."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from starlette.requests import Request

from communities.describing import Description
from communities.founding import create_community
from federation.actors import fetch_actor
from federation.discovery import confirm_handle, fetch_software, lookup_handle
from federation.endpoints.answers import wants_activity
from federation.local_actors import create_local_actor, server_actor
from federation.models import Actor, ActorKey
from federation.signatures import load_public_key, sign_request
from federation.wire import read_actor
from moderation.domains import block_domain
from moderation.suspending import suspend, unsuspend
from sebangsa.models import Role, Visibility
from sebangsa.posting import Draft, create_post
from sebangsa.settings import DEFAULT_FEATURES
from tests.foreign_server import foreign_server
from tests.instances import Instance, settle

ACCEPT = {"Accept": "application/activity+json"}
LEMMY_ACCEPTS = {
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
}


@pytest.fixture
def features() -> tuple[str, ...]:
    """Communities answer for groups, so the upper floors are switched on here."""
    return DEFAULT_FEATURES


@dataclass
class Town:
    """A server with one actor of each kind, by type."""

    warga: Instance
    actors: dict[str, Actor]


@pytest.fixture
async def town(start: Callable[..., Awaitable[Instance]]) -> Town:
    warga = await start("warga")
    ani = await warga.user("ani")
    await warga.user("pengingat", actor_type="Service")
    async with warga.inside() as site:
        await create_community(site, "tebet", ani.actor, Description(title="Tebet", sidebar="Halo"))
        await create_local_actor(site.federation, "Organization", "dinas_pu", name="Dinas PU")
        await server_actor(site.federation)
        actors = {actor.type: actor for actor in await Actor.filter(host="")}
    return Town(warga, actors)


async def get(warga: Instance, url: str, **headers: str) -> tuple[int, dict[str, Any], Any]:
    async with warga.http.get(url, headers=headers, allow_redirects=False) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else {}, answer.headers


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization", "Service", "Application"])
async def test_an_actor_of_each_kind_is_served_unsigned_with_all_that_peers_need(
    town: Town, kind: str
) -> None:
    actor = town.actors[kind]
    status, document, headers = await get(town.warga, actor.uri, **ACCEPT)
    assert status == 200
    assert headers["Content-Type"] in LEMMY_ACCEPTS
    assert "Accept" in headers["Vary"]
    assert (document["id"], document["type"]) == (actor.uri, kind)
    read = read_actor(document, allow_http=True)
    assert (read.type, read.preferred_username, read.inbox) == (kind, actor.username, f"{actor.uri}/inbox")
    assert read.shared_inbox == f"{town.warga.url}/inbox"
    assert {key.kind for key in read.public_keys} == {"rsa", "ed25519"}
    assert document["publicKey"]["owner"] == actor.uri
    assert document["publicKey"]["id"] == f"{actor.uri}#main-key"
    [multikey] = document["assertionMethod"]
    assert (multikey["type"], multikey["controller"]) == ("Multikey", actor.uri)
    load_public_key(document["publicKey"]["publicKeyPem"])
    load_public_key(multikey["publicKeyMultibase"])
    assert "https://www.w3.org/ns/activitystreams" in document["@context"]
    assert None not in document.values()
    if kind == "Group":
        assert document["attributedTo"] == read.moderators == f"{actor.uri}/moderators"


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization", "Service", "Application"])
async def test_webfinger_and_the_actor_name_each_other(town: Town, kind: str) -> None:
    """The loop that a peer goes: handle to actor, actor to handle, by the code with which we check others."""
    actor = town.actors[kind]
    domain = town.warga.site.settings.domain
    async with town.warga.inside() as site:
        client = site.federation.client
        handle = f"{actor.username}@{domain}"
        for written in (handle, handle.upper(), f"acct:{handle}", f"@{handle}"):
            assert await lookup_handle(client, written) == actor.uri
        document = (await client.get_document(actor.uri)).document
        assert await confirm_handle(client, document) == handle
        assert document["webfinger"] == handle
    resource = quote(actor.uri, safe="")
    _, jrd, headers = await get(town.warga, f"{town.warga.url}/.well-known/webfinger?resource={resource}")
    assert jrd["subject"] == f"acct:{handle}"
    assert headers["Content-Type"].startswith("application/jrd+json")
    assert headers["Access-Control-Allow-Origin"] == "*"


async def test_s013_a_foreign_handle_is_bound_only_when_both_sides_agree(town: Town) -> None:
    async with foreign_server("lain") as lain, foreign_server("evil") as evil:
        rini, thief = lain.actor("rini"), evil.actor("rini", key=1)
        async with town.warga.inside() as site:
            honest = await fetch_actor(site.federation, rini.uri)
            assert honest.handle == f"rini@{lain.host}"
            # evil's WebFinger says that its actor is lain's; lain's does not agree.
            evil.documents["/users/rini"]["webfinger"] = f"rini@{lain.host}"
            assert (await fetch_actor(site.federation, thief.uri)).handle == f"rini@{evil.host}"


async def test_webfinger_knows_nobody_else(town: Town) -> None:
    base = f"{town.warga.url}/.well-known/webfinger"
    assert (await get(town.warga, base))[0] == 400
    domain = town.warga.site.settings.domain
    for resource in (
        "acct:nobody@" + domain,
        "acct:ani@evil.example",
        "ani",
        "https://evil.example/u/ani",
        "acct:",
    ):
        assert (await get(town.warga, f"{base}?resource={quote(resource, safe='')}"))[0] == 404
    assert (await get(town.warga, f"{base}?resource=acct:ani@{domain}&rel=self"))[1]["links"][0][
        "rel"
    ] == "self"


async def test_host_meta_leads_to_webfinger(town: Town) -> None:
    template = f"{town.warga.url}/.well-known/webfinger?resource={{uri}}"
    async with town.warga.http.get(f"{town.warga.url}/.well-known/host-meta") as answer:
        assert answer.content_type == "application/xrd+xml"
        assert f'template="{template}"' in await answer.text()
    _, document, _ = await get(town.warga, f"{town.warga.url}/.well-known/host-meta.json")
    assert document["links"] == [{"rel": "lrdd", "type": "application/jrd+json", "template": template}]


async def test_nodeinfo_says_what_runs_here_and_how_much_it_is_used(town: Town) -> None:
    _, index, _ = await get(town.warga, f"{town.warga.url}/.well-known/nodeinfo")
    rels = [link["rel"].rpartition("/")[2] for link in index["links"]]
    assert rels == ["2.0", "2.1"]  # Phanpy takes the highest up to 2.0
    for version, link in zip(rels, index["links"], strict=True):
        _, document, headers = await get(town.warga, link["href"])
        assert headers["Content-Type"].endswith(f'schema/{version}#"')
        assert document["version"] == version
        assert document["software"]["name"] == "sebangsa"
        assert document["protocols"] == ["activitypub"]
        assert document["usage"]["users"]["total"] == 2
        assert {"activeMonth", "activeHalfyear"} <= document["usage"]["users"].keys()
        assert {"localPosts", "localComments"} <= document["usage"].keys()
        assert document["openRegistrations"] in (True, False)
        assert document["services"] == {"inbound": [], "outbound": []}
        assert document["metadata"]["nodeName"]
        assert document["software"].keys() == {"name", "version"}  # this server's page is not the software's
    async with town.warga.inside() as site:
        assert (
            await fetch_software(site.federation.client, town.warga.site.settings.domain)
        ).name == "sebangsa"


async def test_the_servers_own_actor_signs_fetches_and_verifies_unsigned(town: Town) -> None:
    """GoToSocial answers only signed fetches, and fetches the signer's key: ours must be had without a signature."""
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        async with town.warga.inside() as site:
            await site.federation.start()
            await fetch_actor(site.federation, rini.uri)
        signature = lain.headers["/users/rini"]["Signature"]
    application = town.actors["Application"]
    assert f'keyId="{application.uri}#main-key"' in signature
    status, document, _ = await get(town.warga, application.uri, **ACCEPT)
    assert status == 200
    async with town.warga.inside():
        kept = await ActorKey.get(actor_id=application.id, kind="rsa")
    assert document["publicKey"]["publicKeyPem"] == kept.public


async def test_an_actor_that_was_deleted_leaves_a_tombstone(town: Town) -> None:
    ani = town.actors["Person"]
    async with town.warga.inside() as site:
        await Actor.filter(id=ani.id).update(deleted_at=site.clock.now())
    status, document, _ = await get(town.warga, ani.uri, **ACCEPT)
    assert (status, document["type"], document["formerType"]) == (410, "Tombstone", "Person")
    resource = quote(f"acct:ani@{town.warga.site.settings.domain}", safe="")
    assert (await get(town.warga, f"{town.warga.url}/.well-known/webfinger?resource={resource}"))[0] == 404
    for collection in ("followers", "following", "outbox"):
        assert (await get(town.warga, f"{ani.uri}/{collection}", **ACCEPT))[0] == 410
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        status, answer = await rini.send(town.warga, rini.activity("Follow", ani.uri), path="/u/ani/inbox")
        assert (status, answer["code"]) == (410, "gone")


async def test_s072_a_page_and_a_document_at_one_address_are_kept_apart(town: Town) -> None:
    for kind in ("Person", "Group"):
        uri = town.actors[kind].uri
        _, _, document = await get(town.warga, uri, **ACCEPT)
        _, _, page = await get(town.warga, uri, Accept="text/html")
        assert document["Content-Type"].startswith("application/activity+json")
        assert page["Content-Type"].startswith("text/html")
        assert "Accept" in document["Vary"]
        assert "Accept" in page["Vary"]
        assert "Cookie" in page["Vary"]
    _, _, missing = await get(town.warga, f"{town.warga.url}/u/nobody", **ACCEPT)
    assert missing["Cache-Control"] == "no-store"


async def test_a_document_unchanged_is_answered_with_304(town: Town) -> None:
    _, _, headers = await get(town.warga, town.actors["Person"].uri, **ACCEPT)
    again = ACCEPT | {"If-None-Match": headers["ETag"]}
    assert (await get(town.warga, town.actors["Person"].uri, **again))[0] == 304


async def test_a_signed_fetch_of_a_public_document_is_answered_too(town: Town) -> None:
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        url = town.actors["Person"].uri
        signed = sign_request("GET", url, b"", rini.key, scheme="cavage", now=town.warga.site.clock.time())
        assert (await get(town.warga, url, **(dict(signed) | ACCEPT)))[0] == 200


async def test_s027_a_suspended_follower_and_a_blocked_server_read_nothing_with_a_known_key(
    town: Town,
) -> None:
    ani, warga = town.actors["Person"], town.warga
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        assert (await rini.send(warga, rini.activity("Follow", ani.uri)))[0] == 202
        await settle(warga)
        async with warga.inside() as site:
            draft = Draft(source="Untuk pengikut", visibility=Visibility.FOLLOWERS)
            post = await create_post(site, await Actor.get(id=ani.id), draft)

        async def status() -> int:
            signed = sign_request(
                "GET", post.uri, b"", rini.key, scheme="cavage", now=warga.site.clock.time()
            )
            return (await get(warga, post.uri, **(dict(signed) | ACCEPT)))[0]

        assert await status() == 200
        admin = await warga.user("kepala", role=Role.ADMIN)
        async with warga.inside() as site:
            await suspend(site, admin, await Actor.get(uri=rini.uri), "spam")
        assert await status() == 403
        async with warga.inside() as site:
            await unsuspend(site, admin, await Actor.get(uri=rini.uri), "a mistake")
        assert await status() == 200
        async with warga.inside() as site:
            await block_domain(site, admin, lain.host.partition(":")[0], "spam")
        assert await status() == 403


async def test_s141_a_public_post_is_served_to_thousands_without_a_look_at_who_signs(town: Town) -> None:
    """A post that spreads brings a signed GET from every server: no key is fetched, and caches may keep the answer."""
    warga, ani = town.warga, town.actors["Person"]
    async with warga.inside() as site:
        post = await create_post(site, await Actor.get(id=ani.id), Draft(source="Banjir besar"))
    async with foreign_server("lain") as lain:
        for number in range(30):
            sender = lain.actor(f"pembaca{number}")
            now = warga.site.clock.time()
            signed = sign_request("GET", post.uri, b"", sender.key, scheme="cavage", now=now)
            status, document, headers = await get(warga, post.uri, **(dict(signed) | ACCEPT))
            assert (status, document["id"]) == (200, post.uri)
            assert headers["Cache-Control"].startswith("public, max-age=")
        again = ACCEPT | {"If-None-Match": headers["ETag"]}
        assert (await get(warga, post.uri, **again))[0] == 304
        assert lain.asked == []


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/activity+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/activity+json, text/html", True),
        ("text/html, application/activity+json", False),
        ("text/html;q=0.1, application/activity+json", True),
        ("application/activity+json;q=0.5, text/html", False),
        ("application/activity+json;q=0.9, application/ld+json;q=0.8, text/html;q=0.8", True),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=much, text/html", False),
        ("text/plain, " * 30 + "application/activity+json", False),
    ],
)
def test_the_accept_header_decides_between_page_and_document(accept: str, wanted: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert wants_activity(request) is wanted
