"""Dewi joins the community, opens a thread and takes part in it, and leaves in the end."""

from __future__ import annotations

import json
from typing import Any

from federation.models import Actor, Follow, FollowState, InboundActivity, Peer
from sebangsa import posting, voting
from sebangsa.models import Notification, Post
from tests.instances import settle
from tests.interop.meeting import Meeting


async def dewi_joins(meeting: Meeting) -> str:
    assert await meeting.followers() == 2
    follow = await meeting.dewi("follow", target=meeting.community)
    [accept] = await meeting.peer.received("Accept", "Follow", "Group")
    assert accept["activity"]["actor"] == meeting.tebet.uri
    assert accept["activity"]["objectId"] == follow["id"]
    assert accept["recipient"] == "dewi"
    async with meeting.warga.inside():
        dewi = await Actor.get(uri=meeting.peer.dewi)
        assert (dewi.type, dewi.username, dewi.domain) == ("Person", "dewi", meeting.peer.host)
        made = await Follow.get(follower_id=dewi.id, target_id=meeting.tebet.id)
        assert (made.state, made.uri) == (FollowState.ACCEPTED, follow["id"])
        assert (await Peer.get(host=meeting.peer.host)).software == "fedify-peer"
    assert await meeting.followers() == 3
    return follow["id"]


async def dewi_opens_a_thread(meeting: Meeting) -> Post:
    made = await meeting.dewi(
        "post",
        community=meeting.community,
        kind="Page",
        title="Air naik di gang tiga",
        content="<p>Sudah <strong>selutut</strong></p>",
    )
    thread = await meeting.seen(made["object"])
    assert (thread.kind, thread.name) == ("page", "Air naik di gang tiga")
    assert (thread.author.uri, thread.community_id) == (meeting.peer.dewi, meeting.tebet.id)
    assert thread.content == "<p>Sudah <strong>selutut</strong></p>"
    assert "Air naik di gang tiga" in await meeting.page("/c/tebet")
    assert "<strong>selutut</strong>" in await meeting.page(f"/p/{thread.id}")

    [announced] = await meeting.peer.received("Announce", "Create", "Page")
    assert announced["activity"]["actor"] == meeting.tebet.uri
    assert announced["activity"]["objectId"] == made["id"]
    assert announced["activity"]["object"]["object"]["name"] == "Air naik di gang tiga"
    [boost] = await meeting.peer.received("Announce", "Page")  # unknown software gets the id too
    assert boost["activity"]["objectId"] == made["object"]
    assert (
        "signature" in announced["document"]["object"]
    )  # passed on as it came, what we do not read included
    return thread


async def budi_answers(meeting: Meeting, thread: Post) -> Post:
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


async def dewi_answers_and_corrects_herself(meeting: Meeting, answer: Post) -> Post:
    made = await meeting.dewi(
        "comment", parent=answer.uri, community=meeting.community, content="<p>Sabentar lagi</p>"
    )
    sent = [entry for entry in await meeting.peer.ask("posted") if entry["status"] == 202][-2:]
    assert {entry["url"] for entry in sent} == {meeting.tebet.inbox_url, f"{meeting.warga.url}/u/budi/inbox"}
    async with meeting.warga.inside():  # it came twice
        assert await Post.filter(uri=made["object"]).count() == 1
        assert await InboundActivity.filter(uri=made["id"]).count() == 1
        assert await Notification.filter(recipient_id=meeting.budi.actor_id, type="mention").count() == 1
    comment = await meeting.seen(made["object"])
    assert (comment.in_reply_to_id, comment.depth, comment.community_id) == (answer.id, 2, meeting.tebet.id)
    assert (await meeting.seen(answer.uri)).replies_count == 1
    await meeting.is_announced_once(made["id"])

    edited = await meeting.dewi(
        "edit", object=made["object"], community=meeting.community, content="<p>Sebentar lagi</p>"
    )
    comment = await meeting.seen(made["object"])
    assert (comment.content, comment.edited_at is not None) == ("<p>Sebentar lagi</p>", True)
    assert "Sebentar lagi" in await meeting.page(f"/p/{comment.root_id}")
    await meeting.is_announced_once(edited["id"])
    return comment


async def they_like_and_think_better_of_it(meeting: Meeting, thread: Post, answer: Post) -> None:
    like = await meeting.dewi("like", object=answer.uri, community=meeting.community)
    assert (await meeting.seen(answer.uri)).likes_count == 1
    async with meeting.warga.inside():
        assert await Notification.filter(recipient_id=meeting.budi.actor_id, type="favourite").count() == 1
    await meeting.is_announced_once(like["id"])
    undone = await meeting.dewi("undo", activity=like["id"], target=meeting.community)
    assert (await meeting.seen(answer.uri)).likes_count == 0
    await meeting.is_announced_once(undone["id"])

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


async def both_take_back_what_they_wrote(meeting: Meeting, thread: Post, answer: Post, comment: Post) -> None:
    removed = await meeting.dewi("remove", object=comment.uri, community=meeting.community)
    assert (await meeting.seen(comment.uri)).deleted_at is not None
    assert "Sebentar lagi" not in await meeting.page(f"/p/{thread.id}")
    await meeting.is_announced_once(removed["id"])

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
    await meeting.is_announced_once(removed["id"])
    outbox = json.loads(await meeting.page("/c/tebet/outbox"))  # Fedify keeps what it read before for a while
    assert outbox["orderedItems"] == []


async def dewi_leaves(meeting: Meeting, follow: str) -> None:
    await meeting.dewi("undo", activity=follow, target=meeting.community)
    async with meeting.warga.inside():
        assert not await Follow.exists(uri=follow)
    assert await meeting.followers() == 2
    before = await meeting.peer.received()
    await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    assert await meeting.peer.received() == before


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
