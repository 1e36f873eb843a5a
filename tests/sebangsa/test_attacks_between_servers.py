"""What hostile servers send about people: refused or dropped, and nothing has changed (security cases)."""

from __future__ import annotations

from typing import Any

import pytest

from federation.actors import resolve_actor
from federation.models import Actor as ActorRow
from federation.models import Delivery, Follow, FollowState, InboundActivity
from federation.signatures import sign_request
from sebangsa import following, voting
from sebangsa.models import Mention, Notification, Post, Visibility, Vote
from tests.foreign_server import PUBLIC, Actor
from tests.instances import settle
from tests.row_counts import row_counts
from tests.sebangsa.street import Street

# --- edits ------------------------------------------------------------------------------------------------------


async def test_s039_an_edit_never_widens_who_may_read(street: Street) -> None:
    rini = street.good.actor("rini")
    note = rini.note("1", "<p>Hanya untukmu</p>", to=[street.ani.actor.uri], cc=[])
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    wider = note | {"to": [PUBLIC], "content": "<p>Untuk semua</p>", "updated": "2026-11-21T00:00:00Z"}
    assert await street.deliver(rini, rini.activity("Update", wider)) == "refused"
    found = await street.find(note["id"])
    assert found is not None
    assert (found.visibility, found.content) == (Visibility.DIRECT, "<p>Hanya untukmu</p>")


async def test_s039_an_edit_by_a_stranger_who_adds_himself_changes_nothing(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.good.actor("jahat", key=1)
    note = rini.note("1", "<p>Hanya untukmu</p>", to=[street.ani.actor.uri], cc=[])
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    await street.meet(jahat)
    before = await row_counts(street.warga)
    edit = note | {"to": [street.ani.actor.uri, jahat.uri], "content": "<p>Palsu</p>"}
    assert await street.deliver(jahat, jahat.activity("Update", edit)) == "refused"
    assert await row_counts(street.warga) == before
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Hanya untukmu</p>"


async def test_s038_an_edit_of_what_is_not_here_creates_nothing(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    before = await row_counts(street.warga)
    assert await street.deliver(rini, rini.activity("Update", rini.note("1", "<p>Baru</p>"))) == "done"
    assert await row_counts(street.warga) == before


async def test_s040_nobody_posts_as_a_neighbour_or_together_with_one_of_ours(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.good.actor("jahat", key=1)
    await street.follow(rini)
    await street.follow(jahat)
    before = await row_counts(street.warga)
    for authors in (rini.uri, [jahat.uri, street.ani.actor.uri], [rini.uri, jahat.uri]):
        note = jahat.note("1", "<p>Palsu</p>") | {"attributedTo": authors}
        assert await street.deliver(jahat, jahat.activity("Create", note)) == "refused"
    assert await row_counts(street.warga) == before


# --- undoing, accepting -----------------------------------------------------------------------------------------


async def test_s041_nobody_undoes_what_another_did(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.good.actor("jahat", key=1)
    post = await street.post()
    await street.follow(rini)
    boosted = rini.note("1", "<p>Asli</p>")
    await street.deliver(rini, rini.activity("Create", boosted))
    did = [
        rini.activity("Follow", street.ani.actor.uri),
        rini.activity("Like", post.uri),
        rini.activity("Announce", boosted["id"], to=[PUBLIC]),
    ]
    for activity in did:
        assert await street.deliver(rini, activity) == "done"
    await street.meet(jahat)
    before = await row_counts(street.warga)
    for activity in did:
        assert await street.deliver(jahat, jahat.activity("Undo", activity)) == "refused"
        assert await street.deliver(jahat, jahat.activity("Undo", activity["id"])) == "refused"
        renamed = activity | {"actor": jahat.uri}
        await street.deliver(jahat, jahat.activity("Undo", renamed))
    async with street.warga.inside():
        await InboundActivity.filter(uri__in=[activity["id"] for activity in did]).update(body="")
    for activity in did:  # also when only the id is left of it
        await street.deliver(jahat, jahat.activity("Undo", activity["id"]))
    assert await row_counts(street.warga) == before
    async with street.warga.inside():
        assert await Vote.filter(post_id=post.id).count() == 1
        assert (await ActorRow.get(id=street.ani.actor_id)).followers_count == 1


async def test_s042_an_answer_to_no_follow_of_ours_makes_none(street: Street) -> None:
    rini = street.good.actor("rini")
    before = await row_counts(street.warga)
    invented = {"type": "Follow", "actor": street.ani.actor.uri, "object": rini.uri}
    for kind in ("Accept", "Reject"):
        for follow in (invented | {"id": f"{street.warga.url}/a/1"}, invented, f"{street.warga.url}/a/1"):
            assert await street.deliver(rini, rini.activity(kind, follow)) in ("ignored", "done")
    after = await row_counts(street.warga)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "actors": 1,
        "actor_keys": 1,
        "peers": 1,
    }


async def test_s042_only_the_one_who_is_followed_answers(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.good.actor("jahat", key=1)
    made = await street.follow(rini, FollowState.PENDING)
    follow = {"id": made.uri, "type": "Follow", "actor": street.ani.actor.uri, "object": rini.uri}
    for kind in ("Accept", "Reject"):
        for answered in (follow, made.uri):
            await street.deliver(jahat, jahat.activity(kind, answered))
    async with street.warga.inside():
        assert [found.state for found in await Follow.all()] == [FollowState.PENDING]
    assert await street.deliver(rini, rini.activity("Accept", follow)) == "done"
    async with street.warga.inside():
        assert [found.state for found in await Follow.all()] == [FollowState.ACCEPTED]


async def test_s042_an_answer_after_the_follow_was_taken_back_has_no_effect(street: Street) -> None:
    rini = street.good.actor("rini")
    made = await street.follow(rini, FollowState.PENDING)
    async with street.warga.inside():
        await following.unfollow(street.warga.site, street.ani.actor, await ActorRow.get(uri=rini.uri))
    follow = {"id": made.uri, "type": "Follow", "actor": street.ani.actor.uri, "object": rini.uri}
    await street.deliver(rini, rini.activity("Accept", follow))
    async with street.warga.inside():
        assert await Follow.all().count() == 0
        assert (await ActorRow.get(id=street.ani.actor_id)).following_count == 0


# --- actors -----------------------------------------------------------------------------------------------------


async def test_s049_a_person_does_not_become_a_group_and_a_note_no_actor(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    group = street.good.documents["/users/rini"] | {"type": "Group"}
    assert await street.deliver(rini, rini.activity("Update", group)) == "refused"
    turned = street.good.documents["/users/rini"] | {"id": note["id"], "inbox": f"{note['id']}/inbox"}
    assert await street.deliver(rini, rini.activity("Update", turned)) == "refused"
    async with street.warga.inside():
        assert (await ActorRow.get(uri=rini.uri)).type == "Person"
        assert not await ActorRow.exists(uri=note["id"])
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Asli</p>"


async def test_s047_an_actor_that_moves_its_inbox_to_another_host_is_refused(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    for inbox in (f"{street.evil.origin}/inbox", f"{street.warga.url}/u/ani/inbox", "http://10.0.0.1/inbox"):
        changed = street.good.documents["/users/rini"] | {"inbox": inbox}
        assert await street.deliver(rini, rini.activity("Update", changed)) == "refused"
    async with street.warga.inside():
        assert (await ActorRow.get(uri=rini.uri)).inbox_url == f"{rini.uri}/inbox"


async def test_s050_a_followers_collection_that_lists_ours_changes_nobodys_follows(street: Street) -> None:
    jahat = street.evil.actor("jahat")
    street.evil.documents["/users/jahat/followers"] = {
        "id": f"{jahat.uri}/followers",
        "type": "OrderedCollection",
        "totalItems": 1,
        "orderedItems": [street.ani.actor.uri],
    }
    before = await row_counts(street.warga)
    digest = f'collectionId="{jahat.uri}/followers", url="{jahat.uri}/followers", digest="{"0" * 64}"'
    note = jahat.note("1", "<p>Untuk pengikutku</p>", to=[f"{jahat.uri}/followers"], cc=[])
    create = jahat.activity("Create", note)
    await street.deliver(jahat, create, headers={"Collection-Synchronization": digest})
    after = await row_counts(street.warga)
    assert (after["follows"], after["posts"]) == (before["follows"], before["posts"])
    assert "/users/jahat/followers" not in street.evil.asked


# --- posts ------------------------------------------------------------------------------------------------------


async def test_s045_only_what_its_own_host_serves_goes_on(street: Street) -> None:
    """The copy that a booster embeds says something else than the post's own server."""
    rini, jahat = street.good.actor("rini"), street.evil.actor("jahat")
    await street.follow(jahat)
    note = rini.note("1", "<p>Asli</p>")
    altered = note | {"content": "<p>Palsu</p>", "to": [PUBLIC]}
    assert await street.deliver(jahat, jahat.activity("Announce", altered, to=[PUBLIC])) == "done"
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Asli</p>"


async def test_s048_what_was_deleted_does_not_come_again(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    note = rini.note("1", "<p>Dulu</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    assert await street.deliver(rini, rini.activity("Delete", note["id"], to=[PUBLIC])) == "done"
    before = await row_counts(street.warga)
    await street.deliver(rini, rini.activity("Create", note))
    await street.deliver(rini, rini.activity("Update", note | {"updated": "2026-11-22T00:00:00Z"}))
    early = rini.note("2", "<p>Terlambat</p>")
    assert await street.deliver(rini, rini.activity("Delete", early["id"], to=[PUBLIC])) == "done"
    await street.deliver(rini, rini.activity("Create", early))
    assert await row_counts(street.warga) == before
    found = await street.find(note["id"])
    assert found is not None
    assert (found.deleted_at is not None, found.content) == (True, "")


async def test_s048_what_was_deleted_comes_back_only_by_its_authors_word_and_as_its_host_serves_it(
    street: Street,
) -> None:
    rini, other, liar = street.good.actor("rini"), street.good.actor("lain"), street.evil.actor("rini")
    await street.follow(rini)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    deletion = rini.activity("Delete", note["id"], to=[PUBLIC], summary="iklan")
    assert await street.deliver(rini, deletion) == "done"

    def undo(sender: Actor) -> dict[str, Any]:
        inner = {name: value for name, value in deletion.items() if name != "@context"}
        return sender.activity("Undo", inner | {"actor": sender.uri}, to=[PUBLIC])

    async def content() -> str:
        found = await street.find(note["id"])
        assert found is not None
        return found.content if found.deleted_at is None else "deleted"

    for stranger in (other, liar):
        await street.deliver(stranger, undo(stranger))
        assert await content() == "deleted"
    street.good.documents["/notes/1"]["content"] = "<p>Seperti di sana</p>"
    assert await street.deliver(rini, undo(rini)) == "done"
    assert await content() == "<p>Seperti di sana</p>"
    assert await street.deliver(rini, deletion | {"id": f"{deletion['id']}-2"}) == "done"
    del street.good.documents["/notes/1"]
    await street.deliver(rini, undo(rini))
    assert await content() == "deleted"


@pytest.mark.parametrize("shape", ["chain", "ring"])
async def test_s052_a_thread_without_end_costs_a_few_fetches(street: Street, shape: str) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    length = 200 if shape == "chain" else 3
    for number in range(length):
        above = number + 1 if shape == "chain" else (number + 1) % length
        rini.note(str(number), "<p>Jawab</p>", inReplyTo=f"{street.good.origin}/notes/{above}")
    street.good.asked.clear()
    note = street.good.documents["/notes/0"]
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    assert len([path for path in street.good.asked if path.startswith("/notes/")]) <= 20
    assert await street.find(note["id"]) is not None


async def test_s054_a_vote_in_a_poll_is_no_comment(street: Street) -> None:
    """Also where no poll is: a vote is secret, and nobody must see it as an empty answer."""
    rini = street.good.actor("rini")
    post = await street.post()
    vote = rini.note("v", "", inReplyTo=post.uri, to=[street.ani.actor.uri], cc=[]) | {"name": "Ya"}
    del vote["content"]
    await street.deliver(rini, rini.activity("Create", vote))
    assert await street.find(vote["id"]) is None
    async with street.warga.inside():
        assert await Notification.filter(recipient_id=street.ani.actor_id).count() == 0
        assert (await Post.get(id=post.id)).replies_count == 0


async def test_s059_nothing_of_others_is_forwarded(street: Street) -> None:
    """An answer to a post of ours goes to nobody from here: its own server sends it to whom it concerns."""
    rini, budi = street.good.actor("rini"), street.evil.actor("budi")
    post = await street.post()
    assert await street.deliver(budi, budi.activity("Follow", street.ani.actor.uri)) == "done"
    async with street.warga.inside():
        before = await Delivery.all().count()
    answer = rini.note("1", "<p>Jawab</p>", inReplyTo=post.uri, cc=[street.ani.actor.followers_url])
    assert await street.deliver(rini, rini.activity("Create", answer)) == "done"
    async with street.warga.inside():
        assert await Delivery.all().count() == before


@pytest.mark.parametrize("path", ["/inbox", "/u/ani/inbox", "/actor/inbox"])
async def test_s060_what_concerns_nobody_here_is_not_kept(street: Street, path: str) -> None:
    """By every door: not the post, not what it answers; and none of it is fetched."""
    jahat = street.evil.actor("jahat")
    other = street.evil.actor("lain", key=1)
    assert await street.deliver(jahat, jahat.activity("Like", "http://x.localhost/1")) == "done"
    question = other.note("0", "<p>Tanya</p>")
    before = await row_counts(street.warga)
    street.evil.asked.clear()
    for number, more in enumerate(
        [
            {},
            {"inReplyTo": question["id"]},
            {"cc": [f"{jahat.uri}/followers", question["attributedTo"]]},
            {"to": [f"{jahat.uri}/followers"], "cc": []},
        ]
    ):
        note = jahat.note(f"spam-{number}", "<p>Beli</p>", **more)
        assert await street.deliver(jahat, jahat.activity("Create", note), path=path) == "done"
    assert await row_counts(street.warga) == before
    assert street.evil.asked == []


async def test_s060_what_answers_or_names_one_of_ours_is_kept(street: Street) -> None:
    rini = street.good.actor("rini")
    post = await street.post()
    answer = rini.note("1", "<p>Jawab</p>", inReplyTo=post.uri)
    mention = rini.note("2", "<p>Hai</p>", cc=[street.ani.actor.uri])
    for note in (answer, mention):
        assert await street.deliver(rini, rini.activity("Create", note)) == "done"
        assert await street.find(note["id"]) is not None


async def test_s060_a_known_id_under_another_author_changes_nothing(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.good.actor("jahat", key=1)
    await street.follow(rini)
    await street.follow(jahat)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    before = await row_counts(street.warga)
    stolen = note | {"attributedTo": jahat.uri, "content": "<p>Palsu</p>"}
    await street.deliver(jahat, jahat.activity("Create", stolen))
    assert await row_counts(street.warga) == before
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Asli</p>"


async def test_s061_a_post_from_another_age_sorts_within_ours(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    now = street.warga.site.clock.now()
    for number, published in enumerate(["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "kemarin"]):
        note = rini.note(str(number), "<p>Kapan</p>", published=published)
        assert await street.deliver(rini, rini.activity("Create", note)) == "done"
        found = await street.find(note["id"])
        assert found is not None
        assert (found.created_at - now).total_seconds() < 660
    new = rini.note("9", "<p>Baru</p>")
    await street.deliver(rini, rini.activity("Create", new))
    for updated, content in (
        ("2026-11-22T00:00:00Z", "<p>Lebih baru</p>"),
        ("2026-11-21T00:00:00Z", "<p>Lama</p>"),
    ):
        await street.deliver(rini, rini.activity("Update", new | {"updated": updated, "content": content}))
    found = await street.find(new["id"])
    assert found is not None
    assert found.content == "<p>Lebih baru</p>"


# --- reading what is not for everybody --------------------------------------------------------------------------


async def test_s111_a_followers_post_is_shown_to_signed_followers_alone(street: Street) -> None:
    rini, jahat = street.good.actor("rini"), street.evil.actor("jahat", key=1)
    assert await street.deliver(rini, rini.activity("Follow", street.ani.actor.uri)) == "done"
    post = await street.post(visibility=Visibility.FOLLOWERS)
    warga = street.warga

    async def asked_by(somebody: Actor | None, path: str = "") -> tuple[int, str]:
        url = post.uri + path
        headers = {"Accept": "application/activity+json"}
        if somebody is not None:
            now = warga.site.clock.time()
            headers |= dict(sign_request("GET", url, b"", somebody.key, scheme="cavage", now=now))
        async with warga.http.get(url, headers=headers) as answer:
            return answer.status, answer.headers["Cache-Control"]

    for path in ("", "/activity", "/replies", "/context"):
        assert (await asked_by(None, path))[0] == 404
        assert (await asked_by(jahat, path))[0] == 404
        assert await asked_by(rini, path) == (200, "private, no-store")
    async with warga.http.get(post.uri, headers={"Accept": "text/html"}) as page:
        assert page.status == 404
        assert "og:" not in await page.text()
    async with warga.http.get(f"{street.ani.actor.uri}/outbox") as outbox:
        assert post.uri not in await outbox.text()


async def test_s112_a_follow_of_a_locked_account_waits_for_its_own_hosts_word(street: Street) -> None:
    rini, jahat = street.good.actor("rini", manuallyApprovesFollowers=True), street.evil.actor("jahat", key=1)
    async with street.warga.inside() as site:
        known = await resolve_actor(site.federation, rini.uri)
        made = await following.follow(site, street.ani.actor, known)
        again = await following.follow(site, street.ani.actor, known)
        assert (made.state, again.id, again.state) == (FollowState.PENDING, made.id, FollowState.PENDING)
    await settle(street.warga)
    follow = {"id": made.uri, "type": "Follow", "actor": street.ani.actor.uri, "object": rini.uri}
    await street.deliver(jahat, jahat.activity("Accept", follow))
    async with street.warga.inside():
        assert [found.state for found in await Follow.all()] == [FollowState.PENDING]


async def test_a_post_whose_create_names_no_author_is_the_actors(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    note = rini.note("1", "<p>Tanpa nama</p>")
    del note["attributedTo"]
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    async with street.warga.inside():
        found = await Post.get(uri=note["id"]).select_related("author")
        assert found.author.uri == rini.uri
        assert await Mention.all().count() == 0


async def test_votes_of_one_actor_count_once_whatever_their_ids(street: Street) -> None:
    rini = street.good.actor("rini")
    post = await street.post()
    for _ in range(3):
        assert await street.deliver(rini, rini.activity("Like", post.uri)) == "done"
    async with street.warga.inside() as site:
        assert (await Post.get(id=post.id)).likes_count == 1
        await voting.vote(site, street.ani.actor, await Post.get(id=post.id), 1)
        assert (await Post.get(id=post.id)).likes_count == 2
