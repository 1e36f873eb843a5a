"""A Lemmy server and ours: its people in a community of ours, and one of ours in a community of its."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from communities import membership, moderating
from communities.models import Membership
from communities.warning import warn
from federation.models import Actor as Known
from moderation.models import Case, CaseState
from moderation.resolving import resolve_in_community
from sebangsa import posting
from sebangsa.models import Notification, Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.lemmy import documents as lemmy
from tests.interop.lemmy.documents import DIALECT
from tests.interop.lemmy.rules import RULES
from tests.interop.our_side import acting


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_lemmy(talk: Conversation) -> None:
    picard = talk.person("picard")
    await _picard_finds_the_community_and_joins(talk, picard)
    thread = await _he_posts_and_corrects_himself(talk, picard)
    await _budi_and_he_comment_and_vote(talk, picard, thread)
    await _ani_moderates(talk, picard, thread)
    await _he_moderates_himself(talk, picard)
    await _he_takes_back_and_leaves(talk, picard, thread)
    await _budi_takes_part_in_a_community_of_theirs(talk, picard)
    await talk.ends_well()


async def test_lemmy_before_1_0_is_written_to_in_chat_messages(start: Start) -> None:
    async with conversing(start, replace(DIALECT, version="0.19.12"), RULES) as talk:
        picard = talk.person("picard")
        await talk.says(picard, lemmy.follow(picard, talk.tebet.uri))
        await talk.heard("Accept/Follow")
        ours = f"{talk.warga.url}/u/budi"
        await talk.says(
            picard, lemmy.message(picard, ours, "Pompa masih ada?", "ChatMessage"), inbox="/u/budi/inbox"
        )
        await talk.message(talk.budi, picard, "Masih, dua")
        [sent] = await talk.heard("Create/ChatMessage")
        assert (sent["object"]["to"], sent["object"]["attributedTo"]) == ([picard.uri], ours)
        assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]


async def _picard_finds_the_community_and_joins(talk: Conversation, picard: Actor) -> None:
    group = await talk.discover(picard)
    assert group.type == "Group"
    for key in ("attributedTo", "featured", "outbox", "followers"):
        await talk.fetch(group[key], picard)
    await talk.fetch(f"{talk.warga.url}/u/ani", picard)
    assert (await talk.nodeinfo())["software"]["name"] == "sebangsa"

    asked = lemmy.follow(picard, group["id"])
    await talk.says(picard, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]
    assert await talk.follows(picard.uri, group["id"])


async def _he_posts_and_corrects_himself(talk: Conversation, picard: Actor) -> Post:
    page = lemmy.page(picard, talk.tebet.uri, "Air naik di gang tiga")
    created = lemmy.create(picard, page)
    await talk.says(picard, created)
    [announced] = await talk.heard("Announce/Create/Page")
    assert announced["actor"] == talk.tebet.uri
    assert announced["object"] == created  # every byte of it, `language` and `source` included
    thread = await talk.seen(page["id"])
    assert (thread.name, thread.community_id, thread.kind) == ("Air naik di gang tiga", talk.tebet.id, "page")
    assert thread.link_url == "https://berita.example/banjir"
    assert "<strong>selutut</strong>" in await talk.page(f"/p/{thread.id}")

    edited = {**page, "name": "Air surut", "updated": "2026-11-20T12:45:00.123456Z"}
    await talk.says(picard, lemmy.create(picard, edited, "Update"))
    await talk.heard("Announce/Update/Page")
    assert (await talk.seen(page["id"])).name == "Air surut"
    outbox = await talk.fetch(talk.tebet.outbox_url, picard)
    assert outbox["totalItems"] == 1
    return thread


async def _budi_and_he_comment_and_vote(talk: Conversation, picard: Actor, thread: Post) -> None:
    answer = await talk.post(talk.budi, source="Di gang empat **belum**", in_reply_to=thread)
    created, announced = await talk.heard("Create/Note", "Announce/Create/Note")
    assert announced["object"] == created
    assert created["object"]["inReplyTo"] == thread.uri
    await talk.fetch(answer.uri, picard)

    note = lemmy.comment(picard, talk.tebet.uri, answer.uri, f"{talk.warga.url}/u/budi", "Sebentar lagi")
    await talk.says(picard, lemmy.create(picard, note))
    await talk.heard("Announce/Create/Note")
    comment = await talk.seen(note["id"])
    assert (comment.in_reply_to_id, comment.depth, comment.community_id) == (answer.id, 2, talk.tebet.id)

    for kind, counted in (("Like", (1, 0)), ("Dislike", (0, 1))):
        vote = lemmy.vote(kind, picard, answer.uri, talk.tebet.uri)
        await talk.says(picard, vote)
        found = await talk.seen(answer.uri)
        assert (found.likes_count, found.dislikes_count) == counted
        await talk.says(picard, lemmy.undo(picard, vote))
        await talk.heard(f"Announce/{kind}", f"Announce/Undo/{kind}")
        found = await talk.seen(answer.uri)
        assert (found.likes_count, found.dislikes_count) == (0, 0)

    await talk.vote(talk.budi, comment, -1)
    await talk.heard("Dislike", "Announce/Dislike")
    await talk.does(posting.edit_post, talk.budi, answer, source="Di gang empat sudah")
    await talk.heard("Update/Note", "Announce/Update/Note")
    await talk.does(posting.delete_post, talk.budi, answer)
    await talk.heard("Delete", "Announce/Delete")
    gone = await talk.fetch(answer.uri, picard, status=410)
    assert gone.type == "Tombstone"


async def _ani_moderates(talk: Conversation, picard: Actor, thread: Post) -> None:
    announcement = await talk.post(talk.ani, name="Kerja bakti", source="Minggu pagi")
    await talk.heard("Announce/Create/Page")
    await talk.does(moderating.pin_post, talk.ani, announcement)
    await talk.heard("Announce/Add")
    featured = await talk.fetch(talk.tebet.featured_url, picard)
    assert [page["id"] for page in featured["orderedItems"]] == [announcement.uri]
    await talk.does(moderating.pin_post, talk.ani, announcement, is_pinned=False)
    await talk.heard("Announce/Remove")

    await talk.does(moderating.lock_post, talk.ani, thread, "cukup")
    await talk.does(moderating.lock_post, talk.ani, thread, is_locked=False)
    heard = await talk.heard("Announce/Lock", "Announce/Undo/Lock")
    assert heard[0].innermost["summary"] == "cukup"

    await talk.removes(thread, "iklan")
    heard = await talk.heard("Delete", "Announce/Delete")
    assert [document.innermost["summary"] for document in heard] == ["iklan", "iklan"]
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Undo/Delete", "Announce/Undo/Delete")

    known = await talk.known(picard.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.heard("Block", "Announce/Block", "Reject/Follow")
    note = lemmy.comment(picard, talk.tebet.uri, announcement.uri, announcement.uri, "Tapi")
    await talk.says(picard, lemmy.create(picard, note), state="refused")
    assert not await talk.knows(note["id"])
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    await talk.heard("Undo/Block")  # who follows no more is told by the act alone
    await talk.says(picard, lemmy.follow(picard, talk.tebet.uri))
    await talk.heard("Accept/Follow")


async def _he_moderates_himself(talk: Conversation, picard: Actor) -> None:
    """Ani appoints him; what he does counts, and is announced as he sent it."""
    known = await talk.known(picard.uri)
    advert = await talk.post(talk.budi, name="Jual motor", source="Murah")
    await talk.does(membership.appoint, talk.ani, talk.tebet, known)
    await talk.heard("Announce/Create/Page", "Add", "Announce/Add")
    moderators = await talk.fetch(talk.tebet.moderators_url, picard)
    assert moderators["orderedItems"] == [f"{talk.warga.url}/u/ani", picard.uri]

    riker, worf = talk.person("riker"), talk.person("worf")
    group = talk.tebet.uri
    pinned = lemmy.in_group("Add", picard, advert.uri, group, target=talk.tebet.featured_url)
    locked = lemmy.in_group("Lock", picard, advert.uri, group, summary="cukup")
    removed = lemmy.in_group("Delete", picard, advert.uri, group, summary="iklan")
    named = lemmy.in_group("Add", picard, riker.uri, group, target=talk.tebet.moderators_url)
    dropped = lemmy.in_group("Remove", picard, riker.uri, group, target=talk.tebet.moderators_url)
    banned = lemmy.in_group(
        "Block",
        picard,
        worf.uri,
        group,
        target=group,
        removeData=False,
        summary="spam",
        endTime="2099-11-01T12:23:50.151874Z",
    )
    for act in (pinned, locked, lemmy.undo(picard, locked), removed, lemmy.undo(picard, removed)):
        await talk.says(picard, act)
    found = await talk.seen(advert.uri)
    assert (found.is_pinned, found.is_locked, found.removed_at) == (False, False, None)
    await talk.says(picard, named)
    await talk.says(picard, dropped, state="refused")  # they are of one rank here
    for act in (banned, lemmy.undo(picard, banned)):
        await talk.says(picard, act)
    heard = [document.shape for document in await talk.heard()]
    assert heard == [
        f"Announce/{shape}"
        for shape in ("Add", "Lock", "Undo/Lock", "Delete", "Undo/Delete", "Add", "Block", "Undo/Block")
    ]
    edited = {
        **(await talk.fetch(group, picard)),
        "name": "Tebet Timur",
        "source": {"content": "Hai", "mediaType": "text/markdown"},
    }
    await talk.says(picard, lemmy.in_group("Update", picard, edited, group))
    await talk.heard("Update/Group", "Announce/Update/Group")
    assert (await talk.known(group)).name == "Tebet Timur"


async def _he_takes_back_and_leaves(talk: Conversation, picard: Actor, thread: Post) -> None:
    worf = talk.person("worf")
    reported = lemmy.activity(
        "Flag", worf, thread.uri, to=[talk.tebet.uri], audience=talk.tebet.uri, summary="melanggar aturan 1"
    )
    await talk.says(worf, reported)
    async with talk.warga.inside():
        case = await Case.get(uri=reported["id"])
        assert (case.comment, case.post_ids) == ("melanggar aturan 1", [thread.id])
    assert await talk.heard() == []  # Riker moderates by now, but his server has the report
    await talk.reports(talk.budi, await talk.seen(thread.uri), "iklan")
    [forwarded] = await talk.heard("Announce/Flag")
    assert forwarded["object"]["actor"] == f"{talk.warga.url}/u/budi"  # Lemmy takes reports of people alone

    await _reports_are_answered_and_authors_warned(talk, picard, worf, reported)

    await talk.says(picard, lemmy.message(picard, f"{talk.warga.url}/u/budi", "Pompa masih ada?"))
    await talk.message(talk.budi, picard, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]

    deleted = lemmy.in_group("Delete", picard, thread.uri, talk.tebet.uri)
    await talk.says(picard, deleted)
    await talk.heard("Announce/Delete")
    assert (await talk.seen(thread.uri)).deleted_at is not None
    await talk.says(picard, lemmy.undo(picard, deleted))  # he changes his mind: read anew from his host
    await talk.heard("Announce/Undo/Delete")
    assert (await talk.seen(thread.uri)).content != ""


async def _reports_are_answered_and_authors_warned(
    talk: Conversation, picard: Actor, worf: Actor, reported: dict[str, Any]
) -> None:
    """1.0 knows both: an answer to a report embeds it under an id of its own, a warning is to the author alone."""
    group = talk.tebet.uri
    async with talk.warga.inside() as site:
        case = await Case.get(uri=reported["id"])
        await resolve_in_community(site, await acting(talk.ani), talk.tebet, case, "sudah ditegur")
    answers = [document for document in await talk.heard() if document.shape == "Announce/Resolve/Flag"]
    assert [answer["object"]["summary"] for answer in answers] == ["sudah ditegur"] * 2
    # All that were reported of the same thing: his, and Budi's of before.
    assert {answer.innermost["actor"] for answer in answers} == {worf.uri, f"{talk.warga.url}/u/budi"}

    advert = await talk.post(talk.budi, name="Jual meja", source="Murah")
    flag = lemmy.activity("Flag", worf, advert.uri, to=[group], audience=group, summary="iklan")
    await talk.says(worf, flag)
    again = {name: value for name, value in flag.items() if name != "@context"}
    again["id"] = f"{talk.theirs.origin}/activities/flag/again"
    resolve = lemmy.in_group("Resolve", picard, again, group, summary="sudah dihapus")
    await talk.says(picard, resolve)
    warning = lemmy.activity(
        "Warn", picard, advert.uri, to=[f"{talk.warga.url}/u/budi"], audience=group, summary="Ini pasar"
    )
    await talk.says(picard, warning)
    async with talk.warga.inside():
        case = await Case.get(uri=flag["id"])
        assert (case.state, case.answer) == (CaseState.RESOLVED, "sudah dihapus")
        told = await Notification.filter(recipient_id=talk.budi.actor_id, type="community.warned")
        assert [note.extra["reason"] for note in told] == ["Ini pasar"]

    page = lemmy.page(worf, group, "Jual baju")
    await talk.says(worf, lemmy.create(worf, page))
    await talk.heard()
    await talk.does(warn, talk.ani, await talk.seen(page["id"]), "Ini bukan pasar")
    [warned] = await talk.heard("Warn")
    assert (warned["object"], warned["to"], warned["summary"]) == (page["id"], [worf.uri], "Ini bukan pasar")


async def _budi_takes_part_in_a_community_of_theirs(talk: Conversation, picard: Actor) -> None:
    ten = talk.group(
        "tenforward",
        attributedTo=f"{talk.theirs.origin}/c/tenforward/moderators",
        featured=f"{talk.theirs.origin}/c/tenforward/featured",
        postingRestrictedToMods=False,
    )
    talk.theirs.collection(f"{ten.uri}/moderators", [picard.uri])
    old = lemmy.page(picard, ten.uri, "Selamat datang")
    talk.theirs.collection(f"{ten.uri}/outbox", [lemmy.announce(ten, lemmy.create(picard, old))])
    known = await talk.joins(talk.budi, ten, f"!tenforward@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    await talk.says(ten, lemmy.accept(ten, asked), inbox="/u/budi/inbox")
    assert (await talk.seen(old["id"])).name == "Selamat datang"  # its outbox was read

    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    [created] = await talk.heard("Create/Page")
    await talk.says(ten, lemmy.announce(ten, created))  # nothing doubles
    comment = lemmy.comment(picard, ten.uri, post.uri, f"{talk.warga.url}/u/budi", "Halo")
    for act in (
        lemmy.create(picard, comment),
        lemmy.vote("Like", picard, post.uri, ten.uri),
        lemmy.in_group("Add", picard, post.uri, ten.uri, target=f"{ten.uri}/featured"),
        lemmy.in_group("Lock", picard, post.uri, ten.uri, summary="cukup"),
    ):
        await talk.says(ten, lemmy.announce(ten, act))
    found = await talk.seen(post.uri)
    assert (found.replies_count, found.likes_count, found.is_pinned, found.is_locked) == (1, 1, True, True)
    await talk.vote(talk.budi, await talk.seen(comment["id"]), 1)
    await talk.heard("Like")

    removed = lemmy.in_group("Delete", picard, post.uri, ten.uri, summary="salah kamar")
    await talk.says(ten, lemmy.announce(ten, removed))
    assert (await talk.seen(post.uri)).removed_at is not None
    banned = lemmy.in_group(
        "Block",
        picard,
        f"{talk.warga.url}/u/budi",
        ten.uri,
        target=ten.uri,
        summary="gaduh",
        removeData=False,
    )
    await talk.says(ten, lemmy.announce(ten, banned))
    async with talk.warga.inside() as site:
        held = await Membership.get(actor_id=talk.budi.actor_id, community_id=known.id)
        assert held.is_banned(site.clock.now())
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")

    # The account ends: `removeData` takes all along.
    gone = lemmy.activity(
        "Delete", picard, picard.uri, to=["https://www.w3.org/ns/activitystreams#Public"], removeData=True
    )
    await talk.says(picard, gone)
    async with talk.warga.inside():
        assert (await Known.get(uri=picard.uri)).deleted_at is not None
    assert (await talk.seen(comment["id"])).deleted_at is not None
