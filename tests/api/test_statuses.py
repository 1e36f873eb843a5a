"""Posting, reading, editing and deleting through the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.api.calling import Caller, form_with, picture
from tests.instances import Instance


async def test_a_post_is_shown_as_it_was_written(ani: Caller) -> None:
    posted = await ani.post(
        "/api/v1/statuses", status="Halo *semua* #Warga", spoiler_text="hati-hati", language="id"
    )
    assert posted["account"]["acct"] == "ani"
    assert posted["spoiler_text"] == "hati-hati"
    assert posted["sensitive"] is True
    assert posted["visibility"] == "public"
    assert posted["tags"][0]["name"] == "warga"
    assert "<em>semua</em>" in posted["content"]
    assert await ani.get(f"/api/v1/statuses/{posted['id']}") == posted
    assert [entry["id"] for entry in await ani.get("/api/v1/timelines/home")] == [posted["id"]]
    assert [entry["id"] for entry in await ani.get("/api/v1/timelines/public")] == [posted["id"]]
    assert [entry["id"] for entry in await ani.get("/api/v1/timelines/tag/WARGA")] == [posted["id"]]


async def test_a_reply_stands_in_its_thread(ani: Caller, budi: Caller) -> None:
    first = await ani.post("/api/v1/statuses", status="Pertanyaan")
    reply = await budi.post("/api/v1/statuses", status="@ani Jawaban", in_reply_to_id=first["id"])
    assert reply["in_reply_to_id"] == first["id"]
    assert reply["in_reply_to_account_id"] == ani.id
    assert [mention["acct"] for mention in reply["mentions"]] == ["ani"]
    context = await ani.get(f"/api/v1/statuses/{reply['id']}/context")
    assert [entry["id"] for entry in context["ancestors"]] == [first["id"]]
    context = await ani.get(f"/api/v1/statuses/{first['id']}/context")
    assert [entry["id"] for entry in context["descendants"]] == [reply["id"]]
    assert (await ani.get(f"/api/v1/statuses/{first['id']}"))["replies_count"] == 1
    told = await ani.get("/api/v1/notifications")
    assert [(entry["type"], entry["status"]["id"]) for entry in told] == [("mention", reply["id"])]


async def test_s106_a_picture_is_uploaded_described_and_posted_once(ani: Caller, budi: Caller) -> None:
    uploaded = (
        await ani("POST", "/api/v2/media", data=form_with(picture(), description="merah", focus="0.5,-0.5"))
    ).body
    assert uploaded["type"] == "image"
    assert uploaded["description"] == "merah"
    assert uploaded["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert uploaded["meta"]["original"]["size"] == "64x48"
    assert (await budi("PUT", f"/api/v1/media/{uploaded['id']}", json={"description": "x"})).status == 404
    changed = await ani("PUT", f"/api/v1/media/{uploaded['id']}", json={"description": "merah tua"})
    assert changed.body["description"] == "merah tua"
    assert (
        await budi("POST", "/api/v1/statuses", json={"status": "", "media_ids": [uploaded["id"]]})
    ).status == 422
    posted = await ani.post("/api/v1/statuses", status="", media_ids=[uploaded["id"]])
    assert posted["media_attachments"][0]["description"] == "merah tua"
    async with ani.instance.http.get(posted["media_attachments"][0]["url"]) as answer:
        assert answer.status == 200
    assert (
        await ani("POST", "/api/v1/statuses", json={"status": "lagi", "media_ids": [uploaded["id"]]})
    ).status == 422


async def test_an_edit_changes_text_and_keeps_the_pictures(ani: Caller) -> None:
    uploaded = (await ani("POST", "/api/v1/media", data=form_with(picture()))).body
    posted = await ani.post("/api/v1/statuses", status="satu", media_ids=[uploaded["id"]])
    path = f"/api/v1/statuses/{posted['id']}"
    assert await ani.get(f"{path}/source") == {"id": posted["id"], "text": "satu", "spoiler_text": ""}
    edited = await ani(
        "PUT",
        path,
        json={
            "status": "dua",
            "media_ids": [uploaded["id"]],
            "language": "id",
            "media_attributes": [{"id": uploaded["id"], "description": "baru"}],
        },
    )
    assert edited.status == 200, edited.body
    assert "dua" in edited.body["content"]
    assert edited.body["edited_at"] is not None
    assert edited.body["language"] == "id"
    assert edited.body["media_attachments"][0]["description"] == "baru"
    assert len(await ani.get(f"{path}/history")) == 1
    refused = await ani("PUT", path, json={"status": "tiga", "media_ids": ["1"]})
    assert refused.status == 422
    assert "dua" in (await ani.get(path))["content"]


async def test_a_deleted_post_is_gone_and_its_source_given_back(ani: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="salah *tulis*")
    deleted = await ani("DELETE", f"/api/v1/statuses/{posted['id']}")
    assert deleted.body["text"] == "salah *tulis*"
    assert (await ani("GET", f"/api/v1/statuses/{posted['id']}")).status == 404
    assert await ani.get("/api/v1/timelines/home") == []


async def test_likes_boosts_and_bookmarks_are_shown_and_taken_back(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="bagus")
    path = f"/api/v1/statuses/{posted['id']}"
    assert (await budi.post(f"{path}/favourite"))["favourited"] is True
    assert (await budi.post(f"{path}/favourite"))["favourites_count"] == 1
    boost = await budi.post(f"{path}/reblog")
    assert boost["reblog"]["id"] == posted["id"]
    assert boost["reblogged"] is True
    assert (await budi.post(f"{path}/bookmark"))["bookmarked"] is True
    assert [entry["id"] for entry in await budi.get("/api/v1/favourites")] == [posted["id"]]
    assert [entry["id"] for entry in await budi.get("/api/v1/bookmarks")] == [posted["id"]]
    assert [entry["acct"] for entry in await ani.get(f"{path}/favourited_by")] == ["budi"]
    assert [entry["acct"] for entry in await ani.get(f"{path}/reblogged_by")] == ["budi"]
    told = {entry["type"] for entry in await ani.get("/api/v1/notifications")}
    assert told == {"favourite", "reblog"}
    assert (await budi.post(f"{path}/unfavourite"))["favourites_count"] == 0
    assert (await budi.post(f"{path}/unreblog"))["reblogs_count"] == 0
    assert (await budi.post(f"{path}/unbookmark"))["bookmarked"] is False


async def test_a_boost_can_be_liked_and_answers_for_its_original(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="asli")
    boost = await budi.post(f"/api/v1/statuses/{posted['id']}/reblog")
    liked = await ani.post(f"/api/v1/statuses/{boost['id']}/favourite")
    assert liked["id"] == posted["id"]


async def test_what_is_not_possible_here_is_refused_rather_than_pretended(ani: Caller) -> None:
    for wanted in (
        {"status": "nanti", "scheduled_at": "2030-01-01T00:00:00Z"},
        {"status": "pilih", "poll": {"options": ["a"], "expires_in": 300}},
        {"status": "aneh", "visibility": "local"},
    ):
        assert (await ani("POST", "/api/v1/statuses", json=wanted)).status == 422
    posted = await ani.post("/api/v1/statuses", status="ada")
    for missing in (
        f"/api/v1/statuses/{posted['id']}/pin",
        "/api/v1/lists",
        "/api/v2/filters",
        "/api/v1/push/subscription",
    ):
        answer = await ani("POST", missing, json={})
        assert answer.status in (404, 405)
        assert answer.headers["Content-Type"].startswith("application/json")
    assert len(await ani.get("/api/v1/timelines/home")) == 1


async def test_direct_posts_reach_only_those_named(ani: Caller, budi: Caller) -> None:
    await budi.post(f"/api/v1/accounts/{ani.id}/follow")  # a stranger's first message waits as a request
    posted = await ani.post("/api/v1/statuses", status="@budi rahasia", visibility="direct")
    assert posted["visibility"] == "direct"
    assert [entry["type"] for entry in await budi.get("/api/v1/notifications")] == ["mention"]
    anybody = await ani.instance.http.get(f"{ani.instance.url}/api/v1/statuses/{posted['id']}")
    assert anybody.status == 404


async def test_both_databases_answer_alike(database: str, start: Callable[..., Awaitable[Instance]]) -> None:
    warga = await start("warga", database=database)
    ani, budi = (
        await Caller.of(warga, await warga.user("ani")),
        await Caller.of(warga, await warga.user("budi")),
    )
    await ani.post(f"/api/v1/accounts/{budi.id}/follow")
    upload = (await budi("POST", "/api/v2/media", data=form_with(picture(), description="merah"))).body
    posted = await budi(
        "POST",
        "/api/v1/statuses",
        json={"status": "Halo #warga", "media_ids": [upload["id"]]},
        headers={"Idempotency-Key": "sekali"},
    )
    again = await budi(
        "POST", "/api/v1/statuses", json={"status": "Halo"}, headers={"Idempotency-Key": "sekali"}
    )
    assert again.body["id"] == posted.body["id"]
    path = f"/api/v1/statuses/{posted.body['id']}"
    reply = await ani.post("/api/v1/statuses", status="@budi ya", in_reply_to_id=posted.body["id"])
    for done in ("favourite", "reblog", "bookmark", "bookmark"):
        await ani.post(f"{path}/{done}")
    home = await ani.get("/api/v1/timelines/home")
    assert [entry["id"] for entry in home][1:] == [reply["id"], posted.body["id"]]
    assert home[0]["reblog"]["id"] == posted.body["id"]
    assert [home[2][flag] for flag in ("favourited", "reblogged", "bookmarked")] == [True] * 3
    assert home[1]["in_reply_to_account_id"] == budi.id
    assert {entry["type"] for entry in await budi.get("/api/v1/notifications")} == {
        "follow",
        "mention",
        "favourite",
        "reblog",
    }
    for kind in ("accounts", "statuses", "hashtags"):
        assert (await budi.get("/api/v2/search", q="warga" if kind != "accounts" else "an", type=kind))[kind]
    for listed in (
        "/api/v1/favourites",
        "/api/v1/bookmarks",
        "/api/v1/timelines/tag/warga",
        f"/api/v1/accounts/{budi.id}/followers",
        f"/api/v1/accounts/{budi.id}/statuses?only_media=true",
    ):
        assert await (ani if "favourites" in listed or "bookmarks" in listed else budi).get(listed)
    await ani.post("/api/v1/markers", home={"last_read_id": home[0]["id"]})
    assert (await ani.post("/api/v1/markers", home={"last_read_id": home[0]["id"]}))["home"]["version"] == 2
    assert (await budi("PATCH", "/api/v1/accounts/update_credentials", json={"note": "baru"})).status == 200


async def test_emoji_at_pleromas_addresses(ani: Caller, budi: Caller) -> None:
    post = await ani.post("/api/v1/statuses", status="Banjir")
    path = f"/api/v1/pleroma/statuses/{post['id']}/reactions"
    for caller in (ani, budi, budi):
        answer = await caller("PUT", f"{path}/🙏")
        assert answer.status == 200
    [shown] = answer.body["pleroma"]["emoji_reactions"]
    assert (shown["name"], shown["count"], shown["me"], shown["url"]) == ("🙏", 2, True, None)
    [listed] = await ani.get(path)
    assert [who["username"] for who in listed["accounts"]] == ["ani", "budi"]
    assert (await budi("DELETE", f"{path}/🙏")).body["pleroma"]["emoji_reactions"][0]["count"] == 1
    assert await ani.get(f"{path}/😮") == []
    assert (await budi("PUT", f"{path}/bukan")).status == 422


async def test_quotes_as_mastodon_gives_them(ani: Caller, budi: Caller) -> None:
    post = await ani.post("/api/v1/statuses", status="Banjir")
    assert post["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    quoting = await budi.post("/api/v1/statuses", status="Lihat", quoted_status_id=post["id"])
    assert quoting["quote"]["state"] == "accepted"
    assert quoting["quote"]["quoted_status"]["id"] == post["id"]
    assert (await ani.get(f"/api/v1/statuses/{post['id']}"))["quotes_count"] == 1
    path = f"/api/v1/statuses/{post['id']}/quotes"
    assert [entry["id"] for entry in await ani.get(path)] == [quoting["id"]]
    assert [n["status"]["id"] for n in await ani.get("/api/v1/notifications", **{"types[]": "quote"})] == [
        quoting["id"]
    ]
    assert (await budi("POST", f"{path}/{quoting['id']}/revoke")).status == 403
    revoked = await ani.post(f"{path}/{quoting['id']}/revoke")
    assert revoked["quote"] == {"state": "revoked", "quoted_status": None}
    answer = await ani(
        "PUT", f"/api/v1/statuses/{post['id']}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert answer.body["quote_approval"]["automatic"] == []
    refused = await budi("POST", "/api/v1/statuses", json={"status": "Lagi", "quoted_status_id": post["id"]})
    assert refused.status in (403, 422)
