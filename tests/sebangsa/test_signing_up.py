"""Making an account and coming back to it, in a browser without scripts, as the settings allow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from federation.models import Actor
from moderation import suspending
from sebangsa import registering
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.models import Invite, Notification, Role, Session, User
from tests.form_browser import FormBrowser
from tests.instances import Instance

Start = Callable[..., Awaitable[Instance]]
SECRET = "rahasia sekali"


async def test_somebody_signs_up_signs_out_and_in_again(start: Start) -> None:
    browser = FormBrowser(await start("warga"))
    assert await browser.post("/sign-up", name="Ani", password=SECRET) == (303, "/")
    assert (await browser.get("/settings"))[0] == 200
    assert (await browser.post("/sign-out", "/settings"))[0] == 303
    assert (await browser.get("/settings"))[0] == 303
    status, text = await browser.post("/sign-in", login="ani", password="salah sekali")
    assert (status, "Name or password is wrong." in text) == (422, True)
    status, other = await browser.post("/sign-in", login="tidakada", password="salah sekali")
    assert (status, "Name or password is wrong." in other) == (422, True)
    assert await browser.post("/sign-in", login="@ani", password=SECRET) == (303, "/")
    status, text = await FormBrowser(browser.instance).post("/sign-up", name="ani", password=SECRET)
    assert (status, "That name is taken." in text) == (422, True)


async def test_nobody_signs_up_where_registration_is_closed(start: Start) -> None:
    browser = FormBrowser(await start("warga", registration="closed"))
    status, text = await browser.post("/sign-up", name="ani", password=SECRET)
    assert (status, "Registration is closed here." in text) == (403, True)
    async with browser.instance.inside():
        assert not await User.exists()


async def test_who_asks_for_an_account_waits_until_a_moderator_lets_them_in(start: Start) -> None:
    warga = await start("warga", registration="approval")
    boss = await warga.user("boss", role=Role.MODERATOR)
    browser = FormBrowser(warga)
    status, text = await browser.post("/sign-up", name="ani", password=SECRET)
    assert (status, "An administrator looks at it." in text) == (200, True)
    status, text = await browser.post("/sign-in", login="ani", password=SECRET)
    assert (status, "waits for an administrator" in text) == (403, True)
    async with warga.inside() as site:
        assert not await Session.exists()
        [asking] = await registering.waiting()
        assert await Notification.exists(
            recipient_id=boss.actor_id, type="admin.sign_up", actor_id=asking.actor_id
        )
        with pytest.raises(NotAllowed):
            await registering.approve(site, asking, asking)
    profile = f"{warga.url}/u/ani"
    finger = f"{warga.url}/.well-known/webfinger?resource=acct:ani@{warga.site.settings.domain}"
    for url in (profile, finger):
        async with warga.http.get(url) as answer:
            assert answer.status == 404, url  # nobody sees who waits
    async with warga.inside() as site:
        with pytest.raises(NotAllowed):  # there is one way in
            await suspending.unsuspend(site, boss, asking.actor, "")
        await registering.approve(site, boss, asking)
        with pytest.raises(NotAllowed):
            await registering.refuse(boss, asking)
    assert await browser.post("/sign-in", login="ani", password=SECRET) == (303, "/")
    for url in (profile, finger):
        async with warga.http.get(url) as answer:
            assert answer.status == 200, url


async def test_of_a_refused_request_nothing_is_kept_and_its_name_is_free(database: str, start: Start) -> None:
    warga = await start("warga", database=database, registration="approval")
    boss = await warga.user("boss", role=Role.ADMIN)
    browser = FormBrowser(warga)
    await browser.post("/sign-up", name="ani", password=SECRET, email="ani@contoh.id")
    async with warga.inside():
        [asking] = await registering.waiting()
        await registering.refuse(boss, asking)
        assert not await Actor.exists(local_name="ani")
        assert not await User.exists(email="ani@contoh.id")
    status, _ = await browser.post("/sign-up", name="ani", password=SECRET, email="ani@contoh.id")
    assert status == 200


async def test_s093_an_invitation_for_two_lets_two_in_however_many_come_at_once(
    start: Start, database: str
) -> None:
    warga = await start("warga", database=database, registration="invite")
    boss = await warga.user("boss", role=Role.ADMIN)
    async with warga.inside() as site:
        invite = await registering.make_invite(site, boss, uses=2)
    came = await asyncio.gather(
        *(
            FormBrowser(warga).post("/sign-up", name=f"warga{number}", password=SECRET, invite=invite.code)
            for number in range(6)
        )
    )
    assert sorted(status for status, _ in came) == [303] * 2 + [422] * 4
    async with warga.inside():
        assert await User.filter(role=Role.MEMBER).count() == 2
        assert await User.all().count() == 3


async def test_s093_an_invitation_lets_in_as_many_as_it_is_for_and_no_longer_than_it_lasts(
    start: Start,
) -> None:
    warga = await start("warga", registration="invite")
    boss, budi = await warga.user("boss", role=Role.ADMIN), await warga.user("budi")
    async with warga.inside() as site:
        invite = await registering.make_invite(site, boss, uses=1, days=7)
        for uses, days in ((0, 7), (1, 0), (5000, 7)):
            with pytest.raises(Invalid):
                await registering.make_invite(site, boss, uses=uses, days=days)
        with pytest.raises(NotAllowed):
            await registering.make_invite(site, budi)
    path = registering.invite_url(warga.site, invite).removeprefix(warga.url)
    browser = FormBrowser(warga)
    assert invite.code in (await browser.get(path))[1]
    assert (await browser.post("/sign-up", name="ani", password=SECRET))[0] == 422
    assert (await browser.post("/sign-up", name="ani", password="x", invite=invite.code))[0] == 422
    assert await browser.post("/sign-up", name="ani", password=SECRET, invite=invite.code) == (303, "/")
    late = FormBrowser(warga)
    assert (await late.post("/sign-up", name="dewi", password=SECRET, invite=invite.code))[0] == 422
    async with warga.inside() as site:
        assert await registering.open_invites(site) == []
        second = await registering.make_invite(site, boss, uses=3)
        await registering.end_invite(site, boss, await Invite.get(id=second.id))
    assert (await late.post("/sign-up", name="dewi", password=SECRET, invite=second.code))[0] == 422
