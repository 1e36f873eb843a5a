"""The servers that we know: everybody reads the list, administrators see what is wrong and act on it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.models import Actor, Delivery, Follow, FollowState, Peer
from federation.peer_directory import FRESH_FOR, Condition, by_software
from sebangsa.models import Role
from sebangsa.posting import Draft, create_post
from sebangsa.site import Site
from sebangsa.web.peers import SOFTWARE_NAMED
from tests.api.test_entities import counted
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle
from tests.sebangsa.street import Street


async def peer(site: Site, host: str, **columns: Any) -> Peer:
    now = site.clock.now()
    return await Peer.create(host=host, created_at=now, **{"succeeded_at": now} | columns)


async def person(site: Site, host: str, name: str = "siti", type_: str = "Person") -> Actor:
    now = site.clock.now()
    uri = f"https://{host}/users/{name}" if host else f"{site.settings.url}/u/{name}"
    return await Actor.create(
        id=site.ids.next(), uri=uri, type=type_, username=name, host=host, domain=host, created_at=now, updated_at=now
    )  # fmt: skip


async def follow(
    site: Site, follower: Actor, target: Actor, state: FollowState = FollowState.ACCEPTED
) -> None:
    await Follow.create(
        id=site.ids.next(), follower=follower, target=target, state=state, uri=f"{follower.uri}#{target.id}",
        created_at=site.clock.now(),
    )  # fmt: skip


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def admin_of(instance: Instance) -> FormBrowser:
    return await FormBrowser.of(instance, await instance.user("citra", role=Role.ADMIN))


async def test_people_and_follows_are_counted_in_each_direction(site: Site) -> None:
    ani, group = await person(site, "", "ani"), await person(site, "", "tebet", "Group")
    await peer(site, "satu.example", software="mastodon", version="4.6.0")
    await peer(site, "dua.example", software="lemmy")
    siti, budi = await person(site, "satu.example"), await person(site, "satu.example", "budi")
    far = await person(site, "dua.example", "jauh", "Group")
    await follow(site, siti, ani)
    await follow(site, siti, group)
    await follow(site, ani, siti)
    await follow(site, ani, budi, FollowState.PENDING)
    await follow(site, siti, far)  # between others: none of ours
    directory = await site.federation.peer_directory.current()
    satu, dua = directory.by_host["satu.example"], directory.by_host["dua.example"]
    assert (satu.people, satu.followers, satu.following) == (2, 2, 1)
    assert (dua.people, dua.followers, dua.following) == (0, 0, 0)
    assert by_software(directory.peers) == [("lemmy", 1), ("mastodon", 1)]


async def test_the_condition_is_one_word_and_a_pause_is_nobodys_business(site: Site) -> None:
    now = site.clock.now()
    await peer(site, "a.example")
    await peer(site, "b.example", failures=3, failing_since=now - timedelta(hours=1))
    await peer(site, "c.example", failures=30, failing_since=now - timedelta(days=8))
    await peer(site, "d.example", is_gone=True)
    await peer(site, "e.example", is_paused=True)
    directory = await site.federation.peer_directory.current()
    assert [known.condition for known in directory.peers] == [
        Condition.WELL,
        Condition.FAILING,
        Condition.SILENT,
        Condition.SILENT,
        Condition.WELL,
    ]


async def test_whoever_only_was_looked_at_is_no_acquaintance_until_something_was_exchanged(
    street: Street,
) -> None:
    somebody = street.good.actor("budi")
    await street.meet(somebody)
    visitor = FormBrowser(street.warga)
    assert street.good.host not in (await visitor.get("/about/peers"))[1]
    admin = await admin_of(street.warga)
    assert street.good.host in (await admin.get("/about/peers"))[1]
    follows = {
        "id": f"{street.good.origin}/f/1",
        "type": "Follow",
        "actor": somebody.uri,
        "object": street.ani.actor.uri,
    }
    assert await street.deliver(somebody, follows) == "done"
    async with street.warga.inside():
        await Follow.all().delete()
        await Peer.filter(host=street.good.host).update(succeeded_at=None)
    street.warga.site.federation.peer_directory.forget()
    assert street.good.host in (await visitor.get("/about/peers"))[1]


async def test_whose_only_word_was_refused_is_no_acquaintance(street: Street) -> None:
    stranger = street.good.actor("budi")
    note = stranger.note("1", "<p>Halo</p>", attributedTo=f"{street.evil.origin}/users/mallory")
    assert await street.deliver(stranger, stranger.activity("Create", note)) == "refused"
    async with street.warga.inside():
        await Peer.filter(host=street.good.host).update(succeeded_at=None)
    visitor = FormBrowser(street.warga)
    assert street.good.host not in (await visitor.get("/about/peers"))[1]


async def test_a_visitor_reads_the_list_and_no_word_of_an_error(warga: Instance) -> None:
    async with warga.inside() as site:
        await peer(site, "satu.example", software="mastodon", version="4.6.0")
        await peer(
            site, "dua.example", failures=2, failing_since=site.clock.now(), last_error="HTTP 500 rahasia"
        )
        await peer(site, "asing.example", succeeded_at=None)
    visitor = FormBrowser(warga)
    assert 'href="/about/peers"' in (await visitor.get("/about"))[1]
    for browser in (visitor, await FormBrowser.of(warga, await warga.user("ani"))):
        status, text = await browser.get("/about/peers")
        assert status == 200
        assert "exchanges posts with 2 other servers" in text
        assert "mastodon 4.6.0" in text
        assert "failing" in text
        assert "rahasia" not in text
        assert "asing.example" not in text
        assert "/about/peers/satu.example" not in text


async def test_the_apps_list_names_the_same_servers(warga: Instance) -> None:
    async with warga.inside() as site:
        await peer(site, "satu.example")
        await peer(site, "asing.example", succeeded_at=None)
    async with warga.http.get(f"{warga.url}/api/v1/instance/peers") as answer:
        assert await answer.json() == ["satu.example"]


async def test_a_blocked_server_is_not_listed(warga: Instance) -> None:
    from federation.refusals import Refused

    async def gate(host: str, actor: Actor | None) -> None:
        if host == "buruk.example":
            raise Refused("blocked-domain", host)

    warga.site.federation.registry.gates.append(gate)
    async with warga.inside() as site:
        await peer(site, "satu.example")
        await peer(site, "buruk.example")
    text = (await FormBrowser(warga).get("/about/peers"))[1]
    assert "satu.example" in text
    assert "buruk.example" not in text


async def test_the_list_is_paged_and_narrowed_by_software_and_name(warga: Instance) -> None:
    async with warga.inside() as site:
        for number in range(60):
            software = "mastodon" if number % 2 else ""
            await peer(site, f"s{number:02}.example", software=software)
    visitor = FormBrowser(warga)

    async def hosts(query: str) -> list[str]:
        status, text = await visitor.get("/about/peers" + query)
        assert status == 200
        return re.findall(r"s\d\d\.example", text)

    first, second = await hosts(""), await hosts("?page=2")
    assert (len(first), len(second)) == (50, 10)
    assert sorted(first + second) == [f"s{number:02}.example" for number in range(60)]
    assert await hosts("?page=99999999999") == second
    assert await hosts("?page=-1") == await hosts("?page=0") == await hosts("?page=x") == first
    assert len(await hosts("?software=mastodon")) == len(await hosts("?software=unknown")) == 30
    assert await hosts("?q=S07") == ["s07.example"]
    assert await hosts("?software=mastodon&q=s08") == []
    assert await hosts("?troubled=1") == first  # not for visitors


async def test_the_software_of_most_servers_is_named_and_the_rest_counted(warga: Instance) -> None:
    async with warga.inside() as site:
        for number in range(SOFTWARE_NAMED + 3):
            for copy in range(2 if number < SOFTWARE_NAMED else 1):
                await peer(site, f"s{number}-{copy}.example", software=f"soft{number:02}")
    _, text = await FormBrowser(warga).get("/about/peers")
    named = re.findall(r'href="[^"]*software=(soft\d\d)', text)
    assert sorted(set(named)) == [f"soft{number:02}" for number in range(SOFTWARE_NAMED)]
    assert "and 3 servers with other software" in text


async def test_names_that_a_peer_chose_are_text(warga: Instance) -> None:
    async with warga.inside() as site:
        await peer(site, "satu.example", software="<b>x&y", version="<script>")
    _, text = await FormBrowser(warga).get("/about/peers")
    assert "<b>x" not in text
    assert "&lt;b&gt;x&amp;y &lt;script&gt;" in text
    assert 'href="/about/peers?software=%3Cb%3Ex%26y"' in text


async def test_two_thousand_peers_cost_as_many_statements_as_two(
    warga: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, admin = FormBrowser(warga), await admin_of(warga)
    directory = warga.site.federation.peer_directory

    async def cost(browser: FormBrowser) -> int:
        directory.forget()
        with counted(monkeypatch) as run:
            assert (await browser.get("/about/peers"))[0] == 200
        return len(run)

    async def add(numbers: range) -> None:
        async with warga.inside() as site:
            now = site.clock.now()
            hosts = [f"s{number}.example" for number in numbers]
            await Peer.bulk_create([Peer(host=host, created_at=now, succeeded_at=now) for host in hosts])
            await Actor.bulk_create(
                [
                    Actor(id=site.ids.next(), uri=f"https://{host}/u/a", type="Person", username="a", host=host,
                          domain=host, created_at=now, updated_at=now)
                    for host in hosts
                ]
            )  # fmt: skip

    await add(range(2))
    await visitor.get("/about/peers")
    few = await cost(visitor), await cost(admin)
    await add(range(2, 2000))
    assert (await cost(visitor), await cost(admin)) == few
    assert "2,000 other servers" in (await visitor.get("/about/peers"))[1]
    with counted(monkeypatch) as run:
        await visitor.get("/about/peers?page=40")
    assert not [statement for statement in run if "peers" in statement or "follows" in statement]


async def test_the_numbers_are_counted_again_after_some_minutes(site: Site) -> None:
    directory = site.federation.peer_directory
    await peer(site, "satu.example")
    assert len((await directory.current()).peers) == 1
    await peer(site, "dua.example")
    assert len((await directory.current()).peers) == 1
    directory._counted._read_again_at -= FRESH_FOR
    assert len((await directory.current()).peers) == 2


async def test_administrators_see_the_error_and_what_waits_and_pause_resume_and_retry(street: Street) -> None:
    somebody = street.good.actor("budi")
    await street.follow(somebody)
    host, warga = street.good.host, street.warga
    async with warga.inside() as site:
        known = await Actor.get(uri=somebody.uri)
        await follow(site, known, street.ani.actor)
        await Peer.filter(host=host).update(
            failures=4, failing_since=site.clock.now(), retry_at=site.clock.now() + timedelta(hours=1),
            last_error="HTTP 502 Bad Gateway",
        )  # fmt: skip
        await create_post(site, street.ani.actor, Draft(source="Menunggu"))
        waiting = await Delivery.filter(host=host, state="pending").count()
        assert waiting > 0
    admin, path = await admin_of(warga), f"/about/peers/{host}"
    assert (
        f'href="/about/peers/{host.replace(":", "%3A")}"' in (await admin.get("/about/peers?troubled=1"))[1]
    )
    status, text = await admin.get(path)
    assert status == 200
    assert "HTTP 502 Bad Gateway" in text
    assert re.search(r"Failing since <time [^>]*>[^<]*</time>, 4 times in a row\.", text)
    assert f'<b>{waiting}</b><span class="soft">wait</span>' in text
    assert await admin.post(f"{path}/pause", path) == (303, path.replace(":", "%3A"))
    async with warga.inside():
        assert (await Peer.get(host=host)).is_paused
    assert "Sending is paused" in (await admin.get(path))[1]
    assert (await admin.post(f"{path}/resume", path))[0] == 303
    assert (await admin.post(f"{path}/retry", path))[0] == 303
    async with warga.inside():
        found = await Peer.get(host=host)
        assert (found.is_paused, found.failures, found.last_error, found.retry_at) == (False, 0, "", None)
    await settle(warga)
    assert any("Menunggu" in str(activity) for activity in street.good.received)


async def test_nobody_but_administrators_sees_or_acts_on_a_server(warga: Instance) -> None:
    async with warga.inside() as site:
        await peer(site, "satu.example", last_error="rahasia")
    path = "/about/peers/satu.example"
    assert (await FormBrowser(warga).get(path))[0] in (302, 303)
    for name, role in (("ani", Role.MEMBER), ("budi", Role.MODERATOR)):
        browser = await FormBrowser.of(warga, await warga.user(name, role=role))
        status, text = await browser.get(path)
        assert (status, "rahasia" in text) == (403, False)
        for act in ("pause", "resume", "retry"):
            assert (await browser.post(f"{path}/{act}", "/settings"))[0] == 403
    async with warga.inside():
        assert not (await Peer.get(host="satu.example")).is_paused


async def test_an_unknown_server_or_act_is_not_found(warga: Instance) -> None:
    async with warga.inside() as site:
        await peer(site, "satu.example")
    admin = await admin_of(warga)
    assert (await admin.get("/about/peers/tak-kenal.example"))[0] == 404
    assert (await admin.post("/about/peers/tak-kenal.example/pause", "/settings"))[0] == 404
    assert (await admin.post("/about/peers/satu.example/forget", "/settings"))[0] == 404
