"""Events of both sides: `Join` and `Leave` to whoever organises, and the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sebangsa.events import changing, joining
from sebangsa.events.planning import EventDraft
from sebangsa.models import Event, Notification, Participation, Post
from tests.interop.meeting import Meeting

START = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)


async def budi_plans_and_dewi_comes(meeting: Meeting) -> None:
    draft = EventDraft(START, START + timedelta(hours=2), place_name="Balai RW", capacity=1)
    event = await meeting.post(meeting.budi, name="Kerja bakti", source="Bawa cangkul", event=draft)
    planned = (await meeting.peer.last("Announce", "Create", "Event"))["object"]["object"]
    assert (planned["id"], planned["name"]) == (event.uri, "Kerja bakti")
    assert (_moment(planned["startTime"]), _moment(planned["endTime"])) == (draft.starts_at, draft.ends_at)
    assert planned["location"] == {"type": "Place", "name": "Balai RW"}

    joined = await meeting.dewi("join", object=event.uri)
    assert await _who_comes(meeting, event) == [(meeting.peer.dewi, "going")]
    accept = await meeting.peer.last("Accept", "Join")
    assert (accept["actor"], accept["objectId"]) == (f"{meeting.warga.url}/u/budi", joined["id"])
    assert accept["to"] == [meeting.peer.dewi]
    await meeting.dewi("leave", object=event.uri)
    assert await _who_comes(meeting, event) == []

    await meeting.does(joining.join, meeting.ani, event)  # now there is no room left
    late = await meeting.dewi("join", object=event.uri)
    reject = await meeting.peer.last("Reject", "Join")
    assert (reject["actor"], reject["objectId"]) == (f"{meeting.warga.url}/u/budi", late["id"])
    assert await _who_comes(meeting, event) == [(f"{meeting.warga.url}/u/ani", "going")]

    later = EventDraft(START + timedelta(days=1), START + timedelta(days=2), place_name="Lapangan")
    await meeting.does(changing.change_event, meeting.budi, event, later)
    moved = (await meeting.peer.last("Announce", "Update", "Event"))["object"]["object"]
    assert (_moment(moved["startTime"]), moved["location"]["name"]) == (later.starts_at, "Lapangan")


async def dewi_plans_and_budi_comes(meeting: Meeting) -> None:
    made = await meeting.dewi(
        "planEvent",
        community=meeting.community,
        title="Pasar malam",
        startTime=START.isoformat(),
        endTime=(START + timedelta(hours=4)).isoformat(),
        place="Lapangan Tebet",
    )
    event = await meeting.seen(made["object"])
    assert (event.kind, event.name, event.community_id) == ("event", "Pasar malam", meeting.tebet.id)
    async with meeting.warga.inside():
        known = await Event.get(post_id=event.id)
    assert (known.starts_at, known.ends_at) == (START, START + timedelta(hours=4))
    assert known.place_name == "Lapangan Tebet"
    await meeting.is_announced_once(made["id"])

    await meeting.does(joining.join, meeting.budi, event)
    join = await meeting.peer.last("Join", "Event")
    budi = f"{meeting.warga.url}/u/budi"
    assert (join["actor"], join["objectId"], join["to"]) == (budi, event.uri, [meeting.peer.dewi])
    await meeting.dewi("accept", activity=join["id"], target=meeting.handle("budi"))
    assert await _who_comes(meeting, event) == [(budi, "going")]
    async with meeting.warga.inside():
        assert (
            await Notification.filter(recipient_id=meeting.budi.actor_id, type="event.accepted").count() == 0
        )  # he was told on joining that he comes
    await meeting.does(joining.leave, meeting.budi, event)
    leave = await meeting.peer.last("Leave", "Event")
    assert (leave["actor"], leave["objectId"]) == (budi, event.uri)


async def _who_comes(meeting: Meeting, event: Post) -> list[tuple[str, str]]:
    async with meeting.warga.inside():
        found = await Participation.filter(event__post_id=event.id).select_related("person")
        return [(entry.person.uri, entry.state.value) for entry in found]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
