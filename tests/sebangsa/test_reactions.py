"""Emoji under posts: between two instances, and with servers of other software in the forms that they send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.models import Actor, InboundActivity, OutboundActivity, Peer
from sebangsa import reacting, voting
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.fetching import fetch_post
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, Reaction, User, Visibility, Vote
from sebangsa.posting import Draft, create_post
from tests.foreign_server import Actor as Stranger
from tests.foreign_server import ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished

Pair = tuple[Instance, Instance]
KOPI = {
    "id": "https://lain.example/emoji/kopi",
    "type": "Emoji",
    "name": ":kopi:",
    "icon": {"type": "Image", "mediaType": "image/png", "url": "https://media.lain.example/kopi.png"},
}


async def _post(warga: Instance, name: str = "ani", **draft: Any) -> Post:
    user = await warga.user(name)
    async with warga.inside() as site:
        return await create_post(site, user.actor, Draft(**{"source": "Banjir di gang"} | draft))


async def _known(instance: Instance, post: Post) -> Post:
    async with instance.inside() as site:
        found = await fetch_post(site, post.uri)
        assert found is not None
        return found


async def test_an_emoji_arrives_at_the_authors_server_and_is_taken_back(neighbours: Pair) -> None:
    warga, kota = neighbours
    post, budi = await _post(warga), await kota.user("budi")
    seen = await _known(kota, post)
    async with kota.inside() as site:
        await reacting.react(site, budi.actor, seen, "🙏")
        await reacting.react(site, budi.actor, seen, "😂")
        await reacting.react(site, budi.actor, seen, "😂")
    await settle(warga, kota)
    async with warga.inside() as site:
        [first, second] = (await reacting.reactions_of([post.id], None))[post.id]
        assert [(first.emoji, first.count), (second.emoji, second.count)] == [("🙏", 1), ("😂", 1)]
        notice = await Notification.get(type="reaction")
        assert notice.extra == {"emoji": "🙏"}
        assert (await Post.get(id=post.id)).likes_count == 0  # it is no vote
    async with kota.inside() as site:
        await reacting.unreact(site, budi.actor, seen, "🙏")
    await settle(warga, kota)
    async with warga.inside():
        assert await Reaction.all().values_list("emoji", flat=True) == ["😂"]
    for instance in neighbours:
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def _meet(warga: Instance, server: ForeignServer, software: str) -> tuple[Stranger, Post]:
    """Somebody of a server of that software, and a note of theirs as warga knows it."""
    citra = server.actor("citra")
    citra.note("1", "<p>Halo</p>")
    async with warga.inside() as site:
        assert await find_actor(site, citra.uri) is not None
        known = await Peer.get_or_none(host=server.host)
        if known is None:
            await Peer.create(host=server.host, created_at=site.clock.now(), software=software)
        else:
            await Peer.filter(host=server.host).update(software=software)
        site.federation.profiles.forget(server.host)
        seen = await fetch_post(site, f"{server.origin}/notes/1")
        assert seen is not None
        return citra, seen


@pytest.mark.parametrize(
    ("software", "kind", "content", "misskey"),
    [
        ("pleroma", "EmojiReact", "🙏", None),
        ("piefed", "EmojiReact", "🙏", None),
        ("misskey", "Like", "🙏", "🙏"),
        ("mastodon", "Like", None, None),
        ("lemmy", "Like", None, None),
    ],
)
async def test_each_software_gets_the_form_that_it_reads(
    neighbours: Pair, software: str, kind: str, content: str | None, misskey: str | None
) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server:
        citra, seen = await _meet(warga, server, software)
        async with warga.inside() as site:
            await reacting.react(site, ani.actor, seen, "🙏")
        await settle(warga)
        async with warga.inside() as site:
            await reacting.unreact(site, ani.actor, seen, "🙏")
        await settle(warga)
        sent, undone = server.received
        assert (sent["type"], sent.get("content"), sent.get("_misskey_reaction")) == (kind, content, misskey)
        assert sent["object"] == seen.uri
        assert sent["to"] == [citra.uri]
        assert undone["type"] == "Undo"
        assert undone["object"]["id"] == sent["id"]
        assert undone["object"]["type"] == kind


async def test_who_reads_no_emoji_is_told_of_no_unkind_one_and_of_none_beside_a_vote(
    neighbours: Pair,
) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server:
        _, seen = await _meet(warga, server, "mastodon")
        async with warga.inside() as site:
            await reacting.react(site, ani.actor, seen, "😡")
            await voting.vote(site, ani.actor, seen, 1)
            await reacting.react(site, ani.actor, seen, "🙏")
            await reacting.unreact(site, ani.actor, seen, "🙏")
        await settle(warga)
        assert [activity["type"] for activity in server.received] == ["Like"]


async def test_a_misskey_like_is_an_emoji_and_a_favourite_and_its_undo_takes_both(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        like = citra.activity("Like", post.uri, content=":kopi:", _misskey_reaction=":kopi:", tag=[KOPI])
        assert (await citra.send(warga, like))[0] == 202
        await settle(warga)
        async with warga.inside() as site:
            [found] = (await reacting.reactions_of([post.id], None))[post.id]
            assert (found.emoji, found.icon_url) == (":kopi:", "https://media.lain.example/kopi.png")
            assert (await Post.get(id=post.id)).likes_count == 1
            notice = await Notification.get(recipient_id=post.author_id)
            assert (notice.type, notice.extra) == ("favourite", {"emoji": ":kopi:"})
            assert (await site.federation.profiles.of(server.host)).reactions == "like"
        await citra.send(warga, citra.activity("Undo", like))
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == await Vote.all().count() == 0
            assert (await Post.get(id=post.id)).likes_count == 0


async def test_an_undone_like_that_says_its_emoji_no_more_is_known_by_its_id(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        like = citra.activity("Like", post.uri, content="🙏")
        await citra.send(warga, like)
        await settle(warga)
        del like["content"]
        await citra.send(warga, citra.activity("Undo", like))
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == await Vote.all().count() == 0


async def test_taking_back_one_of_two_likes_with_emoji_keeps_the_favourite(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        likes = [citra.activity("Like", post.uri, content=emoji) for emoji in ("🙏", "😮")]
        for like in likes:
            await citra.send(warga, like)
        await settle(warga)
        for left, like in zip((1, 0), likes, strict=True):
            await citra.send(warga, citra.activity("Undo", like))
            await settle(warga)
            async with warga.inside():
                assert await Reaction.all().count() == left
                assert (await Post.get(id=post.id)).likes_count == left


async def test_an_emoji_pressed_twice_is_taken_back_by_the_id_that_was_sent(neighbours: Pair) -> None:
    warga, kota = neighbours
    post, budi = await _post(warga), await kota.user("budi")
    seen = await _known(kota, post)
    async with kota.inside() as site:
        for _ in range(2):
            await reacting.react(site, budi.actor, seen, "🙏")
        await reacting.unreact(site, budi.actor, seen, "🙏")
        [sent] = await OutboundActivity.filter(type="EmojiReact")
        [undone] = await OutboundActivity.filter(type="Undo")
        assert json.loads(undone.body)["object"]["id"] == sent.uri


@pytest.mark.parametrize("kind", ["EmojiReact", "EmojiReaction"])
@pytest.mark.parametrize("by_id", [False, True])
async def test_an_emoji_in_both_spellings_is_taken_back_embedded_and_by_its_id(
    neighbours: Pair, kind: str, by_id: bool
) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        reaction = citra.activity(kind, post.uri, content="🔥")
        await citra.send(warga, reaction)
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().values_list("emoji", flat=True) == ["🔥"]
            if by_id:  # bodies of old activities are not kept
                await InboundActivity.all().update(body="")
        await citra.send(warga, citra.activity("Undo", reaction["id"] if by_id else reaction))
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == 0


async def test_an_undo_that_arrives_before_its_emoji_leaves_none(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        reaction = citra.activity("EmojiReact", post.uri, content="🔥")
        for activity in (citra.activity("Undo", reaction), reaction):
            await citra.send(warga, activity)
            await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == 0


async def test_s055_one_person_leaves_no_more_than_eight_emoji_and_each_once(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        for number in range(12):
            for _ in range(2):
                reaction = citra.activity("EmojiReact", post.uri, content=chr(0x1F600 + number))
                await citra.send(warga, reaction)
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == reacting.MAX_EACH


async def test_s041_nobody_takes_back_anothers_emoji(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server, foreign_server("jahat") as evil:
        citra, mallory = server.actor("citra"), evil.actor("mallory")
        reaction = citra.activity("EmojiReact", post.uri, content="🔥")
        await citra.send(warga, reaction)
        await settle(warga)
        await mallory.send(warga, mallory.activity("Undo", reaction))
        await mallory.send(warga, mallory.activity("Undo", reaction["id"]))
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().count() == 1


async def test_s066_nothing_of_an_emoji_becomes_markup(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    async with foreign_server() as server:
        citra = server.actor("citra")
        for content, name in ((":kopi:", ":kopi:"), ('<img onerror="a">', "x"), (':x"onerror=:', ":x")):
            icon = {"url": 'https://lain.example/a.png?"onerror="alert(1)'}
            tag = [{**KOPI, "name": name, "icon": icon}]
            await citra.send(warga, citra.activity("EmojiReact", post.uri, content=content, tag=tag))
        await settle(warga)
        async with warga.inside():
            assert await Reaction.all().values_list("emoji", flat=True) == [":kopi:"]
        _, text = await FormBrowser(warga).get(f"/p/{post.id}")
        assert "onerror" not in text
        assert ":kopi:" in text


async def test_s108_who_may_not_read_a_post_cannot_react_to_it_nor_see_who_did(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft(source="rahasia", visibility=Visibility.FOLLOWERS))
        with pytest.raises(NotFound):
            await reacting.react(site, budi.actor, post, "🙏")
        assert await Reaction.all().count() == 0
    browser = await FormBrowser.of(warga, budi)
    assert (await browser.get(f"/p/{post.id}/reactions"))[0] == 404
    assert (await browser.post(f"/p/{post.id}/react", "/", emoji="🙏"))[0] == 404


@pytest.mark.parametrize(
    "emoji", ["", "halo", "👍👍", "<b>", ":kopi:", "«»", "\u202e", "1", "https://x.example"]
)
async def test_what_is_no_emoji_is_refused_and_changes_nothing(neighbours: Pair, emoji: str) -> None:
    warga, _ = neighbours
    post, budi = await _post(warga), await warga.user("budi")
    async with warga.inside() as site:
        with pytest.raises(Invalid):
            await reacting.react(site, budi.actor, post, emoji)
        assert await Reaction.all().count() == 0


async def test_on_the_pages_one_tap_reacts_adds_the_same_and_takes_it_back(neighbours: Pair) -> None:
    warga, _ = neighbours
    post = await _post(warga)
    budi, citra = await warga.user("budi"), await warga.user("citra")
    path = f"/p/{post.id}"
    first, second = await FormBrowser.of(warga, budi), await FormBrowser.of(warga, citra)
    assert (await first.post(f"{path}/react", path, emoji="🙏"))[0] == 303
    async with warga.inside():
        [made] = await Reaction.all()
    assert (await second.post(f"{path}/react", path, emoji=str(made.id)))[0] == 303
    _, text = await second.get(path)
    assert f'value="{made.id}" aria-pressed="true"' in text
    _, text = await FormBrowser(warga).get(f"{path}/reactions")
    assert "budi" in text
    assert "citra" in text
    await second.post(f"{path}/react", path, emoji=str(made.id))
    async with warga.inside():
        assert await Reaction.all().values_list("actor_id", flat=True) == [budi.actor_id]
    ani = await warga.actor("ani")
    async with warga.inside():
        user = await User.get(actor_id=ani.id)
    browser = await FormBrowser.of(warga, user)
    _, text = await browser.get("/notifications")
    assert "reacted with 🙏 to your post" in text


async def test_the_suspended_do_not_count_and_one_person_has_a_limit(neighbours: Pair) -> None:
    warga, _ = neighbours
    post, budi = await _post(warga), await warga.user("budi")
    async with warga.inside() as site:
        for number in range(reacting.MAX_EACH):
            await reacting.react(site, budi.actor, post, chr(0x1F600 + number))
        with pytest.raises(NotAllowed):
            await reacting.react(site, budi.actor, post, "🙏")
        await Actor.filter(id=budi.actor_id).update(suspended_at=site.clock.now())
        assert not (await reacting.reactions_of([post.id], None)).get(post.id)
        assert await reacting.who_reacted(post) == []
