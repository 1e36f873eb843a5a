"""The numbers beside the navigation are in the page itself: they need no scripts."""

from __future__ import annotations

import re

from moderation import reporting
from sebangsa import posting
from sebangsa.models import Role, Visibility
from sebangsa.posting import Draft
from tests.form_browser import FormBrowser
from tests.instances import Instance

Pair = tuple[Instance, Instance]


async def shown(browser: FormBrowser, path: str = "/") -> dict[str, str]:
    """The visible numbers of a page, by the address they stand at."""
    _, text = await browser.get(path)
    found = re.findall(r'data-badge="([^"]+)"(\s+hidden)?>([^<]*)<', text)
    return {place: number for place, hidden, number in found if not hidden}


async def test_what_waits_is_counted_on_every_page_and_only_for_whom_it_waits(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    mod = await warga.user("mod", role=Role.MODERATOR)
    reader, desk = await FormBrowser.of(warga, ani), await FormBrowser.of(warga, mod)
    assert await shown(reader) == {}
    async with warga.inside() as site:
        for text in ("@ani satu", "@ani dua"):
            await posting.create_post(site, budi.actor, Draft(source=text))
        answered = Draft(source="@budi halo", visibility=Visibility.DIRECT)
        await posting.create_post(site, ani.actor, answered)
        await posting.create_post(site, budi.actor, Draft(source="@ani hai", visibility=Visibility.DIRECT))
        await reporting.report(site, ani.actor, budi.actor, [], "Mengganggu")
    seen = await shown(reader, "/communities")
    assert (seen["notifications"], seen["chats"]) == ("3", "1")  # a message rings the bell too
    assert "moderation" not in seen
    assert (await shown(desk))["moderation"] == "1"
    assert 'href="/moderation"' in (await desk.get("/"))[1]
    assert 'href="/moderation"' not in (await reader.get("/"))[1]
    await reader.get("/notifications")
    assert "notifications" not in await shown(reader)
    assert await shown(FormBrowser(warga)) == {}
