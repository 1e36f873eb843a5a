"""Apps that nobody registered, apps that register themselves, and what is told about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sebangsa.limits import BUCKETS
from sebangsa.models import OAuthApp
from sebangsa.oauth.client_documents import FRESH_FOR
from tests.api.calling import call, told
from tests.c2s.client import ACTIVITY, BACK, App, allow, asked, describe_app, redeem, sign_in
from tests.foreign_server import ForeignServer
from tests.instances import Instance


async def test_the_server_says_how_apps_come_in(warga: Instance) -> None:
    found = (await call(warga, "GET", "/.well-known/oauth-authorization-server")).body
    assert found["issuer"] == f"{warga.url}/", (
        "the address that this description is found from (RFC 8414, 3.3)"
    )
    assert all(found[key].startswith(f"{warga.url}/") for key in found if key.endswith("_endpoint"))
    assert found["client_id_metadata_document_supported"] is True
    assert "none" in found["token_endpoint_auth_methods_supported"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    await warga.user("ani")
    actor = await call(warga, "GET", "/u/ani", headers={"Accept": ACTIVITY})
    endpoints = json.loads(actor.body)["endpoints"]
    assert endpoints["oauthAuthorizationEndpoint"] == found["authorization_endpoint"]
    assert endpoints["oauthTokenEndpoint"] == found["token_endpoint"]
    assert endpoints["oauthRegistrationEndpoint"] == found["registration_endpoint"]
    assert endpoints["proxyUrl"] == f"{warga.url}/c2s/proxy"
    assert endpoints["uploadMedia"] == f"{warga.url}/c2s/media"
    assert endpoints["sharedInbox"] == f"{warga.url}/inbox"


async def test_an_app_comes_in_by_its_document(warga: Instance, host: ForeignServer) -> None:
    user = await warga.user("ani")
    client = describe_app(host)
    page = await call(
        warga, "GET", "/oauth/authorize", params=asked(client), cookies=await warga.signed_in(user)
    )
    assert page.status == 200
    assert "Pena" in page.body
    assert host.host in page.body
    token = await sign_in(warga, user, client)
    me = await call(warga, "GET", "/api/v1/accounts/verify_credentials", token=token)
    assert me.body["acct"] == "ani"
    assert host.asked.count("/app.json") == 1, "read once for the page, its answer and the token"
    async with warga.inside():
        app = await OAuthApp.get()
        assert (app.metadata_url, app.is_public, app.client_id[:5]) == (client, True, "cimd-")


async def test_nothing_is_fetched_for_who_is_not_signed_in(warga: Instance, host: ForeignServer) -> None:
    answer = await call(warga, "GET", "/oauth/authorize", params=asked(describe_app(host)))
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")
    assert host.asked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "https://other.example/app.json"},
        {"client_id": None},
        {"redirect_uris": []},
        {"redirect_uris": None},
        {"redirect_uris": "https://app.example/back"},
        {"redirect_uris": [BACK, "javascript:alert(1)"]},
        {"redirect_uris": [BACK, "urn:ietf:wg:oauth:2.0:oob"]},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"client_secret": "hush"},
        {"filler": "x" * 20_000},
    ],
    ids=str,
)
async def test_a_document_that_cannot_be_trusted_lets_nobody_in_and_redirects_nowhere(
    warga: Instance, host: ForeignServer, changed: dict[str, Any]
) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    client = describe_app(host, **changed)
    page = await call(warga, "GET", "/oauth/authorize", params=asked(client), cookies=cookies)
    assert page.status == 400
    assert "Location" not in page.headers
    assert "invalid_client" in page.body
    async with warga.inside():
        assert await OAuthApp.all().count() == 0


async def test_a_document_that_lies_elsewhere_is_not_the_apps(warga: Instance, host: ForeignServer) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    client = describe_app(host)
    host.documents["/other.json"] = host.documents.pop("/app.json")
    host.redirects["/app.json"] = f"{host.origin}/other.json"
    page = await call(warga, "GET", "/oauth/authorize", params=asked(client), cookies=cookies)
    assert page.status == 400
    assert "invalid_client" in page.body


async def test_what_an_app_says_of_itself_is_read_again_after_a_while(
    warga: Instance, host: ForeignServer
) -> None:
    user = await warga.user("ani")
    client = describe_app(host)
    await sign_in(warga, user, client)
    describe_app(host, redirect_uris=["https://app.example/new"])
    async with warga.inside() as site:
        await OAuthApp.all().update(metadata_read_at=site.clock.now() - FRESH_FOR)
    assert (await allow(warga, user, asked(client))).status == 400
    assert (await allow(warga, user, asked(client, redirect_uri="https://app.example/new"))).status == 303


async def test_one_person_makes_us_read_only_so_many_descriptions(
    warga: Instance, host: ForeignServer
) -> None:
    user = await warga.user("ani")
    cookies = await warga.signed_in(user)
    limiter = warga.site.limiter
    limiter.is_on = True
    for _ in range(BUCKETS["resolve"].amount):
        await limiter.hit("resolve", user.actor_id)
    page = await call(warga, "GET", "/oauth/authorize", params=asked(describe_app(host)), cookies=cookies)
    assert page.status == 429
    assert host.asked == []


@pytest.mark.parametrize(
    "client",
    [
        "https://127.0.0.1/app.json",
        "https://10.0.0.1/app.json",
        "https://user@app.example/app.json",
        "https://app.example/a/../app.json",
        "https://app.example/app.json#x",
        "https://APP.example/app.json",
        "https://",
        "https://[::1/app.json",
    ],
)
async def test_s003_an_id_that_is_no_public_address_is_not_opened(warga: Instance, client: str) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    page = await call(warga, "GET", "/oauth/authorize", params=asked(client), cookies=cookies)
    assert page.status == 400
    assert "invalid_client" in page.body


async def test_s081_only_an_address_of_the_document_gets_a_code(warga: Instance, host: ForeignServer) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    client = describe_app(host)
    for other in (f"{BACK}/x", f"{BACK}?a=b", "https://evil.example/back", ""):
        page = await call(
            warga, "GET", "/oauth/authorize", params=asked(client, redirect_uri=other), cookies=cookies
        )
        assert page.status == 400, other
        assert "Location" not in page.headers


async def test_s080_an_app_without_a_secret_must_use_pkce(warga: Instance, host: ForeignServer) -> None:
    user = await warga.user("ani")
    client = describe_app(host)
    answer = await allow(warga, user, asked(client, code_challenge="", code_challenge_method=""))
    assert told(answer)["error"] == "invalid_request"
    code = told(await allow(warga, user, asked(client)))["code"]
    assert (await redeem(warga, client, code, code_verifier="")).body["error"] == "invalid_grant"
    assert (await redeem(warga, client, code, code_verifier="w" * 64)).body["error"] == "invalid_grant"
    wrong = await redeem(warga, client, code, client_secret="guess")
    assert (wrong.status, wrong.body["error"]) == (401, "invalid_client")
    assert (await redeem(warga, client, code)).status == 200


async def test_s083_an_app_gets_no_more_than_its_document_names(warga: Instance, host: ForeignServer) -> None:
    user = await warga.user("ani")
    client = describe_app(host, scope="read admin:read something")
    assert told(await allow(warga, user, asked(client, scope="write")))["error"] == "invalid_scope"
    assert told(await allow(warga, user, asked(client, scope="admin:read")))["error"] == "invalid_scope"
    assert "code" in told(await allow(warga, user, asked(client, scope="read")))


async def test_an_app_acts_for_no_one_without_a_person(warga: Instance, host: ForeignServer) -> None:
    client = describe_app(host)
    await sign_in(warga, await warga.user("ani"), client)
    answer = await call(
        warga, "POST", "/oauth/token", data={"grant_type": "client_credentials", "client_id": client}
    )
    assert (answer.status, answer.body["error"]) == (400, "unauthorized_client")


async def test_an_app_registers_itself(warga: Instance) -> None:
    user = await warga.user("ani")
    asked_for = {"client_name": "Pena", "redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
    made = await call(warga, "POST", "/oauth/register", json=asked_for)
    assert made.status == 201, made.body
    assert "client_secret" not in made.body
    assert await sign_in(warga, user, made.body["client_id"])
    secret = await call(warga, "POST", "/oauth/register", json={"redirect_uris": [BACK]})
    assert (secret.status, secret.body["client_name"]) == (201, "app.example")
    assert secret.body["client_secret"]
    without = await redeem(warga, secret.body["client_id"], "x")
    assert (without.status, without.body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://["]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK], "scope": "everything"}, "invalid_client_metadata"),
        (
            {"redirect_uris": [BACK], "token_endpoint_auth_method": "private_key_jwt"},
            "invalid_client_metadata",
        ),
        ({"redirect_uris": [BACK], "client_uri": "javascript:x"}, "invalid_client_metadata"),
    ],
)
async def test_s082_what_cannot_be_registered_is_told_in_the_standards_words(
    warga: Instance, sent: dict[str, Any], code: str
) -> None:
    answer = await call(warga, "POST", "/oauth/register", json=sent)
    assert (answer.status, answer.body["error"]) == (400, code)


async def test_two_apps_of_one_person_are_two(warga: Instance, host: ForeignServer) -> None:
    user = await warga.user("ani")
    first = await sign_in(warga, user, describe_app(host))
    second = await sign_in(warga, user, describe_app(host, "lain", client_name="Lain"))
    assert first != second
    assert (await App(warga, user, second).ask("/u/ani/inbox"))[0] == 200
