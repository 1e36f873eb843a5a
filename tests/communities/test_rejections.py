"""What a community does not take is answered with a `Reject` that says why; its author reads that in plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from communities.membership import write_ban
from federation import models
from federation.models import InboundActivity, OutboundActivity
from sebangsa import voting
from sebangsa.models import Notification, Poll, PollVote, Post, Vote
from sebangsa.polls.asking import PollDraft
from sebangsa.polls.voting import vote as choose
from sebangsa.rejecting import AT_ONCE
from tests.communities.towns import Town
from tests.communities.village import Village, announce
from tests.foreign_server import Actor
from tests.instances import Instance, settle
from tests.interop.piefed import documents as piefed


async def page(at: Instance, path: str, cookies: dict[str, str]) -> str:
    async with at.http.get(
        at.url + path, cookies=cookies, headers={"Accept": "text/html", "Accept-Language": "en"}
    ) as answer:
        assert answer.status == 200
        return await answer.text()


async def told(at: Instance, person_id: int) -> list[dict[str, Any]]:
    async with at.inside():
        found = await Notification.filter(recipient_id=person_id, type="community.refused").order_by("id")
        return [entry.extra for entry in found]


async def test_who_writes_votes_or_chooses_where_it_is_not_taken_is_told_why(town: Town) -> None:
    post = await town.post(town.warga, town.ani, poll=PollDraft(("Sabtu", "Minggu"), timedelta(days=1)))
    at_kota = await town.seen(town.kota, post)
    async with town.warga.inside():
        await Post.filter(id=post.id).update(is_locked=True)  # kota has not heard of it
    comment = await town.post(town.kota, town.budi, source="Kapan kerja bakti?", in_reply_to=at_kota)
    async with town.warga.inside():
        assert not await Post.exists(uri=comment.uri)
        [rejected] = await OutboundActivity.filter(type="Reject")
        assert rejected.actor_id == town.group.id
        assert '"reasonCode":"locked"' in rejected.body
    marked = await town.seen(town.kota, comment)
    assert marked.refusal_code == "locked"
    assert await told(town.kota, town.budi.actor_id) == [{"what": "post", "code": "locked", "said": ""}]

    mine = await town.kota.signed_in(town.budi)
    assert "This thread is locked: nobody can answer any more." in await page(
        town.kota, "/notifications", mine
    )
    shown = await page(town.kota, f"/p/{comment.id}", mine)
    assert "Open a thread of your own" in shown
    other = await town.kota.signed_in(await town.kota.user("citra"))
    seen_by_others = await page(town.kota, f"/p/{comment.id}", other)
    assert "Not taken by the community" in seen_by_others
    assert "Open a thread of your own" not in seen_by_others

    async with town.warga.inside() as site:
        budi = await town.warga_sees(town.budi)
        await write_ban(site, town.group, budi, "", None)
        await Poll.filter(post_id=post.id).update(closed_at=site.clock.now())
    async with town.kota.inside() as site:
        await voting.vote(site, town.budi.actor, at_kota, 1)
        await choose(site, town.budi.actor, at_kota, [0])
    await settle(town.warga, town.kota)
    seen = await town.seen(town.kota, post)
    assert seen.likes_count == 0
    async with town.kota.inside():
        assert await Vote.all().count() == 0
        assert await PollVote.all().count() == 1  # one cannot choose again
    assert {entry["what"]: entry["code"] for entry in await told(town.kota, town.budi.actor_id)} == {
        "post": "locked",
        "vote": "banned",
        "choice": "poll-ended",
    }
    await settle(town.warga, town.kota)
    async with town.kota.inside():
        assert not await OutboundActivity.exists(type="Reject")


async def rejects_at(village: Village) -> list[dict[str, Any]]:
    await settle(village.warga)
    return [sent for sent in village.good.received if sent["type"] == "Reject"]


def comment_of(author: Actor, thread: Post, name: str) -> dict[str, Any]:
    return author.activity("Create", author.note(name, "<p>Ya</p>", inReplyTo=thread.uri))


async def test_only_what_our_rules_forbid_is_answered_and_no_flood_of_it(village: Village) -> None:
    thread = await village.thread()
    async with village.warga.inside():
        await Post.filter(id=thread.id).update(is_locked=True)
    rini = village.good.actor("rini")
    refused = comment_of(rini, thread, "1")
    assert (await village.deliver(rini, refused))[1] == "refused"
    [rejected] = await rejects_at(village)
    assert rejected["object"] == refused["id"]
    assert rejected["actor"] == village.group.uri
    assert rejected["to"] == [rini.uri]
    assert (rejected["summary"], rejected["reasonCode"]) == (
        "This thread is locked: nobody can answer any more.",
        "locked",
    )
    assert village.good.deliveries[-1].path == "/users/rini/inbox"

    village.good.received.clear()
    foreign = rini.activity("Delete", {"id": thread.uri, "type": "Tombstone"}, summary="x")
    await village.deliver(rini, foreign)
    await village.deliver(rini, rini.activity("Reject", rejected["id"]))
    await village.deliver(rini, rini.activity("Undo", rini.activity("Like", thread.uri)))
    assert (await rini.send(village.warga, comment_of(rini, thread, "2"), without=("digest",)))[0] == 401
    assert await rejects_at(village) == []

    async with village.warga.inside() as site:
        await write_ban(site, village.group, await models.Actor.get(uri=rini.uri), "", None)
    await village.deliver(rini, follow := rini.activity("Follow", village.group.uri))
    [turned_away] = await rejects_at(village)
    assert (turned_away["object"]["id"], turned_away["reasonCode"]) == (follow["id"], "banned")

    village.good.received.clear()
    for number in range(AT_ONCE + 10):
        await rini.send(village.warga, comment_of(rini, thread, f"banyak-{number}"))
    assert AT_ONCE - 1 <= len(await rejects_at(village)) <= AT_ONCE + 2
    async with village.warga.inside():
        assert await InboundActivity.filter(state="refused", type="Create").count() == AT_ONCE + 11


async def test_software_that_takes_any_rejection_for_the_end_of_a_membership_is_sent_none(
    village: Village,
) -> None:
    thread = await village.thread()
    village.good.software = ("mbin", "1.9.0")
    rini = village.good.actor("rini")
    await village.deliver(rini, rini.activity("Follow", village.group.uri))
    async with village.warga.inside():
        await Post.filter(id=thread.id).update(is_locked=True)
    assert (await village.deliver(rini, comment_of(rini, thread, "1")))[1] == "refused"
    assert await rejects_at(village) == []


async def test_s042_a_rejection_counts_from_the_community_that_it_was_for_and_in_its_own_words(
    village: Village,
) -> None:
    group = village.group_of(village.good)
    known = await village.follow(group)
    post = await village.thread(community=known)
    async with village.warga.inside():
        created = (await OutboundActivity.get(about=post.uri)).uri
    liar = village.group_of(village.evil)
    words: dict[str, Any] = {"summary": "<p>Tidak <script>x</script>untuk kami</p>", "reasonCode": "x" * 900}
    await village.deliver(liar, liar.activity("Reject", created, **words))
    await village.deliver(village.good.actor("rini"), village.good.actor("rini").activity("Reject", created))
    assert (await village.fresh(post)).refusal_code == ""
    await village.deliver(group, group.activity("Reject", created, **words))
    fresh = await village.fresh(post)
    assert (fresh.refusal_code, fresh.refusal_text) == ("refused", "Tidak untuk kami")
    [said] = await told(village.warga, village.ani.actor_id)
    assert said == {"what": "post", "code": "refused", "said": "Tidak untuk kami"}
    shown = await page(village.warga, f"/p/{post.id}", await village.warga.signed_in(village.ani))
    assert "Tidak untuk kami" in shown
    # It takes the post after all: the mark goes.
    async with village.warga.inside():
        body = (await OutboundActivity.get(uri=created)).body
    wrapped = (
        f'{{"@context":"https://www.w3.org/ns/activitystreams","id":"{group.server.origin}/activities/a1",'
    )
    wrapped += f'"type":"Announce","actor":"{group.uri}","object":{body}}}'
    assert (await group.send(village.warga, wrapped.encode()))[0] == 202
    await settle(village.warga)
    assert (await village.fresh(post)).refusal_code == ""


async def test_s042_a_refused_choice_counts_from_the_poll_or_its_community_alone(village: Village) -> None:
    group, asker = village.group_of(village.good), village.good.actor("joko", key=1)
    await village.follow(group)
    poll = piefed.poll(asker, group.uri, "Kapan panen?", {"Mei": 0, "Juni": 2})
    await village.deliver(group, announce(group, asker.activity("Create", poll)))
    async with village.warga.inside() as site:
        await choose(site, village.ani.actor, await Post.get(uri=poll["id"]), [0])
        chosen = (await OutboundActivity.get(type="Create", actor_id=village.ani.actor_id)).uri
    for liar in (village.group_of(village.evil), village.good.actor("rini")):
        await village.deliver(liar, liar.activity("Reject", chosen, reasonCode="poll-ended"))
    assert await told(village.warga, village.ani.actor_id) == []
    await village.deliver(asker, asker.activity("Reject", chosen, reasonCode="poll-ended"))
    assert await told(village.warga, village.ani.actor_id) == [
        {"what": "choice", "code": "poll-ended", "said": ""}
    ]
