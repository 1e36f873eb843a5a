"""Pages, limits, repetition, and what binds: the rules that hold for every endpoint."""

from __future__ import annotations

import asyncio

from federation.addresses import customer_of
from sebangsa.models import Post, Role, User
from tests.api.calling import Caller, call
from tests.instances import Instance


async def test_s096_pages_link_to_the_next_first_and_end(ani: Caller) -> None:
    ids = [(await ani.post("/api/v1/statuses", status=f"nomor {n}"))["id"] for n in range(5)]
    newest = ids[::-1]
    first = await ani("GET", "/api/v1/timelines/public", params={"limit": "2", "local": "true"})
    assert [entry["id"] for entry in first.body] == newest[:2]
    assert first.headers["Link"].index('rel="next"') < first.headers["Link"].index('rel="prev"')
    assert "local=true" in first.links["next"]
    assert "limit=2" in first.links["next"]
    second = await ani("GET", first.links["next"])
    assert [entry["id"] for entry in second.body] == newest[2:4]
    third = await ani("GET", second.links["next"])
    assert [entry["id"] for entry in third.body] == newest[4:]
    assert "next" not in third.links
    back = await ani("GET", third.links["prev"])
    assert [entry["id"] for entry in back.body] == newest[2:4]
    since = await ani.get("/api/v1/timelines/public", since_id=newest[3], limit="2")
    assert [entry["id"] for entry in since] == newest[:2]
    above = await ani.get("/api/v1/timelines/public", min_id=newest[4], limit="2")
    assert [entry["id"] for entry in above] == newest[2:4]
    empty = await ani("GET", "/api/v1/timelines/public", params={"max_id": ids[0]})
    assert empty.body == []
    assert "Link" not in empty.headers


async def test_s096_limits_are_cut_and_nonsense_is_refused(ani: Caller) -> None:
    for n in range(3):
        await ani.post("/api/v1/statuses", status=f"nomor {n}")
    assert len(await ani.get("/api/v1/timelines/public", limit="100000000000")) == 3
    assert len(await ani.get("/api/v1/timelines/public", limit="0")) == 1
    for wrong in ({"limit": "-1"}, {"limit": "1e9"}, {"limit": "ten"}, {"max_id": "abc"}, {"min_id": "-5"}):
        assert (await ani("GET", "/api/v1/timelines/public", params=wrong)).status == 422


async def test_follows_are_paged_by_the_follow_not_by_the_account(ani: Caller) -> None:
    names = ["citra", "dewi", "eka"]
    for name in names:
        other = await Caller.of(ani.instance, await ani.instance.user(name))
        await other.post(f"/api/v1/accounts/{ani.id}/follow")
    first = await ani("GET", f"/api/v1/accounts/{ani.id}/followers", params={"limit": "2"})
    assert [entry["acct"] for entry in first.body] == ["eka", "dewi"]
    second = await ani("GET", first.links["next"])
    assert [entry["acct"] for entry in second.body] == ["citra"]


async def test_s097_a_double_tap_is_one_post_with_one_answer(ani: Caller, budi: Caller) -> None:
    key = {"Idempotency-Key": "sekali-saja"}
    both = await asyncio.gather(
        *(ani("POST", "/api/v1/statuses", json={"status": "sekali"}, headers=key) for _ in range(4))
    )
    assert {answer.status for answer in both} == {200}
    assert len({answer.body["id"] for answer in both}) == 1
    other = await budi("POST", "/api/v1/statuses", json={"status": "lain"}, headers=key)
    assert other.body["id"] != both[0].body["id"]
    refused = await ani("POST", "/api/v1/statuses", json={"status": ""}, headers={"Idempotency-Key": "gagal"})
    assert refused.status == 422
    mended = await ani(
        "POST", "/api/v1/statuses", json={"status": "isi"}, headers={"Idempotency-Key": "gagal"}
    )
    assert mended.status == 200
    async with ani.instance.inside():
        assert await Post.filter(author_id=ani.actor.id).count() == 2


async def test_s078_only_listed_fields_bind(ani: Caller) -> None:
    wanted = {
        "display_name": "Ani Baru",
        "role": "admin",
        "admin": "true",
        "id": "1",
        "confirmed": "true",
        "domain": "evil.example",
        "username": "root",
        "acct": "root",
        "followers_count": "9999",
        "password_hash": "x",
        "is_admin": "true",
        "approved_at": "2020-01-01",
        "source[role]": "admin",
        "created_at": "2001-01-01",
    }
    answer = await ani("PATCH", "/api/v1/accounts/update_credentials", data=wanted)
    assert answer.status == 200, answer.body
    me = answer.body
    assert (me["display_name"], me["username"], me["acct"], me["id"]) == ("Ani Baru", "ani", "ani", ani.id)
    assert me["followers_count"] == 0
    assert me["role"]["permissions"] == "0"
    async with ani.instance.inside():
        user = await User.get(id=ani.user.id).select_related("actor")
        assert user.role == Role.MEMBER
        assert user.actor.domain == ""
        assert user.password_hash == ani.user.password_hash


async def test_every_answer_says_where_one_stands_and_the_last_one_when_to_come_back(ani: Caller) -> None:
    limiter = ani.instance.site.limiter
    limiter.is_on = True
    answers = [await ani("GET", "/api/v1/preferences") for _ in range(301)]
    assert [answer.status for answer in answers[:300]] == [200] * 300
    assert answers[0].headers["X-RateLimit-Limit"] == "300"
    assert answers[0].headers["X-RateLimit-Remaining"] == "299"
    assert answers[-1].status == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 300


async def test_deletes_follows_and_posts_have_buckets_of_their_own(ani: Caller) -> None:
    ids = [(await ani.post("/api/v1/statuses", status=f"{n}"))["id"] for n in range(31)]
    ani.instance.site.limiter.is_on = True
    deleted = [await ani("DELETE", f"/api/v1/statuses/{post_id}") for post_id in ids]
    assert [answer.status for answer in deleted] == [200] * 30 + [429]
    assert (await ani("GET", f"/api/v1/statuses/{ids[-1]}")).status == 200


def test_the_addresses_of_one_customer_are_one() -> None:
    assert customer_of("2001:db8:1:2:3::4") == customer_of("2001:db8:1:2:ffff::1")
    assert customer_of("2001:db8:1:3::1") != customer_of("2001:db8:1:2::1")
    assert customer_of("::ffff:192.0.2.1") == customer_of("192.0.2.1")
    assert customer_of("192.0.2.1") != customer_of("192.0.2.2")
    assert customer_of("unix") == "unix"


async def test_sign_up_through_an_app_answers_with_a_token_or_with_each_fault(warga: Instance) -> None:
    app = (
        await call(
            warga,
            "POST",
            "/api/v1/apps",
            data={"client_name": "T", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"},
        )
    ).body
    asked = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    token = (await call(warga, "POST", "/oauth/token", data={**asked, "scope": "read write"})).body[
        "access_token"
    ]
    form = {
        "username": "siti",
        "email": "siti@example.org",
        "password": "rahasia sekali",
        "agreement": "true",
        "locale": "id",
    }
    made = await call(warga, "POST", "/api/v1/accounts", data=form, token=token)
    assert made.status == 200, made.body
    me = await call(warga, "GET", "/api/v1/accounts/verify_credentials", token=made.body["access_token"])
    assert me.body["acct"] == "siti"
    for field, value, code in (
        ("username", "siti", "ERR_TAKEN"),
        ("username", "", "ERR_BLANK"),
        ("password", "pendek", "ERR_TOO_SHORT"),
        ("agreement", "false", "ERR_ACCEPTED"),
    ):
        changed = {**form, "username": "tono", "email": "tono@example.org", field: value}
        answer = await call(warga, "POST", "/api/v1/accounts", data=changed, token=token)
        assert answer.status == 422
        assert answer.body["details"][field][0]["error"] == code


async def test_sign_up_through_an_app_is_closed_where_registration_is(warga: Instance, ani: Caller) -> None:
    from dataclasses import replace

    warga.site.settings = replace(warga.site.settings, registration="closed")
    form = {
        "username": "siti",
        "email": "siti@example.org",
        "password": "rahasia sekali",
        "agreement": "true",
    }
    answer = await ani("POST", "/api/v1/accounts", data=form)
    assert answer.status == 403
