"""Profiles, search, and what servers tell one another of them."""

from __future__ import annotations

from communities.describing import Description
from communities.founding import create_community
from federation.models import Actor, OutboundActivity
from tests.api.calling import Caller, form_with, picture
from tests.instances import Instance, settle, unfinished


async def test_an_edited_profile_reaches_the_followers_server(neighbours: tuple[Instance, Instance]) -> None:
    warga, kota = neighbours
    ani = await Caller.of(warga, await warga.user("ani"))
    budi = await Caller.of(kota, await kota.user("budi"))
    handle = f"ani@{warga.site.settings.domain}"
    found = await budi.get("/api/v2/search", q=f"@{handle}", resolve="true", type="accounts")
    assert [entry["acct"] for entry in found["accounts"]] == [handle]
    before = found["accounts"][0]
    remote = before["id"]
    await budi.post(f"/api/v1/accounts/{remote}/follow")
    await settle(warga, kota)
    assert (await budi.get("/api/v1/accounts/relationships", **{"id[]": remote}))[0]["following"] is True
    edited = await ani(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        data=form_with(
            picture("blue", (300, 200)),
            "avatar",
            **{
                "display_name": "Ani dari Desa",
                "note": "suka *kopi*",
                "bot": "true",
                "source[privacy]": "private",
                "fields_attributes[0][name]": "Situs",
                "fields_attributes[0][value]": "https://example.org/ani",
                "fields_attributes[1][name]": "Kota",
                "fields_attributes[1][value]": "<b>Bandung</b>",
            },
        ),
    )
    assert edited.status == 200, edited.body
    assert edited.body["source"]["privacy"] == "private"
    assert edited.body["fields"][1]["value"] == "&lt;b&gt;Bandung&lt;/b&gt;"
    assert edited.body["source"]["fields"][1]["value"] == "<b>Bandung</b>"
    await settle(warga, kota)
    seen = await budi.get(f"/api/v1/accounts/{remote}")
    assert seen["display_name"] == "Ani dari Desa"
    assert seen["note"] == "<p>suka <em>kopi</em></p>"
    assert seen["bot"] is True
    assert [field["name"] for field in seen["fields"]] == ["Situs", "Kota"]
    assert seen["avatar"] != before["avatar"]
    async with warga.http.get(seen["avatar"]) as answer:
        assert answer.status == 200
    assert await unfinished(kota.site) == {"inbound": [], "deliveries": []}
    posted = await ani.post("/api/v1/statuses", status="bawaan saya")
    assert posted["visibility"] == "private"


async def test_pictures_of_another_server_are_shown_from_ours_with_their_words(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    ani = await Caller.of(warga, await warga.user("ani"))
    budi = await Caller.of(kota, await kota.user("budi"))
    files = {"avatar": picture("blue", (300, 300)), "header": picture("green", (900, 300))}
    for name, data in files.items():
        await budi("PATCH", "/api/v1/accounts/update_credentials", data=form_with(data, name))
    upload = (await budi("POST", "/api/v2/media", data=form_with(picture("red"), description="merah"))).body
    posted = await budi.post("/api/v1/statuses", status="lihat", media_ids=[upload["id"]])
    [seen] = (await ani.get("/api/v2/search", q=posted["uri"], resolve="true"))["statuses"]
    [media] = seen["media_attachments"]
    assert (media["description"], media["remote_url"]) == ("merah", upload["url"])
    for url in (media["preview_url"], seen["account"]["avatar"], seen["account"]["header"]):
        assert url.startswith(f"{warga.url}/media/remote/"), url
        async with warga.http.get(url) as answer:
            assert (answer.status, answer.content_type) == (200, "image/webp")


async def test_a_post_of_another_server_is_found_by_its_address(
    neighbours: tuple[Instance, Instance],
) -> None:
    warga, kota = neighbours
    ani = await Caller.of(warga, await warga.user("ani"))
    budi = await Caller.of(kota, await kota.user("budi"))
    posted = await ani.post("/api/v1/statuses", status="dari jauh")
    hidden = await ani.post("/api/v1/statuses", status="khusus", visibility="private")
    assert (await budi.get("/api/v2/search", q=posted["uri"]))["statuses"] == []
    found = (await budi.get("/api/v2/search", q=posted["uri"], resolve="true"))["statuses"]
    assert [entry["uri"] for entry in found] == [posted["uri"]]
    assert (await budi.get("/api/v2/search", q=posted["uri"]))["statuses"][0]["id"] == found[0]["id"]
    assert (await budi.get("/api/v2/search", q=hidden["uri"], resolve="true"))["statuses"] == []
    reply = await budi.post("/api/v1/statuses", status="sampai", in_reply_to_id=found[0]["id"])
    await settle(warga, kota)
    below = (await ani.get(f"/api/v1/statuses/{posted['id']}/context"))["descendants"]
    assert [entry["uri"] for entry in below] == [reply["uri"]]
    assert (await ani.get("/api/v1/notifications"))[0]["type"] == "mention"


async def test_whoever_asks_without_an_account_makes_us_ask_nobody(warga: Instance) -> None:
    async with warga.http.get(
        f"{warga.url}/api/v2/search", params={"q": "a@b.example", "resolve": "true"}
    ) as answer:
        assert answer.status == 401


async def test_people_are_found_by_the_beginning_of_their_name(ani: Caller, budi: Caller) -> None:
    assert [entry["acct"] for entry in await ani.get("/api/v1/accounts/search", q="bu")] == ["budi"]
    assert [entry["acct"] for entry in await ani.get("/api/v1/accounts/search", q="@budi")] == ["budi"]
    assert await ani.get("/api/v1/accounts/search", q="budi", following="true") == []
    assert await ani.get("/api/v1/accounts/search", q="b%") == []
    own = await ani.post("/api/v1/statuses", status="catatan tentang kerbau")
    await budi.post("/api/v1/statuses", status="kerbau juga")
    found = await ani.get("/api/v2/search", q="kerbau", type="statuses")
    assert [entry["id"] for entry in found["statuses"]] == [own["id"]]
    assert (await ani.get("/api/v1/accounts/lookup", acct="budi"))["id"] == budi.id
    assert (await ani("GET", "/api/v1/accounts/lookup", params={"acct": "nobody"})).status == 404


async def test_a_follower_can_be_removed_and_a_request_refused(ani: Caller, budi: Caller) -> None:
    followed = await budi.post(f"/api/v1/accounts/{ani.id}/follow", reblogs=False, notify=True)
    assert (followed["following"], followed["showing_reblogs"], followed["notifying"]) == (True, False, True)
    assert (await ani.post(f"/api/v1/accounts/{budi.id}/remove_from_followers"))["followed_by"] is False
    await ani("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    await budi.post(f"/api/v1/accounts/{ani.id}/follow")
    assert [entry["acct"] for entry in await ani.get("/api/v1/follow_requests")] == ["budi"]
    assert (await ani.post(f"/api/v1/follow_requests/{budi.id}/reject"))["followed_by"] is False
    assert (await ani("POST", f"/api/v1/follow_requests/{budi.id}/authorize")).status == 404


async def test_who_is_in_a_community_is_told_to_nobody(warga: Instance, ani: Caller, budi: Caller) -> None:
    async with warga.inside() as site:
        owner = await Actor.get(id=int(ani.id))
        tebet = await create_community(site, "tebet", owner, Description(title="Tebet"))
    assert (await budi.post(f"/api/v1/accounts/{tebet.id}/follow"))["following"] is True
    for caller in (ani, budi):
        assert await caller.get(f"/api/v1/accounts/{tebet.id}/followers") == []
    assert (await budi.get(f"/api/v1/accounts/{tebet.id}"))["followers_count"] == 2


async def test_a_replaced_picture_is_deleted_and_an_empty_one_leaves_the_drawn_one(ani: Caller) -> None:
    path = "/api/v1/accounts/update_credentials"
    first = (await ani("PATCH", path, data=form_with(picture("red"), "header"))).body["header"]
    second = (await ani("PATCH", path, data=form_with(picture("blue"), "header"))).body["header"]
    await settle(ani.instance)
    assert first != second
    async with ani.instance.http.get(first) as answer:
        assert answer.status == 404
    assert (
        (await ani("DELETE", "/api/v1/profile/header"))
        .body["header"]
        .endswith("/headers/original/missing.png")
    )
    assert (await ani("PATCH", path, data=form_with(b"no picture", "avatar"))).status == 422


async def test_nothing_is_sent_when_nothing_changes(ani: Caller) -> None:
    await ani("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"privacy": "unlisted"}})
    async with ani.instance.inside():
        assert await OutboundActivity.filter(type="Update").count() == 0
        assert (await Actor.get(id=ani.actor.id)).updated_at == ani.actor.updated_at
    assert (await ani.get("/api/v1/preferences"))["posting:default:visibility"] == "unlisted"


async def test_a_suspended_account_shows_its_name_alone(ani: Caller, budi: Caller) -> None:
    posted = await budi.post("/api/v1/statuses", status="tidak pantas")
    boost = await ani.post(f"/api/v1/statuses/{posted['id']}/reblog")
    async with ani.instance.inside() as site:
        await Actor.filter(id=budi.actor.id).update(
            suspended_at=site.clock.now(), summary="iklan", name="Iklan"
        )
    shown = await ani.get(f"/api/v1/accounts/{budi.id}")
    assert (shown["suspended"], shown["note"], shown["display_name"]) == (True, "", "")
    assert await ani.get(f"/api/v1/accounts/{budi.id}/statuses") == []
    assert await ani.get("/api/v1/timelines/home") == []
    assert (await ani("GET", f"/api/v1/statuses/{boost['id']}")).status == 404
