"""Who may call what: a table test from the list of routes."""

from __future__ import annotations

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sebangsa.api.access import ApiRoute
from sebangsa.api.access import Caller as Who
from sebangsa.api.parameters import MAX_UPLOAD_BODY
from sebangsa.api.routes import API, ROUTES
from sebangsa.features import load_features
from sebangsa.oauth.apps import register_app
from sebangsa.oauth.redirects import OUT_OF_BAND
from sebangsa.oauth.scopes import INCLUDED, KNOWN, includes
from sebangsa.oauth.tokens import issue_token
from sebangsa.settings import DEFAULT_FEATURES
from tests.api.calling import Answer, Caller, call
from tests.instances import Instance

WITHOUT_RULE = (
    "/oauth/authorize",
    "/oauth/authorize/",
    "/avatars/original/missing.png",
    "/headers/original/missing.png",
)
"""The page, which asks the person who is signed in, and two pictures."""
CHECKS_ITSELF = ("/api/v1/streaming",)
"""Streams take the token from the URL too, and live long: `sebangsa.api.streaming` holds them to the same scopes."""


def path_of(route: BaseRoute) -> str:
    assert isinstance(route, Route | WebSocketRoute)
    return route.path


def test_s076_every_route_of_the_api_has_a_rule() -> None:
    routes = [*ROUTES, *(route for feature in load_features(DEFAULT_FEATURES) for route in feature.routes)]
    for route in routes:
        path = getattr(route, "path", "")
        if isinstance(route, ApiRoute):
            assert route.rule.scope in KNOWN or route.rule.scope == "", path
            writes = route.methods is not None and not route.methods <= {"GET", "HEAD"}
            if writes and path.startswith("/api/") and path != "/api/v1/apps":
                assert route.rule.caller is not Who.ANYBODY, f"anybody may change something at {path}"
                assert route.rule.scope.startswith(("write:", "push", "admin:write")), path
        elif path.startswith(("/api/", "/oauth/")) and not path.startswith(CHECKS_ITSELF):
            assert path in WITHOUT_RULE, f"{path} has no rule"


def test_each_broad_scope_includes_its_narrow_ones_and_no_others() -> None:
    assert includes("read", "read:statuses")
    assert not includes("read", "write:statuses")
    assert not includes("read:statuses", "read")
    assert includes("follow", "write:follows")
    assert includes("follow", "read:mutes")
    assert not includes("follow", "write:statuses")
    assert not includes("write", "admin:write:accounts")
    assert not any(
        scope.startswith("admin:") for name in ("read", "write", "follow") for scope in INCLUDED[name]
    )


CASES = [(route, method) for route in API for method in sorted((route.methods or set()) - {"HEAD"})]
PROBES = ["no token", "a wrong token", "an app's token", "another scope"]


@pytest.fixture
async def tokens(warga: Instance) -> dict[str, dict[str, str]]:
    """For each scope a token that has all others: (the app's own, a person's), made once for all routes."""
    user = await warga.user("ani")
    made: dict[str, dict[str, str]] = {"app": {}, "person": {}}
    async with warga.inside() as site:
        app, _ = await register_app(site, "Tests", [OUT_OF_BAND], scopes=" ".join(KNOWN))
        narrow = sorted(
            scope for scope in KNOWN if scope not in ("read", "write", "follow", "admin:read", "admin:write")
        )
        for scope in sorted({route.rule.scope for route in API} - {""}):
            others = " ".join(name for name in narrow if name != scope)
            made["person"][scope] = (await issue_token(site, app, others, user=user))[1]
        made["app"][""] = (await issue_token(site, app, " ".join(KNOWN)))[1]
        made["person"][""] = (await issue_token(site, app, " ".join(KNOWN), user=user))[1]
    return made


async def test_s076_every_route_refuses_whom_its_rule_does_not_let_in(
    warga: Instance, tokens: dict[str, dict[str, str]]
) -> None:
    for route, method in CASES:
        path = route.path.replace("{id}", "1").replace("{tag}", "a").replace("{key}", "ungrouped-1")
        where = f"{method} {path}"
        rule = route.rule
        wrong = await call(warga, method, path, token="wrong")
        assert (wrong.status, wrong.body["error"]) == (401, "The access token is invalid"), where
        nobody = await call(warga, method, path)
        if rule.caller is Who.ANYBODY:
            assert nobody.status not in (403, 500), where
            assert nobody.status != 401 or path.startswith("/oauth/"), where
        else:
            assert nobody.status == 401, where
        if rule.scope:
            other = await call(warga, method, path, token=tokens["person"][rule.scope])
            assert (other.status, other.body["error"]) == (
                403,
                "This action is outside the authorized scopes",
            ), where
        if rule.caller is Who.PERSON:
            app = await call(warga, method, path, token=tokens["app"][""])
            assert (app.status, app.body["error"]) == (422, "This method requires an authenticated user"), (
                where
            )
        for answer in (wrong, nobody):
            assert is_open_json(answer), where


async def test_s096_every_route_survives_what_nobody_should_send(
    warga: Instance, tokens: dict[str, dict[str, str]]
) -> None:
    person = tokens["person"][""]
    strange = [
        {"params": {"limit": "-1", "max_id": "abc", "min_id": "1e9", "since_id": "9" * 30}},
        {
            "params": {
                "limit": "1e9",
                "offset": "-5",
                "id[]": "x",
                "q": "\x00'\"%_",
                "type": "x",
                "timeline[]": "home",
            }
        },
        {"params": {"limit": "9" * 5000}},
    ]
    bodies = [
        {
            "json": {
                "status": ["a"],
                "media_ids": "x",
                "id": {"a": 1},
                "visibility": 7,
                "home": [1],
                "source": "x",
                "fields_attributes": "x",
                "locked": [True],
                "in_reply_to_id": "abc",
                "username": 5,
            }
        },
        {"json": {"status": None, "fields_attributes": [1, [2], {"name": {"deep": 1}}], "avatar": 5}},
        {"data": b"[]", "headers": {"Content-Type": "application/json"}},
        {"data": b'{"a":', "headers": {"Content-Type": "application/json"}},
        {"data": b'{"status": "\\ud800\\u0000"}', "headers": {"Content-Type": "application/json"}},
        {
            "data": b"\xff\xfe=%ff&status[=1&%00=%00",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        {"data": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ]
    for route, method in CASES:
        path = route.path.replace("{id}", "99999999999999999999")
        path = path.replace("{tag}", "%00%ff").replace("{key}", "ungrouped-x")
        for sent in strange if method == "GET" else bodies:
            answer = await call(warga, method, path, token=person, **sent)
            assert answer.status < 500, (method, path, sent, answer.body)
            assert is_open_json(answer), (method, path, sent, answer.body)


def is_open_json(answer: Answer) -> bool:
    return (
        answer.headers["Content-Type"].startswith("application/json")
        and answer.headers["Access-Control-Allow-Origin"] == "*"
        and "Access-Control-Allow-Credentials" not in answer.headers
    )


async def test_s094_any_origin_may_call_with_a_token_and_none_with_a_cookie(ani: Caller) -> None:
    warga = ani.instance
    cookies = await warga.signed_in(ani.user)
    for origin in ("null", "https://evil.example"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for path in (
            "/api/v1/statuses",
            "/api/v2/search",
            "/oauth/token",
            "/.well-known/oauth-authorization-server",
        ):
            preflight = await call(warga, "OPTIONS", path, headers=asked)
            assert preflight.status == 204
            assert preflight.headers["Access-Control-Allow-Origin"] == "*"
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
            assert "Access-Control-Allow-Credentials" not in preflight.headers
        by_cookie = await call(
            warga, "GET", "/api/v1/timelines/home", headers={"Origin": origin}, cookies=cookies
        )
        assert by_cookie.status == 401
        page = await call(warga, "GET", "/oauth/authorize", headers={"Origin": origin}, cookies=cookies)
        assert "Access-Control-Allow-Origin" not in page.headers
    exposed = (await ani("GET", "/api/v1/timelines/home")).headers["Access-Control-Expose-Headers"]
    for name in (
        "Link",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "Mastodon-Async-Refresh",
    ):
        assert name in exposed


async def test_an_unknown_endpoint_is_a_json_404_that_any_origin_can_read(ani: Caller) -> None:
    answer = await ani("GET", "/api/v1/there_is_no_such_thing")
    assert answer.status == 404
    assert is_open_json(answer)


async def test_s077_another_persons_things_are_as_if_they_were_not_there(ani: Caller, budi: Caller) -> None:
    await budi.post(f"/api/v1/accounts/{ani.id}/follow")
    hidden = await ani.post("/api/v1/statuses", status="khusus pengikut", visibility="private")
    secret = await ani.post("/api/v1/statuses", status="@ani catatan untuk diri", visibility="private")
    told = await ani.get("/api/v1/notifications")
    from tests.api.calling import form_with, picture

    upload = (await ani("POST", "/api/v2/media", data=form_with(picture()))).body["id"]
    stranger = await Caller.of(ani.instance, await ani.instance.user("citra"))
    notification = told[0]["id"]
    attempts = [
        ("GET", f"/api/v1/notifications/{notification}"),
        ("POST", f"/api/v1/notifications/{notification}/dismiss"),
        ("GET", f"/api/v2/notifications/ungrouped-{notification}"),
        ("POST", f"/api/v2/notifications/ungrouped-{notification}/dismiss"),
        ("GET", f"/api/v1/media/{upload}"),
        ("PUT", f"/api/v1/media/{upload}"),
        ("DELETE", f"/api/v1/media/{upload}"),
        ("GET", f"/api/v1/statuses/{hidden['id']}"),
        ("GET", f"/api/v1/statuses/{secret['id']}/source"),
        ("GET", f"/api/v1/statuses/{hidden['id']}/context"),
        ("GET", f"/api/v1/statuses/{hidden['id']}/history"),
        ("GET", f"/api/v1/statuses/{hidden['id']}/favourited_by"),
        ("POST", f"/api/v1/statuses/{hidden['id']}/favourite"),
        ("POST", f"/api/v1/statuses/{hidden['id']}/bookmark"),
        ("POST", f"/api/v1/statuses/{hidden['id']}/reblog"),
        ("DELETE", f"/api/v1/statuses/{hidden['id']}"),
    ]
    for method, path in attempts:
        answer = await stranger(method, path, **({} if method == "GET" else {"json": {}}))
        assert (answer.status, answer.body) == (404, {"error": "Record not found", "code": "not-found"}), (
            method,
            path,
        )
    assert (await ani("GET", f"/api/v1/notifications/{notification}")).status == 200
    assert (await ani("GET", f"/api/v1/media/{upload}")).status == 200
    refused = await budi("DELETE", f"/api/v1/statuses/{hidden['id']}")
    assert "khusus" not in str(refused.body)
    assert (await budi("PUT", f"/api/v1/statuses/{hidden['id']}", json={"status": "x"})).status == 403
    assert (await ani.get(f"/api/v1/statuses/{hidden['id']}"))["edited_at"] is None


async def test_s095_what_is_too_long_is_refused(ani: Caller) -> None:
    long = "a" * 20_000
    attempts: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/api/v1/statuses", {"status": long}),
        ("POST", "/api/v1/statuses", {"status": "x", "spoiler_text": long}),
        ("POST", "/api/v1/statuses", {"status": "x", "media_ids": [str(n) for n in range(1000)]}),
        ("POST", "/api/v1/statuses", {"status": "x", "language": long}),
        ("PATCH", "/api/v1/accounts/update_credentials", {"note": long}),
        ("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "x" * 5000}),
        (
            "PATCH",
            "/api/v1/accounts/update_credentials",
            {"fields_attributes": [{"name": str(n), "value": "x"} for n in range(1000)]},
        ),
        (
            "PATCH",
            "/api/v1/accounts/update_credentials",
            {"fields_attributes": [{"name": "x", "value": "y" * 3000}]},
        ),
        ("POST", "/api/v1/markers", {"home": {"last_read_id": "9" * 4000}}),
    ]
    for method, path, body in attempts:
        answer = await ani(method, path, json=body)
        assert answer.status == 422, (path, answer.status, answer.body)
    huge = await ani("POST", "/api/v1/statuses", json={"status": "a" * 10_000_000})
    assert huge.status in (413, 422)
    huge = await ani("POST", "/api/v1/statuses", data={"status": "a" * 10_000_000})
    assert huge.status in (413, 422)
    from tests.api.calling import form_with, picture

    described = form_with(picture(), description="a" * 1_000_000)
    assert (await ani("POST", "/api/v2/media", data=described)).status in (400, 413, 422)
    assert (await ani("POST", "/api/v2/media", data=form_with(b"x" * (MAX_UPLOAD_BODY + 1)))).status in (
        413,
        422,
    )
    assert await ani.get("/api/v1/timelines/home") == []
    me = await ani.get("/api/v1/accounts/verify_credentials")
    assert me["note"] == ""
    assert me["fields"] == []


async def test_s095_a_thousand_mentions_name_fifty_at_most(ani: Caller) -> None:
    names = " ".join(f"@orang{n}" for n in range(600))
    posted = await ani.post("/api/v1/statuses", status=names)
    assert len(posted["mentions"]) <= 50
