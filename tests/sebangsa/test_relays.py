"""Relays: asked by an administrator, sent what is public, believed for nothing but ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from federation.actors import resolve_actor
from federation.models import Actor, OutboundActivity
from sebangsa import timelines
from sebangsa.deleting import delete_account
from sebangsa.errors import Invalid, NotFound
from sebangsa.limits import BUCKETS
from sebangsa.models import Post, Relay, RelayState, User, Visibility
from sebangsa.posting import Draft, create_post, delete_post, edit_post
from sebangsa.relays.confirmed import confirmed_relays
from sebangsa.relays.subscribing import add_relay, all_relays, remove_relay, standing_of
from tests import foreign_server
from tests.foreign_server import PUBLIC
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]


@dataclass
class Harbour:
    """Warga with Ani, a relay, and another server whose Budi nobody here follows."""

    warga: Instance
    ani: User
    relay: foreign_server.Actor
    budi: foreign_server.Actor

    @property
    def got(self) -> list[dict[str, Any]]:
        """What the relay received."""
        return self.relay.server.received

    def kinds(self) -> list[str]:
        return [str(activity["type"]) for activity in self.got]

    async def add(self, url: str) -> Relay:
        async with self.warga.inside() as site:
            relay = await add_relay(site, url)
        await settle(self.warga)
        return relay

    async def says(self, activity: dict[str, Any], who: foreign_server.Actor | None = None) -> int:
        status, _ = await (who or self.relay).send(self.warga, activity)
        await settle(self.warga)
        async with self.warga.inside() as site:
            confirmed_relays(site).forget()
        return status

    async def accepted(self, *, litepub: bool = False) -> Relay:
        """A relay that said yes (and, of LitePub's kind, follows the server)."""
        server = self.relay.server
        relay = await self.add(self.relay.uri if litepub else f"{server.origin}/inbox")
        await self.says(self.relay.activity("Accept", self.got[-1]))
        if litepub:
            await self.says(self.relay.activity("Follow", f"{self.warga.url}/actor"))
        server.received.clear()
        async with self.warga.inside():
            return await Relay.get(id=relay.id)

    async def post(self, **draft: Any) -> Post:
        async with self.warga.inside() as site:
            author = await Actor.get(id=self.ani.actor_id)
            made = await create_post(site, author, Draft(**{"source": "Halo"} | draft))
        await settle(self.warga)
        return made

    async def known(self, uri: str) -> Post | None:
        async with self.warga.inside():
            return await Post.get_or_none(uri=uri)

    async def public(self) -> list[str]:
        async with self.warga.inside():
            return [str(uri) for uri in await timelines.public().values_list("uri", flat=True)]


@pytest.fixture
async def harbour(start: Start) -> AsyncIterator[Harbour]:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with foreign_server.foreign_server("relay") as one, foreign_server.foreign_server("jauh") as other:
        yield Harbour(warga, ani, one.actor("relay", type_="Application"), other.actor("budi"))


async def test_mastodons_way_is_a_follow_of_everybody_sent_to_the_inbox(harbour: Harbour) -> None:
    relay = await harbour.add(f"{harbour.relay.server.origin}/inbox")
    assert relay.state == RelayState.ASKED
    asked = harbour.got[-1]
    assert (asked["type"], asked["object"], asked["actor"]) == (
        "Follow",
        PUBLIC,
        f"{harbour.warga.url}/actor",
    )
    assert asked["id"] == relay.follow_uri
    assert harbour.relay.server.asked[-1] == "/inbox"
    await harbour.says(harbour.relay.activity("Accept", relay.follow_uri))
    async with harbour.warga.inside():
        found = await Relay.get(id=relay.id).select_related("actor")
    assert found.actor is not None
    assert (found.state, found.actor.uri) == (RelayState.ACCEPTED, harbour.relay.uri)


async def test_only_open_public_posts_of_people_who_can_be_found_go_to_a_relay(harbour: Harbour) -> None:
    await harbour.accepted()
    opening = await harbour.post(source="Kerja bakti")
    assert harbour.kinds() == ["Create"]
    assert harbour.got[0]["object"]["id"] == opening.uri
    await harbour.post(visibility=Visibility.UNLISTED)
    await harbour.post(visibility=Visibility.FOLLOWERS)
    await harbour.post(source="Jawaban", in_reply_to=opening)
    async with harbour.warga.inside():
        await Actor.filter(id=harbour.ani.actor_id).update(discoverable=False)
    await harbour.post(source="Diam-diam")
    assert harbour.kinds() == ["Create"]


@pytest.mark.parametrize("litepub", [False, True])
async def test_edits_and_deletions_follow_what_was_relayed(harbour: Harbour, litepub: bool) -> None:
    await harbour.accepted(litepub=litepub)
    post = await harbour.post(source="Salah tulis")
    async with harbour.warga.inside() as site:
        author = await Actor.get(id=harbour.ani.actor_id)
        await edit_post(site, author, post, source="Benar tulis")
    await settle(harbour.warga)
    async with harbour.warga.inside() as site:
        # Chosen since: what others have must go all the same.
        await Actor.filter(id=author.id).update(discoverable=False)
        await delete_post(site, author, await Post.get(id=post.id))
    await settle(harbour.warga)
    assert harbour.kinds() == ["Announce" if litepub else "Create", "Update", "Delete"]


async def test_an_account_that_ends_is_taken_back_at_the_relay_too(harbour: Harbour) -> None:
    await harbour.accepted()
    await harbour.post()
    async with harbour.warga.inside() as site:
        await delete_account(site, await User.get(id=harbour.ani.id).select_related("actor"))
    await settle(harbour.warga)
    assert harbour.kinds() == ["Create", "Delete"]
    assert harbour.got[-1]["object"] == f"{harbour.warga.url}/u/ani"


async def test_litepubs_way_is_a_follow_of_an_actor_that_follows_back(harbour: Harbour) -> None:
    relay = await harbour.add(harbour.relay.uri)
    asked = harbour.got[-1]
    assert (asked["type"], asked["object"]) == ("Follow", harbour.relay.uri)
    await harbour.says(harbour.relay.activity("Accept", asked))
    await harbour.post()
    assert harbour.kinds() == ["Follow"]  # it has not asked for anything yet
    follow = harbour.relay.activity("Follow", f"{harbour.warga.url}/actor")
    await harbour.says(follow)
    assert harbour.kinds() == ["Follow", "Accept"]
    assert harbour.got[-1]["object"]["id"] == follow["id"]
    post = await harbour.post(source="Halo semua")
    announced = harbour.got[-1]
    assert (announced["type"], announced["object"]) == ("Announce", post.uri)
    assert announced["actor"] == f"{harbour.warga.url}/actor"
    await harbour.says(harbour.relay.activity("Undo", follow))
    await harbour.post()
    assert harbour.got[-1] == announced
    async with harbour.warga.inside():
        assert (await Relay.get(id=relay.id)).follows_back is False


@pytest.mark.parametrize("litepub", [True, False])
async def test_what_a_relay_announces_stands_in_the_federated_timeline_alone(
    harbour: Harbour, litepub: bool
) -> None:
    await harbour.accepted(litepub=litepub)
    note = harbour.budi.note("pagi", "<p>Selamat pagi</p>")
    assert await harbour.says(harbour.relay.activity("Announce", note["id"])) == 202
    assert await harbour.public() == [note["id"]]
    async with harbour.warga.inside():
        ani = await Actor.get(id=harbour.ani.actor_id)
        assert await timelines.home(ani).count() == 0
        assert await Post.filter(kind="boost").count() == 0
        assert (await Post.get(uri=note["id"]).select_related("author")).author.uri == harbour.budi.uri
        assert await OutboundActivity.filter(type="Announce").count() == 0


async def test_an_announced_activity_is_followed_to_its_post_on_the_same_host(harbour: Harbour) -> None:
    await harbour.accepted()
    note = harbour.budi.note("pagi", "Selamat pagi")
    created = harbour.budi.activity("Create", note["id"], id=f"{note['id']}/activity")
    harbour.budi.server.documents["/notes/pagi/activity"] = created
    await harbour.says(harbour.relay.activity("Announce", created["id"]))
    assert await harbour.public() == [note["id"]]
    other = harbour.relay.server.actor("lain").note("siang", "Selamat siang")
    created = harbour.budi.activity("Create", other["id"], id=f"{note['id']}/other")
    harbour.budi.server.documents["/notes/pagi/other"] = created
    await harbour.says(harbour.relay.activity("Announce", created["id"]))
    assert await harbour.public() == [note["id"]]


async def test_s028_of_what_a_relay_passes_on_only_the_id_is_read(harbour: Harbour) -> None:
    await harbour.accepted()
    note = harbour.budi.note("pagi", "<p>Asli</p>")
    forged = {**note, "content": "<p>Palsu</p>"}
    passed_on = harbour.budi.activity("Create", forged) | {
        "signature": {
            "type": "RsaSignature2017",
            "creator": f"{harbour.budi.uri}#main-key",
            "signatureValue": "x",
        }
    }
    assert await harbour.says(passed_on) == 202
    post = await harbour.known(note["id"])
    assert post is not None
    assert "Asli" in post.content
    # The author's own delivery is not taken for known because a relay was quicker.
    async with harbour.warga.inside() as site:
        assert (await resolve_actor(site.federation, harbour.budi.uri)).host == harbour.budi.server.host


async def test_s028_an_edit_or_deletion_that_a_relay_passes_on_makes_us_look(harbour: Harbour) -> None:
    await harbour.accepted()
    note = harbour.budi.note("pagi", "<p>Pagi</p>")
    await harbour.says(harbour.relay.activity("Announce", note["id"]))
    # Nothing changed there: nothing changes here.
    await harbour.says(harbour.budi.activity("Delete", note["id"]))
    await harbour.says(harbour.budi.activity("Update", {**note, "content": "<p>Palsu</p>"}))
    post = await harbour.known(note["id"])
    assert post is not None
    assert (post.content, post.deleted_at) == ("<p>Pagi</p>", None)
    harbour.budi.note("pagi", "<p>Siang</p>", updated="2026-11-21T01:02:03Z")
    await harbour.says(harbour.budi.activity("Update", note))
    post = await harbour.known(note["id"])
    assert post is not None
    assert post.content == "<p>Siang</p>"
    harbour.budi.server.documents["/notes/pagi"] = {
        "@context": "https://www.w3.org/ns/activitystreams", "id": note["id"], "type": "Tombstone",
    }  # fmt: skip
    await harbour.says(harbour.budi.activity("Delete", note["id"]))
    post = await harbour.known(note["id"])
    assert post is not None
    assert post.deleted_at is not None


async def test_what_is_not_for_everybody_or_answers_what_nobody_knows_does_not_come_by_a_relay(
    harbour: Harbour,
) -> None:
    await harbour.accepted()
    followers = f"{harbour.budi.uri}/followers"
    for name, more in (
        ("unlisted", {"to": [followers], "cc": [PUBLIC]}),
        ("followers", {"to": [followers], "cc": []}),
        ("reply", {"inReplyTo": f"{harbour.budi.server.origin}/notes/unknown"}),
    ):
        note = harbour.budi.note(name, "Halo", **more)
        await harbour.says(harbour.relay.activity("Announce", note["id"]))
        assert await harbour.known(note["id"]) is None
    assert "/notes/unknown" not in harbour.budi.server.asked
    # A host that shows another's post as its own.
    harbour.relay.server.documents["/notes/stolen"] = harbour.budi.note("x", "Halo") | {
        "id": f"{harbour.relay.server.origin}/notes/stolen"
    }
    await harbour.says(harbour.relay.activity("Announce", f"{harbour.relay.server.origin}/notes/stolen"))
    assert await harbour.public() == []


async def test_s134_a_relay_that_was_not_added_or_has_not_answered_gets_and_brings_nothing(
    harbour: Harbour,
) -> None:
    note = harbour.budi.note("pagi", "Halo")
    await harbour.says(harbour.relay.activity("Announce", note["id"]))
    await harbour.says(harbour.relay.activity("Follow", f"{harbour.warga.url}/actor"))
    await harbour.post()
    assert harbour.got == []
    relay = await harbour.add(f"{harbour.relay.server.origin}/inbox")
    await harbour.says(harbour.relay.activity("Announce", note["id"]))
    await harbour.post()
    assert harbour.kinds() == ["Follow"]
    assert await harbour.known(note["id"]) is None
    assert (await harbour.relay.send(harbour.warga, harbour.budi.activity("Create", note)))[0] == 401
    # Nobody else says yes for it.
    await harbour.says(harbour.budi.activity("Accept", relay.follow_uri), harbour.budi)
    async with harbour.warga.inside():
        assert (await Relay.get(id=relay.id)).state == RelayState.ASKED


async def test_s134_another_actor_on_the_relays_host_brings_nothing(harbour: Harbour) -> None:
    await harbour.accepted()
    neighbour = harbour.relay.server.actor("tetangga", type_="Application")
    note = harbour.budi.note("pagi", "Halo")
    await harbour.says(neighbour.activity("Announce", note["id"]), neighbour)
    assert await harbour.known(note["id"]) is None


async def test_a_relay_that_refuses_or_takes_its_yes_back_gets_and_brings_nothing(harbour: Harbour) -> None:
    relay = await harbour.accepted()
    await harbour.says(harbour.relay.activity("Reject", relay.follow_uri))
    await harbour.post()
    note = harbour.budi.note("pagi", "Halo")
    await harbour.says(harbour.relay.activity("Announce", note["id"]))
    assert harbour.got == []
    assert await harbour.known(note["id"]) is None
    async with harbour.warga.inside():
        assert (await Relay.get(id=relay.id)).state == RelayState.REFUSED


async def test_a_removed_relay_is_told_and_brings_nothing(harbour: Harbour) -> None:
    relay = await harbour.accepted()
    async with harbour.warga.inside() as site:
        await remove_relay(site, relay.url)
        assert await all_relays() == []
        with pytest.raises(NotFound):
            await remove_relay(site, relay.url)
    await settle(harbour.warga)
    assert harbour.got[-1]["type"] == "Undo"
    assert harbour.got[-1]["object"]["id"] == relay.follow_uri
    await harbour.post()
    assert harbour.kinds() == ["Undo"]


async def test_what_a_relay_brings_beyond_its_share_is_dropped(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harbour.accepted()
    harbour.warga.site.limiter.is_on = True
    monkeypatch.setitem(BUCKETS, "relay", replace(BUCKETS["relay"], amount=2))  # type: ignore[arg-type]
    notes = [harbour.budi.note(str(number), "Halo") for number in range(3)]
    for note in notes:
        assert await harbour.says(harbour.relay.activity("Announce", note["id"])) == 202
    assert sorted(await harbour.public()) == [note["id"] for note in notes[:2]]


async def test_a_relay_that_does_not_answer_for_a_day_is_silent_and_can_be_asked_again(
    harbour: Harbour,
) -> None:
    relay = await harbour.add(f"{harbour.relay.server.origin}/inbox")
    assert standing_of(relay, relay.asked_at + timedelta(hours=1)) == "asked"
    assert standing_of(relay, relay.asked_at + timedelta(hours=25)) == "silent"
    again = await harbour.add(relay.url)
    assert (again.id, again.state) == (relay.id, RelayState.ASKED)
    assert again.follow_uri != relay.follow_uri
    # The late yes to the first question counts for nothing.
    await harbour.says(harbour.relay.activity("Accept", relay.follow_uri))
    async with harbour.warga.inside():
        assert (await Relay.get(id=relay.id)).state == RelayState.ASKED


@pytest.mark.parametrize("url", ["", "relay", "ftp://relay.example/inbox", "http://nobody.localhost:1/actor"])
async def test_an_address_where_no_relay_is_is_not_added(harbour: Harbour, url: str) -> None:
    async with harbour.warga.inside() as site:
        with pytest.raises(Invalid):
            await add_relay(site, url)
        with pytest.raises(Invalid):
            await add_relay(site, f"{harbour.warga.url}/inbox")
        assert await all_relays() == []


async def test_nothing_is_relayed_where_no_relay_was_added(harbour: Harbour) -> None:
    await harbour.post()
    assert harbour.got == []


async def test_both_kinds_work_on_both_databases(start: Start, database: str) -> None:
    warga = await start("warga", database=database)
    ani = await warga.user("ani")
    async with foreign_server.foreign_server("relay") as one, foreign_server.foreign_server("jauh") as other:
        harbour = Harbour(warga, ani, one.actor("relay", type_="Application"), other.actor("budi"))
        await harbour.accepted(litepub=True)
        post = await harbour.post()
        assert harbour.got[-1]["object"] == post.uri
        note = harbour.budi.note("pagi", "Halo")
        await harbour.says(harbour.relay.activity("Announce", note["id"]))
        assert set(await harbour.public()) == {post.uri, note["id"]}
