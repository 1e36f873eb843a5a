"""A private community: what is written in it is for its members, on every server, whichever way somebody comes.

Ani owns `arisan` at warga. Budi at kota and Citra at desa are members; Dewi at warga and Eka at kota are not.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from communities import membership, wire
from communities.describing import Description, describe_community
from communities.founding import create_community
from communities.models import JoinMode
from federation import actor_tokens
from federation.actor_tokens import LEEWAY, LONGEST, SCHEME, VALID_FOR, issue_token
from federation.local_actors import server_actor
from federation.models import Actor, OutboundActivity
from federation.outbox import Audience, publish
from federation.refusals import Refused
from sebangsa import boosting, quoting, timelines, voting
from sebangsa.errors import Invalid, NotAllowed, NotFound
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, User, Visibility, Vote
from sebangsa.posting import Draft, create_post, delete_post
from sebangsa.visibility import may_read, readable
from tests.api.calling import Caller
from tests.foreign_server import PUBLIC, foreign_server
from tests.instances import Instance, settle
from tests.web.listening import listening

Start = Callable[..., Awaitable[Instance]]
PRIVATE = Description(title="Arisan", join_mode=JoinMode.PRIVATE)


@dataclass
class Arisan:
    warga: Instance
    kota: Instance
    desa: Instance
    people: dict[str, tuple[Instance, User]]
    uri: str

    async def settle(self) -> None:
        await settle(self.warga, self.kota, self.desa)

    async def posts(self, who: str, source: str, *, below: Post | None = None, **draft: Any) -> Post:
        instance, user = self.people[who]
        async with instance.inside() as site:
            if below is not None:
                draft["in_reply_to"] = await Post.get(uri=below.uri)
            else:
                draft |= {"community": await Actor.get(uri=self.uri), "name": draft.get("name", "Iuran")}
            made = await create_post(site, await Actor.get(id=user.actor_id), Draft(source=source, **draft))
        await self.settle()
        return made

    async def reads(self, who: str, post: Post) -> bool:
        """Whether somebody reads a post at their own server, by both forms of the rule."""
        instance, user = self.people[who]
        async with instance.inside() as site:
            here = await Post.get_or_none(uri=post.uri)
            if here is None:
                return False
            viewer = await Actor.get(id=user.actor_id)
            one = await may_read(site, viewer, here)
            many = await readable(Post.filter(id=here.id), viewer).exists()
            assert one == many
            return one

    async def joins(self, who: str) -> None:
        instance, user = self.people[who]
        async with instance.inside() as site:
            group = await find_actor(site, self.uri)
            assert group is not None
            await membership.join(site, user.actor, group)
        await self.settle()
        async with self.warga.inside() as site:
            group = await Actor.get(uri=self.uri)
            them = await Actor.get(uri=user.actor.uri)
            await membership.approve(site, self.people["ani"][1].actor, group, them)
        await self.settle()

    async def fetched(self, by: Instance, uri: str, authorization: str = "") -> dict[str, Any] | str:
        """A document as another server reads it, or the code of the refusal."""
        async with by.inside() as site:
            site.federation.client._failures._failures.clear()
            try:
                return (await site.federation.client.get_document(uri, authorization=authorization)).document
            except Refused as refusal:
                return refusal.code


@pytest.fixture
async def arisan(database: str, start: Start) -> Arisan:
    warga = await start("warga", database=database)
    kota = await start("kota", database=database)
    desa = await start("desa", database=database)
    people = {
        "ani": (warga, await warga.user("ani")),
        "dewi": (warga, await warga.user("dewi")),
        "budi": (kota, await kota.user("budi")),
        "eka": (kota, await kota.user("eka")),
        "citra": (desa, await desa.user("citra")),
    }
    async with warga.inside() as site:
        group = await create_community(site, "arisan", people["ani"][1].actor, PRIVATE)
    made = Arisan(warga, kota, desa, people, group.uri)
    await made.joins("budi")
    return made


async def test_s113_only_members_read_it_wherever_they_are(arisan: Arisan) -> None:
    await _who_comes_later_reads_what_was_written(arisan)
    eka = arisan.people["eka"][1].actor
    post = await arisan.posts("ani", f"Uangnya di bawah tikar #uang @eka@{arisan.kota.site.settings.domain}")
    comment = await arisan.posts("budi", "Siap.", below=post)
    theirs = await arisan.posts("citra", "Giliran saya?", name="Giliran")
    for entry in (post, comment, theirs):
        readers = {who for who in arisan.people if await arisan.reads(who, entry)}
        assert readers == {"ani", "budi", "citra"}, entry.source
    async with arisan.kota.inside():
        assert not await Notification.exists(recipient_id=eka.id)  # named, and not told
    await _on_the_wire(arisan, post)
    await _strangers_see_nothing(arisan, post)
    await _by_fetching(arisan, post)
    await _at_a_third_server(arisan, theirs)
    await _it_goes_no_further(arisan, post)
    await _who_leaves_reads_no_more(arisan, post, theirs)


async def _who_comes_later_reads_what_was_written(arisan: Arisan) -> None:
    """Citra asks, and reads nothing until she is let in: then also what lies at warga, and at kota behind a token."""
    old = await arisan.posts("ani", "Yang lama", name="Lama")
    older = await arisan.posts("budi", "Dari kota", name="Kota")
    comment = await arisan.posts("ani", "Jawaban", below=older)
    _, citra = arisan.people["citra"]
    async with arisan.desa.inside() as site:
        group = await find_actor(site, arisan.uri)
        assert group is not None
        await membership.join(site, citra.actor, group)
    await arisan.settle()
    async with arisan.desa.inside():
        assert not await Post.exists()
    await arisan.joins("citra")
    for entry in (old, older, comment):
        assert await arisan.reads("citra", entry), entry.source


async def _on_the_wire(arisan: Arisan, post: Post) -> None:
    """Nothing that left warga about the community names Public; the group says what it is."""
    async with arisan.warga.inside():
        sent = await OutboundActivity.filter(type__in=["Create", "Announce", "Add"])
        assert sent
        assert not [row.body for row in sent if PUBLIC in row.body or row.is_public]
    group = await arisan.fetched(arisan.kota, arisan.uri)
    assert isinstance(group, dict)
    assert (group["accessType"], group["manuallyApprovesFollowers"], group["discoverable"]) == (
        "closed", True, False,
    )  # fmt: skip
    assert group["wall"] == f"{arisan.uri}/wall"
    assert group["endpoints"]["actorToken"] == f"{arisan.uri}/actorToken"
    page = await arisan.fetched(arisan.kota, post.uri)
    assert isinstance(page, dict)
    assert (page["to"], page["cc"]) == ([arisan.uri, f"{arisan.uri}/followers"], [])
    assert page["target"] == {
        "type": "OrderedCollection", "id": f"{arisan.uri}/wall", "attributedTo": arisan.uri,
    }  # fmt: skip


async def _strangers_see_nothing(arisan: Arisan, post: Post) -> None:
    """Pages, apps, search and feeds, signed in as nobody and as people who are no members."""
    for who in ("dewi", "eka"):
        instance, user = arisan.people[who]
        cookies = await instance.signed_in(user)
        async with instance.inside():
            here = await Post.get(uri=post.uri)
            group = await Actor.get(uri=arisan.uri)
        for path in (
            f"/p/{here.id}", f"/c/{group.handle}", f"/c/{group.handle}/log", "/", "/communities?q=arisan",
            f"/api/v1/statuses/{here.id}", f"/api/v1/statuses/{here.id}/context",
            f"/api/v1/accounts/{group.id}/statuses", "/api/v1/timelines/public", "/api/v1/timelines/tag/uang",
            "/tags/uang",
        ):  # fmt: skip
            for cookie in (cookies, {}):
                async with instance.http.get(f"{instance.url}{path}", cookies=cookie) as answer:
                    text = await answer.text()
                    assert "tikar" not in text, path
                    assert "Iuran" not in text, path
                    assert answer.status in (200, 401, 404), path
        app = await Caller.of(instance, user)
        for words in ("tikar", "iuran", post.uri):
            assert (await app.get("/api/v2/search", q=words, type="statuses", resolve="true"))[
                "statuses"
            ] == []
        async with instance.inside() as site:
            assert not await timelines.home(user.actor).exists()
            with pytest.raises(NotFound):
                await voting.vote(site, user.actor, here, 1)
            with pytest.raises(NotAllowed):
                await create_post(site, user.actor, Draft(source="Boleh?", in_reply_to=here))
            with pytest.raises(NotAllowed, match="Join"):
                await create_post(site, user.actor, Draft(source="Boleh?", name="Boleh", community=group))
        await _streams_tell_nothing(arisan, who)


async def _streams_tell_nothing(arisan: Arisan, who: str) -> None:
    """The first that a listener hears is what was written for all, after what was not."""
    instance, user = arisan.people[who]
    app = await Caller.of(instance, user)
    bearer = {"authorization": f"Bearer {app.token}"}
    for path in ("public", "hashtag?tag=uang"):
        async with listening(instance, f"/api/v1/streaming/{path}", headers=bearer) as ear:
            await arisan.posts("budi" if who == "eka" else "ani", "Kurang dua #uang")
            async with instance.inside() as site:
                open_one = await create_post(site, user.actor, Draft(source="Untuk semua #uang"))
            assert json.loads((await ear.next("update")).data)["id"] == str(open_one.id), path


async def _by_fetching(arisan: Arisan, post: Post) -> None:
    """Unsigned, and signed by a server without members, nothing is had: not even that it is there."""
    paths = ("", "/activity", "/replies", "/context")
    addresses = [post.uri + path for path in paths] + [f"{arisan.uri}/outbox", f"{arisan.uri}/wall"]
    async with foreign_server("asing") as asing:
        stranger = asing.actor("budi")
        for address in addresses:
            mine = await arisan.fetched(arisan.kota, address)
            assert isinstance(mine, dict), address
            for is_signed in (False, True):
                status, _, body = await stranger.ask(
                    arisan.warga, address, "application/activity+json", is_signed=is_signed
                )
                assert status == 404, address
                assert b"tikar" not in body
        status, _, _ = await stranger.ask(arisan.warga, f"{arisan.uri}/actorToken", "application/json")
        assert status == 403
        status, _, _ = await stranger.ask(
            arisan.warga, f"{arisan.uri}/actorToken", "application/json", is_signed=False
        )
        assert status == 401
        # Nor does a stranger answer or vote.
        answer = stranger.note("1", "Boleh?", inReplyTo=post.uri, to=[PUBLIC, arisan.uri])
        await stranger.send(arisan.warga, stranger.activity("Create", answer))
        await stranger.send(arisan.warga, stranger.activity("Like", post.uri))
        await settle(arisan.warga)
        async with arisan.warga.inside():
            assert not await Post.exists(uri=answer["id"])
            assert not await Vote.exists(post_id=post.id)
        # Whose copy is asked for makes no difference: a cache finds nothing to keep.
        async with arisan.warga.http.get(
            post.uri, headers={"Accept": "application/activity+json", "If-None-Match": "*"}
        ) as answer:
            assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    for asker, about, is_told in (
        (arisan.desa, arisan.kota, True),
        (arisan.desa, arisan.warga, False),
        (arisan.kota, arisan.desa, True),
    ):
        address = f"{arisan.uri}/followers?is_follower={about.url}/actor"
        assert isinstance(await arisan.fetched(asker, address), dict) is is_told
    wall = await arisan.fetched(arisan.kota, f"{arisan.uri}/wall")
    assert isinstance(wall, dict)
    assert post.uri in wall["orderedItems"]
    await _what_is_deleted_is_gone_for_members_alone(arisan)


async def _what_is_deleted_is_gone_for_members_alone(arisan: Arisan) -> None:
    """That there was something is told to nobody else."""
    deleted = await arisan.posts("ani", "Salah hitung", name="Salah")
    async with arisan.warga.inside() as site:
        await delete_post(site, arisan.people["ani"][1].actor, await Post.get(id=deleted.id))
    await arisan.settle()
    assert await arisan.fetched(arisan.kota, deleted.uri) == "gone"
    async with foreign_server("asing2") as asing:
        for is_signed in (False, True):
            status, _, _ = await asing.actor("budi").ask(
                arisan.warga, deleted.uri, "application/activity+json", is_signed=is_signed
            )
            assert status == 404


async def _at_a_third_server(arisan: Arisan, theirs: Post) -> None:
    """Citra's post lies at desa, which does not know that kota has a member: the group attests it (FEP-db0e)."""
    assert await arisan.fetched(arisan.kota, theirs.uri) == "not-found"
    assert isinstance(await arisan.fetched(arisan.warga, theirs.uri), dict)  # the group's own server
    async with arisan.kota.inside() as site:
        us = await server_actor(site.federation)
        group = await Actor.get(uri=arisan.uri)
        good = await site.federation.actor_tokens.authorization(site.federation, group, theirs.uri)
        assert not await site.federation.actor_tokens.authorization(site.federation, group, arisan.uri)
    assert isinstance(await arisan.fetched(arisan.kota, theirs.uri, good), dict)
    assert isinstance(await arisan.fetched(arisan.kota, f"{theirs.uri}/context", good), dict)
    token = json.loads(good.removeprefix(f"{SCHEME} "))
    async with arisan.warga.inside() as site:
        group = await Actor.get(uri=arisan.uri)
        other = await create_community(site, "lain", arisan.people["ani"][1].actor, PRIVATE)
        reader = Actor(uri=us.uri)
        of_other = await issue_token(site.federation, other, reader)
        for_another = await issue_token(site.federation, group, Actor(uri=f"{us.uri}x"))
        long_ago: Any = SimpleNamespace(
            clock=SimpleNamespace(now=lambda: site.clock.now() - VALID_FOR - LEEWAY * 2)
        )
        truly_expired = await issue_token(long_ago, group, reader)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actor_tokens, "VALID_FOR", LONGEST + LEEWAY)
            truly_long = await issue_token(site.federation, group, reader)
    async with arisan.desa.inside() as site:
        await find_actor(site, other.uri)
    later = "2099-01-01T00:00:00Z"
    bad = {
        "of another group": of_other,
        "for another server": for_another,
        "another group's name": of_other | {"issuer": arisan.uri},
        "longer than signed": token | {"validUntil": later},
        "expired": token | {"issuedAt": "2020-01-01T00:00:00Z", "validUntil": "2020-01-01T00:30:00Z"},
        "expired, and signed so": truly_expired,
        "for too long, and signed so": truly_long,
        "of the reading server itself": token | {"issuer": theirs.uri},
        "unsigned": token | {"signatures": []},
        "forged": token | {"signatures": [token["signatures"][0] | {"signature": "AAAA"}]},
        "with another's key": token | {"signatures": of_other["signatures"]},
    }
    for why, forged in bad.items():
        answer = await arisan.fetched(arisan.kota, theirs.uri, f"{SCHEME} {json.dumps(forged)}")
        assert answer in ("fetch-denied", "not-found"), why
    async with foreign_server("pencuri") as thief:
        stolen = await thief.actor("budi").ask(
            arisan.desa, theirs.uri, "application/activity+json", headers={"Authorization": good}
        )
        assert stolen[0] == 403
    await _it_is_read_by_a_token(arisan, theirs)


async def _it_is_read_by_a_token(arisan: Arisan, theirs: Post) -> None:
    """What the group adds to its wall is read from its writer's server (FEP-400e): the way of Smithereen."""
    async with arisan.kota.inside():
        await Post.filter(uri=theirs.uri).delete()
    async with arisan.warga.inside() as site:
        group = await Actor.get(uri=arisan.uri)
        budi = await Actor.get(uri=arisan.people["budi"][1].actor.uri)
        await publish(site.federation, group, wire.append(group, theirs.uri), Audience(actors=[budi]))
    async with arisan.kota.inside() as site:
        site.federation.client._failures._failures.clear()
    await arisan.settle()
    assert await arisan.reads("budi", theirs)
    assert not await arisan.reads("eka", theirs)


async def _it_goes_no_further(arisan: Arisan, post: Post) -> None:
    async with arisan.kota.inside() as site:
        here = await Post.get(uri=post.uri)
        budi = arisan.people["budi"][1].actor
        assert here.visibility == Visibility.MEMBERS
        with pytest.raises((NotAllowed, NotFound)):
            await boosting.boost(site, budi, here)
        with pytest.raises((NotAllowed, NotFound)):
            await quoting.must_be_quotable(site, budi, here)
    async with arisan.warga.inside() as site:
        with pytest.raises(Invalid, match="stays private"):
            await describe_community(
                site, arisan.people["ani"][1].actor, await Actor.get(uri=arisan.uri), Description()
            )


async def _who_leaves_reads_no_more(arisan: Arisan, post: Post, theirs: Post) -> None:
    """Budi leaves, Citra is banned; their servers get nothing new, and nothing when they ask."""
    async with arisan.kota.inside() as site:
        budi = arisan.people["budi"][1].actor
        await membership.leave(site, budi, await Actor.get(uri=arisan.uri))
    async with arisan.warga.inside() as site:
        group, ani = await Actor.get(uri=arisan.uri), arisan.people["ani"][1].actor
        citra = await Actor.get(uri=arisan.people["citra"][1].actor.uri)
        await membership.ban(site, ani, group, citra)
    await arisan.settle()
    new = await arisan.posts("ani", "Tinggal kita.", name="Sepi")
    assert await arisan.reads("ani", new)
    for who in ("budi", "citra"):
        assert not await arisan.reads(who, post)
        assert await arisan.reads(who, theirs) is (who == "citra")  # one's own stays readable
        instance, _ = arisan.people[who]
        async with instance.inside():
            assert not await Post.exists(uri=new.uri)
        assert await arisan.fetched(instance, new.uri) == "not-found"
