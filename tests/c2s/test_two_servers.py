"""An app at one server, a community and its people at another: nothing is different from a page of ours."""

from __future__ import annotations

from typing import Any

import pytest

from sebangsa.models import Post, Vote
from tests.c2s.client import PUBLIC, App
from tests.communities.towns import Town, found_town
from tests.foreign_server import ForeignServer
from tests.instances import Instance, settle, unfinished


@pytest.fixture
async def town(neighbours: tuple[Instance, Instance]) -> Town:
    return await found_town(*neighbours)


async def at_warga(town: Town, uri: str) -> Post:
    async with town.warga.inside():
        return await Post.get(uri=uri).select_related("community", "author")


async def test_an_app_lives_in_a_community_of_another_server(town: Town, host: ForeignServer) -> None:
    budi = await App.of(town.kota, town.budi, host)
    ani = await App.of(town.warga, town.ani, host)
    thread = await budi.do(
        "Create",
        {
            "type": "Page",
            "name": "Banjir",
            "content": "<p>Air <em>naik</em></p>",
            "audience": town.group.uri,
            "to": PUBLIC,
        },
    )
    await settle(town.warga, town.kota)
    here = await at_warga(town, thread["object"]["id"])
    assert (here.name, here.content) == ("Banjir", "<p>Air <em>naik</em></p>")
    assert here.community is not None
    assert here.community.id == town.group.id

    reply = await ani.note("Di sini juga", inReplyTo=here.uri)
    await settle(town.warga, town.kota)
    like = await budi.do("Like", reply["id"])
    await ani.do("Dislike", here.uri)
    await settle(town.warga, town.kota)
    assert (await at_warga(town, reply["id"])).likes_count == 1
    assert (await at_warga(town, here.uri)).dislikes_count == 1
    received = await budi.items()
    assert reply["id"] in [item["object"].get("id") for item in received if isinstance(item["object"], dict)]

    await budi.do("Undo", like["id"])
    await budi.do("Update", {"id": here.uri, "type": "Page", "content": "<p>Surut</p>"})
    await settle(town.warga, town.kota)
    assert (await at_warga(town, reply["id"])).likes_count == 0
    assert (await at_warga(town, here.uri)).content == "<p>Surut</p>"

    await budi.do("Delete", here.uri)
    await ani.do("Delete", {"type": "Tombstone", "id": reply["id"]})
    await settle(town.warga, town.kota)
    assert (await at_warga(town, here.uri)).deleted_at is not None
    async with town.kota.inside():
        assert (await Post.get(uri=reply["id"])).deleted_at is not None
    for instance in (town.warga, town.kota):
        left: Any = await unfinished(instance.site)
        assert left == {"inbound": [], "deliveries": []}


async def test_an_app_follows_answers_and_boosts_across_servers(town: Town, host: ForeignServer) -> None:
    budi = await App.of(town.kota, town.budi, host)
    ani = await App.of(town.warga, town.ani, host)
    await ani.do("Update", {"id": ani.uri, "manuallyApprovesFollowers": True})
    asking = await budi.do("Follow", ani.uri)
    await settle(town.warga, town.kota)
    (received,) = [item for item in await ani.items() if item["type"] == "Follow"]
    assert received["id"] == asking["id"]
    await ani.do("Accept", received["id"])
    await settle(town.warga, town.kota)
    note = await ani.do("Create", {"type": "Note", "content": "Untuk pengikut", "to": ani.followers})
    await settle(town.warga, town.kota)
    assert note["object"]["id"] in [item["object"]["id"] for item in await budi.items()]

    # Its own host shows it to followers, not to their server: what was sent for them is given as it is held.
    status, elsewhere = await budi.proxy(note["object"]["id"])
    assert (status, elsewhere["content"]) == (200, "<p>Untuk pengikut</p>")
    cici = await App.of(town.kota, await town.kota.user("cici"), host)
    assert (await cici.proxy(note["object"]["id"]))[0] == 404
    public = await ani.note("Untuk semua")
    assert (await budi.proxy(public["id"]))[1]["content"] == "<p>Untuk semua</p>"
    boost = await budi.do("Announce", public["id"])
    await budi.do("Like", public["id"])
    await settle(town.warga, town.kota)
    told = {item["type"]: item["id"] for item in await ani.items() if item["actor"] == budi.uri}
    assert told["Announce"] == boost["id"]
    await budi.do("Undo", {"type": "Announce", "object": public["id"]})
    await budi.do("Undo", {"type": "Follow", "object": ani.uri})
    await settle(town.warga, town.kota)
    post = await at_warga(town, public["id"])
    assert (post.boosts_count, post.likes_count) == (0, 1)
    async with town.warga.inside():
        assert await Vote.filter(post_id=post.id).count() == 1


async def test_s114_blind_copies_reach_another_server_and_are_named_nowhere(
    town: Town, host: ForeignServer
) -> None:
    """As far as that server takes it: of a stranger whom nobody there follows it takes what names one of its own (S-060)."""
    ani = await App.of(town.warga, town.ani, host)
    budi = await App.of(town.kota, town.budi, host)
    await budi.do("Follow", ani.uri)
    await settle(town.warga, town.kota)
    made = await ani.do(
        "Create", {"type": "Note", "content": "Diam-diam", "to": ani.followers, "bcc": budi.uri}
    )
    await settle(town.warga, town.kota)
    async with town.kota.inside():
        post = await Post.get(uri=made["object"]["id"])
        assert post.content == "<p>Diam-diam</p>"
    assert budi.uri not in str(await ani.read(made["object"]["id"]))
