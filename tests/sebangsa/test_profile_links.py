"""What a profile says of somebody: read and published in both forms (FEP-fb2a), its links confirmed by `rel="me"`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from federation.actor_document import actor_document
from federation.actors import resolve_actor
from federation.models import Actor
from sebangsa.api.entities.accounts import account
from sebangsa.models import User
from sebangsa.profiles import ProfileEdit, edit_profile
from sebangsa.verifying import link_alone, names_one_of, verify_links
from tests.foreign_server import ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]


@dataclass
class Profile:
    """Ani at warga, and a web server that is hers or somebody's."""

    warga: Instance
    ani: User
    web: ForeignServer
    other: ForeignServer

    async def names(self, *fields: tuple[str, str]) -> list[str | None]:
        """Write these lines; when each was confirmed."""
        async with self.warga.inside() as site:
            user = await User.get(id=self.ani.id).select_related("actor")
            await edit_profile(site, user, ProfileEdit(fields=fields))
        await settle(self.warga)
        return await self.confirmed()

    async def confirmed(self) -> list[str | None]:
        async with self.warga.inside() as site:
            shown = account(site, await Actor.get(id=self.ani.actor_id))
        return [entry["verified_at"] for entry in shown["fields"]]

    def links_to(self, address: str, rel: str = "me") -> str:
        return f'<!doctype html><p>Halo <a href="{address}" rel="{rel}">saya</a>'


@pytest.fixture
async def profile(start: Start, database: str) -> AsyncIterator[Profile]:
    async with foreign_server("ani") as web, foreign_server("lain") as other:
        warga = await start("warga", database=database)
        yield Profile(warga, await warga.user("ani"), web, other)


async def test_a_page_that_links_back_is_confirmed_and_its_host_is_shown(profile: Profile) -> None:
    profile.web.pages["/tentang"] = profile.links_to(f"{profile.warga.url}/@ani", rel="nofollow me")
    profile.web.pages["/lain"] = profile.links_to(f"{profile.warga.url}/@budi")
    profile.web.pages["/biasa"] = profile.links_to(f"{profile.warga.url}/@ani", rel="nofollow")
    found = await profile.names(
        ("Situs", f"{profile.web.origin}/tentang"),
        ("Lain", f"{profile.web.origin}/lain"),
        ("Biasa", f"{profile.web.origin}/biasa"),
        ("Kalimat", f"lihat {profile.web.origin}/tentang"),
    )
    assert [entry is not None for entry in found] == [True, False, False, False]
    async with profile.warga.http.get(
        f"{profile.warga.url}/u/ani", headers={"accept-language": "en"}
    ) as answer:
        page = await answer.text()
    assert page.count("Confirmed:") == 1
    assert f"<bdi>{profile.web.host}</bdi>" in page
    assert 'rel="me nofollow' in page


async def test_a_confirmed_line_stays_so_while_it_is_the_same(profile: Profile) -> None:
    line = ("Situs", f"{profile.web.origin}/")
    profile.web.pages["/"] = profile.links_to(profile.ani.actor.uri)
    [first] = await profile.names(line)
    assert first is not None
    assert await profile.names(line, ("Kota", "Jakarta")) == [first, None]
    assert await profile.names(("Situs", f"{profile.web.origin}/x")) == [None]


@pytest.mark.parametrize(("page", "stays"), [("empty", False), ("missing", False), ("broken", True)])
async def test_a_page_that_links_back_no_more_is_confirmed_no_more(
    profile: Profile, page: str, stays: bool
) -> None:
    profile.web.pages["/"] = profile.links_to(profile.ani.actor.uri)
    [first] = await profile.names(("Situs", f"{profile.web.origin}/"))
    assert first is not None
    del profile.web.pages["/"]
    if page == "empty":
        profile.web.pages["/"] = "<p>Kosong"
    elif page == "broken":
        profile.web.documents["/"] = {"id": "no page"}  # out of order for now: that is no answer
    async with profile.warga.inside() as site:
        await verify_links(site, profile.ani.actor_id)
    assert await profile.confirmed() == [first if stays else None]


async def test_s068_a_page_that_leads_on_to_another_host_confirms_nothing(profile: Profile) -> None:
    profile.other.pages["/"] = profile.links_to(profile.ani.actor.uri)
    profile.web.redirects["/pergi"] = f"{profile.other.origin}/"
    assert await profile.names(("Bank", f"{profile.web.origin}/pergi")) == [None]


async def test_lines_are_published_in_both_forms_and_read_once(profile: Profile) -> None:
    await profile.names(("Kota", "Jakarta"), ("Situs", "https://ani.example/"))
    async with profile.warga.inside() as site:
        ani = await Actor.get(id=profile.ani.actor_id)
        document = await actor_document(site.federation.config, ani)
    assert [(entry["type"], entry["name"]) for entry in document["attachment"]] == [
        ("PropertyValue", "Kota"),
        ("PropertyValue", "Situs"),
        ("Note", "Kota"),
        ("Note", "Situs"),
    ]
    newer = [{"type": "Note", "name": "Kota", "content": "<b>Bandung</b><script>x</script>"}]
    older = [{"type": "PropertyValue", "name": "Kota", "value": "Bogor"}]
    for name, attachment, value in (
        ("baru", [*older, *newer], "<strong>Bandung</strong>"),
        ("lama", older, "Bogor"),
    ):
        dewi = profile.web.actor(name, attachment=attachment)
        async with profile.warga.inside() as site:
            [entry] = (await resolve_actor(site.federation, dewi.uri)).profile_fields
        assert entry["name"] == "Kota"
        assert entry["value"].replace("<b>", "<strong>").replace("</b>", "</strong>") == value


async def test_the_settings_page_keeps_the_lines(profile: Profile) -> None:
    browser = await FormBrowser.of(profile.warga, profile.ani)
    status, _ = await browser.post(
        "/settings",
        part="profile",
        display_name="Ani",
        field_name_1="Kota",
        field_value_1="Jakarta",
        field_name_2="",
        field_value_2="",
    )
    assert status == 303
    _, page = await browser.get("/settings")
    assert 'value="Jakarta"' in page
    await browser.post("/settings", part="profile", display_name="Ani Wati")
    async with profile.warga.inside():
        ani = await Actor.get(id=profile.ani.actor_id)
    assert [entry["name"] for entry in ani.profile_fields] == ["Kota"]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://ani.example/x", "https://ani.example/x"),
        (" https://ani.example ", "https://ani.example"),
        ("http://ani.example", None),
        ("lihat https://ani.example", None),
        ("https://ani.example lihat", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_only_an_address_alone_can_be_confirmed(text: str, link: str | None) -> None:
    assert link_alone(text) == link


@pytest.mark.parametrize(
    ("page", "says_so"),
    [
        ('<a rel="me" href="https://warga.example/@ani">', True),
        ('<A REL="ME noopener" HREF="https://WARGA.example/@ani/">', True),
        ('<link rel="me" href="https://warga.example/u/ani">', True),
        ('<a rel="mee" href="https://warga.example/@ani">', False),
        ('<a href="https://warga.example/@ani">', False),
        ('<a rel="me" href="https://warga.example/@anita">', False),
        ('<a rel="me" href="https://warga.example@evil.example/@ani">', False),
        ('<a rel="me" href="//warga.example/@ani">', False),
        ('<!-- <a rel="me" href="https://warga.example/@ani"> -->', False),
        ('<script>"<a rel=me href=https://warga.example/@ani>"</script>', False),
        ("", False),
        ("\x00<<a rel=me href=", False),
    ],
)
def test_what_a_page_must_say_to_confirm_a_link(page: str, says_so: bool) -> None:
    addresses = {"https://warga.example/@ani", "https://warga.example/u/ani"}
    assert names_one_of(page.encode(), addresses) is says_so
