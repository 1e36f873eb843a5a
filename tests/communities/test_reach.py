"""Authors see whom their posts reached: among servers that take it, refuse it, and are silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from federation import fan_out
from federation.actors import resolve_actor
from federation.database import execute
from federation.models import Actor, Delivery, Follow, FollowState, InboundActivity, OutboundActivity, Peer
from federation.reach import Reach, Trouble, reach_of
from federation.sweep import clean
from sebangsa.errors import NotAllowed, TooMany
from sebangsa.limits import BUCKETS
from sebangsa.models import Post, Role, User
from sebangsa.posting import Draft, create_post
from sebangsa.reach import reach_of_post, send_again
from sebangsa.site import Site
from tests.api.calling import Caller
from tests.api.test_entities import counted
from tests.communities.village import Village
from tests.foreign_server import Actor as Stranger
from tests.form_browser import FormBrowser
from tests.instances import Instance, free_port, settle


async def join(village: Village, stranger: Stranger) -> None:
    """Somebody elsewhere follows the community."""
    async with village.warga.inside() as site:
        known = await resolve_actor(site.federation, stranger.uri)
        await follow(site, known, village.group)


async def follow(site: Site, follower: Actor, target: Actor) -> None:
    await Follow.create(
        id=site.ids.next(),
        follower=follower,
        target=target,
        state=FollowState.ACCEPTED,
        uri=f"{follower.uri}#follow",
        created_at=site.clock.now(),
    )


async def silent_member(village: Village) -> str:
    """A member on a server that nobody answers for any more; returns its host."""
    origin = f"http://sunyi.localhost:{free_port()}"
    host = origin.removeprefix("http://")
    async with village.warga.inside() as site:
        now = site.clock.now()
        known = await Actor.create(
            id=site.ids.next(), uri=f"{origin}/users/diam", type="Person", username="diam", host=host, domain=host,
            inbox_url=f"{origin}/users/diam/inbox", created_at=now, updated_at=now,
        )  # fmt: skip
        await follow(site, known, village.group)
    return host


async def reach(village: Village, post: Post) -> Reach:
    async with village.warga.inside() as site:
        return await reach_of_post(site, village.ani, post)


async def test_each_server_is_counted_once_and_the_troubled_are_named_with_the_reason(
    village: Village,
) -> None:
    await join(village, village.good.actor("budi"))
    await join(village, village.evil.actor("citra"))
    host = await silent_member(village)
    village.evil.inbox_status = 403
    post = await village.thread()
    async with village.warga.inside():
        # Unknown software gets both forms: more deliveries than servers.
        assert await Delivery.filter(activity__about=post.uri).count() > 3
    await settle(village.warga)
    found = await reach(village, post)
    assert (found.reached, found.waiting, found.missed, found.total) == (1, 1, 1, 3)
    assert [(server.host, server.trouble) for server in found.troubled] == [
        (village.evil.host, Trouble.REFUSED),
        (host, Trouble.SILENT),
    ]
    assert found.troubled[0].status == 403
    assert found.troubled[1].is_waited_for


async def test_a_server_that_took_one_form_and_refused_the_other_has_it(village: Village) -> None:
    await join(village, village.good.actor("budi"))
    post = await village.thread()
    await settle(village.warga)
    async with village.warga.inside():
        one = await Delivery.filter(activity__about=post.uri).first()
        assert one is not None
        await Delivery.filter(id=one.id).update(state="refused", status=400)
    found = await reach(village, post)
    assert (found.reached, found.total, len(found.troubled)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("peer", "delivery", "trouble"),
    [
        ({"is_paused": True}, {}, Trouble.PAUSED),
        ({"failures": 50}, {}, Trouble.DEAD),
        ({}, {"state": "cancelled", "reason": "gone"}, Trouble.GONE),
        ({}, {"state": "cancelled", "reason": "blocked-domain"}, Trouble.BLOCKED),
        ({}, {"state": "failed", "reason": "waited too long"}, Trouble.GIVEN_UP),
        ({}, {}, Trouble.QUEUED),
    ],
)
async def test_each_trouble_has_its_own_reason(
    village: Village, peer: dict[str, Any], delivery: dict[str, Any], trouble: Trouble
) -> None:
    await join(village, village.good.actor("budi"))
    post = await village.thread()
    async with village.warga.inside() as site:
        if trouble is Trouble.DEAD:
            peer = {**peer, "failing_since": site.clock.now() - timedelta(days=9)}
        if peer:
            await Peer.filter(host=village.good.host).update(**peer)
        if delivery:
            await Delivery.filter(activity__about=post.uri).update(**delivery)
    [server] = (await reach(village, post)).troubled
    assert server.trouble is trouble


async def test_trying_again_reaches_those_who_refused_and_nobody_twice(village: Village) -> None:
    await join(village, village.good.actor("budi"))
    await join(village, village.evil.actor("citra"))
    village.evil.inbox_status = 403
    post = await village.thread()
    await settle(village.warga)
    took = len(village.good.received)
    village.evil.inbox_status = 202
    village.evil.received.clear()
    async with village.warga.inside() as site:
        assert await send_again(site, village.ani, post) > 0
    await settle(village.warga)
    found = await reach(village, post)
    assert (found.reached, found.total) == (2, 2)
    assert village.evil.received
    assert len(village.good.received) == took


async def test_trying_again_passes_over_who_is_gone_or_blocked(village: Village) -> None:
    await join(village, village.good.actor("budi"))
    post = await village.thread()
    async with village.warga.inside() as site:
        for reason in ("gone", "blocked-domain: x"):
            await Delivery.filter(activity__about=post.uri).update(state="cancelled", reason=reason)
            assert await send_again(site, village.ani, post) == 0


async def test_the_sentence_stays_after_the_deliveries_are_cleaned_away(village: Village) -> None:
    await join(village, village.good.actor("budi"))
    await join(village, village.evil.actor("citra"))
    village.evil.inbox_status = 403
    post = await village.thread()
    await settle(village.warga)
    async with village.warga.inside() as site:
        week, month = timedelta(days=8), timedelta(days=31)
        for age, left in ((week, 1), (week, 1), (month, 0)):
            await grow_older(site, age)
            await clean(site.federation)
            await clean(site.federation)
            found = (await reach_of(site.federation, [post.uri]))[post.uri]
            assert (found.reached, found.missed, len(found.troubled)) == (1, 1, left)
        assert not await Delivery.filter(activity__about=post.uri).exists()


async def grow_older(site: Site, age: timedelta) -> None:
    """Give all deliveries the ids that they would have, had they been written so long ago."""
    for row in await Delivery.all():
        older = site.ids.at(site.clock.now() - age)
        await execute("UPDATE deliveries SET id = ? WHERE id = ?", [older, row.id])


async def test_only_the_author_and_administrators_see_it_and_try_again(village: Village) -> None:
    await join(village, village.good.actor("budi"))
    post = await village.thread()
    dewi, admin = await village.warga.user("dewi"), await village.warga.user("sri", Role.ADMIN)
    async with village.warga.inside() as site:
        for act in (reach_of_post, send_again):
            with pytest.raises(NotAllowed) as refused:
                await act(site, dewi, post)
            assert refused.value.code == "not-the-author"
        assert (await reach_of_post(site, admin, post)).total == 1
    assert 'id="reach"' in await page(village.warga, village.ani, post)
    assert 'id="reach"' in await page(village.warga, admin, post)
    for stranger in (dewi, None):
        shown = await page(village.warga, stranger, post)
        assert "Got mampet" in shown
        assert 'id="reach"' not in shown


async def page(instance: Instance, user: User | None, post: Post, language: str = "en") -> str:
    cookies = await instance.signed_in(user) if user else {}
    headers = {"Accept": "text/html", "Accept-Language": language}
    async with instance.http.get(f"{instance.url}/p/{post.id}", cookies=cookies, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_the_page_says_it_in_words_and_has_a_button_that_tries_again(village: Village) -> None:
    await join(village, village.evil.actor("citra"))
    village.evil.inbox_status = 403
    post = await village.thread()
    await settle(village.warga)
    browser = await FormBrowser.of(village.warga, village.ani)
    shown = await page(village.warga, village.ani, post)
    assert "Reached 0 of 1 server" in shown
    assert "It refused the post." in shown
    assert village.evil.host in shown
    village.evil.inbox_status = 202
    assert await browser.post(f"/p/{post.id}/send-again", f"/p/{post.id}") == (303, f"/p/{post.id}#reach")
    await settle(village.warga)
    shown = await page(village.warga, village.ani, post)
    assert "Reached 1 of 1 server" in shown
    assert "send-again" not in shown


async def test_a_post_that_went_nowhere_shows_nothing(village: Village) -> None:
    post = await village.thread()
    assert 'id="reach"' not in await page(village.warga, village.ani, post)


async def test_while_an_audience_is_being_written_out_no_number_is_told(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "FEW", 0)
    await join(village, village.good.actor("budi"))
    async with village.warga.inside():
        await Actor.filter(id=village.group.id).update(followers_count=1)
    post = await village.thread()
    assert not (await reach(village, post)).is_complete
    shown = await page(village.warga, village.ani, post)
    assert "Being sent to many servers" in shown
    await settle(village.warga)
    assert "Reached 1 of 1 server" in await page(village.warga, village.ani, post)


async def test_a_post_outside_communities_counts_its_own_create(village: Village) -> None:
    budi = village.good.actor("budi")
    async with village.warga.inside() as site:
        await follow(site, await resolve_actor(site.federation, budi.uri), village.ani.actor)
        post = await create_post(site, village.ani.actor, Draft(source="Pagi"))
    await settle(village.warga)
    found = await reach(village, post)
    assert (found.reached, found.total) == (1, 1)


async def test_trying_again_has_a_limit(village: Village) -> None:
    post = await village.thread()
    async with village.warga.inside() as site:
        site.limiter.is_on = True
        for _ in range(BUCKETS["send-again"].amount):
            await send_again(site, village.ani, post)
        with pytest.raises(TooMany):
            await send_again(site, village.ani, post)


async def test_apps_of_the_author_read_it_and_try_again_and_others_may_not(village: Village) -> None:
    await join(village, village.evil.actor("citra"))
    village.evil.inbox_status = 403
    post = await village.thread()
    await settle(village.warga)
    path = f"/api/sebangsa/v1/statuses/{post.id}/reach"
    mine = await Caller.of(village.warga, village.ani)
    shown = await mine.get(path)
    assert (shown["servers"], shown["reached"], shown["missed"]) == (1, 0, 1)
    assert shown["troubled"][0]["reason"] == "refused"
    assert (await mine.post(path))["waiting"] == 1
    others = await Caller.of(village.warga, await village.warga.user("dewi"))
    assert (await others("GET", path)).status == 403
    assert (await others("POST", path)).status == 403


async def test_a_thousand_servers_cost_three_statements_and_fifty_are_named(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await village.thread()
    async with village.warga.inside() as site:
        sent = await OutboundActivity.filter(about=post.uri).first()
        assert sent is not None
        await Delivery.bulk_create(
            [
                Delivery(
                    id=site.ids.next(), activity_id=sent.id, host=f"s{number:04}.example", state="refused",
                    inbox_url=f"https://s{number:04}.example/inbox", run_at=site.clock.now(), status=403,
                )
                for number in range(1000)
            ]
        )  # fmt: skip
        with counted(monkeypatch) as run:
            found = await reach_of_post(site, village.ani, post)
        assert len(run) == 3
    assert (found.missed, len(found.troubled)) == (1000, 50)
    assert "And 950 more servers without it." in await page(village.warga, village.ani, post)


async def test_two_instances_agree_on_either_database(neighbours: tuple[Instance, Instance]) -> None:
    """The hand-written statements run on SQLite and on PostgreSQL."""
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with warga.inside() as site:
        known = await resolve_actor(site.federation, budi.actor.uri)
        await follow(site, known, ani.actor)
        post = await create_post(site, ani.actor, Draft(source="Pagi"))
        await Delivery.all().update(state="refused", status=403)
        assert (await reach_of_post(site, ani, post)).troubled[0].trouble is Trouble.REFUSED
        assert await send_again(site, ani, post) == 1
        await Delivery.all().update(attempts=3)
        assert (await reach_of_post(site, ani, post)).troubled[0].trouble is Trouble.SILENT
        assert await send_again(site, ani, post) == 1
    await settle(warga, kota)
    async with warga.inside() as site:
        assert (await reach_of_post(site, ani, post)).reached == 1
        await grow_older(site, timedelta(days=8))
        await clean(site.federation)
        assert not await Delivery.filter(activity__about=post.uri).exists()
        found = await reach_of_post(site, ani, post)
        assert (found.reached, found.total) == (1, 1)
    async with kota.inside():
        assert await InboundActivity.filter(uri=f"{post.uri}/activity").exists()


async def test_the_panel_leads_administrators_to_the_servers_entry_and_nobody_else(village: Village) -> None:
    await join(village, village.evil.actor("citra"))
    village.evil.inbox_status = 403
    post = await village.thread()
    await settle(village.warga)
    entry = f"/about/peers/{village.evil.host.replace(':', '%3A')}"
    admin = await FormBrowser.of(village.warga, await village.warga.user("lurah", role=Role.ADMIN))
    assert entry in (await admin.get(f"/p/{post.id}"))[1]
    author = await FormBrowser.of(village.warga, village.ani)
    _, text = await author.get(f"/p/{post.id}")
    assert village.evil.host in text
    assert entry not in text
    status, text = await admin.get(entry)
    assert (status, "refused by it" in text) == (200, True)
