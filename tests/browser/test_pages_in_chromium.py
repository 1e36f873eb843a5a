"""Everything a citizen does, in a real browser on a phone's screen, with and without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from civic_bridge import bodies
from communities.describing import Description
from communities.founding import create_community
from moderation import reporting
from sebangsa.models import Post, Role
from sebangsa.posting import Draft, create_post
from sebangsa.web.viewing import SESSION_COOKIE
from tests.browser.chromium import Phone, chromium
from tests.foreign_server import PUBLIC, foreign_server
from tests.instances import Instance, settle, unfinished

pytestmark = pytest.mark.browser

Start = Callable[..., Awaitable[Instance]]
LONG = "Pemberitahuankerjabaktimembersihkansaluranairdanselokandisepanjangjalan" * 3
FOR_VISITORS = ("/", "/public", "/public/local", "/about", "/about/peers", "/communities", "/reports", "/moderation/log",
                "/sign-in", "/sign-up", "/u/rina", "/u/rina/replies", "/c/tebet", "/c/tebet/log", "/search?q=tebet",
                "/tags/banjir")  # fmt: skip
FOR_MEMBERS = ("/", "/notifications", "/settings", "/compose", "/compose?in=!tebet", "/communities/new", "/u/rina",
               "/c/tebet", "/c/tebet/members", "/c/tebet/submit", "/chats", "/chats?tab=requests", "/chats/new",
               "/report", "/moderation/report?account=rina")  # fmt: skip
FOR_THE_TEAM = (
    "/moderation",
    "/moderation/log",
    "/moderation/domains",
    "/moderation/inspect",
    "/moderation/people/rina",
)


async def _neighbourhood(start: Start) -> Instance:
    """A server with a member, rina, whose community takes civic reports, and something to read."""
    warga = await start("warga")
    rina = await warga.user("rina")
    async with warga.inside() as site:
        community = await create_community(site, "tebet", rina.actor, Description(title="Warga Tebet"))
        await bodies.take_reports(site, community, area_code="31.74.01")
        await create_post(
            site, rina.actor, Draft(source=f"Halo #banjir {LONG}", name=LONG, community=community)
        )
        await create_post(site, rina.actor, Draft(source=f"**Halo** semua #banjir\n\n    {LONG}\n\n> {LONG}"))
    return warga


async def _sign_in(phone: Phone, instance: Instance, name: str, role: Role = Role.MEMBER) -> None:
    session = (await instance.signed_in(await instance.user(name, role=role)))["session"]
    await phone.page.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": instance.url}])


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
async def test_a_citizen_does_everything_on_a_phone(start: Start, has_scripts: bool, tmp_path: Path) -> None:
    warga = await _neighbourhood(start)
    async with chromium() as browser:
        phone = await Phone.open(browser, warga.url, has_scripts=has_scripts)
        page = phone.page

        await phone.visit("/sign-up")
        await page.fill("#name", "ani")
        await page.fill("#password", "rahasia sekali")
        await phone.send("main form button")
        assert phone.path == "/"

        await phone.visit("/compose")
        await page.fill("#source", "Selamat pagi, *Tebet*!")
        await phone.send("main form button.primary")
        assert phone.path.startswith("/p/")
        assert await page.locator(".prose em").first.text_content() == "Tebet"

        await page.fill("#reply textarea", "Pagi juga.")
        await phone.send("#reply button.primary")
        assert await page.locator("#comments .comment").count() == 1

        # With scripts the vote changes in place, without them the page comes again.
        await page.click('.post .vote button[value="1"]')
        await page.wait_for_selector('.post .vote button[value="1"][aria-pressed="true"]')
        await phone.look()

        await phone.visit("/communities/new")
        await page.fill("[name=name]", "manggarai")
        await page.fill("[name=title]", "Warga Manggarai")
        await phone.send("main form button.primary")
        assert phone.path == "/c/manggarai"

        await phone.visit("/c/tebet")
        await phone.send('form[action="/c/tebet/join"] button')
        assert await page.locator('form[action="/c/tebet/leave"]').count() == 1

        await phone.visit("/report")
        assert (await page.locator("[data-locate]").get_attribute("hidden") is None) == has_scripts
        await page.fill("#title", "Lubang di depan stasiun")
        await page.select_option("#category", "JALAN-LUBANG")
        await page.select_option("#area", "31.74.01.1001")
        await page.fill("#description", "Sudah dua motor jatuh.")
        await page.locator("[name=community]").first.check()
        await phone.send("form[data-report-form] button.primary")
        assert phone.path.startswith("/report/received/"), await page.locator("main").inner_text()
        await phone.visit("/reports")
        await phone.send('main a[href^="/civic/"]')

        await phone.visit("/chats/new")
        await page.fill("#to", "@rina")
        await page.fill("#text", "Halo, Rina!")
        await phone.send("main form button.primary")
        assert "Halo, Rina!" in await page.locator(".log").inner_text()

        await page.screenshot(path=tmp_path / "chat.png")
        await phone.send('form[action="/sign-out"] button')
        await phone.visit("/settings")
        assert phone.path == "/sign-in"
    assert phone.troubles == []


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
async def test_every_page_fits_a_phone_and_asks_nobody_else(start: Start, has_scripts: bool) -> None:
    warga = await _neighbourhood(start)
    async with warga.inside() as site:
        posts = await Post.filter(boost_of_id=None).order_by("id").select_related("author")
        bayu = await warga.user("bayu")
        await reporting.report(site, bayu.actor, posts[0].author, posts, LONG)
    threads = [f"/p/{post.id}" for post in posts]
    async with chromium() as browser:
        visitor = await Phone.open(browser, warga.url, has_scripts=has_scripts)
        for path in (*FOR_VISITORS, *threads):
            await visitor.visit(path)
        member = await Phone.open(browser, warga.url, has_scripts=has_scripts)
        await _sign_in(member, warga, "ani")
        for path in (*FOR_MEMBERS, *threads, *(f"/moderation/report?post={post.id}" for post in posts)):
            await member.visit(path)
            assert member.path == path.partition("?")[0]
        boss = await Phone.open(browser, warga.url, has_scripts=has_scripts)
        await _sign_in(boss, warga, "boss", Role.ADMIN)
        for path in FOR_THE_TEAM:
            await boss.visit(path)
            assert boss.path == path
    assert visitor.troubles + member.troubles + boss.troubles == []


async def test_somebody_is_reported_and_the_case_closed_on_a_phone(start: Start) -> None:
    warga = await _neighbourhood(start)
    async with warga.inside():
        post = await Post.all().order_by("-id").first()
        assert post is not None
    async with chromium() as browser:
        phone = await Phone.open(browser, warga.url, has_scripts=False)
        await _sign_in(phone, warga, "ani")
        await phone.visit(f"/p/{post.id}")
        await phone.page.locator(".post .menu summary").first.click()
        await phone.send('.menu a[href^="/moderation/report"]')
        await phone.page.fill("#comment", "Iklan")
        await phone.send("main form button.primary")
        desk = await Phone.open(browser, warga.url, has_scripts=False)
        await _sign_in(desk, warga, "mod", Role.MODERATOR)
        await desk.visit("/moderation")
        await desk.page.locator("details.more:has(form[action$='/remove']) summary").click()
        await desk.page.fill("form[action$='/remove'] [name=reason]", "iklan")
        await desk.send("form[action$='/remove'] button")
        assert await desk.page.locator("form[action$='/restore']").count() == 1
        await desk.page.fill("[name=answer]", "Terima kasih")
        await desk.send("form[action$='/resolve'] button")
        assert await desk.page.locator("section form[action$='/resolve']").count() == 0
    assert phone.troubles + desk.troubles == []


def _attacks() -> list[tuple[str, list[str]]]:
    """The first thirty lines of each list of script injections."""
    folder = Path(os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")) / "badinput" / "xss"
    lists = sorted(folder.glob("*.txt")) if folder.is_absolute() else []
    return [
        (path.name, path.read_text("utf-8", "replace").replace("\0", "").splitlines()[:30]) for path in lists
    ]


async def test_s063_no_known_script_injection_runs(start: Start) -> None:
    """Written here, as Markdown; and sent by another server, as HTML."""
    attacks = _attacks()
    if not attacks:
        pytest.skip("SEBANGSA_TEST_DOCUMENTS names no folder with badinput/xss")
    warga = await start("warga")
    rina = await warga.user("rina", display_name='"><script>alert(1)</script>')
    async with foreign_server("jahat") as jahat:
        dewi = jahat.actor("dewi")
        assert (await dewi.send(warga, dewi.activity("Follow", rina.actor.uri)))[0] == 202
        for name, lines in attacks:
            note = dewi.note(
                name, "\n".join(lines), to=[PUBLIC, rina.actor.uri], summary="<svg onload=alert(3)>"
            )
            note["tag"] = [{"type": "Mention", "href": rina.actor.uri, "name": "@rina"}]
            assert (await dewi.send(warga, dewi.activity("Create", note)))[0] == 202
        await settle(warga)
    async with warga.inside() as site:
        assert await Post.filter(is_local=False).count() == len(attacks), await unfinished(site)
        for _, lines in attacks:
            for separator in ("\n\n", " "):
                source = separator.join(lines)[:10_000]
                await create_post(site, rina.actor, Draft(source=source, summary="<svg onload=alert(2)>"))
        ids = [post.id for post in await Post.all().order_by("id")]
    async with chromium() as browser:
        phone = await Phone.open(browser, warga.url, has_scripts=True)
        for path in ("/public", "/u/rina", *(f"/p/{post_id}" for post_id in ids)):
            await phone.page.goto(warga.url + path)
            for veil in await phone.page.locator(".veil summary").all():
                await veil.click()
            found = await phone.page.evaluate(
                "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
                ".filter(a => /^on/i.test(a.name) || /^\\s*(javascript|vbscript|data):/i.test(a.value))"
                ".map(a => a.name + '=' + a.value)"
            )
            assert found == [], path
            own = await phone.page.locator(
                "main script, main style, main iframe, main object, main embed"
            ).count()
            assert own == 0, path
    assert phone.troubles == []
