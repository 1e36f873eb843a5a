"""`/events`: what a signed-in person's open pages are told, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn

from sebangsa.accounts import (
    create_user,
    disable,
    end_session,
    set_password,
    sign_out_everywhere,
    start_session,
)
from sebangsa.app import create_app
from sebangsa.models import Notification, User
from sebangsa.notifying import notify
from sebangsa.streams import BUFFER, Listener, StreamEvent
from sebangsa.web.server import Server
from sebangsa.web.sse import PER_PERSON, Frame
from tests.instances import Instance, _Loopback, free_port, make_site
from tests.web.listening import HandClock, listening

Start = Callable[..., Awaitable[Instance]]


async def _two(start: Start) -> tuple[Instance, User, User, dict[str, str]]:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    return warga, ani, budi, await warga.signed_in(ani)


async def _ring(warga: Instance, ani: User, other: User, kind: str) -> None:
    async with warga.inside() as site:
        await notify(site, ani.actor_id, kind, other.actor_id)


async def test_nobody_hears_anything_without_signing_in(start: Start) -> None:
    warga = await start("warga")
    for cookies in ({}, {"session": "guessed"}):
        async with warga.http.get(f"{warga.url}/events", cookies=cookies) as answer:
            assert answer.status == 401
    async with warga.http.post(f"{warga.url}/events") as answer:
        assert answer.status == 405


async def test_a_notification_is_told_to_every_open_page_of_its_person_and_to_nobody_else(
    start: Start,
) -> None:
    warga, ani, budi, cookies = await _two(start)
    others = await warga.signed_in(budi)
    async with (
        listening(warga, "/events", cookies) as one,
        listening(warga, "/events", cookies) as two,
        listening(warga, "/events", others) as foreign,
    ):
        for ear in (one, two, foreign):
            assert (await ear.next("notifications")).data == "0"
        await _ring(warga, ani, budi, "follow")
        for ear in (one, two):
            assert (await ear.next("notifications")).data == "1"
        await _ring(warga, budi, ani, "favourite")
        assert (await foreign.next("notifications")).data == "1"


async def test_who_comes_back_with_the_last_event_id_is_told_how_things_stand(start: Start) -> None:
    warga, ani, budi, cookies = await _two(start)
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        await _ring(warga, ani, budi, "follow")
        last = (await ear.next("notifications")).id
    assert last.isdigit()
    await _ring(warga, ani, budi, "favourite")
    async with listening(warga, "/events", cookies, {"last-event-id": last}) as ear:
        told = await ear.next("notifications")
        assert told.data == "2"
        assert int(told.id) > int(last)
    for nonsense in ("-1", "abc", "9" * 40, "1.5"):
        async with listening(warga, "/events", cookies, {"last-event-id": nonsense}) as ear:
            assert (await ear.next("notifications")).data == "2"


async def test_a_silent_stream_beats_every_15_to_25_seconds(start: Start) -> None:
    warga, _, _, cookies = await _two(start)
    clock = warga.site.clock = HandClock()
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        waiting = asyncio.create_task(ear.next(":"))
        await clock.let_pass(14)
        assert not waiting.done()
        await clock.let_pass(12)
        assert (await waiting).name == ":"


async def test_a_client_that_left_is_noticed_at_the_next_heartbeat(start: Start) -> None:
    warga, _, _, cookies = await _two(start)
    clock = warga.site.clock = HandClock()
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        assert len(warga.site.live.pulse) == 1
    for _ in range(200):
        await clock.let_pass(1)
        await asyncio.sleep(0)
        if len(warga.site.live.pulse) == 0:
            break
    assert len(warga.site.live.pulse) == 0
    assert warga.site.streams.heard("user:") == set()


@pytest.mark.parametrize("ending", [sign_out_everywhere, disable])
async def test_s084_signing_out_everywhere_or_closing_the_account_ends_open_streams_at_once(
    start: Start, ending: Callable[..., Awaitable[None]]
) -> None:
    warga, ani, _, cookies = await _two(start)
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        async with warga.inside() as site:
            await ending(site, ani)
        assert await ear.ended()
    async with warga.http.get(f"{warga.url}/events", cookies=cookies) as answer:
        assert answer.status == 401


async def test_s084_a_new_password_ends_open_streams(start: Start) -> None:
    warga, ani, _, cookies = await _two(start)
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        async with warga.inside() as site:
            await set_password(site, ani, "sandi yang baru")
        assert await ear.ended()


async def test_s084_one_browser_signed_out_loses_its_stream_within_seconds_and_the_other_keeps_it(
    start: Start,
) -> None:
    warga, ani, budi, cookies = await _two(start)
    kept = await warga.signed_in(ani)
    clock = warga.site.clock = HandClock()
    async with listening(warga, "/events", cookies) as ends, listening(warga, "/events", kept) as stays:
        await ends.next("notifications")
        await stays.next("notifications")
        async with warga.inside():
            await end_session(cookies["session"])
        await clock.let_pass(6)
        assert await ends.ended()
        await _ring(warga, ani, budi, "follow")
        assert (await stays.next("notifications")).data == "1"


async def test_s084_a_suspended_account_loses_its_streams_within_seconds(start: Start) -> None:
    warga, ani, _, cookies = await _two(start)
    clock = warga.site.clock = HandClock()
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        async with warga.inside() as site:
            await ani.actor.change(suspended_at=site.clock.now())
        await clock.let_pass(6)
        assert await ear.ended()


async def test_the_oldest_stream_of_a_person_makes_room_for_one_too_many(start: Start) -> None:
    warga, ani, _, _ = await _two(start)
    streams = warga.site.streams
    listeners = [streams.listen(f"user:{ani.actor_id}") for _ in range(PER_PERSON)]
    async with listening(warga, "/events", await warga.signed_in(ani)) as ear:
        assert [listener.is_closed for listener in listeners] == [True, *[False] * (PER_PERSON - 1)]
        assert (await ear.next("notifications")).data == "0"


async def test_a_listener_that_falls_behind_is_closed_and_nobody_waits_for_it() -> None:
    listener = Listener()
    for number in range(BUFFER):
        listener.offer(StreamEvent("update", str(number)))
    assert not listener.is_closed
    listener.offer(StreamEvent("update", "one too many"))
    assert listener.is_closed
    await asyncio.wait_for(listener.wait(), 1)
    assert listener.take() == []


async def test_a_server_told_to_stop_ends_its_streams_cleanly(
    new_database: Callable[[str, str], Awaitable[str]], tmp_path: object
) -> None:
    import aiohttp

    port = free_port()
    site = make_site(
        tmp_path / "warga", f"http://warga.localhost:{port}", await new_database("sqlite", "warga")
    )  # type: ignore[operator]
    config = uvicorn.Config(
        create_app(site), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=30
    )
    server = Server(config, site)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    with site.database.entered():
        user = await create_user(site, "ani", password="rahasia sekali")
        cookies = {"session": await start_session(site, user)}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_Loopback())) as http:
        instance = Instance(site, site.settings.url, http)
        async with listening(instance, "/events", cookies) as ear:
            await ear.next("notifications")
            server.should_exit = True
            assert await ear.ended()
    await asyncio.wait_for(task, 5)


async def test_a_frame_with_line_breaks_stays_one_event() -> None:
    assert Frame("chat", "<li>\r\nsatu\rdua\n</li>", 7).encode() == (
        b"event: chat\nid: 7\ndata: <li>\ndata: satu\ndata: dua\ndata: </li>\n\n"
    )


async def test_a_notification_taken_back_before_it_was_shown_does_no_harm(start: Start) -> None:
    warga, ani, budi, cookies = await _two(start)
    async with listening(warga, "/events", cookies) as ear:
        await ear.next("notifications")
        async with warga.inside() as site:
            await notify(site, ani.actor_id, "mention", budi.actor_id)
            await Notification.all().delete()
        assert (await ear.next("notifications")).data == "0"
