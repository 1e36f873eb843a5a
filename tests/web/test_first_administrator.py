"""The one-time link that `sebangsa serve` prints while nobody administers the server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from sebangsa.accounts import create_user, disable, has_administrator, make_link
from sebangsa.models import Role, User
from tests.instances import Instance


async def redeem(instance: Instance, link: str, name: str) -> int:
    """Open the link as a new browser and send its form; returns the status of the answer."""
    async with instance.http.get(link) as page:
        if page.status != 200:
            return page.status
        form = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert form is not None
        cookies = {name: morsel.value for name, morsel in page.cookies.items()}
    data = {"csrf": form[1], "name": name, "password": "rahasia sekali"}
    async with instance.http.post(link, data=data, cookies=cookies, allow_redirects=False) as answer:
        return answer.status


async def test_the_link_makes_one_administrator(start: Callable[..., Awaitable[Instance]]) -> None:
    warga = await start("warga")
    async with warga.inside() as site:
        link = await make_link(site, "first-admin")
    statuses = await asyncio.gather(*(redeem(warga, link, f"bos{number}") for number in range(4)))
    assert sorted(statuses) == [303, 404, 404, 404]
    async with warga.inside():
        assert await User.filter(role=Role.ADMIN).count() == await User.all().count() == 1


async def test_a_name_that_is_taken_does_not_use_the_link_up(
    start: Callable[..., Awaitable[Instance]],
) -> None:
    warga = await start("warga")
    await warga.user("ani")
    async with warga.inside() as site:
        link = await make_link(site, "first-admin")
    assert await redeem(warga, link, "ani") == 422
    assert await redeem(warga, link, "bos") == 303


async def test_the_link_is_void_once_there_is_an_administrator(
    start: Callable[..., Awaitable[Instance]],
) -> None:
    warga = await start("warga")
    async with warga.inside() as site:
        link = await make_link(site, "first-admin")
        admin = await create_user(site, "siti", password="rahasia sekali", role=Role.ADMIN)
    assert await redeem(warga, link, "bos") == 404
    async with warga.inside() as site:
        await disable(site, admin)
        assert not await has_administrator()
