"""Events as threads of communities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communities.membership import ban, write_ban
from federation.models import Actor
from federation.peer_profiles import profile_for
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.events.changing import call_off
from sebangsa.events.joining import join
from sebangsa.events.planning import EventDraft
from sebangsa.models import Event, Participation, Post
from sebangsa.post_documents import document_of
from tests.communities.village import Village, announce
from tests.foreign_server import PUBLIC
from tests.form_browser import FormBrowser
from tests.instances import settle
from tests.interop.piefed import documents as piefed


def plan(days: int = 3, **more: Any) -> EventDraft:
    start = datetime.now(UTC) + timedelta(days=days)
    return EventDraft(start, start + timedelta(hours=2), **{"place_name": "Balai"} | more)


async def test_an_event_of_piefed_in_its_group_becomes_a_thread(village: Village) -> None:
    group, joko = village.group_of(village.good), village.good.actor("joko", key=1)
    await village.follow(group)
    event = piefed.event(joko, group.uri, "Pasar")
    assert (await village.deliver(group, announce(group, joko.activity("Create", event))))[1] == "done"
    post = await village.find(event["id"])
    assert post is not None
    assert post.community is not None
    assert (post.kind, post.name, post.content) == (
        "event",
        "Pasar",
        "<p>Sudah <strong>selutut</strong></p>\n",
    )
    async with village.warga.inside():
        known = await Event.get(post_id=post.id)
        assert (known.capacity, known.going_count, known.online_url) == (40, 2, "https://temu.example/1")
    browser = await FormBrowser.of(village.warga, village.ani)
    _, text = await browser.get(f"/c/rw@{village.good.host}/events")
    assert "Pasar" in text


async def test_an_event_attributed_to_a_group_is_shown_in_it(village: Village) -> None:
    """Mobilizon: the group stands in `attributedTo`, the writer in `actor`."""
    group, joko = village.group_of(village.good), village.good.actor("joko", key=1)
    await village.follow(group)
    event = piefed.event(joko, group.uri, "Pasar") | {
        "attributedTo": group.uri,
        "actor": joko.uri,
        "to": [PUBLIC],
    }
    del event["audience"]
    village.good.serve(event)
    assert (await village.deliver(group, group.activity("Announce", event["id"])))[1] == "done"
    post = await village.find(event["id"])
    assert post is not None
    assert post.community is not None
    assert post.community.uri == group.uri
    async with village.warga.inside() as site:
        await join(site, village.ani.actor, post)
    await settle(village.warga)
    [sent] = [got for got in village.good.received if got["type"] == "Join"]
    assert sent["to"] == [joko.uri]


async def test_a_community_lists_what_is_coming_and_phones_subscribe_to_it(village: Village) -> None:
    near = await village.thread(name="Kerja bakti", event=plan(2))
    await village.thread(name="Panen", event=plan(9))
    over = await village.thread(name="Sudah lewat", event=plan(1))
    async with village.warga.inside() as site:
        past = site.clock.now() - timedelta(days=2)
        await Event.filter(post_id=over.id).update(starts_at=past, ends_at=past + timedelta(hours=1))
        await call_off(site, village.ani.actor, near)
    visitor = FormBrowser(village.warga)
    status, text = await visitor.get("/c/tebet/events")
    assert status == 200
    assert 0 < text.index("Kerja bakti") < text.index("Panen")
    assert "Called off" in text
    assert "Sudah lewat" not in text
    status, file = await visitor.get("/c/tebet/events.ics")
    assert status == 200
    assert file.count("BEGIN:VEVENT") == 2
    assert "STATUS:CANCELLED" in file
    assert "X-WR-CALNAME:Tebet" in file
    _, lines = await visitor.get("/c/tebet")
    assert "Panen" in lines


async def test_our_communitys_event_is_announced_as_it_is(village: Village) -> None:
    post = await village.thread(event=plan())
    async with village.warga.inside() as site:
        document, _ = await document_of(site, post)
    assert (document["type"], document["audience"]) == ("Event", village.group.uri)
    assert {"startTime", "endTime", "timezone", "joinMode", "ical:status", "location"} <= set(document)


async def test_who_is_banned_comes_to_no_event(village: Village) -> None:
    budi = await village.warga.user("budi")
    post = await village.thread(event=plan())
    async with village.warga.inside() as site:
        await ban(site, village.ani.actor, village.group, budi.actor, reason="")
        with pytest.raises(NotAllowed):
            await join(site, budi.actor, post)


async def test_who_is_banned_elsewhere_is_answered_with_the_reason(village: Village) -> None:
    rini = village.good.actor("rini")
    post = await village.thread(event=plan())
    await village.deliver(rini, rini.activity("Follow", village.group.uri))
    async with village.warga.inside() as site:
        await write_ban(site, village.group, await Actor.get(uri=rini.uri), "", None)
    village.good.received.clear()
    wish = rini.activity("Join", post.uri)
    assert (await village.deliver(rini, wish))[1] == "done"
    [answer] = [sent for sent in village.good.received if sent["object"].get("id") == wish["id"]]
    assert (answer["type"], answer["actor"]) == ("Reject", village.ani.actor.uri)
    assert answer["reasonCode"] == "banned"
    async with village.warga.inside():
        assert not await Participation.exists()


async def test_a_group_on_another_server_than_the_organiser_answers_no_join(village: Village) -> None:
    group, joko = village.group_of(village.good), village.evil.actor("joko", key=1)
    await village.follow(group)
    event = piefed.event(joko, group.uri, "Pasar")
    assert (await village.deliver(group, announce(group, joko.activity("Create", event))))[1] == "done"
    post = await village.find(event["id"])
    assert post is not None
    assert post.community is not None
    async with village.warga.inside() as site:
        made = await join(site, village.ani.actor, post)
    inner = {"type": "Join", "id": made.uri, "actor": village.ani.actor.uri, "object": event["id"]}
    assert (await village.deliver(group, group.activity("Reject", inner)))[1] == "refused"
    async with village.warga.inside():
        assert (await Participation.get()).state == "going"


async def test_an_event_for_a_community_whose_server_knows_none_is_refused(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await village.follow(village.group_of(village.good))
    async with village.warga.inside() as site:
        profiles = site.federation.profiles

        async def mbin(host: str) -> Any:
            return profile_for("mbin", "1.8")

        monkeypatch.setattr(profiles, "of", mbin)
    with pytest.raises(Invalid) as refused:
        await village.thread(community=known, event=plan())
    assert refused.value.code == "no-events-there"
    async with village.warga.inside():
        assert await Post.all().count() == 0
