"""Feeds of communities between two instances, on the wire, and in a browser without scripts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient

from communities.describing import Description
from communities.feeds import reading
from communities.feeds.changing import add_community, remove_community
from communities.feeds.joining import follow_feed, unfollow_feed
from communities.feeds.making import FeedDescription, create_feed, delete_feed, describe_feed
from communities.feeds.models import Feed, FeedEntry, FeedJoiner
from communities.founding import create_community
from communities.listing import Order
from communities.membership import leave
from federation.models import Actor, Follow, FollowState, OutboundActivity
from sebangsa.accounts import create_user
from sebangsa.deleting import delete_account
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.models import Post, User
from sebangsa.posting import Draft, create_post
from sebangsa.site import Site
from tests.communities.towns import Town
from tests.communities.village import Village
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished


async def _feed(at: Instance, owner: User, name: str = "kota_kita", **about: Any) -> Actor:
    async with at.inside() as site:
        return await create_feed(site, owner.actor, name, FeedDescription(**({"title": "Kota kita"} | about)))


async def _listed(at: Instance, uri: str) -> set[str]:
    """The names of what a feed lists, as this instance holds it."""
    async with at.inside():
        rows = await FeedEntry.filter(feed__uri=uri).select_related("community")
        return {row.community.username for row in rows}


async def _joined(at: Instance, user: User) -> set[str]:
    async with at.inside():
        return await _names_joined(user.actor)


async def _names_joined(member: Actor) -> set[str]:
    rows = await Follow.filter(follower_id=member.id, state=FollowState.ACCEPTED).select_related("target")
    return {row.target.username for row in rows}


async def test_a_feed_is_followed_from_another_server_and_its_communities_joined_with_it(town: Town) -> None:
    warga, kota, ani, budi = town.warga, town.kota, town.ani, town.budi
    async with kota.inside() as site:
        pasar = await create_community(site, "pasar", budi.actor, Description(title="Pasar"))
    feed = await _feed(warga, ani, description="Semua **kota**")
    async with warga.inside() as site:
        await add_community(site, ani.actor, feed, town.group)
        there = await find_actor(site, pasar.uri)
        assert there is not None
        await add_community(site, ani.actor, feed, there)
    citra = await kota.user("citra")
    browser = await FormBrowser.of(kota, citra)

    status, where = await browser.get(f"/feeds?q=~kota_kita@{warga.site.settings.domain}")
    assert (status, where) == (303, f"/f/kota_kita@{warga.site.settings.domain}")
    assert "is being read" in (await browser.get(where))[1]
    await settle(warga, kota)
    status, page = await browser.get(f"{where}/communities")
    assert status == 200
    assert all(name in page for name in ("!tebet@", "!pasar"))
    assert await _listed(kota, feed.uri) == {"tebet", "pasar"}

    async with kota.inside() as site:
        copy = await Actor.get(uri=feed.uri)
        assert (copy.name, copy.summary) == ("Kota kita", "<p>Semua <strong>kota</strong></p>")
        await follow_feed(site, citra.actor, copy, joins=True)
        assert await Follow.exists(follower_id=citra.actor_id, state=FollowState.PENDING, target_id=copy.id)
        assert not await Follow.exists(follower_id=citra.actor_id, target_id=pasar.id)
    await settle(warga, kota)
    assert await _joined(kota, citra) == {"kota_kita", "tebet", "pasar"}
    assert await _joined(kota, budi) == {"tebet", "pasar"}

    async with warga.inside() as site:
        assert (await Actor.get(id=feed.id)).followers_count == 1
        rw = await create_community(site, "rw05", ani.actor, Description(title="RW 05"))
        await add_community(site, ani.actor, feed, rw)
        await remove_community(site, ani.actor, feed, there)
        await describe_feed(site, ani.actor, feed, FeedDescription(title="Kota baru"))
    await settle(warga, kota)
    assert await _listed(kota, feed.uri) == {"tebet", "rw05"}
    assert await _joined(kota, citra) == {"kota_kita", "tebet", "pasar", "rw05"}
    async with kota.inside():
        assert (await Actor.get(uri=feed.uri)).name == "Kota baru"

    async with warga.inside() as site:
        await create_post(
            site,
            ani.actor,
            Draft(source="Air naik", name="Banjir", community=await Actor.get(id=town.group.id)),
        )
    await settle(warga, kota)
    _, page = await browser.get(where + "?sort=new")
    assert "Banjir" in page
    assert "Tebet" in page

    async with warga.inside() as site:
        await delete_feed(site, ani.actor, feed)
        with pytest.raises(Invalid):
            await create_feed(site, ani.actor, "kota_kita", FeedDescription())
    await settle(warga, kota)
    async with kota.inside():
        assert (await Actor.get(uri=feed.uri)).deleted_at is not None
        assert not await FeedEntry.exists()
        assert not await FeedJoiner.exists()
    assert await _joined(kota, citra) == {"tebet", "pasar", "rw05"}
    assert (await browser.get(where))[0] == 404
    for instance in (warga, kota):
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def _document(at: Instance, path: str, *, accept: str = "application/activity+json") -> tuple[int, Any]:
    async with at.http.get(at.url + path, headers={"accept": accept}) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if "json" in answer.headers.get("content-type", "") else text


async def test_a_feed_is_served_in_the_shapes_that_piefed_and_lemmy_read(village: Village) -> None:
    town, warga, domain = village, village.warga, village.warga.site.settings.domain
    feed = await _feed(warga, town.ani, description="Kota")
    async with warga.inside() as site:
        await add_community(site, town.ani.actor, feed, town.group)

    status, document = await _document(warga, "/f/kota_kita")
    assert status == 200
    assert document["id"] == f"{warga.url}/f/kota_kita"
    assert document["type"] == "Feed"
    assert document["publicKey"]["owner"] == document["id"]
    # PieFed: all of these must be there, `attributedTo` a text whose document has `orderedItems`.
    for key in (
        "preferredUsername",
        "name",
        "summary",
        "inbox",
        "outbox",
        "following",
        "followers",
        "endpoints",
    ):
        assert document[key], key
    assert "featured" not in document
    _, owner = await _document(warga, document["attributedTo"].removeprefix(warga.url))
    assert owner["orderedItems"] == [town.ani.actor.uri]
    # Lemmy: a person behind `attributedTo`, a plain `Collection` with `items` and a number.
    assert (owner["type"], owner["id"]) == ("Person", town.ani.actor.uri)
    _, following = await _document(warga, document["following"].removeprefix(warga.url))
    assert (following["type"], following["totalItems"], following["items"]) == (
        "Collection",
        1,
        [town.group.uri],
    )
    assert following["id"] == document["following"]

    for name in (f"kota_kita@{domain}", f"~kota_kita@{domain}"):
        status, found = await _document(warga, f"/.well-known/webfinger?resource=acct:{name}", accept="*/*")
        assert status == 200
        assert [link["href"] for link in found["links"] if link["rel"] == "self"] == [feed.uri]
    assert (await _document(warga, f"/.well-known/webfinger?resource=acct:~tebet@{domain}", accept="*/*"))[
        0
    ] == 404
    for path in ("/u/kota_kita", "/c/kota_kita", "/f/tebet", "/f/ani/following"):
        assert (await _document(warga, path))[0] == 404, path

    _, outbox = await _document(warga, "/f/kota_kita/outbox")
    [announced] = outbox["orderedItems"]
    assert (announced["type"], announced["actor"]) == ("Announce", feed.uri)
    inner = announced["object"]
    assert (inner["type"], inner["actor"]) == ("Add", feed.uri)
    assert inner["object"] == {"type": "Group", "id": town.group.uri}
    assert inner["target"] == {"type": "Collection", "id": f"{feed.uri}/following"}
    async with warga.inside():
        [update] = await OutboundActivity.filter(type="Update", actor_id=town.ani.actor_id)
        said = json.loads(update.body)
    # Lemmy: only the person that `attributedTo` names, `to` and `cc` always there.
    assert said["actor"] == said["object"]["attributedTo"] == town.ani.actor.uri
    assert said["to"][0] == feed.uri
    assert said["object"]["type"] == "Feed"
    assert "cc" in said


async def test_a_feed_that_is_not_public_is_its_owners_alone(village: Village) -> None:
    town, warga, ani = village, village.warga, village.ani
    feed = await _feed(warga, ani, name="rahasia", is_public=False)
    citra = await warga.user("citra")
    async with warga.inside() as site:
        await add_community(site, ani.actor, feed, town.group)
        assert not await OutboundActivity.filter(actor_id=feed.id).exists()
        assert feed.id not in {found.id for found in await reading.directory("rahasia")}
        with pytest.raises(NotAllowed):
            await follow_feed(site, citra.actor, feed, joins=False)
        with pytest.raises(NotFound):
            await reading.feed_by_id(feed.id, citra.actor)
        await create_feed(site, citra.actor, "rahasia", FeedDescription(is_public=False))
    own, other, visitor = (
        await FormBrowser.of(warga, ani),
        await FormBrowser.of(warga, citra),
        FormBrowser(warga),
    )
    assert "Tebet" in (await own.get(f"/feeds/{feed.id}/communities"))[1]
    assert "Only you see this feed" in (await own.get(f"/feeds/{feed.id}"))[1]
    assert "Only you" in (await own.get("/feeds"))[1]
    for browser in (other, visitor):
        for path in (
            "/f/rahasia",
            f"/feeds/{feed.id}",
            f"/feeds/{feed.id}/communities",
            "/@rahasia",
            "/u/rahasia",
        ):
            assert (await browser.get(path))[0] == 404, path
    assert "rahasia" not in (await other.get("/search?q=kota+kita"))[1]
    domain = warga.site.settings.domain
    for path in (
        "/f/rahasia",
        f"/feeds/{feed.id}",
        f"/.well-known/webfinger?resource={feed.uri}",
        f"/elsewhere?do=follow&object={feed.uri}",
        f"/.well-known/webfinger?resource=acct:~rahasia@{domain}",
        f"/api/v1/accounts/{feed.id}",
        "/api/v1/accounts/lookup?acct=rahasia",
    ):
        assert (await _document(warga, path))[0] in (401, 404), path

    dewi = town.good.actor("dewi")
    follow = dewi.activity("Follow", feed.uri, to=[feed.uri])
    assert await town.deliver(dewi, follow) == (202, "refused", f"not-found: {feed.uri}")
    await settle(warga)
    assert town.good.received == []
    assert "rahasia" not in (await other.get(f"/search?q={feed.uri}"))[1].replace(feed.uri, "")

    form = {"title": "Terbuka", "is_public": "1"}
    assert (await own.post(f"/feeds/{feed.id}/settings", **form))[0] == 303
    status, document = await _document(warga, "/f/rahasia")
    assert (status, document["name"]) == (200, "Terbuka")
    assert document["publicKey"]["id"] == f"{document['id']}#main-key"
    status, page = await own.post(f"/feeds/{feed.id}/settings", title="Terbuka", is_public="0")
    assert status == 422
    assert "cannot be taken back" in page
    assert (await own.get(f"/feeds/{feed.id}"))[1] == "/f/rahasia"


async def test_a_feeds_pages_cost_as_many_queries_however_much_stands_there(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = await _feed(village.warga, village.ani)
    browser = await FormBrowser.of(village.warga, village.ani)
    asked: list[str] = []
    original = SqliteClient.execute_query

    async def counting(self: Any, query: str, values: Any = None) -> Any:
        asked.append(query)
        return await original(self, query, values)

    async def fill(number: int) -> None:
        async with village.warga.inside() as site:
            group = await create_community(site, f"rw{number}", village.ani.actor, Description())
            await add_community(site, village.ani.actor, feed, group)
            await create_post(
                site, village.ani.actor, Draft(source="x", name=f"Kabar {number}", community=group)
            )

    async def queries() -> dict[str, int]:
        found = {}
        for path in ("/f/kota_kita", "/f/kota_kita/communities", "/feeds", "/feeds/add?community=rw0"):
            asked.clear()
            assert (await browser.get(path))[0] == 200
            found[path] = len(asked)
        return found

    await fill(0)
    monkeypatch.setattr(SqliteClient, "execute_query", counting)
    few = await queries()
    for number in range(1, 4):
        await fill(number)
    assert await queries() == few


async def test_feeds_in_a_browser_without_scripts(village: Village) -> None:
    town, warga = village, village.warga
    ani = await FormBrowser.of(warga, town.ani)
    assert 'href="/feeds"' in (await ani.get("/communities"))[1]
    assert (await FormBrowser(warga).get("/feeds"))[0] == 200
    status, page = await ani.post("/feeds/new", name="tebet", title="Taken", is_public="1")
    assert status == 422
    assert "That name is taken." in page
    status, where = await ani.post("/feeds/new", name="air", title="Air & got", is_public="1", joins="1")
    assert (status, where) == (303, "/f/air/communities")
    async with warga.inside():
        feed = await Actor.get(local_name="air")
    status, page = await ani.post(f"/feeds/{feed.id}/list", "/f/air/communities", community="!tidakada")
    assert status == 422
    assert "There is no such community." in page
    assert (await ani.post(f"/feeds/{feed.id}/list", "/f/air/communities", community="!tebet"))[0] == 303
    await town.thread()

    _, page = await ani.get("/f/air")
    assert "<title>Air &amp; got" in page
    assert "Banjir" in page
    assert 'href="/c/tebet"' in page
    assert "Take out" in (await ani.get("/feeds/add?community=tebet"))[1]
    assert 'href="/feeds/add?community=tebet"' in (await ani.get("/c/tebet"))[1]
    _, page = await FormBrowser(warga).get("/f/air/communities")
    assert "Take out" not in page
    citra = await FormBrowser.of(warga, await warga.user("citra"))
    _, page = await citra.get("/f/air/communities")
    assert 'action="/c/tebet/join?next=/f/air/communities"' in page
    assert (await citra.post(f"/feeds/{feed.id}/list", "/f/air", community="!tebet", undo="1"))[0] == 403
    assert "~air" in (await citra.get("/search?q=~air"))[1]
    assert (await ani.post(f"/feeds/{feed.id}/list", "/f/air/communities", community="!tebet", undo="1"))[
        0
    ] == 303
    assert "lists no communities" in (await ani.get("/f/air"))[1]
    assert (await ani.post(f"/feeds/{feed.id}/delete", f"/feeds/{feed.id}/settings"))[1] == "/feeds"
    assert (await ani.get("/f/air"))[0] == 404
    assert (await _document(warga, "/f/air"))[0] == 410


async def _people(site: Site, *names: str) -> list[Actor]:
    return [(await create_user(site, name, password="rahasia sekali")).actor for name in names]


async def test_who_did_not_choose_it_joins_no_communities_and_can_choose_it_later(site: Site) -> None:
    ani, citra = await _people(site, "ani", "citra")
    group = await create_community(site, "tebet", ani, Description(title="Tebet"))
    feed = await create_feed(site, ani, "kota_kita", FeedDescription())
    await add_community(site, ani, feed, group)
    for joins, names in ((False, {"kota_kita"}), (True, {"kota_kita", "tebet"})):
        await follow_feed(site, citra, feed, joins=joins)
        await settle(site)
        assert await _names_joined(citra) == names
    await leave(site, citra, group)
    await add_community(site, ani, feed, await create_community(site, "rw05", ani, Description(title="RW")))
    await settle(site)
    assert await _names_joined(citra) == {"kota_kita", "rw05"}, "who left a community is not brought back"
    await unfollow_feed(site, citra, await Actor.get(id=feed.id))
    assert not await FeedJoiner.exists()
    assert await _names_joined(citra) == {"rw05"}


async def test_only_its_owner_changes_a_feed_and_within_limits(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ani, citra = await _people(site, "ani", "citra")
    group = await create_community(site, "tebet", ani, Description(title="Tebet"))
    feed = await create_feed(site, ani, "kota_kita", FeedDescription())
    for act in (
        add_community(site, citra, feed, group),
        delete_feed(site, citra, feed),
        describe_feed(site, citra, feed, FeedDescription(title="Milikku")),
        add_community(site, ani, feed, citra),
    ):
        with pytest.raises(NotAllowed):
            await act
    for _ in range(2):
        await add_community(site, ani, feed, group)
    assert await FeedEntry.filter(feed_id=feed.id).count() == 1
    monkeypatch.setattr("communities.feeds.changing.MAX_COMMUNITIES", 1)
    rw = await create_community(site, "rw05", ani, Description(title="RW 05"))
    with pytest.raises(Invalid):
        await add_community(site, ani, feed, rw)
    monkeypatch.setattr("communities.feeds.making.MAX_FEEDS", 1)
    with pytest.raises(Invalid):
        await create_feed(site, ani, "lagi", FeedDescription())
    for name in ("tebet", "ani", "Kota Kita", "admin"):
        with pytest.raises(Invalid):
            await create_feed(site, citra, name, FeedDescription())


async def test_a_feed_shows_the_threads_of_its_communities_that_its_reader_may_read(site: Site) -> None:
    [ani] = await _people(site, "ani")
    feed = await create_feed(site, ani, "kota_kita", FeedDescription())
    group = await create_community(site, "tebet", ani, Description(title="Tebet"))
    other = await create_community(site, "rw05", ani, Description(title="RW 05"))
    elsewhere = await create_community(site, "pasar", ani, Description(title="Pasar"))
    for listed in (group, other):
        await add_community(site, ani, feed, listed)
    first = await create_post(site, ani, Draft(source="a", name="Satu", community=group))
    await create_post(site, ani, Draft(source="c", in_reply_to=first, community=group))
    await create_post(site, ani, Draft(source="d", name="Lain", community=elsewhere))
    assert [post.id for post in await reading.threads(site, feed, None, Order())] == [first.id]
    made = [
        await create_post(site, ani, Draft(source="b", name=f"Dua {number}", community=other))
        for number in range(3)
    ]
    for sort in ("hot", "new", "top"):
        found = await reading.threads(site, feed, ani, Order(sort=sort))
        assert {post.id for post in found} == {first.id, *(post.id for post in made)}
    await Post.filter(id__in=[post.id for post in made]).update(removed_at=site.clock.now())
    assert [post.id for post in await reading.threads(site, feed, None, Order())] == [first.id]
    await Actor.filter(id=group.id).update(suspended_at=site.clock.now())
    assert await reading.threads(site, feed, None, Order()) == []
    assert [community.id for community in await reading.communities_of(feed)] == [other.id]


async def test_an_account_that_ends_takes_its_feeds_along(site: Site) -> None:
    ani, citra = await _people(site, "ani", "citra")
    feed = await create_feed(site, ani, "kota_kita", FeedDescription())
    await create_feed(site, ani, "rahasia", FeedDescription(is_public=False))
    await follow_feed(site, citra, feed, joins=True)
    await delete_account(site, await User.get(actor_id=ani.id))
    assert not await Feed.exists()
    await settle(site)
    assert not await Follow.exists()
    assert await OutboundActivity.exists(type="Delete", actor_id=feed.id)
    assert (await Actor.get(id=feed.id)).deleted_at is not None
    assert await Actor.filter(type="Feed").count() == 1
