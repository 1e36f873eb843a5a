"""A peer that nobody here wrote: whatever it parses, verifies and answers is Fedify's own doing, not ours."""

from __future__ import annotations

import pytest

from chat import sending
from chat.models import MemberState
from tests.chat.chatting import let_in, listed, log, person, texts
from tests.instances import DATABASES, settle, unfinished
from tests.interop.fedify_chapters import accounts, articles, events, moderation, polls, threads
from tests.interop.meeting import Meeting


async def test_fedify_finds_a_community_by_its_handle_and_reads_who_it_is(meeting: Meeting) -> None:
    found = await meeting.peer.ask("lookup", target=meeting.community)
    assert (found["type"], found["id"], found["username"]) == ("Group", meeting.tebet.uri, "tebet")
    assert found["name"] == "Tebet"
    assert found["inbox"] == meeting.tebet.inbox_url
    assert found["sharedInbox"] == f"{meeting.warga.url}/inbox"
    assert found["followers"] == meeting.tebet.followers_url
    assert found["attribution"] == meeting.tebet.moderators_url
    assert found["keys"] == ["RSASSA-PKCS1-v1_5", "Ed25519"]  # for requests, and for proofs


@pytest.mark.parametrize("database", DATABASES)
async def test_a_whole_conversation_is_the_same_on_both_sides(meeting: Meeting) -> None:
    follow = await threads.dewi_joins(meeting)
    thread = await threads.dewi_opens_a_thread(meeting)
    answer = await threads.budi_answers(meeting, thread)
    comment = await threads.dewi_answers_and_corrects_herself(meeting, answer)
    await threads.they_like_and_think_better_of_it(meeting, thread, answer)
    await threads.both_take_back_what_they_wrote(meeting, thread, answer, comment)
    await articles.dewi_writes_an_article_into_the_community(meeting)
    await articles.budi_writes_an_article(meeting)
    await articles.budi_corrects_and_deletes_a_thread(meeting)
    await polls.budi_asks_and_dewi_votes(meeting)
    await polls.dewi_asks_and_budi_votes(meeting)
    await events.budi_plans_and_dewi_comes(meeting)
    await events.dewi_plans_and_budi_comes(meeting)
    await threads.dewi_leaves(meeting, follow)
    await meeting.ends_well()


@pytest.mark.parametrize("database", DATABASES)
async def test_moderation_and_moves_are_the_same_on_both_sides(meeting: Meeting) -> None:
    await meeting.dewi("follow", target=meeting.community)
    await moderation.ani_moderates(meeting)
    await moderation.dewi_moderates(meeting)
    await accounts.dewi_moves_and_budi_follows(meeting)
    await accounts.rini_moves_to_their_server(meeting)
    await accounts.sari_ends_her_account(meeting)
    await accounts.citra_ends_her_account(meeting)
    await meeting.ends_well()


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
    assert (thread.name, thread.community_id) == ("Lampu jalan mati", meeting.tebet.id)
    await meeting.is_announced_once(made["id"])


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
