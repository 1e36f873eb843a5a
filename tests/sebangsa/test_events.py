"""Events between servers: planned here, joined from there, moved, called off, remembered."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.connection import get_connection

from federation.actors import resolve_actor
from federation.models import OutboundActivity
from sebangsa import following, posting
from sebangsa.deleting import delete_account
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.events import joining
from sebangsa.events.changing import call_off, change_event
from sebangsa.events.jobs import BEFORE, TOLD_EVERY, remind_of_events, tell_who_come
from sebangsa.events.joining import decide, join, leave
from sebangsa.events.planning import EventDraft
from sebangsa.events.reading import events_among
from sebangsa.lookup import find_actor
from sebangsa.models import (
    Event,
    EventStatus,
    JoinMode,
    Notification,
    Participation,
    Post,
    Visibility,
)
from sebangsa.post_documents import document_of
from sebangsa.posting import Draft
from tests.foreign_server import PUBLIC, Actor
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle
from tests.interop import shapes
from tests.sebangsa.street import Street

Pair = tuple[Instance, Instance]


def plan(*, hours: float = 48, **more: Any) -> EventDraft:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    given = {"ends_at": start + timedelta(hours=2), "place_name": "Balai RW 05", "address": "Jl. Tebet 14"}
    return EventDraft(start, **given | more)


def inviting(**more: Any) -> Draft:
    return Draft(source="Bawa cangkul", name="Kerja bakti", language="id", event=plan(**more))


def meeting(author: Actor, name: str, **more: Any) -> dict[str, Any]:
    """An event as Mobilizon sends it."""
    place = {"type": "Place", "name": "Aula", "latitude": -6.2, "longitude": 106.8}
    terms = shapes.event(**{"ical:status": "CONFIRMED", "participantCount": 3, "location": place})
    made = author.note(name, "<p>Datang ya</p>", **terms | more) | {"name": "Rapat"}
    author.server.documents[f"/notes/{name}"]["name"] = "Rapat"
    return made


async def types_told(person: Any) -> list[str]:
    found = await Notification.filter(recipient_id=person.actor_id).order_by("id")
    return [row.type for row in found]


async def known_elsewhere(pair: Pair, draft: Draft) -> tuple[Any, Any, Post, Post]:
    """Ani of warga invites; Budi of kota, who follows her, has the event."""
    warga, kota = pair
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with kota.inside() as site:
        await following.follow(site, budi.actor, await resolve_actor(site.federation, ani.actor.uri))
    await settle(warga, kota)
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, draft)
    await settle(warga, kota)
    async with kota.inside():
        there = await Post.get(uri=post.uri)
    return ani, budi, post, there


# --- between two of ours ----------------------------------------------------------------------------------------


async def test_an_event_is_joined_moved_and_called_off_across_servers(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi, post, there = await known_elsewhere(neighbours, inviting(capacity=5))
    async with kota.inside() as site:
        assert (there.kind, there.name, there.content) == ("event", "Kerja bakti", "<p>Bawa cangkul</p>")
        event = await Event.get(post_id=there.id)
        assert (event.place_name, event.address, event.capacity) == ("Balai RW 05", "Jl. Tebet 14", 5)
        assert (event.timezone, event.join_mode) == ("Asia/Jakarta", JoinMode.FREE)
        await join(site, budi.actor, there)
        await join(site, budi.actor, there)  # a second tap changes nothing
    await settle(warga, kota)
    async with warga.inside() as site:
        event = await Event.get(post_id=post.id)
        assert event.going_count == 1
        await change_event(site, ani.actor, post, plan(hours=72))
        moved_to = (await Event.get(post_id=post.id)).starts_at
    await settle(warga, kota)
    async with kota.inside() as site:
        moved = await Event.get(post_id=there.id)
        assert (moved.starts_at, moved.revision) == (moved_to, 1)
        assert await types_told(budi) == ["event.changed"]
    async with warga.inside() as site:
        for _ in range(2):
            await call_off(site, ani.actor, post)
    await settle(warga, kota)
    async with kota.inside() as site:
        assert (await Event.get(post_id=there.id)).status == EventStatus.CANCELLED
        assert await types_told(budi) == ["event.changed", "event.cancelled"]
        with pytest.raises(Invalid) as refused:
            await join(site, (await kota.user("citra")).actor, there)
        assert refused.value.code == "event-cancelled"
        await leave(site, budi.actor, there)
    await settle(warga, kota)
    async with warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 0
        assert await Participation.all().count() == 0


async def test_the_organiser_lets_in_and_turns_away_who_asked(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi, post, there = await known_elsewhere(neighbours, inviting(join_mode=JoinMode.RESTRICTED))
    async with kota.inside() as site:
        made = await join(site, budi.actor, there, "Boleh ikut?")
        assert made.state == "asked"
    await settle(warga, kota)
    async with warga.inside() as site:
        asked = await Participation.all().select_related("person")
        assert [(row.state, row.message) for row in asked] == [("asked", "Boleh ikut?")]
        assert await types_told(ani) == ["follow", "event.asked"]
        assert (await Event.get(post_id=post.id)).going_count == 0
        await decide(site, ani.actor, post, asked[0].person, lets_in=True)
    await settle(warga, kota)
    async with kota.inside():
        assert (await Participation.get()).state == "going"
    async with warga.inside() as site:
        assert (await Event.get(post_id=post.id)).going_count == 1
        await decide(site, ani.actor, post, asked[0].person, lets_in=False)
        assert (await Event.get(post_id=post.id)).going_count == 0
    await settle(warga, kota)
    async with kota.inside() as site:
        assert (await Participation.get()).state == "refused"
        assert await types_told(budi) == ["event.accepted", "event.refused"]
        await leave(site, budi.actor, there)
        assert (await join(site, budi.actor, there)).state == "refused"  # asking again does not help


async def test_the_last_place_is_given_to_one(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    people = [await warga.user(f"warga{number}") for number in range(6)]
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, inviting(capacity=2))
        tries = [join(site, person.actor, post) for person in [*people, *people]]
        found = await asyncio.gather(*tries, return_exceptions=True)
        refused = [error.code for error in found if isinstance(error, Invalid)]
        assert set(refused) == {"event-full"}
        assert (await Event.get(post_id=post.id)).going_count == 2
        assert await Participation.all().count() == 2


async def test_a_deleted_event_and_an_ended_account_leave_nothing(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, inviting())
        await join(site, budi.actor, post)
        await delete_account(site, budi)
        await settle(site)
        assert (await Event.get(post_id=post.id)).going_count == 0
        assert await Participation.all().count() == 0
        await posting.delete_post(site, ani.actor, post)
        assert await Event.all().count() == 0


async def test_those_who_go_are_reminded_once(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi, citra = await warga.user("ani"), await warga.user("budi"), await warga.user("citra")
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, inviting(hours=48))
        await join(site, budi.actor, post)
        await remind_of_events(site)
        assert await types_told(budi) == []
        soon = site.clock.now() + BEFORE - timedelta(minutes=1)
        await Event.filter(post_id=post.id).update(starts_at=soon)
        for _ in range(2):
            await remind_of_events(site)
        assert await types_told(budi) == ["event.soon"]
        assert await types_told(ani) == ["event.soon"]
        assert await types_told(citra) == []
        await change_event(site, ani.actor, post, plan(hours=90))
        assert not (await Event.get(post_id=post.id)).is_reminded


async def test_our_document_is_what_others_read(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with warga.inside() as site:
        draft = inviting(capacity=20, latitude=-6.22, longitude=106.85, online_url="https://temu.example/a")
        post = await posting.create_post(site, ani.actor, draft)
        document, _ = await document_of(site, post)
    assert document["type"] == "Event"
    assert document["name"] == "Kerja bakti"
    for text in (document["content"], document["summary"], document["contentMap"]["id"]):
        assert " WIB" in text
        assert "Balai RW 05" in text
    assert document["content"].endswith("<p>Bawa cangkul</p>")
    assert document["location"] == {
        "type": "Place",
        "name": "Balai RW 05",
        "address": {"type": "PostalAddress", "streetAddress": "Jl. Tebet 14"},
        "latitude": -6.22,
        "longitude": 106.85,
    }
    assert document["startTime"].endswith("Z")
    assert document["timezone"] == "Asia/Jakarta"
    assert (document["joinMode"], document["ical:status"]) == ("free", "CONFIRMED")
    assert (document["maximumAttendeeCapacity"], document["participantCount"]) == (20, 0)
    assert {entry["type"] for entry in document["attachment"]} <= {"Document", "Link"}  # else Lemmy drops it
    terms = document["@context"][-1]
    assert {"ical", "joinMode", "externalParticipationUrl"} <= set(terms)


@pytest.mark.parametrize(
    "wrong, code",
    [
        ({"timezone": "Mars/Olympus"}, "event-zone"),
        ({"timezone": "../../etc/passwd"}, "event-zone"),
        ({"hours": -48}, "event-over"),
        ({"hours": 24 * 366 * 6, "ends_at": None}, "event-too-far"),
        ({"ends_at": datetime(2001, 1, 1, tzinfo=UTC)}, "event-end"),
        ({"capacity": 0}, "event-capacity"),
        ({"online_url": "javascript:alert(1)"}, "bad-link"),
        ({"join_mode": JoinMode.EXTERNAL}, "event-where-to-join"),
        ({"latitude": 91.0, "longitude": 0.0}, "event-point"),
    ],
)
async def test_what_cannot_be_is_not_planned(street: Street, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await street.post(name="Rapat", event=plan(**wrong))
    assert refused.value.code == code
    async with street.warga.inside():
        assert await Post.all().count() == 0


# --- what other software sends ----------------------------------------------------------------------------------


async def test_an_event_of_mobilizon_is_read_and_moved_by_its_author_alone(street: Street) -> None:
    rini, mallory = street.good.actor("rini"), street.good.actor("mallory", key=1)
    await street.follow(rini)
    event = meeting(rini, "rapat")
    assert await street.deliver(rini, rini.activity("Create", event)) == "done"
    post = await street.find(event["id"])
    assert post is not None
    async with street.warga.inside():
        known = await Event.get(post_id=post.id)
        assert known.starts_at == datetime(2099, 1, 1, 3, tzinfo=UTC)
        assert (known.capacity, known.going_count, known.place_name) == (None, 3, "Aula")
    off = event | {"ical:status": "CANCELLED", "updated": "2026-11-21T00:00:00Z"}
    assert await street.deliver(mallory, mallory.activity("Update", off)) in ("refused", "not-the-author")
    async with street.warga.inside() as site:
        assert (await Event.get(post_id=post.id)).status == EventStatus.CONFIRMED
        await join(site, street.ani.actor, post)
    await settle(street.warga)
    [sent] = [got for got in street.good.received if got["type"] == "Join"]
    assert (sent["object"], sent["actor"], sent["to"]) == (event["id"], street.ani.actor.uri, [rini.uri])
    assert await street.deliver(rini, rini.activity("Update", off)) == "done"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).status == EventStatus.CANCELLED
        assert await types_told(street.ani) == ["event.cancelled"]


async def test_only_the_organiser_answers_a_join(street: Street) -> None:
    rini, mallory = street.good.actor("rini"), street.evil.actor("mallory", key=1)
    await street.follow(rini)
    event = meeting(rini, "rapat", joinMode="restricted")
    await street.deliver(rini, rini.activity("Create", event))
    post = await street.find(event["id"])
    async with street.warga.inside() as site:
        made = await join(site, street.ani.actor, post)
    inner = {"type": "Join", "id": made.uri, "actor": street.ani.actor.uri, "object": event["id"]}
    assert await street.deliver(mallory, mallory.activity("Accept", inner)) != "done"
    async with street.warga.inside():
        assert (await Participation.get()).state == "asked"
    assert await street.deliver(rini, rini.activity("Accept", inner)) == "done"
    async with street.warga.inside():
        assert (await Participation.get()).state == "going"
        assert "event.accepted" in await types_told(street.ani)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"reasonCode": "event-full", "summary": "Full."}, "There is no room left."),
        ({"summary": "<b>Hanya</b> untuk RW 5"}, "Hanya untuk RW 5"),
    ],
    ids=["code", "words"],
)
async def test_whom_an_organiser_elsewhere_turns_away_reads_why(
    street: Street, said: dict[str, str], read: str
) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    event = meeting(rini, "rapat")
    await street.deliver(rini, rini.activity("Create", event))
    async with street.warga.inside() as site:
        made = await join(site, street.ani.actor, await street.find(event["id"]))
    inner = {"type": "Join", "id": made.uri, "actor": street.ani.actor.uri, "object": event["id"]}
    assert await street.deliver(rini, rini.activity("Reject", inner, **said)) == "done"
    _, page = await (await FormBrowser.of(street.warga, street.ani)).get("/notifications")
    assert "cannot let you come to an event" in page
    assert read in page


async def test_an_event_that_reads_no_join_is_only_noted(street: Street) -> None:
    """Gancio says no `joinMode`."""
    gancio = street.good.actor("gancio", type_="Application")
    await street.follow(gancio)
    event = meeting(gancio, "konser")
    del event["joinMode"]
    await street.deliver(gancio, gancio.activity("Create", event))
    post = await street.find(event["id"])
    assert post is not None
    async with street.warga.inside() as site:
        assert (await join(site, street.ani.actor, post)).state == "going"
    await settle(street.warga)
    assert [got for got in street.good.received if got["type"] == "Join"] == []


async def test_a_join_of_mobilizon_is_accepted_and_a_leave_frees_the_place(street: Street) -> None:
    rini, dodi = street.good.actor("rini"), street.good.actor("dodi", key=1)
    post = await street.post(name="Rapat", event=plan(capacity=1))
    wish = rini.activity("Join", post.uri, participationMessage="<b>Saya</b> datang")
    assert await street.deliver(rini, wish) == "done"
    assert await street.deliver(rini, rini.activity("Join", post.uri)) == "done"
    assert await street.deliver(dodi, dodi.activity("Join", post.uri)) == "done"
    answers = [got["type"] for got in street.good.received if got["type"] in ("Accept", "Reject")]
    assert answers == ["Accept", "Accept", "Reject"]
    assert street.good.received[0]["object"]["type"] == "Join"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 1
    for _ in range(2):
        assert await street.deliver(rini, rini.activity("Leave", post.uri)) == "done"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 0
        assert await Participation.all().count() == 0
    assert await street.deliver(dodi, dodi.activity("Join", post.uri)) == "done"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 1


async def test_an_undone_join_frees_the_place_also_before_it_arrives(street: Street) -> None:
    rini, dodi = street.good.actor("rini"), street.good.actor("dodi", key=1)
    post = await street.post(name="Rapat", event=plan())
    wish, late = rini.activity("Join", post.uri), dodi.activity("Join", post.uri)
    assert await street.deliver(rini, wish) == "done"
    assert await street.deliver(dodi, dodi.activity("Undo", wish)) != "done"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 1
    assert await street.deliver(rini, rini.activity("Undo", wish)) == "done"
    assert await street.deliver(dodi, dodi.activity("Undo", late)) == "done"
    await street.deliver(dodi, late)
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 0
        assert await Participation.all().count() == 0


async def test_an_answer_names_the_join_that_was_sent_last(street: Street) -> None:
    """Some peers forget their first one, and know answers by its id only."""
    rini = street.good.actor("rini")
    post = await street.post(name="Rapat", event=plan(join_mode=JoinMode.RESTRICTED))
    for _ in range(2):
        wish = rini.activity("Join", post.uri)
        assert await street.deliver(rini, wish) == "done"
    async with street.warga.inside() as site:
        known = await Participation.get().select_related("person")
        await decide(site, street.ani.actor, post, known.person, lets_in=False)
    await settle(street.warga)
    [answer] = street.good.received
    assert (answer["type"], answer["object"]["id"]) == ("Reject", wish["id"])


async def test_nobody_joins_for_others_too_late_or_unseen(street: Street) -> None:
    rini, mallory = street.good.actor("rini"), street.evil.actor("mallory", key=1)
    post = await street.post(name="Rapat", event=plan())
    forged = mallory.activity("Join", post.uri) | {"actor": rini.uri}
    assert await street.deliver(mallory, forged) not in ("done",)
    hidden = await street.post(name="Rahasia", event=plan(), visibility=Visibility.FOLLOWERS)
    assert await street.deliver(rini, rini.activity("Join", hidden.uri)) == "refused"
    async with street.warga.inside() as site:
        assert await Participation.all().count() == 0
        past = site.clock.now() - timedelta(hours=5)
        await Event.filter(post_id=post.id).update(starts_at=past, ends_at=past + timedelta(hours=1))
    assert await street.deliver(rini, rini.activity("Join", post.uri)) == "done"
    assert [got["type"] for got in street.good.received] == ["Reject"]
    async with street.warga.inside() as site:
        assert await Participation.all().count() == 0
        stranger = await street.warga.user("orang")
        with pytest.raises(NotFound):
            await join(site, stranger.actor, hidden)
        with pytest.raises(NotAllowed):
            await call_off(site, stranger.actor, post)


async def test_one_server_cannot_fill_an_event(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "PLACES_OF_A_HOST", 2)
    post = await street.post(name="Rapat", event=plan())
    for number in range(4):
        bot = street.evil.actor(f"bot{number}")
        assert await street.deliver(bot, bot.activity("Join", post.uri)) == "done"
    rini = street.good.actor("rini")
    assert await street.deliver(rini, rini.activity("Join", post.uri)) == "done"
    async with street.warga.inside():
        assert (await Event.get(post_id=post.id)).going_count == 3


async def test_absurd_events_are_shown_as_far_as_they_make_sense(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    odd = meeting(
        rini,
        "aneh",
        timezone="../../../etc/passwd",
        endTime="1999-01-01T00:00:00Z",
        participantCount=-5,
        maximumAttendeeCapacity=2**50,
        location={"type": "Place", "name": "<script>alert(1)</script>Aula\r\nATTACH:x", "latitude": 1e9},
    )
    without = meeting(rini, "tanpa", startTime="9999999-13-45")
    for event in (odd, without):
        assert await street.deliver(rini, rini.activity("Create", event)) == "done"
    post = await street.find(odd["id"])
    assert post is not None
    async with street.warga.inside():
        event = await Event.get()  # the other one is a post
        assert (event.timezone, event.ends_at, event.capacity, event.going_count) == ("", None, None, None)
        assert event.latitude is None
    browser = await FormBrowser.of(street.warga, street.ani)
    _, text = await browser.get(f"/p/{post.id}")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    _, file = await browser.get(f"/p/{post.id}/event.ics")
    assert "\r\nATTACH" not in file


async def test_events_of_earlier_posts_move_to_their_table(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    extra = {
        "startTime": "2026-11-20T02:00:00Z", "endTime": "2026-11-20T04:00:00Z", "timezone": "Asia/Jakarta",
        "joinMode": "free", "maximumAttendeeCapacity": 9, "participantCount": 4, "status": "CANCELLED",
        "location": {"type": "Place", "name": "Aula", "latitude": -6.2, "longitude": 106.8}, "stickied": True,
    }  # fmt: skip
    async with warga.inside() as site:
        post = await Post.create(
            id=site.ids.next(), uri="https://lain.example/1", kind="event", author=ani.actor, extra=extra,
            created_at=site.clock.now(),
        )  # fmt: skip
        move_events = import_module("sebangsa.migrations.0010_events_of_earlier_posts").move_events
        for _ in range(2):
            await move_events(None, SimpleNamespace(client=get_connection("default")))
        event = await Event.get(post_id=post.id)
        assert event.starts_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
        assert (event.capacity, event.going_count, event.place_name) == (9, 4, "Aula")
        assert (event.status, event.join_mode) == (EventStatus.CANCELLED, JoinMode.FREE)
        assert set((await Post.get(id=post.id)).extra) == {"location", "stickied"}


# --- pages ------------------------------------------------------------------------------------------------------


async def test_an_event_is_planned_joined_and_managed_without_scripts(street: Street) -> None:
    budi = await street.warga.user("budi")
    organiser, guest = (
        await FormBrowser.of(street.warga, street.ani),
        await FormBrowser.of(street.warga, budi),
    )
    day = (datetime.now(UTC) + timedelta(days=4)).strftime("%Y-%m-%d")
    _, form = await organiser.get("/compose?event=1")
    assert 'type="datetime-local"' in form
    assert 'value="Asia/Jakarta" selected' in form
    fields = {
        "name": "Kerja bakti",
        "source": "Bawa cangkul",
        "event_start": f"{day}T09:00",
        "event_end": f"{day}T11:00",
        "event_zone": "Asia/Jayapura",
        "event_place": "Balai <b>RW</b>",
        "event_join": "restricted",
    }
    status, wrong = await organiser.post("/compose", **fields | {"event_end": f"{day}T08:00"})
    assert status == 422
    assert "Bawa cangkul" in wrong
    status, where = await organiser.post("/compose", **fields)
    assert status == 303
    async with street.warga.inside():
        event = await Event.get()
        assert event.starts_at.strftime("%H:%M") == "00:00"  # nine o'clock in Jayapura
    _, shown = await guest.get(where)
    assert "07:00 WIB" in shown
    assert "09:00–11:00 WIT" in shown
    assert "Balai &lt;b&gt;RW&lt;/b&gt;" in shown
    assert "Ask to come" in shown
    assert f"{where}/people" not in shown
    post_id = where.rpartition("/")[2]
    sent = {f"answer-{post_id}": "yes", f"message-{post_id}": "Boleh?"}
    assert (await guest.post(f"{where}/attend", where, **sent))[0] == 303
    assert "has not answered yet" in (await guest.get(where))[1]
    assert (await guest.get(f"{where}/people"))[0] == 403
    _, people = await organiser.get(f"{where}/people")
    assert "Boleh?" in people
    answer = {"who": str(budi.actor_id), "answer": "yes"}
    assert (await organiser.post(f"{where}/people", **answer))[0] == 303
    assert "You are going" in (await guest.get(where))[1]
    assert "Kerja bakti" in (await guest.get("/calendar"))[1]
    assert "expects you" in (await guest.get("/notifications"))[1]
    assert (await guest.get(f"{where}/event"))[0] == 403
    assert (await organiser.get(f"{where}/event"))[0] == 200
    assert (await organiser.post(f"{where}/event/call-off", f"{where}/event"))[0] == 303
    assert "Called off" in (await guest.get(where))[1]
    assert (await guest.post(f"{where}/attend", where, **{f"answer-{post_id}": "no"}))[0] == 303
    visitor = FormBrowser(street.warga)
    assert (await visitor.get(f"{where}/event.ics"))[0] == 200


async def test_the_calendar_of_a_followers_event_is_for_followers(street: Street) -> None:
    post = await street.post(name="Rahasia", event=plan(), visibility=Visibility.FOLLOWERS)
    assert (await FormBrowser(street.warga).get(f"/p/{post.id}/event.ics"))[0] == 404
    ani = await FormBrowser.of(street.warga, street.ani)
    status, file = await ani.get(f"/p/{post.id}/event.ics")
    assert (status, file.startswith("BEGIN:VCALENDAR")) == (200, True)


async def test_the_events_of_a_page_cost_two_queries_and_a_page_without_any_none(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = SqliteClient.execute_query

    async def counting(self: Any, query: str, values: Any = None) -> Any:
        asked.append(query)
        return await original(self, query, values)

    monkeypatch.setattr(SqliteClient, "execute_query", counting)
    posts = [await street.post(name=f"Rapat {number}", event=plan()) for number in range(4)]
    plain = await street.post()
    spent = []
    async with street.warga.inside() as site:
        for page in (posts[:1], posts, [plain]):
            asked.clear()
            await events_among(street.ani.actor, page, site.clock.now())
            spent.append(len(asked))
    assert spent == [2, 2, 0]


async def test_what_was_sent_names_nobody_who_comes(street: Street) -> None:
    rini = street.good.actor("rini")
    post = await street.post(name="Rapat", event=plan())
    await street.deliver(rini, rini.activity("Join", post.uri))
    async with street.warga.inside() as site:
        await change_event(site, street.ani.actor, post, plan(hours=80))
        [update] = await OutboundActivity.filter(type="Update")
        assert rini.uri not in update.body
        assert json.loads(update.body)["to"] == [PUBLIC]
    await settle(street.warga)
    assert "Update" in [got["type"] for got in street.good.received]  # she does not follow, but takes part


async def test_how_many_come_is_told_to_other_servers_and_is_no_edit(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with kota.inside() as site:
        there = await find_actor(site, ani.actor.uri)
        assert there is not None
        await following.follow(site, budi.actor, there)
    await settle(warga, kota)
    async with warga.inside() as site:
        post = await posting.create_post(site, ani.actor, inviting())
    await settle(warga, kota)
    async with kota.inside() as site:
        await join(site, budi.actor, await Post.get(uri=post.uri))
    await settle(warga, kota)
    async with warga.inside() as site:
        await tell_who_come(site)
        assert await OutboundActivity.filter(type="Update").count() == 0  # more may come
        await Event.all().update(untold_since=site.clock.now() - TOLD_EVERY)
        for _ in range(2):
            await tell_who_come(site)
        assert await OutboundActivity.filter(type="Update").count() == 1
    await settle(warga, kota)
    for instance in neighbours:
        async with instance.inside():
            event = await Event.get().select_related("post")
            assert (event.going_count, event.post.edited_at, event.revision) == (1, None, 0)
    async with warga.inside() as site:
        await change_event(site, ani.actor, post, plan(place_name="Aula"))
    await settle(warga, kota)
    async with kota.inside():
        event = await Event.get().select_related("post")
        assert (event.place_name, event.post.edited_at is not None, event.revision) == ("Aula", True, 1)
