"""A chat between two servers, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chat import conversations, delivery_state, requests, sending
from chat.models import Chat, ChatMessage, MemberState
from federation.models import Actor, Delivery, OutboundActivity, Peer
from sebangsa import following, posting
from sebangsa.errors import NotFound
from sebangsa.models import Mention, Notification, Post, Visibility
from sebangsa.posting import Draft
from tests.chat.chatting import Pair, acquaint, found, let_in, listed, log, member_row, person, texts, write
from tests.instances import Instance, free_port, make_site, running, settle, unfinished


async def _wire(instance: Instance, message: ChatMessage) -> dict[str, Any]:
    async with instance.inside():
        post = await Post.get(id=message.id)
        sent = await OutboundActivity.get(uri=f"{post.uri}/activity")
    document: dict[str, Any] = json.loads(sent.body)
    return document


async def test_messages_travel_both_ways_into_one_chat_and_answer_each_other(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "halo juga, Ani")
    await settle(warga, kota)
    await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "banjir?")
    await settle(warga, kota)
    said = ["halo", "halo juga, Ani", "banjir?"]
    assert texts(await log(warga, "ani", here)) == said
    assert texts(await log(kota, "budi", there)) == said
    messages = await log(kota, "budi", there)
    assert [message.is_own for message in messages] == [False, True, False]
    assert [message.post.in_reply_to_id for message in messages] == [
        None,
        messages[0].post.id,
        messages[1].post.id,
    ]
    assert len({message.post.conversation for message in messages}) == 1
    for instance in neighbours:
        async with instance.inside():
            assert await Chat.all().count() == 1
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def test_a_message_has_on_the_wire_the_one_shape_that_every_peer_takes(neighbours: Pair) -> None:
    warga, kota = neighbours
    await acquaint(warga, kota)
    budi = f"{kota.url}/u/budi"
    create = await _wire(
        warga, await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "rapat **besok**")
    )
    note = create["object"]
    assert (create["type"], note["type"]) == ("Create", "Note")
    for document in (create, note):
        assert (document["to"], document["cc"]) == ([budi], [])
    assert note["directMessage"] is True
    domain = kota.site.settings.domain
    assert note["tag"] == [{"type": "Mention", "href": budi, "name": f"@budi@{domain}"}]
    assert note["conversation"] == note["context"]
    assert note["inReplyTo"].startswith(f"{warga.url}/p/")
    assert "u-url mention" in note["content"].partition("rapat")[0]
    assert "<strong>besok</strong>" in note["content"]


async def test_unread_messages_are_counted_until_they_are_read(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    to = f"@budi@{kota.site.settings.domain}"
    await write(warga, "ani", to, "satu")
    await write(warga, "ani", to, "dua")
    await settle(warga, kota)
    assert (await member_row(kota, "budi", there)).unread_count == 3
    async with kota.inside() as site:
        budi = await person(site, "budi")
        assert await conversations.unread_total(budi.id) == 3
        await conversations.mark_read(site, budi, there)
        assert await conversations.unread_total(budi.id) == 0
    await write(warga, "ani", to, "tiga")
    await settle(warga, kota)
    assert (await member_row(kota, "budi", there)).unread_count == 1
    await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "ya")
    assert (await member_row(kota, "budi", there)).unread_count == 0


async def test_a_strangers_first_message_waits_as_a_request_and_rings_no_bell(neighbours: Pair) -> None:
    warga, kota = neighbours
    await warga.user("ani")
    await kota.user("budi")
    await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "kenalan dong")
    await settle(warga, kota)
    assert await listed(kota, "budi") == []
    [request] = await listed(kota, "budi", MemberState.REQUEST)
    assert (request.preview, request.is_request) == ("kenalan dong", True)
    async with kota.inside() as site:
        budi = await person(site, "budi")
        assert await Notification.filter(recipient_id=budi.id).count() == 0
        assert await conversations.unread_total(budi.id) == 0
        assert await conversations.requests_count(budi.id) == 1
    [message] = await log(kota, "budi", request.chat.id)
    assert message.hides_media
    await let_in(kota, "budi")
    [message] = await log(kota, "budi", request.chat.id)
    assert not message.hides_media
    assert [shown.chat.id for shown in await listed(kota, "budi")] == [request.chat.id]


async def test_whom_one_follows_or_has_written_to_needs_no_asking(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with kota.inside() as site:
        await following.follow(site, budi.actor, await found(site, f"@ani@{warga.site.settings.domain}"))
    await settle(warga, kota)
    await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "kamu ikut saya")
    await settle(warga, kota)
    assert len(await listed(kota, "budi")) == 1
    async with kota.inside():
        assert await Notification.filter(recipient_id=budi.actor_id, type="mention").count() == 1
    await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "betul")
    await settle(warga, kota)
    assert len(await listed(warga, "ani")) == 1
    async with warga.inside():
        assert await Notification.filter(recipient_id=ani.actor_id, type="mention").count() == 1


async def test_a_declined_stranger_is_neither_shown_nor_counted_again(neighbours: Pair) -> None:
    warga, kota = neighbours
    await warga.user("ani")
    await kota.user("budi")
    to = f"@budi@{kota.site.settings.domain}"
    await write(warga, "ani", to, "beli ini")
    await settle(warga, kota)
    [request] = await listed(kota, "budi", MemberState.REQUEST)
    async with kota.inside() as site:
        await requests.decline(site, await person(site, "budi"), request.chat.id)
    await write(warga, "ani", to, "ayo beli")
    await settle(warga, kota)
    assert await listed(kota, "budi") == await listed(kota, "budi", MemberState.REQUEST) == []
    assert (await member_row(kota, "budi", request.chat.id)).unread_count == 0
    async with kota.inside():
        assert await Notification.all().count() == 0


async def test_an_edit_and_a_deletion_reach_the_other_side(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    message = await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "jam tujh")
    await settle(warga, kota)
    async with warga.inside() as site:
        await sending.edit(site, await person(site, "ani"), here, message.id, "jam tujuh")
    await settle(warga, kota)
    assert texts(await log(kota, "budi", there)) == ["halo", "jam tujuh"]
    assert (await member_row(kota, "budi", there)).unread_count == 2
    async with warga.inside() as site:
        await sending.delete(site, await person(site, "ani"), here, message.id)
    await settle(warga, kota)
    for instance, name, chat_id in ((warga, "ani", here), (kota, "budi", there)):
        last = (await log(instance, name, chat_id))[-1]
        assert (last.is_deleted, last.html) == (True, "")
    assert (await member_row(kota, "budi", there)).unread_count == 1
    async with warga.inside() as site:
        again = await sending.send(site, await person(site, "ani"), here, "lagi")
        assert again.post.in_reply_to_id != message.id


async def test_ticks_say_waiting_while_the_peer_is_down_and_accepted_when_it_is_back(
    database: str,
    start: Callable[..., Awaitable[Instance]],
    new_database: Callable[[str, str], Awaitable[str]],
    tmp_path: Path,
) -> None:
    warga = await start("warga", database=database)
    url, place = f"http://kota.localhost:{free_port()}", await new_database(database, "kota")
    async with running(make_site(tmp_path / "kota", url, place)) as kota:
        here, there = await acquaint(warga, kota)
        to = f"@budi@{kota.site.settings.domain}"
    message = await write(warga, "ani", to, "masuk?")

    async def delivery() -> delivery_state.MessageDelivery:
        found = (await log(warga, "ani", here))[-1]
        assert found.post.id == message.id
        assert found.delivery is not None
        return found.delivery

    assert (await delivery()).state == delivery_state.Sent.QUEUED
    await settle(warga)
    waiting = await delivery()
    assert (waiting.state, waiting.host) == (delivery_state.Sent.QUEUED, kota.site.settings.host)
    assert waiting.attempts > 0
    async with warga.inside() as site:  # the pause is over
        await Delivery.filter(state="pending").update(run_at=site.clock.now())
        await Peer.all().update(retry_at=None)
    async with running(make_site(tmp_path / "kota", url, place)) as kota:
        await settle(warga, kota)
        assert (await delivery()).state == delivery_state.Sent.ACCEPTED
        assert texts(await log(kota, "budi", there)) == ["halo", "masuk?"]


async def test_a_message_that_the_peer_refuses_says_so(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, _ = await acquaint(warga, kota)
    async with warga.inside():  # the account moved on, and we have not read so yet
        await Actor.filter(username="budi").update(inbox_url=f"{kota.url}/u/nobody/inbox")
    await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "ditolak?")
    await settle(warga, kota)
    delivery = (await log(warga, "ani", here))[-1].delivery
    assert delivery is not None
    assert (delivery.state, delivery.host) == (delivery_state.Sent.FAILED, kota.site.settings.host)
    assert delivery.reason


async def test_s110_a_reply_that_names_a_third_person_is_another_chat_with_that_reply_alone(
    neighbours: Pair,
) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    await kota.user("citra")
    domain = kota.site.settings.domain
    async with warga.inside() as site:
        ani = await person(site, "ani")
        await sending.send(site, ani, here, f"jangan bilang @citra@{domain} ya")
    await settle(warga, kota)
    async with kota.inside() as site:
        citra = await person(site, "citra")
        assert await Mention.filter(actor_id=citra.id).count() == 0  # a name in a chat's text invites nobody
    assert texts(await log(kota, "budi", there))[-1] == f"jangan bilang @citra@{domain} ya"
    async with warga.inside() as site:
        last = await Post.filter(author_id=ani.id).order_by("-id").first()
        draft = Draft(
            source=f"@budi@{domain} @citra@{domain} rapat", visibility=Visibility.DIRECT, in_reply_to=last
        )
        await posting.create_post(site, ani, draft)  # as an app sends it
    await settle(warga, kota)
    async with kota.inside():
        assert await Chat.all().count() == 2
    [request] = await listed(kota, "citra", MemberState.REQUEST)
    assert texts(await log(kota, "citra", request.chat.id)) == ["rapat"]
    assert {actor.username for actor in request.others} == {"ani", "budi"}
    assert "rapat" not in " ".join(texts(await log(kota, "budi", there)))
    with pytest.raises(NotFound):
        await log(kota, "citra", there)


async def test_s108_another_persons_chat_and_messages_are_not_there(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    await warga.user("citra")
    message = (await log(warga, "ani", here))[0]
    async with warga.inside() as site:
        citra = await person(site, "citra")
        for attempt in (
            conversations.chat_for(citra, here),
            conversations.mark_read(site, citra, here),
            conversations.mark_unread(citra, here),
            conversations.leave_list(citra, here),
            requests.accept(site, citra, here),
            requests.decline(site, citra, here),
            sending.send(site, citra, here, "hai"),
            sending.edit(site, citra, here, message.post.id, "diganti"),
            sending.delete(site, citra, here, message.post.id),
        ):
            with pytest.raises(NotFound):
                await attempt
    async with kota.inside() as site:
        budi = await person(site, "budi")
        received = (await ChatMessage.filter(chat_id=there).first()).id  # type: ignore[union-attr]
        with pytest.raises(NotFound):  # read by him, written by another
            await sending.edit(site, budi, there, received, "diganti")
    assert texts(await log(warga, "ani", here)) == ["halo"]


async def test_s097_a_double_tap_sends_one_message(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    to = f"@budi@{kota.site.settings.domain}"
    first = await write(warga, "ani", to, "sekali saja", idempotency_key="k1")
    second = await write(warga, "ani", to, "sekali saja", idempotency_key="k1")
    assert first.id == second.id
    await settle(warga, kota)
    assert texts(await log(kota, "budi", there)) == ["halo", "sekali saja"]
