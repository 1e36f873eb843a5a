"""What is told in the same way with several softwares: polls, quotes, events and moves, each in their own documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from federation.models import Actor as Known
from sebangsa import following
from sebangsa.events import joining
from sebangsa.models import Event, Participation, Poll, Post, Quote
from sebangsa.polls.voting import vote
from tests.foreign_server import Actor
from tests.instances import settle
from tests.interop import shapes
from tests.interop.conversation import Conversation
from tests.interop.reading import Document
from tests.sebangsa.polling import asking, counts, end, tell_at_once

Say = Callable[[dict[str, Any], str], dict[str, Any]]
"""An object and `Create` or `Update`: the activity, as the software writes it."""


async def they_ask_and_budi_votes(
    talk: Conversation, asker: Actor, question: dict[str, Any], say: Say
) -> None:
    """A poll of theirs in our community: with two answers, the second of which Budi takes."""
    await talk.says(asker, say(question, "Create"))
    poll = await talk.seen(question["id"])
    assert (poll.kind, poll.community_id) == ("question", talk.tebet.id)
    await talk.heard()
    await talk.does(vote, talk.budi, poll, {1})
    [created] = await talk.heard("Create/Note")
    cast, (_, second) = created["object"], (option["name"] for option in question["oneOf"])
    assert (cast["name"], cast["inReplyTo"], cast["to"]) == (second, question["id"], [asker.uri])
    await talk.says(asker, say(shapes.counted(question, 2, 5), "Update"))
    async with talk.warga.inside():
        assert list((await counts(poll))[0].values()) == [2, 5]
    over = {"closed": "2026-11-21T00:00:00Z", "endTime": "2026-11-21T00:00:00Z"}
    await talk.says(asker, say(shapes.counted(question, 2, 6, **over), "Update"))
    async with talk.warga.inside():
        assert list((await counts(poll))[0].values()) == [2, 6]
        assert (await Poll.get(post_id=poll.id)).closed_at is not None
    await talk.heard()


async def they_vote_in_ours(
    talk: Conversation, voter: Actor, cast: Callable[[Post, str], dict[str, Any]]
) -> None:
    """Budi asks in the community; `cast` is how they vote. They hear the counts and the end."""
    poll = await talk.post(talk.budi, name="Kapan kerja bakti?", source="Pilih", poll=asking())
    await talk.heard()
    asked = await talk.fetch(poll.uri, voter)
    assert asked.type == "Question"
    await talk.says(voter, cast(poll, "Minggu"), inbox="/u/budi/inbox")
    async with talk.warga.inside():
        assert await counts(poll) == ({"Sabtu": 0, "Minggu": 1}, 1)
        assert await Post.filter(in_reply_to_id=poll.id).count() == 0  # a vote is no comment
    await tell_at_once(talk.warga)
    await end(talk.warga, poll)
    told, over = [document.innermost for document in await _each_once(talk, "Update/Question")]
    assert ([option["replies"]["totalItems"] for option in told["oneOf"]], "closed" in told) == (
        [0, 1],
        False,
    )
    assert over["closed"] == over["endTime"]


async def _each_once(talk: Conversation, shape: str) -> list[Document]:
    """What was heard in that shape, be it announced as well."""
    found = {}
    for document in await talk.heard():
        if document.shape.endswith(shape):
            activity = document if document.shape == shape else document.inner or document
            found[activity["id"]] = document
    return list(found.values())


async def they_come_to_ours(talk: Conversation, guest: Actor, event: Post, join: dict[str, Any]) -> None:
    """They send `join`, and are let in."""
    await talk.says(guest, join, inbox="/u/budi/inbox")
    [accepted] = await talk.heard("Accept/Join")
    assert (accepted["object"]["id"], accepted["object"]["actor"]) == (join["id"], guest.uri)
    async with talk.warga.inside():
        assert (await Participation.get(event__post_id=event.id)).person_id
        assert (await Event.get(post_id=event.id)).going_count == 1


async def budi_comes_to_theirs(talk: Conversation, organiser: Actor, event: Post) -> Document:
    """He joins, which the organiser alone hears; the `Join` is theirs to answer."""
    await talk.does(joining.join, talk.budi, event)
    [joined] = await talk.heard("Join")
    assert (joined["object"], joined["to"]) == (event.uri, [organiser.uri])
    return joined


async def they_quote_ours(talk: Conversation, quoter: Actor, quoted: Post, created: dict[str, Any]) -> None:
    """A post of theirs that shows one of ours: `created` is its `Create`."""
    await talk.says(quoter, created, inbox="/u/budi/inbox")
    quoting = await talk.seen(created["object"]["id"])
    async with talk.warga.inside():
        quote = await Quote.get(quoting_id=quoting.id)
        assert (quote.quoted_id, quote.state.value) == (quoted.id, "accepted")
    assert "<blockquote" in await talk.page(f"/p/{quoting.id}")


async def they_move_and_budi_follows(
    talk: Conversation,
    old: Actor,
    new: Actor,
    moved: dict[str, Any],
    accept: Callable[[Actor, dict[str, Any]], dict[str, Any]],
) -> None:
    """Budi follows `old`; the account moves by `moved`, and he is let in by the new one."""
    budi = f"{talk.warga.url}/u/budi"
    async with talk.warga.inside():
        known = await Known.get(uri=old.uri)
    if not await talk.follows(budi, old.uri):
        await talk.does(following.follow, talk.budi, known)
        [asked] = await talk.heard("Follow")
        await talk.says(old, accept(old, asked), inbox="/u/budi/inbox")
    await talk.says(old, moved)
    [asked] = await talk.heard("Follow")
    assert (asked["actor"], asked["object"]) == (budi, new.uri)
    await talk.says(new, accept(new, asked), inbox="/u/budi/inbox")
    await talk.heard("Undo/Follow")
    assert (await talk.follows(budi, old.uri), await talk.follows(budi, new.uri)) == (False, True)
    await settle(talk.warga)
