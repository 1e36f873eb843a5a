"""An Mbin server and ours: magazines are groups, threads are pages, notes are another thing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from communities import membership, moderating
from communities.models import Membership
from moderation.models import Case
from sebangsa import posting
from sebangsa.models import Post
from tests.foreign_server import Actor
from tests.interop.conversation import Conversation, Start, conversing
from tests.interop.mbin import documents as mbin
from tests.interop.mbin.documents import DIALECT
from tests.interop.mbin.rules import RULES
from tests.interop.reading import PUBLIC


@pytest.fixture
async def talk(start: Start) -> AsyncIterator[Conversation]:
    async with conversing(start, DIALECT, RULES) as made:
        yield made


async def test_a_whole_conversation_with_mbin(talk: Conversation) -> None:
    benti = _person(talk, "benti")
    await _benti_finds_the_magazine_and_subscribes(talk, benti)
    thread = await _she_posts_comments_and_votes(talk, benti)
    await _ani_moderates(talk, benti, thread)
    await _budi_takes_part_in_a_magazine_of_theirs(talk, benti)
    await _she_moderates_and_her_account_ends(talk, benti, thread)
    await talk.ends_well()


def _person(talk: Conversation, name: str) -> Actor:
    return talk.person(name, endpoints={"sharedInbox": f"{talk.theirs.origin}/f/inbox"})


async def _benti_finds_the_magazine_and_subscribes(talk: Conversation, benti: Actor) -> None:
    group = await talk.discover(benti)
    for key in ("attributedTo", "featured", "followers"):
        await talk.fetch(group[key], benti)
    await talk.fetch(f"{talk.warga.url}/u/budi", benti)
    asked = mbin.follow(benti, group["id"])
    await talk.says(benti, asked, inbox="/c/tebet/inbox")
    [accepted] = await talk.heard("Accept/Follow")
    assert accepted["object"]["id"] == asked["id"]


async def _she_posts_comments_and_votes(talk: Conversation, benti: Actor) -> Post:
    page = mbin.page(benti, talk.tebet.uri, "Air naik di gang tiga")
    created = mbin.create(benti, page)
    await talk.says(benti, created)
    [announced] = await talk.heard("Announce/Create/Page")
    assert announced["object"] == created  # nulls included
    thread = await talk.seen(page["id"])
    assert (thread.name, thread.content, thread.community_id) == ("Air naik di gang tiga", "", talk.tebet.id)

    micro = mbin.post(benti, talk.tebet.uri, "Hujan lagi di Tebet")
    await talk.says(benti, mbin.create(benti, micro))
    await talk.heard("Announce/Create/Note")
    assert (await talk.seen(micro["id"])).name == "Hujan lagi di Tebet"

    answer = await talk.post(talk.budi, source="Di gang empat belum", in_reply_to=thread)
    await talk.heard("Create/Note", "Announce/Create/Note")
    note = mbin.comment(benti, talk.tebet.uri, answer.uri, f"{talk.warga.url}/u/budi", "Sebentar lagi")
    await talk.says(benti, mbin.create(benti, note))
    edited = {**note, "content": "<p>Sudah</p>\n", "updated": "2026-08-05T12:15:00+00:00"}
    await talk.says(benti, mbin.create(benti, edited, "Update"))
    await talk.heard("Announce/Create/Note", "Announce/Update/Note")
    found = await talk.seen(note["id"])
    assert (found.in_reply_to_id, found.content) == (answer.id, "<p>Sudah</p>\n")

    vote = mbin.like(benti, answer.uri, talk.tebet.uri)
    await talk.says(benti, vote)
    await talk.says(benti, mbin.boost(benti, answer.uri))  # an upvote there is a boost as well
    found = await talk.seen(answer.uri)
    assert (found.likes_count, found.boosts_count) == (1, 1)
    await talk.says(benti, mbin.undo(benti, vote))
    assert (await talk.seen(answer.uri)).likes_count == 0
    await talk.heard("Announce/Like", "Announce/Undo/Like")
    await talk.vote(talk.budi, thread, -1)
    await talk.heard("Dislike", "Announce/Dislike")
    link = "https://berita.example/banjir"
    picture = await talk.picture(talk.budi)
    await talk.post(talk.budi, name="Berita banjir", source="Baca", link_url=link, attachments=[picture])
    [announced] = await talk.heard("Announce/Create/Page")
    assert [item["type"] for item in announced.innermost["attachment"]] == ["Link", "Document"]
    return thread


async def _ani_moderates(talk: Conversation, benti: Actor, thread: Post) -> None:
    await talk.does(moderating.pin_post, talk.ani, thread)
    await talk.does(moderating.lock_post, talk.ani, thread, "cukup")
    await talk.does(moderating.lock_post, talk.ani, thread, is_locked=False)
    await talk.removes(thread, "iklan")
    await talk.does(moderating.restore_post, talk.ani, thread)
    heard = [document.shape for document in await talk.heard()]
    for act in ("Add", "Lock", "Undo/Lock", "Delete", "Undo/Delete"):
        assert f"Announce/{act}" in heard

    known = await talk.known(benti.uri)
    until = talk.warga.site.clock.now() + timedelta(days=3)
    await talk.does(membership.ban, talk.ani, talk.tebet, known, reason="gaduh", until=until)
    [block, *_] = await talk.heard("Block", "Announce/Block", "Reject/Follow")
    assert block["endTime"] == block["expires"]
    await talk.does(membership.unban, talk.ani, talk.tebet, known)
    await talk.heard("Undo/Block")
    await talk.says(benti, mbin.follow(benti, talk.tebet.uri))
    await talk.heard("Accept/Follow")

    own = mbin.page(benti, talk.tebet.uri, "Salah kamar", "maaf")
    await talk.says(benti, mbin.create(benti, own))
    await talk.says(benti, mbin.delete(benti, own["id"], talk.tebet.uri))
    await talk.heard("Announce/Create/Page", "Announce/Delete/Tombstone")
    assert (await talk.seen(own["id"])).deleted_at is not None


async def _budi_takes_part_in_a_magazine_of_theirs(talk: Conversation, benti: Actor) -> None:
    at = f"{talk.theirs.origin}/m/fediverse"
    more = {"attributedTo": f"{at}/moderators", "featured": f"{at}/pinned", "postingRestrictedToMods": False}
    fediverse = talk.group("fediverse", endpoints={"sharedInbox": f"{talk.theirs.origin}/f/inbox"}, **more)
    talk.theirs.collection(f"{at}/moderators", [benti.uri])
    talk.theirs.collection(f"{at}/outbox", [])  # it shows nothing there
    known = await talk.joins(talk.budi, fediverse, f"@fediverse@{talk.theirs.host}")
    [asked] = await talk.heard("Follow")
    await talk.says(fediverse, mbin.accept(fediverse, asked), inbox="/u/budi/inbox")

    post = await talk.post(talk.budi, name="Halo dari Tebet", source="Salam", community=known)
    [created] = await talk.heard("Create/Page")
    await talk.says(fediverse, mbin.announce(fediverse, created))
    note = mbin.comment(benti, at, post.uri, f"{talk.warga.url}/u/budi", "Halo")
    voter = _person(talk, "user2")
    for act in (
        mbin.create(benti, note),
        mbin.like(voter, post.uri, at),
        mbin.moderation("Add", benti, post.uri, at, target=f"{at}/pinned", audience=at),
        mbin.moderation("Lock", benti, post.uri, at),
    ):
        await talk.says(fediverse, mbin.announce(fediverse, act))
    found = await talk.seen(post.uri)
    assert (found.replies_count, found.likes_count, found.is_pinned, found.is_locked) == (1, 1, True, True)

    banned = mbin.moderation(
        "Block",
        benti,
        f"{talk.warga.url}/u/budi",
        at,
        target=at,
        summary="some test",
        audience=at,
        expires="2099-01-01T00:00:00+00:00",
    )
    await talk.says(fediverse, mbin.announce(fediverse, banned))
    async with talk.warga.inside() as site:
        held = await Membership.get(actor_id=talk.budi.actor_id, community_id=known.id)
        assert held.is_banned(site.clock.now())
        assert held.banned_until is not None
    await talk.says(fediverse, mbin.announce(fediverse, mbin.undo(benti, banned)))
    await talk.says(fediverse, mbin.announce(fediverse, mbin.delete(benti, post.uri, at, summary=" ")))
    assert (await talk.seen(post.uri)).removed_at is not None
    await talk.does(posting.delete_post, talk.budi, post)
    await talk.heard("Delete")

    await talk.says(
        benti, mbin.message(benti, f"{talk.warga.url}/u/budi", "Pompa masih ada?"), inbox="/u/budi/inbox"
    )
    await talk.message(talk.budi, benti, "Masih, dua")
    await talk.heard("Create/ChatMessage")
    assert await talk.messages(talk.budi) == ["Pompa masih ada?", "Masih, dua"]
    await talk.does(membership.leave, talk.budi, known)
    await talk.heard("Undo/Follow")


async def _she_moderates_and_her_account_ends(talk: Conversation, benti: Actor, thread: Post) -> None:
    ours = await talk.post(talk.budi, name="Jual motor", source="Murah")
    await talk.does(membership.appoint, talk.ani, talk.tebet, await talk.known(benti.uri))
    await talk.heard("Announce/Create/Page", "Add", "Announce/Add")
    reported = mbin.flag(benti, ours.uri, f"{talk.warga.url}/u/budi", talk.tebet.uri, "Iklan")
    await talk.says(benti, reported)
    async with talk.warga.inside():
        assert (await Case.get(uri=reported["id"])).post_ids == [ours.id]
    await talk.says(benti, mbin.moderation("Lock", benti, ours.uri, talk.tebet.uri))
    await talk.says(benti, mbin.delete(benti, ours.uri, talk.tebet.uri, summary=" "))
    await talk.heard("Announce/Lock", "Announce/Delete/Tombstone")
    found = await talk.seen(ours.uri)
    assert (found.is_locked, found.removed_at is not None) == (True, True)

    gone = mbin.activity(
        "Delete", benti, benti.uri, to=[PUBLIC], cc=[f"{benti.uri}/followers"], removeData=True
    )
    await talk.says(benti, gone)
    assert (await talk.seen(thread.uri)).deleted_at is not None
