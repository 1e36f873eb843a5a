"""People move between servers: their followers go along, and nobody can move somebody else (S-046)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from federation.actors import fetch_actor, resolve_actor
from federation.models import Actor, Delivery, Follow, FollowState, InboundActivity, OutboundActivity
from sebangsa import boosting, following, moving, posting, voting
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.lookup import find_actor
from sebangsa.models import Move, Notification, Post, User
from sebangsa.posting import Draft
from tests.foreign_server import Actor as Stranger
from tests.foreign_server import ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished

Start = Callable[..., Awaitable[Instance]]


@dataclass
class Street:
    """Ani at warga follows `lama` at an honest server; whoever moves is played by the test."""

    warga: Instance
    ani: User
    good: ForeignServer
    evil: ForeignServer
    old: Stranger

    def new(self, name: str = "baru", *, server: ForeignServer | None = None, **more: Any) -> Stranger:
        """Another account, that names the old one as its alias."""
        return (server or self.evil).actor(name, **({"alsoKnownAs": [self.old.uri]} | more))

    async def move(self, mover: Stranger, target: str, **more: Any) -> str:
        """Send a `Move`; the state of the stored activity."""
        activity = mover.activity("Move", mover.uri, **({"target": target} | more))
        status, answer = await mover.send(self.warga, activity)
        if status != 202:
            return str(answer["code"])
        await settle(self.warga)
        async with self.warga.inside():
            return str((await InboundActivity.get(uri=activity["id"])).state.value)

    async def followed(self) -> dict[str, str]:
        """Whom Ani follows, and in which state."""
        async with self.warga.inside():
            follows = await Follow.filter(follower_id=self.ani.actor_id).select_related("target")
            return {made.target.uri: made.state.value for made in follows}

    async def accept_all(self, by: Stranger) -> None:
        """The new account answers the follow that came to it."""
        [asked] = [
            entry for entry in by.server.received if entry["type"] == "Follow" and entry["object"] == by.uri
        ]
        await by.send(self.warga, by.activity("Accept", asked))
        await settle(self.warga)


@pytest.fixture
async def street(start: Start, database: str) -> AsyncIterator[Street]:
    async with foreign_server("baik") as good, foreign_server("jahat") as evil:
        warga = await start("warga", database=database)
        ani, old = await warga.user("ani"), good.actor("lama")
        async with warga.inside() as site:
            known = await resolve_actor(site.federation, old.uri)
            await Follow.create(
                id=site.ids.next(),
                follower=ani.actor,
                target=known,
                state=FollowState.ACCEPTED,
                uri=f"{warga.url}/a/{site.ids.next()}",
                shows_boosts=False,
                created_at=site.clock.now(),
            )
        yield Street(warga, ani, good, evil, old)


# --- somebody elsewhere moves -----------------------------------------------------------------------------------


async def test_followers_go_along_once_the_new_account_lets_them_in(street: Street) -> None:
    new = street.new()
    assert await street.move(street.old, new.uri) == "done"
    # Nothing is lost while the new account has not answered.
    assert await street.followed() == {street.old.uri: "accepted", new.uri: "pending"}
    await street.accept_all(new)
    assert await street.followed() == {new.uri: "accepted"}
    async with street.warga.inside():
        old = await Actor.get(uri=street.old.uri)
        assert old.moved_to == new.uri
        made = await Follow.get(follower_id=street.ani.actor_id)
        assert made.shows_boosts is False
        [told] = await Notification.filter(recipient_id=street.ani.actor_id, type="moved")
        assert told.actor_id == old.id
    assert [entry["type"] for entry in street.good.received] == ["Undo"]


async def test_a_move_to_one_of_ours_makes_followers_follow_here(street: Street) -> None:
    citra = await street.warga.user("citra")
    async with street.warga.inside() as site:
        await moving.add_alias(site, citra.actor, street.old.uri)
    assert await street.move(street.old, citra.actor.uri) == "done"
    assert await street.followed() == {citra.actor.uri: "accepted"}


async def test_a_move_that_arrives_twice_and_a_job_that_runs_twice_do_it_once(street: Street) -> None:
    new = street.new()
    assert await street.move(street.old, new.uri) == "done"
    assert await street.move(street.old, new.uri) == "done"
    async with street.warga.inside() as site:
        [move] = await Move.all()
        await moving.carry_followers(site, move.id, 0)
        await moving.carry_followers(site, move.id, 0)
    await settle(street.warga)
    assert [entry["type"] for entry in street.evil.received] == ["Follow"]
    async with street.warga.inside():
        assert await Notification.filter(type="moved").count() == 1


async def test_many_followers_go_along_in_several_jobs(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "CARRIED_AT_ONCE", 2)
    new = street.new()
    async with street.warga.inside() as site:
        known = await Actor.get(uri=street.old.uri)
    for number in range(5):
        user = await street.warga.user(f"warga{number}")
        async with street.warga.inside() as site:
            made = await following.follow(site, user.actor, known)
            await made.change(state=FollowState.ACCEPTED)
    assert await street.move(street.old, new.uri) == "done"
    async with street.warga.inside():
        assert await Follow.filter(target__uri=new.uri).count() == 6


async def test_s046_a_target_that_does_not_list_the_old_account_gets_no_followers(street: Street) -> None:
    for target in (street.new("a", alsoKnownAs=[]), street.new("b", alsoKnownAs=[f"{street.old.uri}x"])):
        assert await street.move(street.old, target.uri) == "refused"
    assert await street.followed() == {street.old.uri: "accepted"}


async def test_s046_an_alias_that_was_taken_back_meanwhile_does_not_count(street: Street) -> None:
    new = street.new()
    async with street.warga.inside() as site:
        assert (await resolve_actor(site.federation, new.uri)).also_known_as == [street.old.uri]
    street.evil.documents["/users/baru"]["alsoKnownAs"] = []
    assert await street.move(street.old, new.uri) == "refused"
    assert await street.followed() == {street.old.uri: "accepted"}


async def test_s046_nobody_moves_somebody_else(street: Street) -> None:
    liar = street.new("liar")
    for more in ({"object": street.old.uri}, {"actor": street.old.uri, "object": street.old.uri}):
        state = await street.move(liar, liar.uri, **more)
        assert state not in ("done", "pending")
    assert await street.followed() == {street.old.uri: "accepted"}


async def test_s046_a_chain_of_moves_does_not_drag_followers_along(street: Street) -> None:
    middle = street.new("tengah")
    end = street.evil.actor("ujung", alsoKnownAs=[middle.uri, street.old.uri])
    assert await street.move(street.old, middle.uri) == "done"
    await street.accept_all(middle)
    assert await street.move(middle, end.uri) == "refused"
    assert await street.followed() == {middle.uri: "accepted"}


async def test_s046_two_moves_within_an_hour_are_one(street: Street) -> None:
    first, second = street.new("satu"), street.new("dua")
    assert await street.move(street.old, first.uri) == "done"
    await street.accept_all(first)
    assert await street.move(street.old, second.uri) == "refused"
    assert await street.followed() == {first.uri: "accepted"}


async def test_s046_a_circle_leaves_followers_where_they_are(street: Street) -> None:
    new = street.new(movedTo=street.old.uri)
    assert await street.move(street.old, new.uri) == "refused"
    assert await street.move(street.old, street.old.uri) == "refused"
    assert await street.followed() == {street.old.uri: "accepted"}


async def test_s046_a_person_cannot_turn_its_followers_into_members(street: Street) -> None:
    group = street.new("grup", type_="Group")
    assert await street.move(street.old, group.uri) == "refused"
    assert await street.followed() == {street.old.uri: "accepted"}


async def test_what_a_document_alone_says_of_a_move_is_shown_to_nobody(street: Street) -> None:
    victim = street.evil.actor("korban")
    street.good.documents["/users/lama"]["movedTo"] = victim.uri
    async with street.warga.inside() as site:
        await resolve_actor(site.federation, victim.uri)
        old = await fetch_actor(site.federation, street.old.uri)
        assert old.moved_to == victim.uri
        assert await moving.destination_of(old) is None
    assert await street.followed() == {street.old.uri: "accepted"}


# --- one of ours moves ------------------------------------------------------------------------------------------


async def _follows(instance: Instance, follower: User, handle: str) -> None:
    async with instance.inside() as site:
        found = await find_actor(site, handle)
        assert found is not None
        await following.follow(site, follower.actor, found)


async def test_a_person_moves_and_followers_on_three_servers_follow(start: Start, database: str) -> None:
    warga, kota, desa = [await start(name, database=database) for name in ("warga", "kota", "desa")]
    old, new = await warga.user("ani"), await kota.user("ani")
    near, far = await warga.user("budi"), await desa.user("citra")
    old_handle, new_handle = (f"@ani@{instance.site.settings.domain}" for instance in (warga, kota))
    await _follows(warga, near, "@ani")
    await _follows(desa, far, old_handle)
    await settle(warga, kota, desa)
    async with kota.inside() as site:
        await moving.add_alias(site, new.actor, old_handle)
    async with warga.inside() as site:
        target = await moving.move_away(site, old.actor, new_handle)
        assert target.uri == new.actor.uri
    await settle(warga, kota, desa)
    for instance, follower in ((warga, near), (desa, far)):
        async with instance.inside():
            [made] = await Follow.filter(follower_id=follower.actor_id).select_related("target")
            assert (made.target.uri, made.state) == (new.actor.uri, FollowState.ACCEPTED)
    async with kota.inside():
        assert (await Actor.get(id=new.actor_id)).followers_count == 2
    async with warga.inside():
        assert (await Actor.get(id=old.actor_id)).followers_count == 0
        update, move = (await OutboundActivity.filter(actor_id=old.actor_id).order_by("id"))[-2:]
        # For those who keep what the document says, and read no Move.
        assert (update.type, move.type) == ("Update", "Move")
        assert json.loads(update.body)["object"]["movedTo"] == new.actor.uri
    async with desa.inside():
        seen = await Actor.get(uri=old.actor.uri)
        destination = await moving.destination_of(seen)
        assert destination is not None
        assert destination.uri == new.actor.uri
    for instance in (warga, kota, desa):
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}
    accept = {"accept": "application/activity+json"}
    async with warga.http.get(old.actor.uri, headers=accept) as answer:
        document = await answer.json(content_type=None)
        assert document["movedTo"] == new.actor.uri
    async with kota.http.get(new.actor.uri, headers=accept) as answer:
        assert (await answer.json(content_type=None))["alsoKnownAs"] == [old.actor.uri]
    async with warga.http.get(f"{warga.url}/u/ani", headers={"accept-language": "en"}) as answer:
        assert new_handle in await answer.text()
    async with warga.http.get(f"{warga.url}/api/v1/accounts/lookup?acct=ani") as answer:
        assert (await answer.json())["moved"]["uri"] == new.actor.uri


async def test_a_moved_account_reads_only_until_it_comes_back(street: Street) -> None:
    new = street.new(alsoKnownAs=[street.ani.actor.uri])
    budi = await street.warga.user("budi")
    async with street.warga.inside() as site:
        other = await posting.create_post(site, budi.actor, Draft(source="Halo"))
        mine = await posting.create_post(site, street.ani.actor, Draft(source="Dulu"))
        ani = await Actor.get(id=street.ani.actor_id)
        await moving.move_away(site, ani, new.uri)
        with pytest.raises(NotAllowed):
            await posting.create_post(site, ani, Draft(source="Masih di sini"))
        with pytest.raises(NotAllowed):
            await posting.edit_post(site, ani, mine, source="Diubah")
        with pytest.raises(NotAllowed):
            await voting.vote(site, ani, other, 1)
        with pytest.raises(NotAllowed):
            await boosting.boost(site, ani, other)
        with pytest.raises(NotAllowed):
            await following.follow(site, ani, budi.actor)
        await posting.delete_post(site, ani, mine)
        await moving.come_back(site, ani)
        assert await Post.filter(author_id=ani.id, deleted_at=None).count() == 0
        await posting.create_post(site, ani, Draft(source="Kembali"))
        with pytest.raises(Invalid) as refused:
            await moving.move_away(site, ani, new.uri)
        assert refused.value.code == "moved-lately"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("tak-ada@jahat.localhost", "no-such-account"),
        ("@ani", "not-oneself"),
        ("@budi", "not-an-alias"),
        ("pergi", "target-moved"),
        ("grup", "not-alike"),
    ],
)
async def test_a_move_that_cannot_be_is_refused_with_its_reason(
    street: Street, target: str, code: str
) -> None:
    await street.warga.user("budi")
    mine = street.ani.actor.uri
    for name, more in {
        "pergi": {"alsoKnownAs": [mine], "movedTo": street.old.uri},
        "grup": {"alsoKnownAs": [mine], "type_": "Group"},
    }.items():
        made = street.evil.actor(name, **more)
        target = made.uri if target == name else target
    async with street.warga.inside() as site:
        ani = await Actor.get(id=street.ani.actor_id)
        with pytest.raises(Invalid) as refused:
            await moving.move_away(site, ani, target)
        assert refused.value.code == code
        assert await Move.all().count() == 0
        assert await OutboundActivity.all().count() == 0
        assert (await Actor.get(id=ani.id)).moved_to == ""


async def test_the_page_names_aliases_moves_with_the_password_and_brings_back(street: Street) -> None:
    new = street.new(alsoKnownAs=[street.ani.actor.uri])
    browser = await FormBrowser.of(street.warga, street.ani)
    status, _ = await browser.post("/settings/move", part="alias", alias=f"lama@{street.good.host}")
    assert status == 303
    _, page = await browser.get("/settings/move")
    assert f"@lama@{street.good.host}" in page
    status, page = await browser.post("/settings/move", part="alias", alias="tak ada")
    assert status == 422
    assert "No account was found" in page
    status, page = await browser.post("/settings/move", part="move", target=new.uri, password="salah salah")
    assert status == 422
    assert "That is not your password." in page
    status, _ = await browser.post("/settings/move", part="move", target=new.uri, password="rahasia sekali")
    assert status == 303
    _, page = await browser.get("/settings/move")
    assert "Use this account again" in page
    status, _ = await browser.post("/settings/move", part="return")
    assert status == 303
    status, _ = await browser.post("/settings/move", forget=street.old.uri)
    assert status == 303
    async with street.warga.inside():
        ani = await Actor.get(id=street.ani.actor_id)
        assert (ani.also_known_as, ani.moved_to) == ([], "")
        assert await Delivery.filter(activity__type="Move").count() == 0
