"""The chat's pages, as a browser without scripts uses them, and what a live one is told."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from chat.models import ChatMessage, MemberState
from sebangsa.web.viewing import csrf_token
from tests.chat.chatting import Pair, acquaint, listed, log, member_row, person, texts, write
from tests.instances import Instance, settle
from tests.web.listening import listening

Start = Callable[..., Awaitable[Instance]]
Cookies = dict[str, str]


async def _browser(instance: Instance, name: str) -> Cookies:
    async with instance.inside() as site:
        actor = await person(site, name)
        user = await actor.user
    return await instance.signed_in(user)


async def _get(instance: Instance, path: str, cookies: Cookies, status: int = 200) -> str:
    async with instance.http.get(instance.url + path, cookies=cookies) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def _post(instance: Instance, path: str, cookies: Cookies, status: int = 303, **fields: str) -> str:
    form = {"csrf": csrf_token(instance.site, cookies["session"]), **fields}
    async with instance.http.post(
        instance.url + path, data=form, cookies=cookies, allow_redirects=False
    ) as answer:
        assert answer.status == status, await answer.text()
        return answer.headers.get("location", "") or await answer.text()


async def test_somebody_writes_and_answers_with_forms_alone(neighbours: Pair) -> None:
    warga, kota = neighbours
    await warga.user("ani")
    await kota.user("budi")
    ani, budi = await _browser(warga, "ani"), await _browser(kota, "budi")
    domain = kota.site.settings.domain
    assert f'value="@budi@{domain}"' in await _get(warga, f"/chats/new?to=@budi@{domain}", ani)
    place = await _post(warga, "/chats/new", ani, to=f"@budi@{domain}", text="Halo <b>Budi</b>", key="a")
    assert re.fullmatch(r"/chats/\d+#end", place)
    page = await _get(warga, place, ani)
    assert "&lt;b&gt;Budi&lt;/b&gt;" in page
    assert f"@budi@{domain}" in page  # to whom it will go is said before sending
    await settle(warga, kota)
    assert "Halo" not in await _get(kota, "/chats", budi)
    requests = await _get(kota, "/chats?tab=requests", budi)
    [path] = re.findall(r'href="(/chats/\d+)#end"', requests)
    assert "Halo" in await _get(kota, path, budi)
    await _post(kota, f"{path}/accept", budi)
    await _post(kota, path, budi, text="Halo juga", key="b")
    await _post(kota, path, budi, text="Halo juga", key="b")  # a double tap
    await settle(warga, kota)
    [chat] = await listed(warga, "ani")
    assert texts(await log(warga, "ani", chat.chat.id)) == ["Halo <b>Budi</b>", "Halo juga"]
    assert 'class="badge"' in await _get(warga, "/chats", ani)
    await _get(warga, place, ani)
    assert (await member_row(warga, "ani", chat.chat.id)).unread_count == 0


async def test_a_message_is_edited_deleted_and_the_chat_taken_off_the_list(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, there = await acquaint(warga, kota)
    ani = await _browser(warga, "ani")
    message = (await log(warga, "ani", here))[0].post.id
    form = await _get(warga, f"/chats/{here}/messages/{message}/edit", ani)
    assert ">halo</textarea>" in form  # as it was typed, without the mention
    await _post(warga, f"/chats/{here}/messages/{message}/edit", ani, text="halo Budi")
    await settle(warga, kota)
    assert texts(await log(kota, "budi", there)) == ["halo Budi"]
    await _post(warga, f"/chats/{here}/messages/{message}/delete", ani)
    await settle(warga, kota)
    assert (await log(kota, "budi", there))[0].is_deleted
    await _post(warga, f"/chats/{here}/leave", ani)
    assert await listed(warga, "ani") == []
    await write(kota, "budi", f"@ani@{warga.site.settings.domain}", "masih di sana?")
    await settle(warga, kota)
    assert len(await listed(warga, "ani")) == 1


async def test_bad_input_is_answered_and_changes_nothing(start: Start) -> None:
    warga = await start("warga")
    await warga.user("ani")
    await warga.user("budi")
    ani = await _browser(warga, "ani")
    await _post(warga, "/chats/new", ani, 422, to="@tidakada", text="x")
    await _post(warga, "/chats/new", ani, 422, to="", text="x")
    place = (await _post(warga, "/chats/new", ani, to="budi", text="x", key="1")).partition("#")[0]
    await _post(warga, place, ani, 422, text="  ", key="2")
    await _post(warga, place, ani, 422, text="a" * 10_001, key="3")
    for path in (
        f"{place}?before=abc",
        f"{place}?after=-1",
        "/chats?before=99999999999999999999",
        f"{place}?after=9",
    ):
        await _get(warga, path, ani)
    for path in ("/chats/1", "/chats/9223372036854775807", f"{place}/messages/1/edit"):
        await _get(warga, path, ani, 404)
    async with warga.http.post(warga.url + place, data={"text": "foreign"}, cookies=ani) as answer:
        assert answer.status == 403
    async with warga.inside():
        assert await ChatMessage.all().count() == 1


async def test_s108_a_chat_of_others_is_not_found_by_any_page(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, _ = await acquaint(warga, kota)
    await warga.user("citra")
    citra = await _browser(warga, "citra")
    message = (await log(warga, "ani", here))[0].post.id
    await _get(warga, f"/chats/{here}", citra, 404)
    await _get(warga, f"/chats/{here}/messages/{message}/edit", citra, 404)
    for path in (
        "",
        "/accept",
        "/decline",
        "/leave",
        f"/messages/{message}/delete",
        f"/messages/{message}/edit",
    ):
        await _post(warga, f"/chats/{here}{path}", citra, 404, text="hai")
    async with listening(warga, f"/events?chat={here}", citra, {"last-event-id": "1"}) as ear:
        await ear.next("chats")
        await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "rahasia")
        await write(warga, "citra", f"@budi@{kota.site.settings.domain}", "punya citra")
        event = await ear.next()
        assert (event.name, event.data) == ("chats", "0")


async def test_an_open_chat_is_shown_what_comes_as_a_fragment(neighbours: Pair) -> None:
    warga, kota = neighbours
    here, _ = await acquaint(warga, kota)
    ani = await _browser(warga, "ani")
    to = f"@ani@{warga.site.settings.domain}"
    async with listening(warga, f"/events?chat={here}", ani) as ear:
        await ear.next("chats")
        sent = await write(kota, "budi", to, "**langsung**")
        await settle(warga, kota)
        event = await ear.next("message")
        assert event.data.startswith('<li class="bubble"')
        assert "<strong>langsung</strong>" in event.data
        assert len(event.data) < 1500
        assert (await ear.next("chats")).data == "1"
    await write(kota, "budi", to, "sementara putus")
    await settle(warga, kota)
    async with listening(warga, f"/events?chat={here}", ani, {"last-event-id": event.id}) as ear:
        assert "sementara putus" in (await ear.next("message")).data
    async with kota.inside() as site:
        from chat import sending

        await sending.delete(site, await person(site, "budi"), sent.chat_id, sent.id)
    async with listening(warga, f"/events?chat={here}", ani) as ear:
        await ear.next("chats")
        await settle(warga, kota)
        gone = (await ear.next("message")).data
        assert 'class="gone"' in gone
        assert "langsung" not in gone


async def test_a_request_shows_words_and_no_pictures_until_it_is_accepted(neighbours: Pair) -> None:
    warga, kota = neighbours
    await warga.user("ani")
    await kota.user("budi")
    budi = await _browser(kota, "budi")
    await write(warga, "ani", f"@budi@{kota.site.settings.domain}", "lihat fotoku")
    await settle(warga, kota)
    [request] = await listed(kota, "budi", MemberState.REQUEST)
    async with kota.inside() as site:
        from sebangsa.models import Attachment

        await Attachment.create(
            id=site.ids.next(),
            post_id=request.member.last_message_id,
            media_type="image/png",
            remote_url=f"{warga.url}/media/x.png",
            created_at=site.clock.now(),
        )
    assert '<img src="/media/remote' not in await _get(kota, f"/chats/{request.chat.id}", budi)
    await _post(kota, f"/chats/{request.chat.id}/accept", budi)
    assert "/media/remote/" in await _get(kota, f"/chats/{request.chat.id}", budi)
