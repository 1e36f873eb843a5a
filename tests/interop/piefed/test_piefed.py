"""A PieFed server and ours: Lemmy's shapes with more in them, and votes in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from communities import membership, moderating
from communities.models import Membership
from moderation.models import Case
from sebangsa import posting
from sebangsa.events.changing import call_off
from sebangsa.events.planning import EventDraft
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop import chapters
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.piefed import documents as piefed
from tests.interop.piefed.documents import DIALECT
from tests.interop.piefed.rules import RULES
from tests.interop.reading import PUBLIC


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_piefed(talk: Conversation) -> None:
    rimu = talk.person("rimu")
    await _rimu_finds_the_community_and_joins(talk, rimu)
    thread = await _he_posts_comments_and_votes(talk, rimu)
    await _they_ask_vote_and_meet(talk, rimu)
    await _ani_moderates_and_so_does_he(talk, rimu, thread)
    await _budi_takes_part_in_a_community_of_theirs(talk, rimu)
    await _the_account_ends(talk, rimu, thread)
    await talk.ends_well()


async def _rimu_finds_the_community_and_joins(talk: Conversation, rimu: Actor) -> None:
    group = await talk.discover(rimu)
    for key in ("attributedTo", "featured", "followers"):
        await talk.fetch(group[key], rimu)
    asked = piefed.follow(rimu, group["id"])
    await talk.says(rimu, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]


async def _he_posts_comments_and_votes(talk: Conversation, rimu: Actor) -> Post:
    page = piefed.page(rimu, talk.tebet.uri, "Air naik di gang tiga")
    created = piefed.create(rimu, page)
    await talk.says(rimu, created)
    [announced] = await talk.heard("Announce/Create/Page")
    assert announced["object"] == created
    thread = await talk.seen(page["id"])
    assert (thread.name, thread.community_id) == ("Air naik di gang tiga", talk.tebet.id)
    await talk.fetch(talk.tebet.outbox_url, rimu)

    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    await talk.heard("Create/Note", "Announce/Create/Note")
    note = piefed.comment(rimu, talk.tebet.uri, answer.uri, f"{talk.warga.url}/u/budi", "Sebentar lagi")
    await talk.says(rimu, piefed.create(rimu, note))
    assert (await talk.seen(note["id"])).in_reply_to_id == answer.id
    edited = {**note, "content": "<p>Sebentar lagi sampai</p>", "updated": "2026-11-20T02:30:00.000000+00:00"}
    await talk.says(rimu, piefed.create(rimu, edited, "Update"))
    await talk.heard("Announce/Create/Note", "Announce/Update/Note")
    assert "sampai" in (await talk.seen(note["id"])).content

    like = piefed.activity("Like", rimu, answer.uri, audience=talk.tebet.uri)
    await talk.says(rimu, like)
    assert (await talk.seen(answer.uri)).likes_count == 1
    await talk.says(rimu, piefed.undo(rimu, like))
    await talk.says(rimu, piefed.activity("Dislike", rimu, answer.uri, audience=talk.tebet.uri))
    assert (await talk.seen(answer.uri)).dislikes_count == 1
    await talk.heard("Announce/Like", "Announce/Undo/Like", "Announce/Dislike")
    await talk.vote(talk.budi, thread, 1)
    await talk.heard("Like", "Announce/Like")
    return thread


async def _they_ask_vote_and_meet(talk: Conversation, rimu: Actor) -> None:
    group = talk.tebet.uri
    question = piefed.poll(rimu, group, "Kapan panen?", {"Mei": 0, "Juni": 0})
    await chapters.they_ask_and_budi_votes(
        talk, rimu, question, lambda asked, kind: piefed.create(rimu, asked, kind)
    )
    await chapters.they_vote_in_ours(
        talk, rimu, lambda poll, choice: piefed.poll_vote(rimu, poll.uri, choice, group)
    )
    event = piefed.event(rimu, group, "Pasar")
    await talk.says(rimu, piefed.create(rimu, event))
    await talk.heard("Announce/Create/Event")
    found = await talk.seen(event["id"])
    assert (found.kind, found.name) == ("event", "Pasar")
    start = datetime.now(UTC) + timedelta(days=2)
    draft = EventDraft(start, start + timedelta(hours=2), place_name="Balai RW")
    ours = await talk.post(talk.budi, name="Kerja bakti", source="Bawa cangkul", event=draft)
    await talk.heard("Announce/Create/Event")
    await talk.fetch(ours.uri, rimu)
    await talk.does(call_off, talk.budi, ours)
    [told] = await talk.heard("Announce/Update/Event")
    assert told.innermost["ical:status"] == "CANCELLED"


async def _ani_moderates_and_so_does_he(talk: Conversation, rimu: Actor, thread: Post) -> None:
    ours = await talk.post(talk.ani, name="Kerja bakti", source="Minggu pagi")
    await talk.does(moderating.pin_post, talk.ani, ours)
    await talk.does(moderating.lock_post, talk.ani, ours, "cukup")
    await talk.heard("Announce/Create/Page", "Announce/Add", "Announce/Lock")
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    await talk.heard("Delete", "Announce/Delete", "Undo/Delete", "Announce/Undo/Delete")

    known = await talk.known(rimu.uri)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh")
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    await talk.heard("Block", "Announce/Block", "Reject/Follow", "Undo/Block")
    await talk.says(rimu, piefed.follow(rimu, talk.tebet.uri))
    await talk.does(membership.appoint, talk.ani, talk.tebet, known)
    await talk.heard("Accept/Follow", "Add", "Announce/Add")

    group = talk.tebet.uri
    unpinned = piefed.in_group("Remove", rimu, ours.uri, group, target=talk.tebet.featured_url)
    unlocked = piefed.undo(rimu, piefed.in_group("Lock", rimu, ours.uri, group, summary=""))
    spam = talk.person("spam")
    await talk.says(rimu, unpinned)
    await talk.says(rimu, unlocked)
    await talk.says(
        rimu, piefed.in_group("Block", rimu, spam.uri, group, target=group, summary="spam", removeData=True)
    )
    await talk.heard("Announce/Remove", "Announce/Undo/Lock", "Announce/Block")
    found = await talk.seen(ours.uri)
    assert (found.is_pinned, found.is_locked) == (False, False)

    reported = piefed.activity("Flag", rimu, ours.uri, to=[group], audience=group, summary="Salah tempat")
    await talk.says(rimu, reported)
    async with talk.warga.inside():
        assert (await Case.get(uri=reported["id"])).comment == "Salah tempat"
    await talk.does(posting.delete_post, talk.ani, ours)
    await talk.heard("Announce/Delete")


async def _budi_takes_part_in_a_community_of_theirs(talk: Conversation, rimu: Actor) -> None:
    at = f"{talk.theirs.origin}/c/piefed_meta"
    meta = talk.group(
        "piefed_meta",
        attributedTo=f"{at}/moderators",
        moderators=f"{at}/moderators",
        featured=f"{at}/featured",
        postingRestrictedToMods=False,
        newModsWanted=False,
        privateMods=False,
    )
    talk.theirs.collection(f"{at}/moderators", [rimu.uri])
    old = piefed.page(rimu, at, "Selamat datang")
    talk.theirs.collection(f"{at}/outbox", [piefed.announce(meta, piefed.create(rimu, old))])
    known = await talk.joins(talk.budi, meta, f"!piefed_meta@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    await talk.says(meta, piefed.accept(meta, asked), inbox="/u/budi/inbox")
    assert (await talk.seen(old["id"])).name == "Selamat datang"

    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    [created] = await talk.heard("Create/Page")
    await talk.says(meta, piefed.announce(meta, created))
    voters = [talk.person(name) for name in ("satu", "dua", "tiga")]
    batch = [piefed.activity("Like", voter, post.uri, audience=at) for voter in voters]
    batch.append(piefed.activity("Dislike", rimu, post.uri, audience=at))
    await talk.says(meta, piefed.announce(meta, piefed.votes(batch)))
    found = await talk.seen(post.uri)
    assert (found.likes_count, found.dislikes_count) == (3, 1)
    comment = piefed.comment(rimu, at, post.uri, f"{talk.warga.url}/u/budi", "Halo")
    await talk.says(meta, piefed.announce(meta, piefed.create(rimu, comment)))
    await talk.says(
        meta, piefed.announce(meta, piefed.in_group("Delete", rimu, post.uri, at, summary="salah kamar"))
    )
    found = await talk.seen(post.uri)
    assert (found.replies_count, found.removed_at is not None) == (1, True)
    async with talk.warga.inside():
        assert not await Membership.exists(actor_id=talk.budi.actor_id, banned_at__isnull=False)

    await talk.says(
        rimu, piefed.message(rimu, f"{talk.warga.url}/u/budi", "Pompa masih ada?"), inbox="/u/budi/inbox"
    )
    await talk.message(talk.budi, rimu, "Masih, dua")
    await talk.heard("Create/Note")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")


async def _the_account_ends(talk: Conversation, rimu: Actor, thread: Post) -> None:
    await talk.says(rimu, piefed.activity("Delete", rimu, rimu.uri, to=[PUBLIC], removeData=True))
    assert (await talk.seen(thread.uri)).deleted_at is not None
