"""The pages and the client API of reports, over HTTP, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from civic_bridge import bodies
from civic_bridge.models import CivicCommunity, Report
from communities.describing import Description
from communities.founding import create_community
from sebangsa.media.generated_photos import draw_photo
from sebangsa.models import User
from sebangsa.oauth.tokens import issue_token
from tests.civic.city import City, office_on
from tests.instances import Instance

API = "/api/sebangsa/v1/reports"


class Browser:
    """A visitor without JavaScript: keeps cookies, fills the form of the page last seen."""

    def __init__(self, instance: Instance, cookies: dict[str, str] | None = None) -> None:
        self.instance = instance
        self.cookies = dict(cookies or {})
        self.text = ""
        self.csrf = ""

    async def get(self, path: str) -> int:
        headers = {"accept": "text/html"}
        async with self.instance.http.get(
            self.instance.url + path, cookies=self.cookies, headers=headers
        ) as answer:
            self.cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
            self.text = await answer.text()
            return answer.status

    async def post(self, path: str, fields: dict[str, Any], photos: int = 0) -> tuple[int, str]:
        """Send a form; (status, where it leads)."""
        form = aiohttp.FormData(default_to_multipart=True)
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.text)
        self.csrf = csrf[1] if csrf else self.csrf
        form.add_field("csrf", self.csrf)
        for name, value in fields.items():
            form.add_field(name, str(value))
        for number in range(photos):
            form.add_field(
                "photos",
                draw_photo("pothole", number),
                filename="IMG_20261124.jpg",
                content_type="image/jpeg",
            )
        url = self.instance.url + path
        async with self.instance.http.post(
            url, data=form, cookies=self.cookies, allow_redirects=False
        ) as answer:
            self.text = await answer.text()
            return answer.status, answer.headers.get("location", "")


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    """One server with a community that takes reports and an office."""
    made = await start("warga")
    budi, rina = await made.user("budi"), await made.user("rina")
    office = await office_on(made, "binamarga", budi)
    async with made.inside() as site:
        community = await create_community(site, "tebet", rina.actor, Description(title="Warga Tebet"))
        await bodies.take_reports(site, community, default_body=office, area_code="31.74.01")
    return made


async def ani_on(warga: Instance) -> tuple[User, Browser]:
    ani = await warga.user("ani")
    return ani, Browser(warga, await warga.signed_in(ani))


async def officer_on(warga: Instance) -> Browser:
    async with warga.inside():
        budi = await User.get(actor__local_name="budi").select_related("actor")
    return Browser(warga, await warga.signed_in(budi))


async def filled(warga: Instance, browser: Browser) -> dict[str, Any]:
    async with warga.inside():
        civic = await CivicCommunity.get()
    key = re.search(r'name="key" value="([^"]+)"', browser.text)
    return {
        "key": key[1] if key else "", "community": civic.id, "category": "JALAN-LUBANG", "title": "Lubang dalam",
        "description": "Sudah dua motor jatuh.", "area": "31.74.01.1001",
    }  # fmt: skip


async def filed(warga: Instance, browser: Browser, **changes: Any) -> str:
    """File a report through the form; its number."""
    assert await browser.get("/report") == 200
    status, where = await browser.post("/report", await filled(warga, browser) | changes, photos=1)
    assert status == 303, browser.text
    return where.rpartition("/")[2]


async def test_a_citizen_files_a_report_and_gets_a_number(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    number = await filed(warga, browser)
    assert await browser.get(f"/report/received/{number}") == 200
    assert number in browser.text
    stranger = Browser(warga)
    assert await stranger.get(f"/civic/{number}") == 200
    assert "Lubang dalam" in stranger.text
    assert "Menunggu" in stranger.text
    assert await stranger.get("/reports") == 200
    assert number in stranger.text
    assert "Tebet Timur: 1" in stranger.text
    assert await stranger.get(f"/reports/find?q={number}") == 200


async def test_the_form_needs_an_account_and_says_the_emergency_numbers(warga: Instance) -> None:
    stranger = Browser(warga)
    async with warga.http.get(f"{warga.url}/report", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=/report")
    assert (await stranger.post("/report", {}))[0] in (401, 403, 303)
    _, browser = await ani_on(warga)
    await browser.get("/report")
    assert all(f"tel:{number}" in browser.text for number in ("112", "110", "113", "119"))


async def test_a_mistake_keeps_what_was_typed_and_the_photos(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    await browser.get("/report")
    fields = await filled(warga, browser)
    status, _ = await browser.post("/report", fields | {"title": ""}, photos=2)
    assert status == 422
    assert "Sudah dua motor jatuh." in browser.text
    kept = re.findall(r'name="kept" value="(\d+)"', browser.text)
    assert len(kept) == 2
    status, where = await browser.post("/report", fields | {"kept": kept[0]})
    assert status == 303
    async with warga.inside():
        report = await Report.get(reference=where.rpartition("/")[2]).prefetch_related("post__attachments")
        assert [str(photo.id) for photo in report.post.attachments] == [kept[0]]


async def test_similar_reports_and_danger_are_shown_once_before_sending(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    number = await filed(warga, browser)
    await browser.get("/report")
    fields = await filled(warga, browser)
    status, _ = await browser.post("/report", fields | {"title": "Jalan berlubang, ada kecelakaan"})
    assert status == 200
    assert number in browser.text
    assert 'name="confirmed"' in browser.text
    status, _ = await browser.post("/report", fields | {"confirmed": 1, "not_urgent": 1})
    assert status == 303
    async with warga.inside():
        assert await Report.all().count() == 2


async def test_the_same_form_sent_twice_leads_to_the_same_number(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    await browser.get("/report")
    fields = await filled(warga, browser) | {"confirmed": 1}
    first = await browser.post("/report", fields)
    again = await browser.post("/report", fields)
    assert first == again


async def test_an_officer_answers_from_the_desk_and_the_reporter_confirms(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    number = await filed(warga, browser)
    desk = await officer_on(warga)
    assert await desk.get("/reports") == 200
    assert 'href="/desk"' in desk.text
    assert await desk.get("/desk") == 200
    assert number in desk.text
    async with warga.inside():
        report = await Report.get()
    status, where = await desk.post("/desk/assign", {"report": report.id, "text": "Ke lapangan."})
    assert (status, where) == (303, "/desk?done=1&failed=0")
    await desk.get(f"/civic/{number}")
    status, _ = await desk.post(f"/civic/{number}/answer", {"to": "resolved-claimed", "text": "Beres."})
    assert status == 422  # without a photo
    await desk.get(f"/civic/{number}")
    status, _ = await desk.post(
        f"/civic/{number}/answer", {"to": "resolved-claimed", "text": "Beres.", "expected": ""}, photos=1
    )
    assert status == 303
    await browser.get(f"/civic/{number}")
    assert "Selesai menurut dinas" in browser.text
    assert (await browser.post(f"/civic/{number}/confirm", {"text": "Mulus."}))[0] == 303
    await browser.get(f"/civic/{number}")
    assert "Selesai, dibenarkan pelapor" in browser.text
    async with warga.inside():
        assert (await Report.get()).seq == 3


async def test_others_see_no_forms_and_can_send_none(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    number = await filed(warga, browser)
    tono = await warga.user("tono")
    other = Browser(warga, await warga.signed_in(tono))
    await other.get(f"/civic/{number}")
    assert "/answer" not in other.text
    await other.get("/report")  # for a form's token
    assert (await other.post(f"/civic/{number}/answer", {"to": "acknowledged"}))[0] == 403
    await other.get("/report")
    assert (await other.post(f"/civic/{number}/confirm", {}))[0] == 403
    assert await other.get("/desk") == 403
    assert await other.get("/reports") == 200
    assert 'href="/desk"' not in other.text
    async with warga.inside():
        assert (await Report.get()).seq == 0


async def test_the_page_of_an_office_and_of_a_posts_thread(warga: Instance) -> None:
    _, browser = await ani_on(warga)
    number = await filed(warga, browser)
    assert await browser.get("/bodies/binamarga") == 200
    assert "Jakarta Selatan" in browser.text
    async with warga.inside():
        report = await Report.get()
    assert await browser.get(f"/p/{report.post_id}") == 200
    assert f"/civic/{number}" in browser.text  # the panel
    assert await browser.get("/bodies/nobody") == 404
    assert await browser.get("/civic/SBG-3174-26-999999") == 404


@pytest.mark.parametrize(
    "query",
    [
        "state=%3Cscript%3E",
        "area=..%2F..",
        "category=x%27--",
        "older_than=-1",
        f"before={'9' * 30}",
        "sort=%00",
    ],
)
async def test_strange_filters_are_passed_over(warga: Instance, query: str) -> None:
    browser = Browser(warga)
    assert await browser.get(f"/reports?{query}") == 200
    assert "<script>" not in browser.text.replace("<script ", "")


async def bearer(warga: Instance, user: User, scopes: str = "read write") -> dict[str, str]:
    async with warga.inside() as site:
        return {"authorization": f"Bearer {await token_of(site, user, scopes)}"}


async def token_of(site: Any, user: User, scopes: str) -> str:
    made = await issue_token(site, app=None, user=user, scopes=scopes)
    return str(made[1] if isinstance(made, tuple) else made)


async def test_the_api_files_lists_and_shows_reports_and_a_key_counts_once(warga: Instance) -> None:
    ani = await warga.user("ani")
    headers = await bearer(warga, ani) | {"idempotency-key": "01JD8"}
    body = {
        "community": "tebet", "category": "JALAN-LUBANG", "title": "Lubang", "description": "Dalam.",
        "lat": "-6.226312", "lon": "106.857904",
    }  # fmt: skip
    async with warga.http.post(warga.url + API, json=body, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        made = await answer.json()
    async with warga.http.post(warga.url + API, json=body, headers=headers) as answer:
        assert (await answer.json())["reference"] == made["reference"]
    assert (made["status"], made["area_code"], made["office"]["handle"]) == (
        "received",
        "31.74.01.1001",
        "binamarga",
    )
    async with warga.http.get(f"{warga.url}{API}?area=31.74&category=JALAN&state=open") as answer:
        assert [row["reference"] for row in await answer.json()] == [made["reference"]]
    async with warga.http.get(f"{warga.url}{API}/{made['reference']}") as answer:
        shown = await answer.json()
    assert shown["timeline"] == []
    assert "idempotency_key" not in shown
    async with warga.http.get(f"{warga.url}{API}/SBG-0-0-0") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"category": "NO"}, 422), ({"lat": "north"}, 422), ({"lat": "106.8", "lon": "-6.2"}, 422),
     ({"community": "nobody"}, 404), ({"media_ids": ["7"]}, 422), ({"title": ["a", "b"]}, 422)],
)  # fmt: skip
async def test_the_api_refuses_what_cannot_be_with_a_code(
    warga: Instance, changes: dict[str, Any], status: int
) -> None:
    ani = await warga.user("ani")
    body = {
        "community": "tebet",
        "category": "JALAN-LUBANG",
        "title": "Lubang",
        "area_code": "31.74.01.1001",
    } | changes
    async with warga.http.post(warga.url + API, json=body, headers=await bearer(warga, ani)) as answer:
        assert answer.status == status, await answer.text()
        assert (await answer.json())["code"]
    async with warga.inside():
        assert not await Report.exists()


async def test_the_api_takes_no_report_without_a_person(warga: Instance) -> None:
    async with warga.http.post(warga.url + API, json={"title": "x"}) as answer:
        assert answer.status == 401
    ani = await warga.user("ani")
    async with warga.http.post(
        warga.url + API, json={"title": "x"}, headers=await bearer(warga, ani, "read")
    ) as answer:
        assert answer.status == 403


async def test_both_servers_show_the_same_timeline(city: City) -> None:
    report = await city.file()
    await city.answer(report, "acknowledged", "Kami cek hari ini.")
    for instance in (city.warga, city.kota):
        browser = Browser(instance)
        assert await browser.get(f"/civic/{report.reference}") == 200
        assert "Kami cek hari ini." in browser.text
        assert "Diterima" in browser.text
        assert "/u/budi" not in browser.text  # the office speaks, not one of its people
