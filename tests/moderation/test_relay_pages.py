"""Relays on the administrators' pages and on the command line, and what blocks and suspensions mean for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from communities.describing import Description
from communities.founding import create_community
from federation.models import Actor
from moderation.domains import block_domain
from sebangsa.models import Post, Relay, RelayState, Role, User
from sebangsa.posting import Draft, create_post
from sebangsa.relays.confirmed import confirmed_relays
from sebangsa.relays.subscribing import add_relay
from tests import foreign_server
from tests.foreign_server import foreign_server as run_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle

PAGE = "/moderation/relays"


@pytest.fixture
def features() -> tuple[str, ...]:
    return ("communities", "moderation")


@pytest.fixture
async def town(
    start: Callable[..., Awaitable[Instance]],
) -> AsyncIterator[tuple[Instance, User, foreign_server.Actor]]:
    warga = await start("warga")
    kepala = await warga.user("kepala", role=Role.ADMIN)
    async with run_server("relay") as server:
        yield warga, kepala, server.actor("relay", type_="Application")


Town = tuple[Instance, User, foreign_server.Actor]


async def accept(warga: Instance, relay: foreign_server.Actor) -> None:
    await settle(warga)
    await relay.send(warga, relay.activity("Accept", relay.server.received[-1]))
    await settle(warga)
    async with warga.inside() as site:
        confirmed_relays(site).forget()


async def test_an_administrator_adds_a_relay_sees_its_answer_and_removes_it(town: Town) -> None:
    warga, kepala, relay = town
    browser = await FormBrowser.of(warga, kepala)
    assert "There is no relay." in (await browser.get(PAGE))[1]
    url = f"{relay.server.origin}/inbox"
    assert await browser.post(PAGE, url=url) == (303, PAGE)
    _, text = await browser.get(PAGE)
    assert url in text
    assert "Asked" in text
    await accept(warga, relay)
    assert "Accepted" in (await browser.get(PAGE))[1]
    assert await browser.post(f"{PAGE}/remove", form_on=PAGE, url=url) == (303, PAGE)
    assert "There is no relay." in (await browser.get(PAGE))[1]


async def test_a_wrong_address_is_said_beside_its_field(town: Town) -> None:
    warga, kepala, _ = town
    browser = await FormBrowser.of(warga, kepala)
    status, text = await browser.post(PAGE, url='nonsense"<b>')
    assert status == 422
    assert "There is no relay at that address" in text
    assert 'nonsense"<b>' not in text
    status, text = await browser.post(PAGE, url=f"{warga.url}/inbox")
    assert "This server is no relay." in text


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_only_administrators_add_and_remove_relays(town: Town, role: Role) -> None:
    warga, _, relay = town
    browser = await FormBrowser.of(warga, await warga.user("budi", role=role))
    assert (await browser.get(PAGE))[0] == 403
    url = f"{relay.server.origin}/inbox"
    for path in (PAGE, f"{PAGE}/remove"):
        assert (await browser.post(path, form_on="/settings", url=url))[0] == 403
    async with warga.inside():
        assert await Relay.all().count() == 0


async def test_opening_posts_of_communities_go_to_relays_unless_the_community_is_not_listed(
    town: Town,
) -> None:
    warga, kepala, relay = town
    async with warga.inside() as site:
        author = await Actor.get(id=kepala.actor_id)
        await add_relay(site, f"{relay.server.origin}/inbox")
    await accept(warga, relay)
    relay.server.received.clear()
    async with warga.inside() as site:
        rt = await create_community(site, "rt", author, Description(title="RT"))
        opening = await create_post(site, author, Draft("Isi", name="Judul", community=rt))
        await create_post(site, author, Draft("Komentar", in_reply_to=opening))
        await Actor.filter(id=rt.id).update(discoverable=False)
        await create_post(site, author, Draft("Isi", name="Tersembunyi", community=rt))
    await settle(warga)
    got: list[dict[str, Any]] = relay.server.received
    assert [(one["type"], one["object"]["id"]) for one in got] == [("Create", opening.uri)]


async def test_s129_blocked_servers_and_suspended_people_do_not_return_by_a_relay(town: Town) -> None:
    warga, kepala, relay = town
    async with warga.inside() as site:
        await add_relay(site, relay.uri)
    await accept(warga, relay)
    async with run_server("jauh") as other, run_server("evil") as evil:
        budi, evi = other.actor("budi"), evil.actor("evi")
        first = budi.note("satu", "Halo")
        await relay.send(warga, relay.activity("Announce", first["id"]))
        await settle(warga)
        async with warga.inside() as site:
            admin = await User.get(id=kepala.id).select_related("actor")
            await block_domain(site, admin, "evil.localhost", "spam")
            assert await Actor.filter(uri=budi.uri).update(suspended_at=site.clock.now()) == 1
        before = len(evil.asked)
        for somebody in (budi, evi):
            note = somebody.note("dua", "Halo lagi")
            await relay.send(warga, relay.activity("Announce", note["id"]))
            await relay.send(warga, somebody.activity("Create", note))
        # One host shows what another's blocked person wrote.
        other.documents["/notes/tiga"] = evi.note("x", "Halo") | {"id": f"{other.origin}/notes/tiga"}
        await relay.send(warga, relay.activity("Announce", f"{other.origin}/notes/tiga"))
        await settle(warga)
        async with warga.inside():
            assert [post.uri for post in await Post.filter(is_local=False)] == [first["id"]]
        assert len(evil.asked) == before


async def test_s129_a_blocked_relay_is_neither_heard_nor_told(town: Town) -> None:
    warga, kepala, relay = town
    async with warga.inside() as site:
        await add_relay(site, f"{relay.server.origin}/inbox")
    await accept(warga, relay)
    relay.server.received.clear()
    async with warga.inside() as site:
        await block_domain(
            site, await User.get(id=kepala.id).select_related("actor"), "relay.localhost", "spam"
        )
        await create_post(site, await Actor.get(id=kepala.actor_id), Draft("Halo"))
    async with run_server("jauh") as other:
        note = other.actor("budi").note("satu", "Halo")
        status, answer = await relay.send(warga, relay.activity("Announce", note["id"]))
    await settle(warga)
    assert (status, answer["code"]) == (403, "blocked-domain")
    assert relay.server.received == []
    async with warga.inside() as site:
        assert (await Relay.get()).state == RelayState.ACCEPTED
        await Relay.all().delete()
