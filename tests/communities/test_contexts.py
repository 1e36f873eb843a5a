"""`Remove`, `Add` and `Move` of a context: a community elsewhere takes a thread out or in, and nobody else does."""

from __future__ import annotations

from typing import Any

from communities.models import CommunityLogEntry
from federation import models
from sebangsa.models import Post, Visibility
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC, Actor, ForeignServer


def _moderated(village: Village, server: ForeignServer, name: str, *moderators: Actor) -> Actor:
    group = village.group_of(server, name)
    server.documents[f"/users/{name}/moderators"]["orderedItems"] = [actor.uri for actor in moderators]
    return group


async def _thread(village: Village, group: Actor, author: Actor, number: str) -> tuple[dict[str, Any], str]:
    """A thread with a comment in a community that Ani follows; the thread, and its context on the group's server."""
    context = f"{group.server.origin}/topic/{number}"
    page = page_of(author, number, group.uri, context=context)
    group.server.collection(context, [page["id"]])
    comment = author.note(
        f"{number}b", "<p>Ya</p>", inReplyTo=page["id"], context=context, audience=group.uri
    )
    for inner in (page, comment):
        assert (await village.deliver(group, announce(group, author.activity("Create", inner))))[1] == "done"
    return page, context


async def _community(village: Village, *uris: str) -> list[str]:
    """Where these posts stand, "" for nowhere."""
    async with village.warga.inside():
        posts = [await Post.get(uri=uri).select_related("community") for uri in uris]
        return [post.community.uri if post.community else "" for post in posts]


async def test_a_community_moves_a_thread_as_nodebb_does(village: Village) -> None:
    good = village.good
    moderator, author, stranger = good.actor("mod"), good.actor("dewi"), good.actor("orang")
    north = _moderated(village, good, "utara", moderator)
    south = _moderated(village, good, "selatan", moderator)
    for group in (north, south):
        await village.follow(group)
    page, context = await _thread(village, north, author, "1")
    both = (page["id"], f"{page['id']}b")
    assert await _community(village, *both) == [north.uri, north.uri]
    public = {"to": [PUBLIC], "cc": []}

    move = {"origin": north.uri, "target": south.uri, **public}
    for sender in (stranger, village.evil.actor("penipu")):
        assert (await village.deliver(sender, sender.activity("Move", context, **move)))[1] == "refused"
        removal = sender.activity("Remove", context, target=north.uri, **public)
        assert (await village.deliver(sender, removal))[1] == "refused"
    assert await _community(village, *both) == [north.uri, north.uri]

    async with village.warga.inside():
        await Post.filter(uri=page["id"]).update(is_pinned=True)
    assert (await village.deliver(moderator, moderator.activity("Move", context, **move)))[1] == "done"
    assert await _community(village, *both) == [south.uri, south.uri]
    async with village.warga.inside():
        assert not await Post.exists(is_pinned=True), "pinned in the other community, not in this one"
    back = {"origin": south.uri, "target": north.uri, **public}
    foreign = village.group_of(village.evil, "musuh")
    for stolen in (
        back | {"target": foreign.uri},
        back | {"target": author.uri},
        back | {"target": village.group.uri},
    ):
        assert (await village.deliver(south, south.activity("Move", context, **stolen)))[1] == "refused"
    assert await _community(village, *both) == [south.uri, south.uri]
    for sender, there in ((south, back), (north, move)):  # a community for itself
        assert (await village.deliver(sender, sender.activity("Move", context, **there)))[1] == "done"
    assert await _community(village, *both) == [south.uri, south.uri]
    removal = south.activity(
        "Remove", {"type": "OrderedCollection", "id": context}, target=south.uri, **public
    )
    assert (await village.deliver(south, removal))[1] == "done"
    assert await _community(village, *both) == ["", ""]
    addition = north.activity("Add", context, target=north.uri, **public)
    assert (await village.deliver(north, addition))[1] == "done"
    assert await _community(village, *both) == [north.uri, north.uri]
    async with village.warga.inside():
        counted = dict(
            await models.Actor.filter(uri__in=[north.uri, south.uri]).values_list("uri", "posts_count")
        )
        assert counted == {north.uri: 1, south.uri: 0}
        log = (
            await CommunityLogEntry.filter(community__uri=north.uri)
            .order_by("id")
            .values_list("action", flat=True)
        )
        assert list(log) == ["take-out", "put-in", "take-out", "put-in"]
    assert (await village.deliver(south, south.activity("Add", context, target=south.uri, **public)))[
        1
    ] == "refused"
    assert await _community(village, *both) == [north.uri, north.uri], "nobody takes what stands in another"


async def test_s039_what_is_for_the_members_of_one_community_is_not_moved_to_those_of_another(
    village: Village,
) -> None:
    moderator, author = village.good.actor("mod"), village.good.actor("dewi")
    north = _moderated(village, village.good, "utara", moderator)
    south = _moderated(village, village.good, "selatan", moderator)
    for group in (north, south):
        await village.follow(group)
    page, context = await _thread(village, north, author, "1")
    async with village.warga.inside():
        await Post.all().update(visibility=Visibility.MEMBERS)
    move = moderator.activity("Move", context, origin=north.uri, target=south.uri, to=[PUBLIC], cc=[])
    assert (await village.deliver(moderator, move))[1] == "done"
    assert await _community(village, page["id"], f"{page['id']}b") == ["", ""]


async def test_a_hostile_community_takes_nobodys_thread(village: Village) -> None:
    owner = village.evil.actor("penipu")
    hostile = _moderated(village, village.evil, "musuh", owner)
    await village.follow(hostile)
    ours = await village.thread()
    ani_alone = (await village.warga.actor("ani")).uri
    victim = village.good.actor("korban")
    note = victim.note("1", "<p>Bukan untuk grup</p>", to=[PUBLIC, ani_alone], cc=[])
    assert (await village.deliver(victim, victim.activity("Create", note)))[1] == "done"
    public = {"to": [PUBLIC], "cc": []}
    for number, stolen in enumerate((ours.uri, note["id"])):
        context = f"{village.evil.origin}/topic/{number}"
        village.evil.collection(context, [stolen])
        for sender in (owner, hostile):
            addition = sender.activity("Add", context, target=hostile.uri, **public)
            _, state, reason = await village.deliver(sender, addition)
            assert state == "refused"
            assert "to take" in reason if stolen == ours.uri else "did not write it" in reason
    removal = owner.activity("Remove", ours.conversation, target=village.group.uri, **public)
    assert (await village.deliver(owner, removal))[1] == "refused"
    assert await _community(village, ours.uri, note["id"]) == [village.group.uri, ""]
