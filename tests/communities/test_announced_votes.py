"""Votes travel by the handful: at once from a quiet community, together from a busy one, and behind all else."""

from __future__ import annotations

from typing import Any

import pytest

from communities import announcing_votes
from communities.models import WaitingVote
from federation.models import Delivery, OutboundActivity, Peer
from sebangsa import voting
from sebangsa.models import Post
from tests.communities.towns import Town
from tests.communities.village import Village, announce, page_of
from tests.instances import settle


async def _follower_on(village: Village, software: str) -> None:
    follower = village.good.actor("pengikut")
    await village.deliver(follower, follower.activity("Follow", village.group.uri))
    async with village.warga.inside():
        await Peer.filter(host=village.good.host).update(software=software)


async def _votes(village: Village, post: Post, count: int) -> None:
    people = [await village.warga.user(f"warga{number}") for number in range(count)]
    async with village.warga.inside() as site:
        for person in people:
            await voting.vote(site, person.actor, post, 1)


def _announced(village: Village) -> list[Any]:
    """What was announced about votes, as kinds."""
    found: list[Any] = []
    for got in village.good.received:
        if got["type"] != "Announce" or not isinstance(got["object"], dict):
            continue
        if got["object"]["type"] == "OrderedCollection":
            found.append([item["type"] for item in got["object"]["orderedItems"]])
        elif got["object"]["type"] == "Like":
            found.append("Like")
    return found


async def test_a_quiet_community_passes_each_vote_on_at_once(village: Village) -> None:
    await _follower_on(village, "lemmy")
    await _votes(village, await village.thread(), 2)
    await settle(village.warga)
    assert _announced(village) == ["Like", "Like"]


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ("piefed", [["Like"] * 4]),
        ("sebangsa", [["Like"] * 4]),
        ("lemmy", ["Like"] * 4),
        ("", ["Like"] * 4),
        ("mastodon", []),
    ],
)
async def test_votes_that_gathered_go_together_where_that_is_read(
    village: Village, monkeypatch: pytest.MonkeyPatch, software: str, expected: list[Any]
) -> None:
    monkeypatch.setattr(announcing_votes.Pace, "allows", lambda self, community: False)
    await _follower_on(village, software)
    await _votes(village, await village.thread(), 4)
    await settle(village.warga)
    assert _announced(village) == []
    async with village.warga.inside() as site:
        assert await WaitingVote.all().count() == 4
        await announcing_votes.announce_votes(site)
        await announcing_votes.announce_votes(site)
        assert await WaitingVote.all().count() == 0
    await settle(village.warga)
    assert _announced(village) == expected


async def test_a_comment_overtakes_the_votes_that_wait_for_the_same_server(village: Village) -> None:
    await _follower_on(village, "lemmy")
    post = await village.thread()
    await settle(village.warga)
    await _votes(village, post, 2)
    async with village.warga.inside() as site:
        await site.queue.run_due()
        await village.thread(name="Kedua")
        waiting = await Delivery.filter(state="pending", host=village.good.host).order_by("id")
        bodies = [(await OutboundActivity.get(id=row.activity_id)).body for row in waiting]
    assert ['"Like"' in body for body in bodies][-2:] == [True, True]
    assert '"Like"' not in bodies[0]


async def test_votes_of_a_batch_count_at_a_neighbour_and_again_change_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing_votes.Pace, "allows", lambda self, community: False)
    async with town.kota.inside():
        await Peer.filter(host=town.warga.site.settings.domain).update(software="sebangsa")
    async with town.warga.inside() as site:
        await Peer.filter(host=town.kota.site.settings.domain).update(software="sebangsa")
    post = await town.post(town.warga, town.ani)
    people = [await town.warga.user(f"warga{number}") for number in range(5)]
    async with town.warga.inside() as site:
        for person in people:
            await voting.vote(site, person.actor, post, 1)
        await voting.vote(site, people[0].actor, post, 0)
        await voting.vote(site, people[1].actor, post, -1)
    await settle(town.warga, town.kota)
    assert (await town.seen(town.kota, post)).likes_count == 0
    async with town.warga.inside() as site:
        await announcing_votes.announce_votes(site)
    await settle(town.warga, town.kota)
    seen = await town.seen(town.kota, post)
    assert (seen.likes_count, seen.dislikes_count) == (3, 1)


async def test_a_vote_in_a_group_elsewhere_goes_to_the_author_and_the_group_and_names_it(
    village: Village,
) -> None:
    """A microblog hears nothing of a dislike, nor of its end; and no vote goes to who follows the voter."""
    group = village.group_of(village.good)
    await village.follow(group)
    author, follower = village.evil.actor("rini"), village.evil.actor("pengikut")
    page = page_of(author, "1", group.uri)
    await village.deliver(group, announce(group, author.activity("Create", page)))
    await village.deliver(follower, follower.activity("Follow", village.ani.actor.uri))
    for server, software in ((village.good, "lemmy"), (village.evil, "mastodon")):
        async with village.warga.inside():
            assert await Peer.filter(host=server.host).update(software=software) == 1
        server.received.clear()
    for value in (1, -1, 0):
        async with village.warga.inside() as site:
            await voting.vote(site, village.ani.actor, await Post.get(uri=page["id"]), value)
        await settle(village.warga)
    at_group, at_author = [
        [got["object"] if got["type"] == "Undo" else got for got in server.received]
        for server in (village.good, village.evil)
    ]
    assert [got["type"] for got in village.good.received] == ["Like", "Undo", "Dislike", "Undo"]
    assert [vote["type"] for vote in at_group] == ["Like", "Like", "Dislike", "Dislike"]
    assert [got["type"] for got in village.evil.received] == ["Like", "Undo"]
    assert [vote["type"] for vote in at_author] == ["Like", "Like"]
    for vote in [*at_group, *at_author]:
        assert (vote["object"], vote["audience"]) == (page["id"], group.uri)
        assert (vote["to"], vote["cc"]) == ([author.uri], [])
