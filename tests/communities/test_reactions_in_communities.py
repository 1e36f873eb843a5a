"""Emoji in communities: a group passes them on, and speaks only for what stands in it."""

from __future__ import annotations

from communities.membership import write_ban
from federation import models
from sebangsa import reacting
from sebangsa.models import Post, Reaction
from tests.communities.village import Village, announce, page_of
from tests.foreign_server import PUBLIC


async def test_our_community_announces_an_emoji_as_it_came(village: Village) -> None:
    thread = await village.thread()
    citra, dewi = village.good.actor("citra"), village.good.actor("dewi")
    follow = dewi.activity("Follow", village.group.uri)
    await village.deliver(dewi, follow)
    village.good.received.clear()
    reaction = citra.activity("EmojiReact", thread.uri, content="🙏", to=[PUBLIC])
    assert (await village.deliver(citra, reaction))[:2] == (202, "done")
    [announced] = [a for a in village.good.received if a["type"] == "Announce"]
    assert announced["object"] == {k: v for k, v in reaction.items() if k != "@context"} | {
        k: v for k, v in announced["object"].items() if k == "@context"
    }


async def test_what_a_group_elsewhere_announces_counts_without_a_name(village: Village) -> None:
    group = village.group_of(village.good)
    await village.follow(group)
    budi, citra = village.good.actor("budi"), village.evil.actor("citra")
    page = page_of(budi, "1", group.uri)
    await village.deliver(group, announce(group, budi.activity("Create", page)))
    post = await village.find(page["id"])
    assert post is not None
    inner = citra.activity("EmojiReact", page["id"], content="🔥")
    assert (await village.deliver(group, announce(group, inner)))[1] == "done"
    async with village.warga.inside():
        assert [found.count for found in (await reacting.reactions_of([post.id], None))[post.id]] == [1]
        assert await reacting.who_reacted(post) == []  # only the group's word for it
    assert (await village.deliver(group, announce(group, citra.activity("Undo", inner))))[1] == "done"
    async with village.warga.inside():
        assert await Reaction.all().count() == 0


async def test_s055_a_group_brings_no_emoji_under_what_does_not_stand_in_it(village: Village) -> None:
    thread = await village.thread()
    group = village.group_of(village.evil)
    await village.follow(group)
    citra = village.good.actor("citra")
    inner = citra.activity("EmojiReact", thread.uri, content="🔥")
    assert (await village.deliver(group, announce(group, inner)))[1] == "refused"
    async with village.warga.inside():
        assert await Reaction.all().count() == 0


async def test_who_is_banned_leaves_no_emoji(village: Village) -> None:
    thread = await village.thread()
    citra = village.good.actor("citra")
    reaction = citra.activity("EmojiReact", thread.uri, content="🙏")
    assert (await village.deliver(citra, reaction))[1] == "done"
    async with village.warga.inside() as site:
        known = await models.Actor.get(uri=citra.uri)
        await write_ban(site, village.group, known, "", None)
    more = citra.activity("EmojiReact", thread.uri, content="😂")
    assert (await village.deliver(citra, more))[1:] == (
        "refused",
        "not-allowed: You are banned from this community.",
    )
    async with village.warga.inside():
        assert await Reaction.filter(post_id=thread.id).count() == 1
        assert await Post.exists(id=thread.id)
