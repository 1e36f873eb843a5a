"""Messages as other software sends and reads them: ChatMessage, hidden recipients, strangers among the addressed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat import sending
from chat.models import Chat, ChatMessage, MemberState
from federation.models import Actor, Delivery, OutboundActivity, Peer
from federation.outbox import Audience, publish
from sebangsa.errors import NotAllowed
from sebangsa.models import Mention, Post
from sebangsa.wire import activity_about
from tests.chat.chatting import Pair, acquaint, listed, log, person, texts, write
from tests.instances import Instance, settle


async def _deliver(
    sender: Instance, receiver: Instance, note: dict[str, Any], *, to_inbox_of: str, personal: bool = True
) -> None:
    """Ani's server sends a document that our own use cases would never write."""
    async with sender.inside() as site:
        ani = await person(site, "ani")
        target = await Actor.get(username=to_inbox_of, domain=receiver.site.settings.domain)
        row_id = site.ids.next()
        document = {
            "type": "Note",
            "id": f"{sender.url}/p/{row_id}",
            "attributedTo": ani.uri,
            "content": "<p>pesan</p>",
            "published": site.clock.now().isoformat(),
            **note,
        }
        activity = activity_about(
            "Create", ani, document, to=document.get("to", []), cc=document.get("cc", [])
        )
        await publish(site.federation, ani, activity, Audience(actors=[target], personal=personal))
    await settle(sender, receiver)


@pytest.mark.parametrize(
    ("software", "version", "accepts", "kind"),
    [
        ("mastodon", "4.6.0", False, "Note"),
        ("lemmy", "0.19.5", False, "ChatMessage"),
        ("lemmy", "1.0.0", False, "Note"),
        ("mbin", "1.9.0", False, "ChatMessage"),
        ("pleroma", "2.9.0", True, "ChatMessage"),
        ("pleroma", "2.9.0", False, "Note"),
        ("akkoma", "3.17.0", True, "Note"),
    ],
)
async def test_each_software_gets_the_kind_of_message_that_it_reads(
    neighbours: Pair, software: str, version: str, accepts: bool, kind: str
) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    async with warga.inside() as site:
        await Peer.all().update(software=software, version=version)
        site.federation.profiles.forget(kota.site.settings.domain)
        await Actor.filter(username="budi").update(accepts_chat_messages=accepts)
    message = await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "untuk perangkatmu")
    async with warga.inside() as site:
        sent = await OutboundActivity.get(uri=f"{message.post.uri}/activity")
        document = json.loads(sent.body)["object"]
        assert document["type"] == kind
        if kind == "ChatMessage":
            assert document["to"] == [f"{kota.url}/u/budi"]
            assert document["actor"] == document["attributedTo"] == f"{warga.url}/u/ani"
            assert not {"cc", "tag", "inReplyTo", "attachment"} & document.keys()
            assert document["content"] == "<p>untuk perangkatmu</p>"
            with pytest.raises(NotAllowed):
                await sending.edit(site, await person(site, "ani"), here, message.id, "diubah")
    await settle(warga, kota)
    assert texts(await log(kota, "budi", there))[-1] == "untuk perangkatmu"


async def test_a_chatmessage_and_a_note_of_one_person_are_one_chat(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    note = {"type": "ChatMessage", "to": [f"{kota.url}/u/budi"], "content": "dari Pleroma"}
    await _deliver(warga, kota, note, to_inbox_of="budi")
    await _deliver(warga, kota, {"to": [f"{kota.url}/u/budi"], "content": "dari Lemmy"}, to_inbox_of="budi")
    assert texts(await log(kota, "budi", there)) == ["halo", "dari Pleroma", "dari Lemmy"]
    answer = await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "balas")
    async with kota.inside():
        answered = await Post.get(id=(await Post.get(id=answer.id)).in_reply_to_id)
        assert answered.kind == "note"  # a ChatMessage is nothing that could be answered


async def test_unknown_software_that_sends_chatmessages_is_answered_with_them(neighbours: Pair) -> None:
    warga, kota = neighbours
    await acquaint(warga, kota)
    host = warga.site.settings.domain
    async with kota.inside() as site:
        await Peer.filter(host=host).update(software="")
        site.federation.profiles.forget(host)
    note = {"type": "ChatMessage", "to": [f"{kota.url}/u/budi"], "content": "halo lagi"}
    for text, kind in (("sebelum", "Note"), ("sesudah", "ChatMessage")):
        answer = await write(kota, "budi", f"@ani@{host}", text)
        async with kota.inside():
            sent = await OutboundActivity.get(uri=f"{answer.post.uri}/activity")
        assert json.loads(sent.body)["object"]["type"] == kind
        await _deliver(warga, kota, note, to_inbox_of="budi")


async def test_s109_a_message_that_names_none_of_ours_is_shown_to_the_owner_of_the_inbox_alone(
    neighbours: Pair,
) -> None:
    warga, kota = neighbours
    await acquaint(warga, kota)
    await kota.user("citra")
    await _deliver(warga, kota, {"to": ["https://elsewhere.example/u/x"]}, to_inbox_of="budi")
    async with kota.inside() as site:
        post = await Post.filter(is_local=False).order_by("-id").first()
        assert post is not None
        budi, citra = await person(site, "budi"), await person(site, "citra")
        assert await Mention.filter(post_id=post.id).values_list("actor_id", flat=True) == [budi.id]
        assert await Chat.all().count() == 2  # it also went to somebody else: not the chat of two
        assert await Mention.filter(actor_id=citra.id).count() == 0
    await _deliver(warga, kota, {"to": ["https://elsewhere.example/u/x"]}, to_inbox_of="budi", personal=False)
    async with kota.inside():
        assert await Chat.all().count() == 2


async def test_s113_a_message_to_one_of_ours_is_read_by_no_other(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    await kota.user("citra")
    assert await listed(kota, "citra") == await listed(kota, "citra", MemberState.REQUEST) == []
    async with kota.inside() as site:
        from sebangsa.visibility import may_read

        post = (await ChatMessage.filter(chat_id=there).select_related("post"))[0].post
        assert not await may_read(site, await person(site, "citra"), post)
        assert not await may_read(site, None, post)


async def test_s114_hidden_recipients_are_neither_kept_nor_sent_on(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    hidden = {
        "to": [f"{kota.url}/u/budi"],
        "bto": ["https://x.example/u/a"],
        "bcc": ["https://x.example/u/b"],
    }
    await _deliver(warga, kota, hidden, to_inbox_of="budi")
    assert len(await log(kota, "budi", there)) == 2
    async with kota.inside():
        for post in await Post.all():
            assert "x.example" not in json.dumps(post.extra)
        assert not [chat for chat in await Chat.all() if "x.example" in json.dumps(chat.strangers)]


@pytest.mark.parametrize("spelling", ["as:Public", "Public", "https://www.w3.org/ns/activitystreams#Public"])
async def test_s114_what_is_public_in_any_spelling_is_no_chat_message(
    neighbours: Pair, spelling: str
) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    await _deliver(warga, kota, {"to": [f"{kota.url}/u/budi", spelling]}, to_inbox_of="budi")
    assert texts(await log(kota, "budi", there)) == ["halo"]


async def test_a_message_is_filed_once_however_often_it_arrives(neighbours: Pair) -> None:
    warga, kota = neighbours
    _, there = await acquaint(warga, kota)
    note = {"id": f"{warga.url}/p/77", "to": [f"{kota.url}/u/budi"]}
    await _deliver(warga, kota, note, to_inbox_of="budi")
    await _deliver(warga, kota, note, to_inbox_of="budi", personal=False)
    assert texts(await log(kota, "budi", there)) == ["halo", "pesan"]


async def test_a_chat_with_somebody_who_cannot_be_reached_is_refused_not_halved(neighbours: Pair) -> None:
    warga, kota = neighbours
    await acquaint(warga, kota)
    both = {"to": [f"{kota.url}/u/budi", f"{warga.url}/u/tidakada"]}
    await _deliver(warga, kota, both, to_inbox_of="budi")
    async with kota.inside() as site:
        [chat] = [chat for chat in await Chat.all() if chat.strangers]
        before = await Delivery.all().count()
        with pytest.raises(NotAllowed):
            await sending.send(site, await person(site, "budi"), chat.id, "halo semua")
        assert await Delivery.all().count() == before
