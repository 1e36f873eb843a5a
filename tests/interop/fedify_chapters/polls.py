"""Polls of both sides: who asked counts, and tells the result."""

from __future__ import annotations

import pytest

from sebangsa.errors import Invalid
from sebangsa.models import Notification, Poll
from sebangsa.polls.voting import vote
from tests.instances import settle
from tests.interop.meeting import Meeting
from tests.sebangsa.polling import asking, counts, end, tell_at_once


async def budi_asks_and_dewi_votes(meeting: Meeting) -> None:
    poll = await meeting.post(meeting.budi, name="Kapan kerja bakti?", source="Pilih", poll=asking())
    asked = (await meeting.peer.last("Announce", "Create", "Question"))["object"]["object"]
    assert (asked["id"], asked["name"], asked["isMultiple"]) == (poll.uri, "Kapan kerja bakti?", False)
    assert (asked["options"], asked["voters"], asked["closed"]) == ([["Sabtu", 0], ["Minggu", 0]], 0, None)
    assert asked["endTime"] > asked["published"]

    cast = await meeting.dewi("vote", object=poll.uri, choice="Minggu")
    await meeting.dewi("vote", object=poll.uri, choice="Sabtu")  # one person has one vote
    async with meeting.warga.inside():
        assert await counts(poll) == ({"Sabtu": 0, "Minggu": 1}, 1)
    assert not await meeting.knows(cast["object"])  # a vote is no comment, and nobody hears of it
    assert cast["id"] not in [entry["activity"]["objectId"] for entry in await meeting.peer.received()]
    await tell_at_once(meeting.warga)
    await settle(meeting.warga)
    told = (await meeting.peer.last("Announce", "Update", "Question"))["object"]["object"]
    assert (told["options"], told["voters"], told["closed"]) == ([["Sabtu", 0], ["Minggu", 1]], 1, None)

    await end(meeting.warga, poll)
    await settle(meeting.warga)
    told = (await meeting.peer.last("Announce", "Update", "Question"))["object"]["object"]
    assert (told["options"], told["closed"]) == ([["Sabtu", 0], ["Minggu", 1]], told["endTime"])
    await meeting.dewi_may_not("vote", object=poll.uri, choice="Sabtu")


async def dewi_asks_and_budi_votes(meeting: Meeting) -> None:
    options = ["Senin", "Kamis"]
    made = await meeting.dewi("askPoll", community=meeting.community, title="Malam ronda?", options=options)
    poll = await meeting.seen(made["object"])
    assert (poll.kind, poll.name, poll.community_id) == ("question", "Malam ronda?", meeting.tebet.id)
    await meeting.is_announced_once(made["id"])

    await meeting.does(vote, meeting.budi, poll, {1})
    [entry] = [
        entry
        for entry in await meeting.peer.received("Create", "Note")
        if entry["activity"]["object"]["replyTarget"] == poll.uri
    ]
    cast = entry["activity"]["object"]
    assert (entry["recipient"], cast["to"], entry["activity"]["to"]) == (
        "dewi",
        [meeting.peer.dewi],
        [meeting.peer.dewi],
    )
    assert (cast["name"], cast["content"], cast["published"]) == ("Kamis", None, None)
    assert cast["attribution"] == f"{meeting.warga.url}/u/budi"

    told = await meeting.dewi(
        "tellCounts", object=poll.uri, community=meeting.community, counts={"Senin": 2, "Kamis": 1}
    )
    async with meeting.warga.inside():
        assert await counts(poll) == ({"Senin": 2, "Kamis": 1}, 3)
    assert (await meeting.seen(poll.uri)).edited_at is None  # new counts are no edit
    await meeting.is_announced_once(told["id"])
    await meeting.dewi(
        "tellCounts",
        object=poll.uri,
        community=meeting.community,
        counts={"Senin": 2, "Kamis": 4},
        isOver=True,
    )
    async with meeting.warga.inside():
        assert await counts(poll) == ({"Senin": 2, "Kamis": 4}, 6)
        assert (await Poll.get(post_id=poll.id)).closed_at is not None
    with pytest.raises(Invalid):
        await meeting.does(vote, meeting.ani, poll, {0})
    await end(meeting.warga, poll)
    await settle(meeting.warga)
    async with meeting.warga.inside():
        told_budi = Notification.filter(recipient_id=meeting.budi.actor_id, type="poll", post_id=poll.id)
        assert await told_budi.count() == 1
