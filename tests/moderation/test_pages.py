"""Reporting and moderating in a browser without scripts, and the commands for blocked servers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from federation.models import Actor
from moderation import log
from moderation.models import Case, CaseState, DomainBlock
from sebangsa.accounts import sign_up, user_by_name
from sebangsa.cli import main
from sebangsa.models import Invite, Notification, Post, Role, User, Visibility
from sebangsa.posting import Draft, create_post
from sebangsa.settings import DEFAULT_FEATURES
from tests.foreign_server import foreign_server
from tests.instances import Instance, settle

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """Somebody with a browser that runs no scripts; without `user` a visitor."""

    def __init__(self, instance: Instance, cookies: dict[str, str]) -> None:
        self.instance = instance
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.headers = {"accept": "text/html", "accept-language": "en", "cookie": cookie}

    async def get(self, path: str) -> tuple[int, str]:
        async with self.instance.http.get(
            self.instance.url + path, headers=self.headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, form_on: str = "/settings", **fields: str) -> tuple[int, str]:
        """Send a form with the token of the page `form_on`; status, and where it leads or what it says."""
        _, text = await self.get(form_on)
        found = CSRF.search(text)
        assert found is not None, form_on
        async with self.instance.http.post(
            self.instance.url + path,
            data=fields | {"csrf": found[1]},
            headers=self.headers,
            allow_redirects=False,
        ) as answer:
            return answer.status, answer.headers.get("location", "") or await answer.text()


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def _browser(instance: Instance, user: User) -> Browser:
    return Browser(instance, await instance.signed_in(user))


async def _written(instance: Instance, author: User, **draft: object) -> Post:
    async with instance.inside() as site:
        return await create_post(site, author.actor, Draft(**({"source": "Kabar <b>iklan"} | draft)))  # type: ignore[arg-type]


async def test_a_report_goes_from_the_posts_menu_to_the_desk_and_its_answer_back(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    moderator = await warga.user("mod", role=Role.MODERATOR)
    post = await _written(warga, budi)
    reporter, desk = await _browser(warga, ani), await _browser(warga, moderator)
    path = f"/moderation/report?post={post.id}"
    assert path in (await reporter.get(f"/p/{post.id}"))[1]
    assert path not in (await (await _browser(warga, budi)).get(f"/p/{post.id}"))[1]
    assert "iklan" in (await reporter.get(path))[1]
    status, text = await reporter.post(path, comment="  ")
    assert (status, "wrong-text" in text) == (422, True)
    assert await reporter.post(path, comment="Menghina <i>") == (303, "/moderation/report?sent=1")
    assert (await reporter.get("/moderation/report?sent=1"))[0] == 200
    status, text = await desk.get("/moderation")
    assert status == 200
    assert "Menghina &lt;i&gt;" in text
    assert f'id="p{post.id}"' in text
    async with warga.inside():
        case = await Case.get()
    done = await desk.post(f"/moderation/posts/{post.id}/remove", reason="kasar", next="/moderation")
    assert done == (303, "/moderation")
    assert (await reporter.get(f"/p/{post.id}"))[0] == 404
    assert f"/moderation/posts/{post.id}/restore" in (await desk.get("/moderation"))[1]
    assert (await desk.post(f"/moderation/posts/{post.id}/restore"))[0] == 303
    assert (await reporter.get(f"/p/{post.id}"))[0] == 200
    assert (await desk.post(f"/moderation/cases/{case.id}/resolve", answer="Ditegur"))[0] == 303
    assert "Menghina" not in (await desk.get("/moderation"))[1]
    assert "Ditegur" in (await reporter.get("/notifications"))[1]
    async with warga.inside():
        assert (await Case.get()).state == CaseState.RESOLVED


async def test_a_suspension_ends_sessions_and_is_lifted_again_by_forms(warga: Instance) -> None:
    budi, moderator = await warga.user("budi"), await warga.user("mod", role=Role.MODERATOR)
    accused, desk = await _browser(warga, budi), await _browser(warga, moderator)
    assert "/moderation/people/budi" in (await desk.get("/u/budi"))[1]
    assert (await desk.get("/moderation/people/budi"))[0] == 200
    suspended = await desk.post("/moderation/people/budi/suspend", reason="spam")
    assert suspended == (303, "/moderation/people/budi")
    assert (await accused.get("/settings"))[0] == 303
    assert "/unsuspend" in (await desk.get("/moderation/people/budi"))[1]
    assert (await desk.post("/moderation/people/budi/unsuspend"))[0] == 303
    async with warga.inside():
        assert (await Actor.get(id=budi.actor_id)).suspended_at is None


async def test_the_log_is_for_everybody_and_has_pages(warga: Instance) -> None:
    boss = await warga.user("boss", role=Role.ADMIN)
    async with warga.inside() as site:
        for number in range(log.PAGE + 1):
            await log.write(site, boss.actor, "block-domain", f"jahat{number}.example", "<b>sampah")
    visitor = Browser(warga, {})
    assert "/moderation/log" in (await visitor.get("/about"))[1]
    status, text = await visitor.get("/moderation/log")
    assert (status, "&lt;b&gt;sampah" in text, "jahat0.example" in text) == (200, True, False)
    older = re.search(r"/moderation/log\?before=\d+", text)
    assert older is not None
    assert "jahat0.example" in (await visitor.get(older[0]))[1]
    for query in ("before=x", f"before={2**63}", "before=%00", "before=-1"):
        assert (await visitor.get(f"/moderation/log?{query}"))[0] == 200, query


async def test_s131_what_moderators_do_is_refused_to_others(warga: Instance) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    moderator = await warga.user("mod", role=Role.MODERATOR)
    await warga.user("boss", role=Role.ADMIN)
    post = await _written(warga, budi)
    member, visitor = await _browser(warga, ani), Browser(warga, {})
    for path in ("/moderation", "/moderation/domains", "/moderation/people/budi"):
        assert (await member.get(path))[0] == 403, path
        assert (await visitor.get(path))[0] == 303, path
    assert "/moderation/people" not in (await member.get("/u/budi"))[1]
    assert 'href="/moderation"' not in (await member.get("/"))[1]
    for path in (
        f"/moderation/posts/{post.id}/remove",
        "/moderation/people/budi/suspend",
        "/moderation/cases/1/resolve",
        "/moderation/domains/unblock",
        "/moderation/domains",
    ):
        assert (await member.post(path, domain="jahat.example", reason="x"))[0] == 403, path
    desk = await _browser(warga, moderator)
    assert 'href="/moderation"' in (await desk.get("/"))[1]
    assert (await desk.get("/moderation/domains"))[0] == 403
    assert (await desk.post("/moderation/people/boss/suspend"))[0] == 403
    assert "suspend" not in (await desk.get("/moderation/people/boss"))[1]
    async with warga.inside():
        assert await log.entries() == []
        assert not await DomainBlock.exists()


async def test_a_moderator_on_a_phone_finds_the_desk_on_the_own_page(
    start: Callable[..., Awaitable[Instance]],
) -> None:
    """With every feature on, the bar at the bottom has no room for it."""
    warga = await start("warga", features=DEFAULT_FEATURES)
    desk = await _browser(warga, await warga.user("mod", role=Role.MODERATOR))
    link = 'href="/moderation"'
    assert (await desk.get("/u/mod"))[1].count(link) == (await desk.get("/"))[1].count(link) + 1


async def test_what_cannot_be_read_cannot_be_reported_and_bad_addresses_are_not_found(
    warga: Instance,
) -> None:
    ani, budi = await warga.user("ani"), await warga.user("budi")
    moderator = await warga.user("mod", role=Role.MODERATOR)
    secret = await _written(warga, budi, visibility=Visibility.FOLLOWERS)
    member, desk = await _browser(warga, ani), await _browser(warga, moderator)
    for query in (
        f"post={secret.id}",
        "post=1",
        f"post={2**63}",
        "post=x",
        "account=siapa",
        "account=%00",
        "",
    ):
        assert (await member.get(f"/moderation/report?{query}"))[0] == 404, query
        assert (await member.post(f"/moderation/report?{query}", comment="x"))[0] == 404, query
    status, _ = await member.post("/moderation/report?account=ani", comment="aku")
    assert status == 422
    for path in (
        "/moderation/posts/1/remove",
        f"/moderation/posts/{secret.id}/burn",
        f"/moderation/posts/{2**64}/remove",
        f"/moderation/cases/{2**64}/resolve",
        "/moderation/cases/1/resolve",
        "/moderation/people/siapa/suspend",
        "/moderation/people/budi/burn",
    ):
        assert (await desk.post(path, reason="x"))[0] == 404, path
    async with warga.inside():
        assert not await Case.exists()


async def test_somebody_of_another_server_is_reported_with_a_copy_to_it(warga: Instance) -> None:
    ani = await warga.user("ani")
    async with foreign_server("lain") as lain:
        rini = lain.actor("rini")
        assert (await rini.send(warga, rini.activity("Follow", ani.actor.uri)))[0] == 202
        await settle(warga)
        async with warga.inside():
            handle = (await Actor.get(username="rini")).handle
        member = await _browser(warga, ani)
        status, text = await member.get(f"/moderation/report?account={handle}")
        assert (status, 'name="forward"' in text) == (200, True)
        await member.post(f"/moderation/report?account={handle}", comment="spam", forward="1")
        async with warga.inside():
            assert (await Case.get()).is_forwarded
            assert not await Notification.filter(type="admin.report").exists()


async def test_administrators_block_and_unblock_servers_by_forms(warga: Instance) -> None:
    boss = await _browser(warga, await warga.user("boss", role=Role.ADMIN))
    for wrong in ("bukan host", warga.site.settings.domain, "", "a" * 300):
        status, text = await boss.post("/moderation/domains", domain=wrong, reason="x")
        assert (status, "wrong-text" in text) == (422, True), wrong
    done = await boss.post("/moderation/domains", domain="JAHAT.example.", reason="sampah")
    assert done == (303, "/moderation/domains")
    status, text = await boss.get("/moderation/domains")
    assert (status, "jahat.example" in text, "sampah" in text) == (200, True, True)
    assert (await boss.post("/moderation/domains/unblock", domain="jahat.example"))[0] == 303
    async with warga.inside():
        assert not await DomainBlock.exists()
        assert [entry.action for entry in await log.entries()] == ["unblock-domain", "block-domain"]


async def test_without_the_feature_no_menu_leads_to_it(start: Callable[..., Awaitable[Instance]]) -> None:
    plain = await start("polos", features=())
    ani, budi = await plain.user("ani"), await plain.user("budi")
    post = await _written(plain, budi)
    browser = await _browser(plain, ani)
    for path in (f"/p/{post.id}", "/u/budi", "/about"):
        status, text = await browser.get(path)
        assert (status, "/moderation" in text) == (200, False)


def test_servers_are_blocked_listed_and_unblocked_on_the_command_line(
    sqlite_templates: Callable[[tuple[str, ...]], Path], features: tuple[str, ...], tmp_path: Path
) -> None:
    shutil.copy(sqlite_templates(features), tmp_path / "sebangsa.sqlite3")
    environment = {
        "SEBANGSA_DATA_DIR": str(tmp_path),
        "SEBANGSA_URL": "http://warga.localhost:1",
        "SEBANGSA_SETTINGS": "",
        "SEBANGSA_FEATURES": ",".join(features),
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=environment)

    made = run("user", "create", "boss", "--role", "admin", "--password", "rahasia sekali")
    assert made.exit_code == 0, made.output
    blocked = run("domain", "block", "jahat.example", "--by", "boss", "--reason", "sampah")
    assert blocked.exit_code == 0, blocked.output
    assert "jahat.example\tsampah" in run("domain", "list").output
    assert run("domain", "block", "lain.example", "--by", "siapa", "--reason", "x").exit_code == 1
    assert run("domain", "unblock", "jahat.example", "--by", "boss").exit_code == 0
    assert run("domain", "list", "--json").output.strip() == "[]"


async def test_a_moderator_removes_a_post_from_its_page_and_restores_it_from_the_log(warga: Instance) -> None:
    budi, moderator = await warga.user("budi"), await warga.user("mod", role=Role.MODERATOR)
    post = await _written(warga, budi)
    desk, author = await _browser(warga, moderator), await _browser(warga, budi)
    remove = f"/moderation/posts/{post.id}/remove"
    assert remove in (await desk.get(f"/p/{post.id}"))[1]
    assert remove not in (await author.get(f"/p/{post.id}"))[1]
    assert await desk.post(remove, reason="kasar", next="/moderation/log") == (303, "/moderation/log")
    restore = f"/moderation/posts/{post.id}/restore"
    assert restore in (await desk.get("/moderation/log"))[1]
    assert restore not in (await Browser(warga, {}).get("/moderation/log"))[1]
    assert await desk.post(restore, next="/moderation/log") == (303, "/moderation/log")
    assert restore not in (await desk.get("/moderation/log"))[1]
    assert (await author.get(f"/p/{post.id}"))[0] == 200


async def test_moderators_answer_requests_for_accounts_and_invite_by_forms(
    start: Callable[..., Awaitable[Instance]],
) -> None:
    warga = await start("warga", registration="approval")
    moderator, budi = await warga.user("mod", role=Role.MODERATOR), await warga.user("budi")
    desk, page = await _browser(warga, moderator), "/moderation/accounts"
    async with warga.inside() as site:
        for name in ("ani", "spam"):
            await sign_up(site, name, password="rahasia sekali")
        ani, spam = await user_by_name("ani"), await user_by_name("spam")
    assert page in (await desk.get("/moderation"))[1]
    text = (await desk.get(page))[1]
    assert f"{page}/{ani.id}/approve" in text
    assert f"{page}/{spam.id}/refuse" in text
    for path in (page, f"{page}/{ani.id}/approve", f"{page}/invites"):
        stranger = await _browser(warga, budi)
        answered = await (stranger.get(path) if path == page else stranger.post(path, uses="1", days="1"))
        assert answered[0] == 403, path
    assert await desk.post(f"{page}/{ani.id}/approve") == (303, page)
    assert await desk.post(f"{page}/{spam.id}/refuse") == (303, page)
    assert (await desk.post(f"{page}/{ani.id}/nonsense"))[0] == 404
    assert (await desk.post(f"{page}/1/approve"))[0] == 404
    status, text = await desk.post(f"{page}/invites", uses="banyak", days="7")
    assert (status, "wrong-text" in text, 'value="banyak"' in text) == (422, True, True)
    assert await desk.post(f"{page}/invites", uses="3", days="7") == (303, page)
    async with warga.inside():
        assert (await user_by_name("ani")).approved_at is not None
        assert not await User.exists(id=spam.id)
        invite = await Invite.get()
    assert f"/sign-up?invite={invite.code}" in (await desk.get(page))[1]
    assert await desk.post(f"{page}/invites/{invite.id}/end") == (303, page)
    assert invite.code not in (await desk.get(page))[1]


async def test_an_administrator_deletes_an_account_for_good_and_the_log_says_why(warga: Instance) -> None:
    budi, moderator = await warga.user("budi"), await warga.user("mod", role=Role.MODERATOR)
    boss = await warga.user("boss", role=Role.ADMIN)
    desk, office = await _browser(warga, moderator), await _browser(warga, boss)
    where = "/moderation/people/budi"
    assert f"{where}/delete" not in (await desk.get(where))[1]
    assert (await desk.post(f"{where}/delete", reason="spam"))[0] == 403
    assert f"{where}/delete" in (await office.get(where))[1]
    assert (await office.post(f"{where}/delete"))[0] == 422
    assert await office.post(f"{where}/delete", reason="diminta lewat surat") == (303, "/moderation/log")
    assert "diminta lewat surat" in (await Browser(warga, {}).get("/moderation/log"))[1]
    async with warga.inside():
        assert (await Actor.get(id=budi.actor_id)).deleted_at is not None
        assert not await User.exists(id=budi.id)
