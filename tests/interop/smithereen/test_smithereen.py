"""A Smithereen server and ours: communities are joined with `Join`, walls are its groups' own, and reposts are by people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from communities import membership, moderating
from moderation.models import Case
from sebangsa import posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Dialect, Start, conversing
from tests.interop.reading import AS2, PUBLIC
from tests.interop.smithereen.rules import RULES
from tests.sebangsa.polling import asking, counts
from tests.signing_styles import TARGET, SigningStyle

CONTEXT = [AS2, {"sensitive": "as:sensitive", "sm": "http://smithereen.software/ns#"}]
DIALECT = Dialect(
    "smithereen",
    "0.13.1",
    accept=f'application/ld+json; profile="{AS2}"',
    style=SigningStyle(posts=(TARGET, "host", "date", "digest")),
    actor={"@context": CONTEXT, "manuallyApprovesFollowers": False, "supportsFriendRequests": True},
)
_numbers = count(66561)


def _activity(kind: str, actor: Actor, obj: Any, id: str = "", **more: Any) -> dict[str, Any]:
    """Ids of what concerns an actor alone are its fragments."""
    uri = id or f"{actor.uri}#{kind.lower()}{next(_numbers)}_6d21a0"
    return {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor.uri, "object": obj, **more}


def _undo(actor: Actor, undone: dict[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in undone.items() if name != "@context"}
    return _activity("Undo", actor, inner, id=f"{undone['id']}/undo")


def _note(author: Actor, content: str, answers: str, to: list[str], cc: list[str]) -> dict[str, Any]:
    uri = f"{author.server.origin}/posts/{next(_numbers)}"
    note = {
        "type": "Note",
        "id": uri,
        "url": uri,
        "attributedTo": author.uri,
        "content": f"<p>{content}</p>",
        "inReplyTo": answers,
        "published": "2026-11-20T11:42:35Z",
        "to": to,
        "cc": cc,
        "tag": [{"type": "Mention", "href": href} for href in cc],  # without a name
        "replies": {
            "type": "Collection",
            "id": f"{uri}/replies",
            "first": {
                "type": "CollectionPage",
                "partOf": f"{uri}/replies",
                "next": f"{uri}/replies?page=1",
            },
        },
        "sensitive": False,
        "likes": f"{uri}/likes",
    }
    author.server.serve({"@context": CONTEXT, **note})
    return note


def _create(author: Actor, note: dict[str, Any], kind: str = "Create") -> dict[str, Any]:
    same = {name: note[name] for name in ("to", "cc", "published")}
    made = _activity(kind, author, note, id=f"{note['id']}/activity{kind}", **same)
    signature = {"creator": f"{author.uri}#main-key", "created": note["published"], "signatureValue": "MmEf"}
    return made | {"signature": {"type": "RsaSignature2017", **signature}}


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_smithereen(talk: Conversation) -> None:
    grishka = talk.person("grishka", path="/users/1")
    thread = await _grishka_joins_and_reads(talk, grishka)
    comment = await _they_comment_like_and_edit(talk, grishka, thread)
    await _he_votes_in_a_poll(talk, grishka)
    await _ani_moderates(talk, grishka, thread, comment)
    await _budi_joins_a_group_of_theirs_and_is_removed(talk)
    await _he_leaves(talk, grishka, comment)
    await talk.ends_well()


async def _grishka_joins_and_reads(talk: Conversation, grishka: Actor) -> Post:
    group = await talk.discover(grishka)
    asked = _activity("Join", grishka, group["id"])
    await talk.says(grishka, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert (accepted["object"]["id"], accepted["object"]["actor"]) == (asked["id"], grishka.uri)
    assert await talk.follows(grishka.uri, group["id"])
    thread = await talk.post(talk.budi, name="Kerja bakti", source="Minggu pagi")
    [boost] = await talk.heard("Announce")
    assert boost["object"] == thread.uri
    await talk.fetch(thread.uri, grishka)  # its address pasted into the search: a `Page` is read as a post
    return thread


async def _they_comment_like_and_edit(talk: Conversation, grishka: Actor, thread: Post) -> Post:
    budi = f"{talk.warga.url}/u/budi"
    note = _note(grishka, "Saya ikut", thread.uri, [PUBLIC], [budi])
    await talk.says(grishka, _create(grishka, note), inbox="/u/budi/inbox")
    comment = await talk.seen(note["id"])
    assert (comment.in_reply_to_id, comment.community_id) == (thread.id, talk.tebet.id)
    await talk.says(grishka, _create(grishka, note | {"content": "<p>Saya ikut, berdua</p>"}, "Update"))
    assert "berdua" in (await talk.seen(note["id"])).content
    answer = await talk.post(talk.budi, source="Bagus", in_reply_to=comment)
    await talk.does(posting.edit_post, talk.budi, answer, source="Bagus sekali")
    created, _ = await talk.heard("Create/Note", "Update/Note")
    assert created["object"]["inReplyTo"] == note["id"]

    like = _activity("Like", grishka, answer.uri, id=f"{talk.theirs.origin}/activitypub/objects/likes/5")
    await talk.says(grishka, like, inbox="/u/budi/inbox")
    assert (await talk.seen(answer.uri)).likes_count == 1
    await talk.says(grishka, _undo(grishka, like), inbox="/u/budi/inbox")
    assert (await talk.seen(answer.uri)).likes_count == 0
    await talk.vote(talk.budi, comment, -1)
    assert await talk.heard() == []  # it knows no downvote
    await talk.vote(talk.budi, comment, 1)
    await talk.vote(talk.budi, comment, 0)
    await talk.reacts(talk.ani, comment, "👍")
    liked, reaction, undone = await talk.heard("Like", "Like", "Undo/Like")
    assert {liked["object"], undone.innermost["object"], reaction["object"]} == {comment.uri}
    await talk.does(posting.delete_post, talk.budi, answer)
    await talk.heard("Delete")
    await talk.fetch(answer.uri, grishka, status=410)
    return comment


async def _he_votes_in_a_poll(talk: Conversation, grishka: Actor) -> None:
    """His vote is public where the poll is not anonymous there, and is no comment all the same."""
    poll = await talk.post(talk.budi, name="Kapan?", source="Pilih", poll=asking())
    await talk.heard("Announce")
    await talk.fetch(poll.uri, grishka)
    budi, uri = f"{talk.warga.url}/u/budi", f"{grishka.uri}#pollVotes/7"
    vote = {
        "type": "Note",
        "id": uri,
        "attributedTo": grishka.uri,
        "inReplyTo": poll.uri,
        "name": "Minggu",
        "to": [PUBLIC, budi],
        "cc": [],
    }
    cast = _activity("Create", grishka, vote, id=f"{uri}/activity", to=vote["to"], cc=[])
    await talk.says(grishka, cast | {"published": "2026-11-20T11:42:35Z"}, inbox="/u/budi/inbox")
    async with talk.warga.inside():
        assert await counts(poll) == ({"Sabtu": 0, "Minggu": 1}, 1)
    assert not await talk.knows(uri)


async def _ani_moderates(talk: Conversation, grishka: Actor, thread: Post, comment: Post) -> None:
    await talk.does(moderating.pin_post, talk.ani, thread)
    await talk.does(moderating.lock_post, talk.ani, thread, "cukup")
    await talk.does(moderating.lock_post, talk.ani, thread, is_locked=False)
    await talk.removes(comment, "iklan")
    await talk.does(moderating.restore_post, talk.ani, comment)
    assert await talk.heard() == []  # it knows none of it
    server = talk.theirs.actor("service", path="/activitypub/serviceActor", type_="Application")
    budi, report = f"{talk.warga.url}/u/budi", f"{talk.theirs.origin}/activitypub/objects/reports/3"
    flag = _activity("Flag", server, [budi, thread.uri], id=report, content="Iklan terselubung")
    await talk.says(server, flag, inbox="/u/budi/inbox")
    async with talk.warga.inside():
        case = await Case.get(uri=report)
        assert (case.comment, case.post_ids) == ("Iklan terselubung", [thread.id])
    await talk.reports(talk.budi, comment, "tidak sopan")
    [flagged] = await talk.heard("Flag")
    assert flagged["object"] == [grishka.uri, comment.uri]

    known = await talk.known(grishka.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    [rejected] = await talk.heard("Reject/Follow")
    assert rejected["object"]["actor"] == grishka.uri
    late = _note(grishka, "Tapi", thread.uri, [PUBLIC], [budi])
    await talk.says(grishka, _create(grishka, late), inbox="/u/budi/inbox", state="refused")
    await talk.says(grishka, _activity("Join", grishka, talk.tebet.uri))
    await talk.heard("Reject/Follow")
    assert not await talk.follows(grishka.uri, talk.tebet.uri)
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    await talk.says(grishka, _activity("Join", grishka, talk.tebet.uri))
    await talk.heard("Accept/Follow")


async def _budi_joins_a_group_of_theirs_and_is_removed(talk: Conversation) -> None:
    group = talk.group("kebun", path="/groups/1", members=f"{talk.theirs.origin}/groups/1/members")
    budi = f"{talk.warga.url}/u/budi"
    await talk.joins(talk.budi, group, f"@kebun@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    inner = {name: asked[name] for name in ("id", "type", "actor", "object")}
    await talk.says(group, _activity("Accept", group, inner, to=[budi]), inbox="/u/budi/inbox")
    assert await talk.follows(budi, group.uri)
    # A refusal embeds a `Join` without an id, whatever was sent; one in an event of that group would not mean this.
    joined = {"type": "Join", "actor": budi, "object": f"{group.uri}/events/1"}
    other = _activity("Reject", group, joined, to=[budi])
    await talk.says(group, other, inbox="/u/budi/inbox", state="ignored")
    assert await talk.follows(budi, group.uri)
    await talk.says(group, _activity("Reject", group, joined | {"object": group.uri}), inbox="/u/budi/inbox")
    assert not await talk.follows(budi, group.uri)


async def _he_leaves(talk: Conversation, grishka: Actor, comment: Post) -> None:
    await talk.says(grishka, _activity("Delete", grishka, comment.uri, id=f"{comment.uri}/delete"))
    assert (await talk.seen(comment.uri)).deleted_at is not None
    await talk.says(grishka, _activity("Leave", grishka, talk.tebet.uri), inbox="/c/tebet/inbox")
    assert not await talk.follows(grishka.uri, talk.tebet.uri)
    await talk.post(talk.ani, name="Rapat", source="Malam ini")
    assert await talk.heard() == []
    await talk.says(grishka, _activity("Delete", grishka, grishka.uri))
    assert (await talk.known(grishka.uri)).deleted_at is not None
