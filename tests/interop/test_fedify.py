"""A peer that nobody here wrote: whatever it parses, verifies and answers is Fedify's own doing, not ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat import sending
from chat.models import MemberState
from federation.models import Actor, Follow, FollowState, InboundActivity, OutboundActivity, Peer
from sebangsa import posting, voting
from sebangsa.models import Notification, Post
from tests.chat.chatting import let_in, listed, log, person, texts
from tests.foreign_server import foreign_server
from tests.instances import DATABASES, settle, unfinished
from tests.interop.meeting import Meeting

CAVAGE = "draft-cavage-http-signatures-12"
RFC_9421 = "rfc9421"


async def test_fedify_finds_a_community_by_its_handle_and_reads_who_it_is(meeting: Meeting) -> None:
    found = await meeting.peer.ask("lookup", target=meeting.community)
    assert (found["type"], found["id"], found["username"]) == ("Group", meeting.group.uri, "tebet")
    assert found["name"] == "Tebet"
    assert found["inbox"] == meeting.group.inbox_url
    assert found["sharedInbox"] == f"{meeting.warga.url}/inbox"
    assert found["followers"] == meeting.group.followers_url
    assert found["attribution"] == meeting.group.moderators_url
    assert found["keys"] == ["RSASSA-PKCS1-v1_5", "Ed25519"]  # for requests, and for proofs


@pytest.mark.parametrize("database", DATABASES)
async def test_a_whole_conversation_is_the_same_on_both_sides(meeting: Meeting) -> None:
    follow = await _dewi_joins(meeting)
    thread = await _dewi_opens_a_thread(meeting)
    answer = await _budi_answers(meeting, thread)
    comment = await _dewi_answers_and_corrects_herself(meeting, answer)
    await _they_like_and_think_better_of_it(meeting, thread, answer)
    await _both_take_back_what_they_wrote(meeting, thread, answer, comment)
    await _dewi_leaves(meeting, follow)
    for entry in await meeting.peer.received():
        assert (entry["status"], entry["signer"]) == (202, entry["document"]["actor"])
        # Each activity of ours is proven by its author; what the group announces is proven inside.
        assert entry["isProven"] or entry["activity"]["type"] == "Announce"
    assert await unfinished(meeting.warga.site) == {"inbound": [], "deliveries": []}


async def _dewi_joins(meeting: Meeting) -> str:
    assert await meeting.followers() == 2
    follow = await meeting.dewi("follow", target=meeting.community)
    [accept] = await meeting.peer.received("Accept", "Follow", "Group")
    assert accept["activity"]["actor"] == meeting.group.uri
    assert accept["activity"]["objectId"] == follow["id"]
    assert accept["recipient"] == "dewi"
    async with meeting.warga.inside():
        dewi = await Actor.get(uri=meeting.peer.dewi)
        assert (dewi.type, dewi.username, dewi.domain) == ("Person", "dewi", meeting.peer.host)
        made = await Follow.get(follower_id=dewi.id, target_id=meeting.group.id)
        assert (made.state, made.uri) == (FollowState.ACCEPTED, follow["id"])
        assert (await Peer.get(host=meeting.peer.host)).software == "fedify-peer"
    assert await meeting.followers() == 3
    return follow["id"]


async def _dewi_opens_a_thread(meeting: Meeting) -> Post:
    made = await meeting.dewi(
        "post",
        community=meeting.community,
        kind="Page",
        title="Air naik di gang tiga",
        content="<p>Sudah <strong>selutut</strong></p>",
    )
    thread = await meeting.seen(made["object"])
    assert (thread.kind, thread.name) == ("page", "Air naik di gang tiga")
    assert (thread.author.uri, thread.community_id) == (meeting.peer.dewi, meeting.group.id)
    assert thread.content == "<p>Sudah <strong>selutut</strong></p>"
    assert "Air naik di gang tiga" in await meeting.page("/c/tebet")
    assert "<strong>selutut</strong>" in await meeting.page(f"/p/{thread.id}")

    [announced] = await meeting.peer.received("Announce", "Create", "Page")
    assert announced["activity"]["actor"] == meeting.group.uri
    assert announced["activity"]["objectId"] == made["id"]
    assert announced["activity"]["object"]["object"]["name"] == "Air naik di gang tiga"
    [boost] = await meeting.peer.received("Announce", "Page")  # unknown software gets the id too
    assert boost["activity"]["objectId"] == made["object"]
    assert (
        "signature" in announced["document"]["object"]
    )  # passed on as it came, what we do not read included
    return thread


async def _budi_answers(meeting: Meeting, thread: Post) -> Post:
    answer = await meeting.post(meeting.budi, source="Di gang empat **belum**", in_reply_to=thread)
    [announced] = await meeting.peer.received("Announce", "Create", "Note")
    create = announced["activity"]["object"]
    assert create["actor"] == create["object"]["attribution"] == f"{meeting.warga.url}/u/budi"
    assert (create["object"]["id"], create["object"]["replyTarget"]) == (answer.uri, thread.uri)
    assert "<strong>belum</strong>" in create["object"]["content"]
    outbox = await meeting.peer.ask("outbox", target=meeting.community)
    assert [entry["object"]["objectId"] for entry in outbox] == [thread.uri]
    assert (await meeting.peer.ask("lookup", target=answer.uri))["content"] == create["object"]["content"]
    return answer


async def _dewi_answers_and_corrects_herself(meeting: Meeting, answer: Post) -> Post:
    made = await meeting.dewi(
        "comment", parent=answer.uri, community=meeting.community, content="<p>Sabentar lagi</p>"
    )
    sent = [entry for entry in await meeting.peer.ask("posted") if entry["status"] == 202][-2:]
    assert {entry["url"] for entry in sent} == {meeting.group.inbox_url, f"{meeting.warga.url}/u/budi/inbox"}
    async with meeting.warga.inside():  # it came twice
        assert await Post.filter(uri=made["object"]).count() == 1
        assert await InboundActivity.filter(uri=made["id"]).count() == 1
        assert await Notification.filter(recipient_id=meeting.budi.actor_id, type="mention").count() == 1
    comment = await meeting.seen(made["object"])
    assert (comment.in_reply_to_id, comment.depth, comment.community_id) == (answer.id, 2, meeting.group.id)
    assert (await meeting.seen(answer.uri)).replies_count == 1
    await _is_announced_once(meeting, made["id"])

    edited = await meeting.dewi(
        "edit", object=made["object"], community=meeting.community, content="<p>Sebentar lagi</p>"
    )
    comment = await meeting.seen(made["object"])
    assert (comment.content, comment.edited_at is not None) == ("<p>Sebentar lagi</p>", True)
    assert "Sebentar lagi" in await meeting.page(f"/p/{comment.root_id}")
    await _is_announced_once(meeting, edited["id"])
    return comment


async def _they_like_and_think_better_of_it(meeting: Meeting, thread: Post, answer: Post) -> None:
    like = await meeting.dewi("like", object=answer.uri, community=meeting.community)
    assert (await meeting.seen(answer.uri)).likes_count == 1
    async with meeting.warga.inside():
        assert await Notification.filter(recipient_id=meeting.budi.actor_id, type="favourite").count() == 1
    await _is_announced_once(meeting, like["id"])
    undone = await meeting.dewi("undo", activity=like["id"], target=meeting.community)
    assert (await meeting.seen(answer.uri)).likes_count == 0
    await _is_announced_once(meeting, undone["id"])

    for value, kinds in ((1, ("Like", "Page")), (0, ("Undo", "Like", "Page"))):
        async with meeting.warga.inside() as site:
            budi = await Actor.get(id=meeting.budi.actor_id)
            await voting.vote(site, budi, await Post.get(id=thread.id), value)
        await settle(meeting.warga)
        for outer in ((), ("Announce",)):  # to its author's server, and to all who follow the group
            [entry] = [
                entry
                for entry in await meeting.peer.received(*outer, *kinds)
                if _inner(entry, outer)["actor"] == budi.uri
            ]
            assert _innermost(entry)["id"] == thread.uri


async def _both_take_back_what_they_wrote(
    meeting: Meeting, thread: Post, answer: Post, comment: Post
) -> None:
    removed = await meeting.dewi("remove", object=comment.uri, community=meeting.community)
    assert (await meeting.seen(comment.uri)).deleted_at is not None
    assert "Sebentar lagi" not in await meeting.page(f"/p/{thread.id}")
    await _is_announced_once(meeting, removed["id"])

    async with meeting.warga.inside() as site:
        budi = await Actor.get(id=meeting.budi.actor_id)
        await posting.delete_post(site, budi, await Post.get(id=answer.id))
    await settle(meeting.warga)
    deleted = [
        entry
        for entry in await meeting.peer.received("Announce", "Delete")
        if entry["activity"]["object"]["actor"] == budi.uri
    ]
    assert [entry["activity"]["object"]["objectId"] for entry in deleted] == [answer.uri]

    removed = await meeting.dewi("remove", object=thread.uri, community=meeting.community)
    gone = await meeting.seen(thread.uri)
    assert (gone.deleted_at is not None, gone.content) == (True, "")
    assert "Air naik di gang tiga" not in await meeting.page("/c/tebet")
    await _is_announced_once(meeting, removed["id"])
    outbox = json.loads(await meeting.page("/c/tebet/outbox"))  # Fedify keeps what it read before for a while
    assert outbox["orderedItems"] == []


async def _dewi_leaves(meeting: Meeting, follow: str) -> None:
    await meeting.dewi("undo", activity=follow, target=meeting.community)
    async with meeting.warga.inside():
        assert not await Follow.exists(uri=follow)
    assert await meeting.followers() == 2
    before = await meeting.peer.received()
    await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    assert await meeting.peer.received() == before


async def _is_announced_once(meeting: Meeting, activity: str) -> None:
    """The group passed on this activity of Dewi's, as she sent it: the bytes were not made anew."""
    [entry] = [
        entry
        for entry in await meeting.peer.received("Announce")
        if entry["activity"]["objectId"] == activity
    ]
    assert entry["activity"]["actor"] == meeting.group.uri
    assert entry["activity"]["object"]["actor"] == meeting.peer.dewi
    async with meeting.warga.inside():
        came = await InboundActivity.get(uri=activity)
    assert entry["document"]["object"] == json.loads(came.body)


def _inner(entry: dict[str, Any], outer: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = entry["activity"]
    for _ in outer:
        found = found["object"]
    return found


def _innermost(entry: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = entry["activity"]
    while found.get("object"):
        found = found["object"]
    return found


async def test_a_note_that_only_mentions_the_community_opens_a_thread_with_its_first_line(
    meeting: Meeting,
) -> None:
    await meeting.dewi("follow", target=meeting.community)
    made = await meeting.dewi(
        "post",
        community=meeting.community,
        kind="Note",
        content="<p>@tebet Lampu jalan mati</p><p>Sejak Senin</p>",
    )
    thread = await meeting.seen(made["object"])
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", meeting.group.id)
    await _is_announced_once(meeting, made["id"])


@pytest.mark.parametrize("first_knock", [RFC_9421, CAVAGE])
async def test_both_kinds_of_http_signature_hold_on_both_sides(meeting: Meeting, first_knock: str) -> None:
    scheme = RFC_9421 if first_knock == RFC_9421 else "cavage"
    async with meeting.warga.inside() as site:
        await Peer.create(host=meeting.peer.host, signature_scheme=scheme, created_at=site.clock.now())
    await meeting.dewi("follow", target=meeting.community)
    await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    # One POST, taken at once: a refused signature would have been followed by one of the other kind.
    assert await meeting.peer.ask("posted") == [
        {"url": meeting.group.inbox_url, "scheme": scheme, "status": 202}
    ]
    entries = await meeting.peer.received()
    assert len(entries) == 3  # Accept, and an Announce of the Create and of the id
    for entry in entries:
        assert (entry["scheme"], entry["signer"], entry["status"]) == (scheme, meeting.group.uri, 202)


async def test_what_fedify_proved_is_believed_whoever_brings_it(meeting: Meeting) -> None:
    thread = await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    async with foreign_server("lain") as server:
        lain = server.actor("lain")
        await meeting.dewi(
            "comment",
            parent=thread.uri,
            community=meeting.community,
            content="<p>Saya ikut</p>",
            inbox=f"{lain.uri}/inbox",
        )
        [proven] = server.received
        # Fedify adds the signature that Mastodon used to read; the proof was made before it (FEP-8b32).
        assert {"proof", "signature"} <= proven.keys()
        forged = json.loads(json.dumps(proven).replace("Saya ikut", "Saya tidak ikut"))
        assert (await lain.send(meeting.warga, forged))[0] == 401
        assert (await lain.send(meeting.warga, proven))[0] == 202
        await settle(meeting.warga)
    comment = await meeting.seen(proven["object"]["id"])
    assert (comment.author.uri, comment.content) == (meeting.peer.dewi, "<p>Saya ikut</p>")
    assert comment.in_reply_to_id == thread.id


async def test_what_we_proved_is_believed_by_fedify_whoever_brings_it(meeting: Meeting) -> None:
    thread = await meeting.post(meeting.budi, name="Kerja bakti", source="Minggu pagi")
    async with meeting.warga.inside():
        body = (await OutboundActivity.get(uri=f"{thread.uri}/activity")).body
    assert await meeting.peer.deliver(body.replace("Minggu", "Senin")) == 401
    assert await meeting.peer.deliver(body) == 202
    [entry] = await meeting.peer.received("Create", "Page")
    assert (entry["signer"], entry["isProven"], entry["activity"]["objectId"]) == (None, True, thread.uri)


async def test_direct_messages_make_one_chat_that_begins_as_a_request(meeting: Meeting) -> None:
    budi = f"@budi@{meeting.warga.site.settings.domain}"
    first = await meeting.dewi("message", target=budi, content="<p>Pompa masih ada?</p>")
    assert await listed(meeting.warga, "budi") == []
    [request] = await listed(meeting.warga, "budi", MemberState.REQUEST)
    assert (request.preview, [other.uri for other in request.others]) == (
        "Pompa masih ada?",
        [meeting.peer.dewi],
    )
    chat = await let_in(meeting.warga, "budi")
    async with meeting.warga.inside() as site:
        answer = await sending.send(site, await person(site, "budi"), chat, "Masih, **dua**")
    await settle(meeting.warga)
    [entry] = await meeting.peer.received("Create", "Note")
    note = entry["activity"]["object"]
    assert (entry["recipient"], entry["signer"], entry["isProven"]) == (
        "dewi",
        f"{meeting.warga.url}/u/budi",
        True,
    )
    assert (note["id"], note["replyTarget"], note["to"]) == (
        answer.post.uri,
        first["object"],
        [meeting.peer.dewi],
    )
    assert "<strong>dua</strong>" in note["content"]
    await meeting.dewi("message", target=budi, content="<p>Saya ambil sore</p>")
    messages = await log(meeting.warga, "budi", chat)
    assert texts(messages) == ["Pompa masih ada?", "Masih, dua", "Saya ambil sore"]
    assert await unfinished(meeting.warga.site) == {"inbound": [], "deliveries": []}
    async with meeting.warga.http.get(answer.post.uri) as page:
        assert page.status == 404  # for nobody but the two
