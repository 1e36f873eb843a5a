"""Announcements that come late, twice, or in the wrong order end in the same state."""

from __future__ import annotations

from sebangsa.models import Post
from tests.communities.village import Village, announce, page_of


async def test_a_comment_that_comes_before_its_thread_is_placed_and_nothing_doubled(village: Village) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    writer = village.good.actor("budi")
    page = page_of(writer, "1", group.uri)
    comment = writer.note("2", "<p>Betul</p>", inReplyTo=page["id"], audience=group.uri)
    late = announce(group, writer.activity("Create", page))
    early = announce(group, writer.activity("Create", comment))
    for activity in (early, late, late | {"id": f"{late['id']}-2"}, early, announce(group, page["id"])):
        assert (await village.deliver(group, activity))[1] == "done"
    async with village.warga.inside():
        posts = await Post.all().order_by("depth")
        assert [(post.uri, post.community_id, post.replies_count) for post in posts] == [
            (page["id"], known.id, 1),
            (comment["id"], known.id, 0),
        ]


async def test_a_removal_twice_and_a_restoration_twice_count_once(village: Village) -> None:
    group = village.group_of(village.good)
    await village.follow(group)
    writer, moderator = village.good.actor("budi"), village.good.actor("citra")
    page = page_of(writer, "1", group.uri)
    await village.deliver(group, announce(group, writer.activity("Create", page)))
    removal = moderator.activity("Delete", page["id"], summary="iklan", audience=group.uri)
    for number in range(2):
        again = removal | {"id": f"{removal['id']}-{number}"}
        assert (await village.deliver(group, announce(group, again)))[1] == "done"
    found = await village.find(page["id"])
    assert found is not None
    assert found.removed_at is not None
    for number in range(2):
        undo = moderator.activity("Undo", removal, id=f"{village.good.origin}/undo/{number}")
        assert (await village.deliver(group, announce(group, undo)))[1] == "done"
    async with village.warga.inside():
        restored = await Post.get(uri=page["id"]).select_related("author", "community")
        assert restored.removed_at is None
        assert restored.author.posts_count == 1
        assert restored.community is not None
        assert restored.community.posts_count == 1


async def test_votes_in_one_batch_each_count_and_a_bad_one_takes_none_along(village: Village) -> None:
    group = village.group_of(village.good)
    await village.follow(group)
    writer = village.good.actor("budi")
    page = page_of(writer, "1", group.uri)
    await village.deliver(group, announce(group, writer.activity("Create", page)))
    ours = await village.thread()
    voters = [village.good.actor(f"pemilih{number}") for number in range(3)]
    votes = [voter.activity("Like", page["id"], id=f"{voter.uri}/like") for voter in voters]
    stray = village.evil.actor("asing").activity("Like", ours.uri, id=f"{village.evil.origin}/like")
    batch = group.activity("Announce", [votes[0], stray, {"type": "Like"}, votes[1], votes[2], "x"])
    assert (await village.deliver(group, batch))[1] == "done"
    assert (await village.find(page["id"])).likes_count == 3  # type: ignore[union-attr]
    assert (await village.fresh(ours)).likes_count == 0
