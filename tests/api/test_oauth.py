"""Apps, codes and tokens, and the attacks on them."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest

from sebangsa.accounts import disable, set_password
from sebangsa.models import AccessToken, AuthorizationCode, OAuthApp, Role
from sebangsa.oauth.redirects import OUT_OF_BAND
from tests.api.calling import CHALLENGE, VERIFIER, Answer, App, Caller, call, form_token, told
from tests.instances import Instance


async def test_an_app_comes_in_by_a_code_and_leaves_by_a_revocation(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    page = await app.page(cookies, scope="read write", state="s t")
    assert page.status == 200
    answer = await app.decide(cookies, scope="read write", state="s t")
    assert answer.headers["Location"].startswith("https://app.example/back?")
    assert told(answer)["state"] == "s t"
    token = (await app.redeem(told(answer)["code"])).body
    assert token["token_type"] == "Bearer"
    assert token["scope"] == "read write"
    assert isinstance(token["created_at"], int)
    me = await call(warga, "GET", "/api/v1/accounts/verify_credentials", token=token["access_token"])
    assert me.body["acct"] == "ani"
    revoked = await call(
        warga,
        "POST",
        "/oauth/revoke",
        data={"client_id": app.client_id, "client_secret": app.client_secret, "token": token["access_token"]},
    )
    assert (revoked.status, revoked.body) == (200, {})
    me = await call(warga, "GET", "/api/v1/accounts/verify_credentials", token=token["access_token"])
    assert (me.status, me.body["error"]) == (401, "The access token is invalid")


async def test_the_token_endpoint_takes_json_and_basic_authentication(warga: Instance) -> None:
    app = await App.register(warga)
    asked = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    assert (await call(warga, "POST", "/oauth/token", json=asked)).status == 200
    auth = aiohttp.BasicAuth(app.client_id, app.client_secret)
    basic = await call(warga, "POST", "/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    assert basic.body["scope"] == "read"
    verified = await call(warga, "GET", "/api/v1/apps/verify_credentials", token=basic.body["access_token"])
    assert verified.body["name"] == "Tests"


async def test_who_is_not_signed_in_signs_in_and_comes_back(warga: Instance) -> None:
    await warga.user("ani")
    app = await App.register(warga)
    sent = await app.page({}, scope="read", state="x&y=1 2")
    assert sent.status == 303
    assert sent.headers["Location"].startswith("/sign-in?next=")
    page = await call(warga, "GET", sent.headers["Location"])
    cookies = {"visitor": re.findall(r"visitor=([^;]+)", page.headers["Set-Cookie"])[0]}
    form = {
        "login": "ani",
        "password": "rahasia sekali",
        "next": told(sent)["next"],
        "csrf": form_token(warga, cookies),
    }
    signed_in = await call(warga, "POST", "/sign-in", data=form, cookies=cookies)
    assert signed_in.status == 303, signed_in.body
    cookies = {
        "session": re.findall(r"session=([^;]+)", ", ".join(signed_in.headers.getall("Set-Cookie")))[0]
    }
    asked = await call(warga, "GET", signed_in.headers["Location"], cookies=cookies)
    assert asked.status == 200
    assert 'value="x&amp;y=1 2"' in asked.body


async def test_a_no_is_told_to_the_app(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    assert told(await app.decide(cookies, "deny", state="z")) | {"error_description": ""} == {
        "error": "access_denied",
        "error_description": "",
        "state": "z",
    }


async def test_the_form_of_another_site_lets_nobody_in(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    form = {**app.asked(), "decision": "allow", "csrf": "0" * 64}
    answer = await call(warga, "POST", "/oauth/authorize", data=form, cookies=cookies)
    assert answer.status == 403
    async with warga.inside():
        assert await AuthorizationCode.all().count() == 0


async def test_s079_a_code_used_twice_takes_its_tokens_along(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    code = await app.code(cookies)
    token = (await app.redeem(code)).body["access_token"]
    again = await app.redeem(code)
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    assert (await call(warga, "GET", "/api/v1/accounts/verify_credentials", token=token)).status == 401


async def test_s079_a_code_works_for_its_app_its_address_and_ten_minutes_only(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app, other = await App.register(warga), await App.register(warga)
    code = await app.code(cookies)
    for wrong in (
        await other.redeem(code),
        await app.redeem(code, redirect_uri="https://app.example/other"),
        await app.redeem(code, redirect_uri=""),
        await app.redeem(code + "x"),
    ):
        assert (wrong.status, wrong.body["error"]) == (400, "invalid_grant")
    secret = await app.redeem(code, client_secret="wrong")
    assert (secret.status, secret.body["error"]) == (401, "invalid_client")
    async with warga.inside() as site:
        await AuthorizationCode.all().update(expires_at=site.clock.now() - timedelta(seconds=1))
    assert (await app.redeem(code)).status == 400
    async with warga.inside():
        assert await AccessToken.all().count() == 0


async def test_s080_pkce_needs_its_verifier_and_cannot_be_stripped_or_weakened(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    challenged = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for verifier in ("", "w" * 64, CHALLENGE, "short"):
        answer = await app.redeem(await app.code(cookies, **challenged), code_verifier=verifier)
        assert (answer.status, answer.body["error"]) == (400, "invalid_grant")
    stripped = await app.redeem(await app.code(cookies), code_verifier=VERIFIER)
    assert stripped.status == 400
    for weak in (
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE},
        {"code_challenge_method": "S256"},
    ):
        assert told(await app.page(cookies, **weak))["error"] == "invalid_request"
    assert (await app.redeem(await app.code(cookies, **challenged), code_verifier=VERIFIER)).status == 200


async def test_s080_an_app_without_its_secret_gets_nothing(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    challenged = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = await app.redeem(await app.code(cookies, **challenged), client_secret="", code_verifier=VERIFIER)
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "asked",
    [
        "https://app.example/back/more",
        "https://app.example/ba",
        "https://app.example/back/../evil",
        "https://app.example/back?more=1",
        "https://app.example/back#fragment",
        "https://sub.app.example/back",
        "http://app.example/back",
        "https://APP.example/back",
        "https://app.example:443/back",
        "https://evil.example/",
        OUT_OF_BAND,
        "",
    ],
)
async def test_s081_only_the_registered_address_is_answered(warga: Instance, asked: str) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    app.redirect_uri = asked
    for answer in (await app.page(cookies), await app.decide(cookies), await app.page({})):
        assert answer.status == 400
        assert "Location" not in answer.headers


async def test_s081_an_address_given_twice_is_an_error_page(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    params = [*app.asked().items(), ("redirect_uri", "https://evil.example/")]
    answer = await call(warga, "GET", "/oauth/authorize", params=params, cookies=cookies)
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": "JavaScript:alert(1)"},
        {"redirect_uris": "data:text/html,x"},
        {"redirect_uris": "http://app.example/back"},
        {"redirect_uris": "https://app.example/#x"},
        {"redirect_uris": "https://user@app.example/"},
        {"redirect_uris": "https:///nohost"},
        {"redirect_uris": "/relative"},
        {"redirect_uris": ""},
        {"redirect_uris": "https://app.example/" + "x" * 3000},
        {"website": "javascript:alert(1)"},
        {"client_name": ""},
        {"client_name": "x" * 61},
        {"client_name": "\u200b\u202e"},
        {"scopes": "read everything"},
    ],
)
async def test_s082_an_app_with_a_dangerous_face_is_not_registered(
    warga: Instance, wrong: dict[str, str]
) -> None:
    form = {"client_name": "Tests", "redirect_uris": "https://app.example/", "scopes": "read", **wrong}
    assert (await call(warga, "POST", "/api/v1/apps", data=form)).status in (400, 422)
    async with warga.inside():
        assert await OAuthApp.all().count() == 0


async def test_s082_registrations_are_limited(warga: Instance) -> None:
    warga.site.limiter.is_on = True
    form = {"client_name": "Tests", "redirect_uris": OUT_OF_BAND}
    answers = [await call(warga, "POST", "/api/v1/apps", data=form) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 500
    assert answers[0].headers["X-RateLimit-Limit"] == "5"
    assert answers[0].headers["X-RateLimit-Remaining"] == "4"
    assert answers[0].headers["X-RateLimit-Reset"].endswith("Z")


async def test_s083_scopes_are_never_wider_than_the_app_or_the_person(warga: Instance) -> None:
    member = await warga.signed_in(await warga.user("ani"))
    admin = await warga.signed_in(await warga.user("admin1", role=Role.ADMIN))
    app = await App.register(warga, scopes="read:accounts admin:read")
    for wider in ("write", "read", "read:accounts write:media", "admin:write", "nonsense"):
        assert told(await app.page(member, scope=wider))["error"] == "invalid_scope"
        assert told(await app.decide(member, scope=wider))["error"] == "invalid_scope"
    assert told(await app.page(member, scope="admin:read"))["error"] == "invalid_scope"
    assert (await app.page(admin, scope="admin:read")).status == 200
    token = (await app.redeem(await app.code(member, scope="read:accounts"), scope="write")).body
    assert token["scope"] == "read:accounts"
    asked = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    answer = await call(warga, "POST", "/oauth/token", data={**asked, "scope": "write"})
    assert (answer.status, answer.body["error"]) == (400, "invalid_scope")


async def test_s084_a_new_password_or_a_disabled_account_ends_all_tokens(ani: Caller, budi: Caller) -> None:
    async with ani.instance.inside() as site:
        await set_password(site, ani.user, "kata sandi baru")
        await disable(site, budi.user)
    assert (await ani("GET", "/api/v1/timelines/home")).status == 401
    assert (await budi("GET", "/api/v1/timelines/home")).status in (401, 403)


async def test_s085_a_token_in_the_url_counts_for_nothing(ani: Caller) -> None:
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/home"):
        answer = await call(ani.instance, "GET", path, params={"access_token": ani.token})
        assert answer.status == 401
        assert ani.token not in str(answer.body) + str(answer.headers)
    await ani.post("/api/v1/statuses", status="satu")
    page = await ani("GET", "/api/v1/timelines/public", params={"access_token": ani.token, "limit": "1"})
    assert page.links
    assert ani.token not in page.headers["Link"]


async def test_s086_the_code_page_is_not_kept_not_framed_and_keeps_its_title_quiet(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga, OUT_OF_BAND)
    answer = await app.decide(cookies)
    assert answer.status == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    code = code_on(answer)
    assert code not in answer.body.split("</title>")[0]
    assert (await app.redeem(code)).status == 200


def code_on(answer: Answer) -> str:
    """The code that the page shows to be copied."""
    found = re.search(r'class="authorization-code"[^>]*>([^<]+)<', answer.body)
    assert found, answer.body
    return found[1]


async def test_secrets_are_stored_as_hashes_only(warga: Instance) -> None:
    cookies = await warga.signed_in(await warga.user("ani"))
    app = await App.register(warga)
    code = await app.code(cookies)
    token = (await app.redeem(code)).body["access_token"]
    from federation.database import rows

    async with warga.inside():
        tables = [
            await rows(f"SELECT * FROM {name}") for name in ("oauth_apps", "oauth_codes", "oauth_tokens")
        ]
        kept = str([dict(row) for table in tables for row in table])
    assert not any(secret in kept for secret in (app.client_secret, code, token))


async def test_the_server_describes_its_endpoints(warga: Instance) -> None:
    described = (await call(warga, "GET", "/.well-known/oauth-authorization-server")).body
    assert described["code_challenge_methods_supported"] == ["S256"]
    assert described["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert "password" not in str(described["grant_types_supported"])
    for name in (
        "authorization_endpoint",
        "token_endpoint",
        "revocation_endpoint",
        "app_registration_endpoint",
    ):
        assert described[name].startswith(warga.url)
