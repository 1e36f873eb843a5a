"""Chats through the API: as Mastodon's apps see them, and our own; and the streams that apps open."""

from __future__ import annotations

import json

import pytest

from sebangsa import posting
from sebangsa.models import AccessToken, Post, User
from sebangsa.oauth.tokens import issue_token
from sebangsa.posting import Draft
from tests.api.calling import Caller, call
from tests.chat.chatting import Pair, acquaint, log, person, texts, write
from tests.instances import Instance, settle
from tests.web.listening import HandClock, listening

MASTODON, OURS = "/api/v1/conversations", "/api/sebangsa/v1/chats"


async def caller(instance: Instance, name: str) -> Caller:
    async with instance.inside():
        user = await User.get(actor__local_name=name).select_related("actor")
    return await Caller.of(instance, user)


async def _narrow(instance: Instance, name: str, scopes: str) -> str:
    async with instance.inside() as site:
        user = await User.get(actor__local_name=name)
        return (await issue_token(site, None, scopes, user=user))[1]


async def test_conversations_are_paged_by_their_last_status_read_and_removed(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    for name in ("citra", "dedi"):
        await kota.user(name)
        await write(kota, "budi", name, f"halo {name}")
    token = (await caller(kota, "budi")).token
    page = await call(kota, "GET", MASTODON, token=token, params={"limit": 2})
    assert [entry["accounts"][0]["username"] for entry in page.body] == ["dedi", "citra"]
    assert page.headers["Link"].index('rel="next"') < page.headers["Link"].index('rel="prev"')
    assert f"max_id={page.body[-1]['last_status']['id']}" in page.links["next"]
    [entry] = (await call(kota, "GET", page.links["next"], token=token)).body
    assert (entry["id"], entry["unread"], entry["last_status"]["visibility"]) == (str(there), True, "direct")
    assert [account["acct"] for account in entry["accounts"]] == [f"ani@{warga.site.settings.domain}"]
    assert (await call(kota, "POST", f"{MASTODON}/{there}/read", token=token)).body["unread"] is False
    assert (await call(kota, "POST", f"{MASTODON}/{there}/unread", token=token)).body["unread"] is True
    assert (await call(kota, "DELETE", f"{MASTODON}/{there}", token=token)).body == {}
    assert len((await call(kota, "GET", MASTODON, token=token)).body) == 2
    for path in (f"{MASTODON}/1/read", f"{MASTODON}/abc/read", f"{MASTODON}/{'9' * 19}/read"):
        assert (await call(kota, "POST", path, token=token)).status == 404


async def test_our_own_api_opens_sends_once_edits_and_deletes(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    token = (await caller(warga, "ani")).token
    budi = f"@budi@{kota.site.settings.domain}"
    chat = (await call(warga, "POST", OURS, token=token, json={"to": [budi]})).body
    path = f"{OURS}/{chat['id']}/messages"
    key = {"Idempotency-Key": "satu"}
    first = await call(warga, "POST", path, token=token, json={"text": "dari *aplikasi*"}, headers=key)
    again = await call(warga, "POST", path, token=token, json={"text": "dari *aplikasi*"}, headers=key)
    assert first.body["id"] == again.body["id"]
    assert first.body["content"] == "<p>dari <em>aplikasi</em></p>"
    assert first.body["delivery"]["state"] == "queued"
    await settle(warga, kota)
    [newest, _] = (await call(warga, "GET", path, token=token)).body
    assert newest["delivery"] == {"state": "accepted", "host": None, "reason": None}
    edited = await call(warga, "PUT", f"{path}/{newest['id']}", token=token, json={"text": "diperbaiki"})
    assert edited.body["content"] == "<p>diperbaiki</p>"
    assert (await call(warga, "DELETE", f"{path}/{newest['id']}", token=token)).body == {}
    await settle(warga, kota)
    assert texts(await log(kota, "budi", there)) == ["halo", ""]
    for sent in ({"text": " "}, {"text": "a" * 10_001}, {"text": "x", "media_ids": ["1"]}, {"text": ["x"]}):
        assert (await call(warga, "POST", path, token=token, json=sent)).status == 422


async def test_s108_anothers_chat_does_not_exist_for_the_api(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, _ = await acquaint(warga, kota)
    await warga.user("citra")
    token = (await caller(warga, "citra")).token
    message = (await log(warga, "ani", here))[0].post.id
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("GET", "/messages"), ("POST", "/messages"), ("POST", "/read"), ("POST", "/accept"),
        ("POST", "/decline"), ("PUT", f"/messages/{message}"), ("DELETE", f"/messages/{message}"),
    ):  # fmt: skip
        assert (
            await call(warga, method, f"{OURS}/{here}{path}", token=token, data={"text": "x"})
        ).status == 404
    assert (await call(warga, "POST", f"{MASTODON}/{here}/read", token=token)).status == 404
    assert (await call(warga, "GET", MASTODON, token=token)).body == []
    assert (await call(warga, "GET", MASTODON)).status == 401


async def test_a_stream_tells_an_app_of_its_conversation_and_notification(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, _ = await acquaint(warga, kota)
    token = {"authorization": f"Bearer {(await caller(warga, 'ani')).token}"}
    async with (
        listening(warga, "/api/v1/streaming/direct", headers=token) as direct,
        listening(warga, "/api/v1/streaming/user", headers=token) as user,
    ):
        await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "halo aplikasi")
        await settle(warga, kota)
        told = await direct.next()
        entity = json.loads(told.data)
        assert (told.name, entity["id"], entity["unread"]) == ("conversation", str(here), True)
        told = await user.next()
        assert (told.name, json.loads(told.data)["type"]) == ("notification", "mention")


async def test_s107_public_posts_stream_to_all_and_others_to_those_who_may_read_them(
    neighbours: Pair,
) -> None:
    warga, _ = neighbours
    await warga.user("ani")
    await warga.user("budi")
    ani, budi = await caller(warga, "ani"), await caller(warga, "budi")
    path = f"/api/v1/streaming/public?access_token={budi.token}"
    async with (
        listening(warga, path) as public,
        listening(warga, f"/api/v1/streaming/hashtag?tag=Tebet&access_token={budi.token}") as tagged,
        listening(warga, f"/api/v1/streaming?stream=user&access_token={ani.token}") as own,
    ):
        async with warga.inside() as site:
            author = await person(site, "ani")
            for visibility in ("direct", "followers", "unlisted"):
                await posting.create_post(
                    site,
                    author,
                    Draft(source=f"@budi {visibility}", visibility=posting.Visibility(visibility)),
                )
            post = await posting.create_post(site, author, Draft(source="untuk semua #tebet"))
            await posting.edit_post(site, author, post, source="untuk semua #tebet, diperbaiki")
            await posting.delete_post(site, author, await Post.get(id=post.id))
        for ear in (public, tagged):
            assert json.loads((await ear.next("update")).data)["id"] == str(post.id)
            assert (await ear.next("delete")).data == str(post.id)
        seen = [json.loads((await own.next("update")).data)["visibility"] for _ in range(2)]
        assert seen == ["private", "unlisted"]  # one's own; the direct one is a conversation


@pytest.mark.parametrize(
    ("stream", "scopes", "status"),
    [
        ("user", "write", 403),
        ("user/notification", "read:statuses", 403),
        ("public", "read:accounts", 403),
        ("nonsense", "read", 422),
        ("hashtag", "read", 422),
    ],
)
async def test_a_stream_needs_its_scope_and_a_name(
    neighbours: Pair, stream: str, scopes: str, status: int
) -> None:
    warga, _ = neighbours
    await warga.user("ani")
    token = await _narrow(warga, "ani", scopes)
    assert (await call(warga, "GET", f"/api/v1/streaming/{stream}", token=token)).status == status
    for nobody in ({}, {"token": "guessed"}):
        assert (await call(warga, "GET", f"/api/v1/streaming/{stream}", **nobody)).status == 401


async def test_s084_a_revoked_token_loses_its_stream_within_seconds(neighbours: Pair) -> None:
    warga, _ = neighbours
    await warga.user("ani")
    clock = warga.site.clock = HandClock()
    token = await _narrow(warga, "ani", "read")
    async with listening(
        warga, "/api/v1/streaming/public", headers={"authorization": f"Bearer {token}"}
    ) as ear:
        async with warga.inside() as site:
            await AccessToken.all().update(revoked_at=site.clock.now())
        await clock.let_pass(6)
        assert await ear.ended()


async def test_the_streams_health_is_told_to_anybody(neighbours: Pair) -> None:
    warga, _ = neighbours
    answer = await call(warga, "GET", "/api/v1/streaming/health")
    assert (answer.status, answer.body) == (200, "OK")
