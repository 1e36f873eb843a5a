"""Feeds of PieFed and Lemmy 1.0, played by foreign servers: followed, changed, ended; and who may not do that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from communities.feeds.joining import follow_feed
from communities.feeds.models import Feed, FeedEntry
from federation import models
from federation.models import Follow, FollowState
from sebangsa.lookup import find_actor
from tests.communities.village import Village
from tests.foreign_server import Actor, ForeignServer, key_pair
from tests.form_browser import FormBrowser
from tests.instances import settle


def _piefed_feed(server: ForeignServer, name: str, owner: Actor, listed: list[str], **more: Any) -> Actor:
    """As PieFed serves one: `attributedTo` leads to a list of owners, `following` has `items` under an OrderedCollection."""
    uri = f"{server.origin}/f/{name}"
    head = {"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]}
    server.serve(
        head
        | {
            "id": f"{uri}/moderators",
            "type": "OrderedCollection",
            "totalItems": 1,
            "orderedItems": [owner.uri],
        }
    )
    _serve_list(server, uri, listed)
    feed = server.actor(
        name,
        type_="Feed",
        path=f"/f/{name}",
        following=f"{uri}/following",
        attributedTo=f"{uri}/moderators",
        moderators=f"{uri}/moderators",
        sensitive=False,
        summary="<p>Semua kota</p>",
        **more,
    )
    server.handles[f"~{name}"] = server.handles.pop(name)  # PieFed finds a feed only with its sign
    return feed


def _serve_list(server: ForeignServer, uri: str, listed: list[str]) -> None:
    server.serve(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{uri}/following",
            "type": "OrderedCollection",
            "totalItems": len(listed),
            "items": listed,
        }
    )


def _change(feed: Actor, kind: str, community: str, **more: Any) -> dict[str, Any]:
    """PieFed's `Announce` of an `Add` or `Remove`."""
    inner = feed.activity(kind, {"type": "Group", "id": community}) | {
        "target": {"type": "Collection", "id": f"{feed.uri}/following"}
    }
    return feed.activity("Announce", inner | more)


async def _listed(village: Village, uri: str) -> set[str]:
    async with village.warga.inside():
        rows = await FeedEntry.filter(feed__uri=uri).select_related("community")
        return {row.community.uri for row in rows}


async def test_a_feed_of_piefed_is_found_followed_and_kept_up_to_date(village: Village) -> None:
    good, warga = village.good, village.warga
    owner, stranger = good.actor("dewi"), good.actor("orang")
    north, south = village.group_of(good, "utara"), village.group_of(good, "selatan")
    feed = _piefed_feed(good, "kota", owner, [north.uri, owner.uri, village.group.uri])
    browser = await FormBrowser.of(warga, village.ani)
    status, page = await browser.get(f"/search?q=~kota@{good.host}")
    assert status == 200
    where = f"/f/kota@{good.host}"
    assert f'href="{where}"' in page
    assert "is being read" in (await browser.get(where))[1]
    await settle(warga)
    assert await _listed(village, feed.uri) == {north.uri, village.group.uri}, "a person is no community"
    async with warga.inside() as site:
        copy = await models.Actor.get(uri=feed.uri)
        assert copy.summary == "<p>Semua kota</p>"
        made = await follow_feed(site, village.ani.actor, copy, joins=True)
    await settle(warga)
    [asked] = [sent for sent in good.received if sent["object"] == feed.uri]
    assert (asked["type"], asked["to"]) == ("Follow", [feed.uri])
    assert not [sent for sent in good.received if sent["object"] == north.uri], "joined before it was let in"

    accept = {
        "type": "Follow",
        "id": made.uri,
        "actor": village.ani.actor.uri,
        "object": feed.uri,
        "to": None,
    }
    assert (await village.deliver(feed, feed.activity("Accept", accept, to=[village.ani.actor.uri])))[
        1
    ] == "done"
    assert [sent["type"] for sent in good.received if sent["object"] == north.uri] == ["Follow"]

    assert (await village.deliver(feed, _change(feed, "Add", south.uri)))[1] == "done"
    assert await _listed(village, feed.uri) == {north.uri, south.uri, village.group.uri}
    assert [sent["type"] for sent in good.received if sent["object"] == south.uri] == ["Follow"]
    assert (await village.deliver(feed, _change(feed, "Remove", north.uri)))[1] == "done"
    assert await _listed(village, feed.uri) == {south.uri, village.group.uri}

    # Whose word counts: nobody's but the feed's own, whatever stands inside.
    hostile = village.group_of(village.evil, "musuh")
    liar = village.evil.actor("penipu")
    forged = _piefed_feed(village.evil, "palsu", liar, [])
    inner = _change(feed, "Add", hostile.uri)["object"]
    for sender, activity in (
        (
            stranger,
            _change(feed, "Add", hostile.uri)["object"] | {"actor": stranger.uri, "id": f"{good.origin}/x/1"},
        ),
        (forged, forged.activity("Announce", inner)),
        (forged, _change(forged, "Add", hostile.uri, target=f"{feed.uri}/following")),
        (feed, feed.activity("Announce", _change(forged, "Add", hostile.uri)["object"])),
        (feed, _change(feed, "Add", hostile.uri, actor=forged.uri)),
        (feed, _change(feed, "Add", owner.uri)),
        (liar, liar.activity("Delete", {"type": "Feed", "id": feed.uri}, summary="")),
        (stranger, stranger.activity("Delete", {"type": "Feed", "id": feed.uri})),
        (liar, liar.activity("Update", feed.uri)),
    ):
        status, state, _ = await village.deliver(sender, activity)
        assert status >= 400 or state in ("refused", "ignored"), activity
    assert await _listed(village, feed.uri) == {south.uri, village.group.uri}

    deletion = owner.activity("Delete", {"type": "Feed", "id": feed.uri})
    assert (await village.deliver(owner, deletion))[1] == "done"
    async with warga.inside():
        assert (await models.Actor.get(uri=feed.uri)).deleted_at is not None
        assert not await Feed.exists()
        assert not await Follow.exists(target__uri=feed.uri)
    assert (await browser.get(where))[0] == 404


async def test_a_feed_of_lemmy_signs_with_its_servers_key_and_is_read_anew_upon_an_update(
    village: Village,
) -> None:
    """No outbox, the server's inbox, the server's key; changes come as the `Update` of a person."""
    good, warga = village.good, village.warga
    owner = good.actor("dewi", key=1)
    north, south = village.group_of(good, "utara"), village.group_of(good, "selatan")
    site_actor = good.actor("lemmy", type_="Application", path="/", key=2)
    uri = f"{good.origin}/m/kota"
    good.serve({"id": f"{uri}/following", "type": "Collection", "totalItems": 1, "items": [north.uri]})
    document = {
        "@context": ["https://join-lemmy.org/context.json", "https://www.w3.org/ns/activitystreams"],
        "type": "Feed",
        "id": uri,
        "inbox": f"{good.origin}/inbox",
        "publicKey": {
            "id": f"{site_actor.uri}#main-key",
            "owner": site_actor.uri,
            "publicKeyPem": key_pair(2).public,
        },
        "following": f"{uri}/following",
        "preferredUsername": "kota",
        "name": "Kota",
        "attributedTo": owner.uri,
    }
    good.serve(document)
    feed = Actor(good, uri, replace(site_actor.key, key_id=f"{uri}#main-key"))
    async with warga.inside() as site:
        copy = await find_actor(site, uri)
        assert copy is not None
        made = await follow_feed(site, village.ani.actor, copy, joins=False)
    await settle(warga)
    accept = {"type": "Follow", "id": made.uri, "actor": village.ani.actor.uri, "object": uri, "to": [uri]}
    assert (await village.deliver(feed, feed.activity("Accept", accept, to=[village.ani.actor.uri])))[
        1
    ] == "done"
    async with warga.inside():
        assert (await Follow.get(id=made.id)).state == FollowState.ACCEPTED
    browser = await FormBrowser.of(warga, village.ani)
    await browser.get(f"/f/kota@{good.host}")
    await settle(warga)
    assert await _listed(village, uri) == {north.uri}

    good.serve({"id": f"{uri}/following", "type": "Collection", "totalItems": 1, "items": [south.uri]})
    good.serve(document | {"name": "Kota baru"})
    changed = {"to": [uri, "https://www.w3.org/ns/activitystreams#Public"], "cc": [], "audience": uri}
    update = owner.activity("Update", document | {"name": "Bohong"}, **changed)
    assert (await village.deliver(owner, update))[1] == "done"
    assert await _listed(village, uri) == {south.uri}
    async with warga.inside():
        assert (await models.Actor.get(uri=uri)).name == "Kota baru", "it is read from its own address"
    liar = village.evil.actor("penipu")
    assert (await village.deliver(liar, liar.activity("Update", document, **changed)))[0] == 403
