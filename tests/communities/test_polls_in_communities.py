"""Polls as threads of communities."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from communities.membership import write_ban
from federation.models import Actor, OutboundActivity
from federation.peer_profiles import profile_for
from sebangsa.errors import Invalid
from sebangsa.models import Poll, PollOption, Post
from sebangsa.polls import jobs
from sebangsa.polls.asking import PollDraft
from sebangsa.polls.voting import vote
from sebangsa.post_documents import document_of
from tests.communities.village import Village, announce
from tests.instances import settle
from tests.interop import shapes
from tests.interop.piefed import documents as piefed

POLL = PollDraft(("Sabtu", "Minggu"), timedelta(days=1))


async def votes_of(post: Post) -> list[int]:
    found = (
        await PollOption.filter(poll__post_id=post.id)
        .order_by("position")
        .values_list("votes_count", flat=True)
    )
    return [int(votes) for votes in found]  # type: ignore[call-overload]


async def test_a_poll_of_piefed_in_its_group_becomes_a_thread(village: Village) -> None:
    group, joko = village.group_of(village.good), village.good.actor("joko", key=1)
    await village.follow(group)
    asked = piefed.poll(joko, group.uri, "Kapan panen?", {"Mei": 0, "Juni": 2})
    assert (await village.deliver(group, announce(group, joko.activity("Create", asked))))[1] == "done"
    post = await village.find(asked["id"])
    assert post is not None
    assert post.community is not None
    assert (post.kind, post.name) == ("question", "Kapan panen?")
    async with village.warga.inside():
        assert await votes_of(post) == [0, 2]


async def test_s054_a_vote_that_the_polls_group_passes_on_counts_and_no_other_groups(
    village: Village,
) -> None:
    group, other = village.group_of(village.good), village.group_of(village.evil, "lain")
    known = await village.follow(group)
    await village.follow(other)
    voter, neighbour = village.evil.actor("pemilih", key=1), village.good.actor("tetangga", key=1)
    post = await village.thread(community=known, poll=POLL)
    activity = neighbour.activity("PollVote", post.uri, choice_text="Minggu")
    assert (await village.deliver(other, announce(other, activity)))[1] == "refused"
    inside = {"id": f"{neighbour.uri}#1", "type": "Note", "inReplyTo": post.uri, "name": "Minggu"}
    activity = neighbour.activity("PollVote", inside)
    assert (await village.deliver(other, announce(other, activity)))[1] == "refused"
    async with village.warga.inside():
        assert await votes_of(post) == [0, 0]
    activity = voter.activity("PollVote", post.uri, choice_text="Minggu")
    for _ in range(2):
        assert (await village.deliver(group, announce(group, activity)))[1] == "done"
    async with village.warga.inside():
        assert await votes_of(post) == [0, 1]


async def test_a_choice_of_piefed_reaches_the_polls_author_on_a_third_server_and_nobody_else(
    village: Village,
) -> None:
    """PieFed sends `PollVote` to the group's inbox only, with `choice_text` beside the poll's id."""
    asker, member = village.good.actor("joko", key=1), village.good.actor("rini")
    voter = village.evil.actor("pemilih", key=1)
    for somebody in (member, voter):
        await village.deliver(somebody, somebody.activity("Follow", village.group.uri))
    poll = piefed.poll(asker, village.group.uri, "Kapan panen?", {"Mei": 0, "Juni": 2})
    await village.deliver(asker, asker.activity("Create", poll))
    village.good.received.clear()
    village.evil.received.clear()
    chosen = voter.activity("PollVote", poll["id"], choice_text="Juni", audience=village.group.uri)
    assert (await village.deliver(voter, chosen))[1] == "done"
    [announced] = village.good.received
    assert (announced["type"], announced["object"]) == ("Announce", chosen)
    assert announced["to"] == [asker.uri]
    assert village.evil.received == []
    async with village.warga.inside():
        post = await Post.get(uri=poll["id"])
        assert await votes_of(post) == [0, 2]  # its own host counts


async def test_our_choice_in_a_poll_of_piefed_is_the_note_that_it_takes_for_a_vote(village: Village) -> None:
    """A `Note` with `name`, `inReplyTo` and `attributedTo`, and without `published`, one for each choice."""
    group, joko = village.group_of(village.good), village.good.actor("joko", key=1)
    await village.follow(group)
    poll = piefed.poll(joko, group.uri, "Kapan panen?", {"Mei": 0, "Juni": 2})
    await village.deliver(group, announce(group, joko.activity("Create", poll)))
    village.good.received.clear()
    async with village.warga.inside() as site:
        await vote(site, village.ani.actor, await Post.get(uri=poll["id"]), {1})
    await settle(village.warga)
    [sent] = village.good.received
    note = sent["object"]
    assert (sent["type"], note["type"], note["name"]) == ("Create", "Note", "Juni")
    assert (note["inReplyTo"], note["attributedTo"]) == (poll["id"], village.ani.actor.uri)
    assert "published" not in note


@pytest.mark.parametrize("form", ["Create", "PollVote"])
async def test_who_is_banned_chooses_nothing_and_hears_why(village: Village, form: str) -> None:
    voter = village.good.actor("rini")
    post = await village.thread(poll=POLL)
    await village.deliver(voter, voter.activity("Follow", village.group.uri))
    async with village.warga.inside() as site:
        await write_ban(site, village.group, await Actor.get(uri=voter.uri), "", None)
    village.good.received.clear()
    choice: Any = shapes.vote(voter.uri, village.ani.actor.uri, post.uri, "Minggu")
    if form == "PollVote":
        choice = post.uri
    chosen = voter.activity(form, choice, **({"choice_text": "Minggu"} if form == "PollVote" else {}))
    assert (await village.deliver(voter, chosen))[1] == "refused"
    async with village.warga.inside():
        assert await votes_of(post) == [0, 0]
    [rejected] = [sent for sent in village.good.received if sent["type"] == "Reject"]
    assert (rejected["actor"], rejected["object"]) == (village.group.uri, chosen["id"])
    assert rejected["reasonCode"] == "banned"


async def test_our_community_passes_on_counts_without_showing_the_poll_again(village: Village) -> None:
    post = await village.thread(poll=POLL)
    budi = await village.warga.user("budi")
    async with village.warga.inside() as site:
        document, _ = await document_of(site, post)
        assert document["audience"] == village.group.uri
        assert document["content"].startswith("<p><strong>Banjir</strong></p>")
        await vote(site, budi.actor, post, {0})
        before = await OutboundActivity.filter(type="Announce").count()
        await Poll.filter(post_id=post.id).update(untold_since=site.clock.now() - jobs.TOLD_EVERY)
        await jobs.tend_polls(site)
        assert await OutboundActivity.filter(type="Announce").count() == before + 1
    await settle(village.warga)


async def test_our_community_passes_on_what_a_polls_own_host_counted(village: Village) -> None:
    asker, member = village.good.actor("joko", key=1), village.evil.actor("rini")
    await village.deliver(member, member.activity("Follow", village.group.uri))
    poll = piefed.poll(asker, village.group.uri, "Kapan panen?", {"Mei": 0, "Juni": 2})
    await village.deliver(asker, asker.activity("Create", poll))
    village.evil.received.clear()
    told = asker.activity("Update", shapes.counted(poll, 3, 5))
    assert (await village.deliver(asker, told))[1] == "done"
    [announced] = village.evil.received
    assert (announced["type"], announced["object"]) == ("Announce", told)
    async with village.warga.inside():
        assert await votes_of(await Post.get(uri=poll["id"])) == [3, 5]


async def test_a_poll_for_a_community_whose_server_knows_none_is_refused(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await village.follow(village.group_of(village.good))
    async with village.warga.inside() as site:
        profiles = site.federation.profiles

        async def lemmy(host: str) -> Any:
            return profile_for("lemmy", "0.19.5")

        monkeypatch.setattr(profiles, "of", lemmy)
    with pytest.raises(Invalid) as refused:
        await village.thread(community=known, poll=POLL)
    assert refused.value.code == "no-polls-there"
