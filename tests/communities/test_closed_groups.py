"""A community becomes private, here and elsewhere; and private groups of other software that somebody here is in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communities.describing import Description, describe_community
from communities.founding import create_community
from communities.listing import Order, threads
from communities.models import JoinMode
from federation.actor_tokens import SCHEME
from federation.followers_synchronization import HEADER, digest_of, read_header
from federation.local_actors import server_actor
from federation.models import Actor, OutboundActivity
from sebangsa import boosting, timelines
from sebangsa.accounts import create_user
from sebangsa.models import Post, Visibility
from sebangsa.posting import Draft, create_post, edit_post
from sebangsa.site import Site
from sebangsa.visibility import may_read, readable
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC
from tests.instances import settle


async def test_what_was_public_is_for_members_once_the_community_is_private(site: Site) -> None:
    ani = await create_user(site, "ani", password="rahasia sekali")
    dewi = await create_user(site, "dewi", password="rahasia sekali")
    group = await create_community(site, "arisan", ani.actor, Description(title="Arisan"))
    other = await create_community(site, "pasar", ani.actor, Description(title="Pasar"))
    post = await create_post(site, ani.actor, Draft(source="Satu", name="Iuran #arisan", community=group))
    await edit_post(site, ani.actor, post, source="Satu juta")
    comment = await create_post(site, dewi.actor, Draft(source="Dua", in_reply_to=post))
    elsewhere = await create_post(site, ani.actor, Draft(source="Tiga", name="Sayur", community=other))
    boosted = await boosting.boost(site, dewi.actor, post)
    assert await timelines.public().count() == 2

    await describe_community(site, ani.actor, group, Description(title="Arisan", join_mode=JoinMode.PRIVATE))

    assert [one.id for one in await timelines.public()] == [elsewhere.id]
    for entry in (post, comment):
        await entry.refresh_from_db()
        assert entry.visibility == Visibility.MEMBERS
        assert await may_read(site, ani.actor, entry)
        assert await may_read(site, dewi.actor, entry) is (entry.author_id == dewi.actor_id)
        assert not await may_read(site, None, entry)
        assert not await readable(Post.filter(id=entry.id), None).exists()
    assert not await Post.exists(id=boosted.id)
    shown = await OutboundActivity.filter(is_public=True)
    assert not [row.body for row in shown if post.uri in row.body or comment.uri in row.body]
    group, author = await Actor.get(id=group.id), await Actor.get(id=ani.actor_id)
    assert (group.posts_count, author.posts_count, group.discoverable) == (0, 1, False)
    assert [one.id for one in await threads(site, group, ani.actor, Order())] == [post.id]
    assert await threads(site, group, dewi.actor, Order()) == []


async def test_what_is_for_members_carries_the_digest_of_those_on_the_receiving_server(
    village: Village,
) -> None:
    """FEP-8fcf, of a community as of a person."""
    member = village.good.actor("rini")
    await village.deliver(member, member.activity("Follow", village.group.uri))
    await village.thread()
    await settle(village.warga)
    asked = f"{village.group.uri}/wall"
    assert (await member.ask(village.warga, asked, "application/activity+json"))[
        0
    ] == 404  # all read its outbox
    assert HEADER not in village.good.deliveries[-1].headers
    async with village.warga.inside() as site:
        private = Description(title="Tebet", join_mode=JoinMode.PRIVATE)
        await describe_community(site, village.ani.actor, village.group, private)
        group = await Actor.get(id=village.group.id)
    await village.thread(community=group)
    await settle(village.warga)
    sent = village.good.deliveries[-1]
    assert sent.document["actor"] == group.uri
    said = read_header(sent.headers[HEADER])
    assert said is not None
    assert (said.collection, said.digest) == (group.followers_url, digest_of([member.uri]))
    assert HEADER in sent.headers["signature"]


async def test_a_closed_group_of_smithereen_is_read_by_its_members_alone(village: Village) -> None:
    """Its posts name Public, as Smithereen's do: the group decides. One lies on a third server, behind a token."""
    good, third = village.good, village.evil
    uri = f"{good.origin}/users/rw"
    rw = good.actor(
        "rw",
        type_="Group",
        accessType="closed",
        manuallyApprovesFollowers=True,
        wall=f"{uri}/wall",
        wallComments=f"{uri}/wallComments",
        endpoints={"sharedInbox": f"{good.origin}/inbox", "actorToken": f"{uri}/actorToken"},
    )
    group = await village.follow(rw)
    eka = await village.warga.user("eka")
    async with village.warga.inside() as site:
        us = await server_actor(site.federation)
    token = {"issuer": uri, "actor": us.uri, "issuedAt": "2026-11-26T00:00:00Z",
             "validUntil": "2099-01-01T00:00:00Z", "signatures": []}  # fmt: skip
    good.documents["/users/rw/actorToken"] = token
    wall = {"type": "OrderedCollection", "id": f"{uri}/wall", "attributedTo": uri}
    writer = third.actor("budi")
    note = writer.note("1", "<p>Di bawah tikar</p>", to=[PUBLIC, uri], cc=[], target=wall)
    added = rw.activity("Add", note["id"], target=wall, to=[PUBLIC, f"{uri}/followers"])
    assert (await village.deliver(rw, added))[1] == "done"

    shown = third.headers["/notes/1"]["Authorization"]
    assert shown == f"{SCHEME} {json.dumps(token, separators=(',', ':'))}"
    post = await village.find(note["id"])
    assert post is not None
    assert (post.visibility, post.community_id) == (Visibility.MEMBERS, group.id)
    answer = writer.note("2", "<p>Jangan bilang</p>", to=[PUBLIC], cc=[], inReplyTo=note["id"])
    commented = rw.activity("Add", answer["id"], target=f"{uri}/wallComments", to=[f"{uri}/followers"])
    assert (await village.deliver(rw, commented))[1] == "done"
    comment = await village.find(answer["id"])
    assert comment is not None
    widened = note | {"content": "<p>Di atas meja</p>", "updated": "2026-11-26T03:00:00Z"}
    assert (await village.deliver(writer, writer.activity("Update", widened)))[1] == "done"
    async with village.warga.inside() as site:
        ani = village.ani.actor
        for entry in (await Post.get(id=post.id), comment):
            assert await may_read(site, ani, entry)
            assert not await may_read(site, eka.actor, entry)
            assert not await readable(Post.filter(id=entry.id), eka.actor).exists()
        assert not await timelines.public().exists()

    other = writer.note("3", "<p>Lain</p>", to=[PUBLIC], target=wall | {"id": f"{uri}/photos"})
    stolen = rw.activity("Add", other["id"], target=f"{uri}/wall", to=[f"{uri}/followers"])
    assert (await village.deliver(rw, stolen))[1] == "refused"
    assert (await village.deliver(writer, writer.activity("Add", note["id"], target=f"{uri}/wall")))[
        1
    ] != "done"

    block = rw.activity("Block", ani.uri, target=uri, to=[PUBLIC])
    assert (await village.deliver(rw, block))[1] == "done"
    async with village.warga.inside() as site:
        assert not await may_read(site, ani, await Post.get(id=post.id))


@pytest.mark.parametrize(
    "closing",
    [{"accessType": "closed"}, {"manuallyApprovesFollowers": True, "postingRestrictedToMods": False}],
    ids=["smithereen", "lemmy"],
)
async def test_a_group_elsewhere_that_closes_takes_its_posts_along(
    village: Village, closing: dict[str, Any]
) -> None:
    rw = village.group_of(village.good)
    group = await village.follow(rw)
    page = page_of(village.good.actor("budi"), "1", rw.uri)
    assert (await village.deliver(rw, announce(rw, village.good.actor("budi").activity("Create", page))))[
        1
    ] == "done"
    async with village.warga.inside() as site:
        post = await Post.get(uri=page["id"])
        assert await may_read(site, None, post)
    document = village.good.documents["/users/rw"] | closing
    thief = village.group_of(village.evil, "maling")
    await village.follow(thief)
    await village.deliver(thief, announce(thief, rw.activity("Update", document, to=[PUBLIC])))
    async with village.warga.inside() as site:
        await post.refresh_from_db()
        assert await may_read(site, None, post)  # nobody closes another's community
    village.good.documents["/users/rw"] = document
    assert (await village.deliver(rw, rw.activity("Update", document, to=[PUBLIC])))[1] == "done"
    async with village.warga.inside() as site:
        await post.refresh_from_db()
        assert not await may_read(site, None, post)
        assert await may_read(site, village.ani.actor, post)
        assert (await Actor.get(id=group.id)).is_members_only
