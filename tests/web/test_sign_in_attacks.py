"""Guessing, fixed sessions, forged host names: what strangers try at the door (S-073, S-087, S-088)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from sebangsa.accounts import make_link
from sebangsa.models import Session
from tests.form_browser import FormBrowser
from tests.instances import Instance

SECRET = "rahasia sekali"


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def test_s087_no_cookie_from_before_signing_in_is_signed_in_after(warga: Instance) -> None:
    ani = await warga.user("ani")
    planted = FormBrowser(warga, {"session": "chosen-by-somebody-else"})
    await planted.get("/sign-in")
    before = dict(planted.cookies)
    assert (await planted.post("/sign-in", login="ani", password=SECRET))[0] == 303
    assert planted.cookies["session"] not in before.values()
    for cookies in (before, {"session": "chosen-by-somebody-else"}):
        assert "ani" not in (await FormBrowser(warga, cookies).get("/"))[1]
    first = planted.cookies["session"]
    assert (await planted.post("/sign-in", login="ani", password=SECRET))[0] == 303
    assert planted.cookies["session"] != first
    async with warga.inside() as site:
        assert await Session.filter(token_hash="chosen-by-somebody-else").count() == 0
        link = await make_link(site, "reset-password", ani)
    again = FormBrowser(warga, dict(planted.cookies))
    path = link.removeprefix(warga.url)
    assert (await again.post(path, password="rahasia yang baru"))[0] == 303
    assert again.cookies["session"] != planted.cookies["session"]
    assert "/sign-out" not in (await planted.get("/"))[1], "a new password ends the sessions from before"


async def test_s088_guessing_is_slowed_by_name_and_by_address_and_locks_nobody_out(warga: Instance) -> None:
    await warga.user("ani")
    warga.site.limiter.is_on = True
    guesser = FormBrowser(warga)
    logins = ["ani", "@ani", " ANI ", "Ani"]
    guessed = [
        (await guesser.post("/sign-in", login=logins[number % 4], password=f"salah {number}"))[0]
        for number in range(27)
    ]
    assert guessed[:25] == [422] * 25
    assert guessed[25:] == [429] * 2
    # Each bucket by itself: another name from the same address, the same name from another address.
    assert (await guesser.post("/sign-in", login="budi", password="salah"))[0] == 429
    counter = warga.site.limiter._counter
    kept = dict(counter._windows)  # type: ignore[attr-defined]
    assert {name for name in kept if name.startswith("sign-in:")} == {
        "sign-in:from 127.0.0.1",
        "sign-in:as ani",
    }
    del counter._windows["sign-in:from 127.0.0.1"]  # type: ignore[attr-defined]
    assert (await guesser.post("/sign-in", login="ani", password=SECRET))[0] == 429
    counter._windows.clear()  # type: ignore[attr-defined] # five minutes later
    assert (await guesser.post("/sign-in", login="ani", password=SECRET))[0] == 303


FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Server": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "X-Original-URL": "http://evil.example/",
}


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/", "text/html"),
        ("/u/ani", "text/html"),
        ("/sign-in", "text/html"),
        ("/u/ani", "application/activity+json"),
        ("/actor", "application/activity+json"),
        ("/.well-known/webfinger?resource=acct:ani@{host}", "*/*"),
        ("/.well-known/nodeinfo", "*/*"),
        ("/.well-known/host-meta", "*/*"),
        ("/api/v1/instance", "*/*"),
        ("/api/v2/instance", "*/*"),
        ("/nothing/here", "text/html"),
    ],
)
async def test_s073_a_forged_host_is_in_no_page_document_or_redirect(
    warga: Instance, path: str, accept: str
) -> None:
    await warga.user("ani")
    url = warga.url + path.replace("{host}", warga.url.removeprefix("http://"))
    async with warga.http.get(url, headers=FORGED | {"Accept": accept}, allow_redirects=False) as answer:
        assert answer.status < 500
        said = await answer.text() + str(dict(answer.headers))
    assert "evil.example" not in said
    assert "gopher" not in said
