"""Answers that reach only us are handed to the group elsewhere, and what others hand to us is read at its origin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communities.forwarding import AT_ONCE
from federation.models import OutboundActivity
from federation.peer_profiles import profile_for
from sebangsa.models import Post
from sebangsa.posting import Draft, create_post
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC, Actor, ForeignServer
from tests.instances import settle

SIGNED = {"signature": {"type": "RsaSignature2017", "creator": "x", "signatureValue": "AAAA"}}


async def commented(village: Village, software: str) -> tuple[Actor, Post]:
    """A thread in a group of a server that runs `software`, and Ani's comment in it."""
    village.good.software = (software, "1.9.0")
    group = village.group_of(village.good)
    await village.follow(group)
    page = page_of(village.good.actor("rini"), "banjir", group.uri)
    await village.deliver(group, announce(group, {**village.good.actor("rini").activity("Create", page)}))
    thread = await village.find(page["id"])
    assert thread is not None
    async with village.warga.inside() as site:
        comment = await create_post(site, village.ani.actor, Draft(source="Di sini juga", in_reply_to=thread))
    await settle(village.warga)
    village.good.received.clear()
    village.good.deliveries.clear()
    return group, comment


def reply_to(server: ForeignServer, comment: Post, ani: str, name: str, **more: Any) -> dict[str, Any]:
    """An answer from a microblog, as its server sends it to Ani's."""
    author = server.actor("joko", key=1)
    note = author.note(name, "<p>Betul</p>", inReplyTo=comment.uri, cc=[ani], **more)
    return author.activity("Create", note) | SIGNED


@pytest.mark.parametrize("software", ["mbin", "piefed", "sebangsa"])
async def test_an_answer_that_reaches_only_us_is_handed_to_the_group_as_it_came(
    village: Village, software: str
) -> None:
    _, comment = await commented(village, software)
    joko = village.evil.actor("joko", key=1)
    activity = reply_to(village.evil, comment, village.ani.actor.uri, "betul")
    body = json.dumps(activity, indent=1).encode()
    assert (await joko.send(village.warga, body))[0] == 202
    await settle(village.warga)
    [passed_on] = village.good.deliveries
    assert passed_on.body == body
    assert f"{village.warga.url}/actor#" in passed_on.headers["signature"]

    await joko.send(village.warga, body)
    edit = joko.activity("Update", {**activity["object"], "content": "<p>Betul sekali</p>"}) | SIGNED
    await village.deliver(joko, edit)
    await village.deliver(joko, joko.activity("Delete", activity["object"]["id"]) | SIGNED)
    assert [sent["type"] for sent in village.good.received] == ["Create", "Update", "Delete"]


async def test_nothing_is_handed_on_that_the_group_has_or_will_not_take(village: Village) -> None:
    group, comment = await commented(village, "piefed")
    ani = village.ani.actor.uri
    joko = village.evil.actor("joko", key=1)
    for name, more in (
        ("named", {"to": [PUBLIC, group.uri]}),
        ("mentioned", {"tag": [{"type": "Mention", "href": group.uri, "name": "@rw"}]}),
        ("neighbour", {"to": [PUBLIC, f"{village.good.origin}/users/rini"]}),
        ("secret", {"to": [f"{joko.uri}/followers"]}),
    ):
        await village.deliver(joko, reply_to(village.evil, comment, ani, name, **more))
        assert await village.find(f"{village.evil.origin}/notes/{name}") is not None, name
    unsigned = reply_to(village.evil, comment, ani, "unsigned")
    del unsigned["signature"]
    await village.deliver(joko, unsigned)
    announced = reply_to(village.evil, comment, ani, "announced")
    await village.deliver(group, announce(group, announced))
    assert await village.find(f"{village.evil.origin}/notes/announced") is not None
    own = village.good.actor("sari")
    note = own.note("own", "<p>Ya</p>", inReplyTo=comment.uri, cc=[ani])
    await village.deliver(own, own.activity("Create", note) | SIGNED)
    assert village.good.received == []

    await village.follow(joko)
    stranger = village.evil.actor("tono", key=1)
    first = reply_to(village.evil, comment, ani, "first")
    await village.deliver(joko, first)
    assert len(village.good.received) == 1
    below = joko.note("below", "<p>Ini</p>", inReplyTo=first["object"]["id"])
    await village.deliver(joko, joko.activity("Create", below) | SIGNED)  # came because Ani follows Joko
    assert await village.find(below["id"]) is not None
    assert len(village.good.received) == 1
    named = stranger.note("deeper", "<p>Itu</p>", inReplyTo=first["object"]["id"], cc=[ani])
    await village.deliver(stranger, stranger.activity("Create", named) | SIGNED)
    assert len(village.good.received) == 2


async def test_no_server_makes_us_send_more_than_so_many(village: Village) -> None:
    _, comment = await commented(village, "mbin")
    joko = village.evil.actor("joko", key=1)
    for number in range(AT_ONCE + 3):
        await joko.send(
            village.warga, reply_to(village.evil, comment, village.ani.actor.uri, f"banyak-{number}")
        )
    await settle(village.warga)
    assert AT_ONCE <= len(village.good.received) <= AT_ONCE + 2
    async with village.warga.inside():
        assert await Post.filter(in_reply_to_id=comment.id).count() == AT_ONCE + 3


async def test_an_answer_that_others_tell_us_of_is_read_at_its_origin_and_announced(village: Village) -> None:
    member = village.good.actor("rini")
    await village.deliver(member, member.activity("Follow", village.group.uri))
    thread = await village.thread()
    joko = village.evil.actor("joko", key=1)
    bearer = village.good.actor("pembawa")
    activity = reply_to(village.evil, thread, village.ani.actor.uri, "diteruskan")
    true = village.evil.serve(activity | {"object": activity["object"]})
    forged = activity | {"object": activity["object"] | {"content": "<p>Palsu</p>"}}
    await settle(village.warga)
    village.good.received.clear()
    assert (await bearer.send(village.warga, forged))[0] == 202
    await settle(village.warga)
    post = await village.find(activity["object"]["id"])
    assert post is not None
    assert post.community_id == village.group.id
    assert "Betul" in post.content
    [announced] = [sent for sent in village.good.received if isinstance(sent["object"], dict)]
    assert announced["object"] == true
    await village.deliver(joko, activity)
    async with village.warga.inside():
        assert await Post.filter(uri=post.uri).count() == 1


async def test_s028_what_is_passed_on_without_a_proof_is_not_believed(village: Village) -> None:
    thread = await village.thread()
    bearer = village.good.actor("pembawa")
    author = village.evil.actor("joko", key=1)
    for activity in (
        author.activity("Like", thread.uri),
        author.activity("Create", author.note("lepas", "<p>Ya</p>")),
        author.activity("Delete", f"{village.evil.origin}/notes/lepas"),
        author.activity("Create", author.note("lain", "<p>Ya</p>", inReplyTo=f"{village.warga.url}/p/1")),
    ):
        status, answer = await bearer.send(village.warga, activity)
        assert (status, answer["code"]) == (401, "signer-is-not-actor"), activity["type"]
    gone = author.activity(
        "Create", author.note("hilang", "<p>Ya</p>", inReplyTo=thread.uri, cc=[village.ani.actor.uri])
    )
    del village.evil.documents["/notes/hilang"]
    assert (await bearer.send(village.warga, gone))[0] == 202
    await settle(village.warga)
    assert await village.find(gone["object"]["id"]) is None
    async with village.warga.inside():
        assert not await OutboundActivity.filter(type="Create", uri=gone["id"]).exists()


def test_software_that_takes_nothing_from_a_third_server_is_sent_nothing() -> None:
    bare: dict[str, Any] = {"type": "Create"}
    assert not profile_for("lemmy", "1.0").takes_forwarded(bare | SIGNED)
    assert not profile_for("nodebb").takes_forwarded(bare | SIGNED)
    assert not profile_for("").takes_forwarded(bare)
    assert profile_for("").takes_forwarded(bare | {"proof": {}})
    assert not profile_for("piefed").takes_forwarded(bare | {"proof": {}})
    assert profile_for("mbin").takes_forwarded(bare)
