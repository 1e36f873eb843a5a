"""What caches may keep: a visitor's page until it changes, a member's never, a document for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from federation.endpoints.answers import is_known
from tests.instances import Instance

Start = Callable[..., Awaitable[Instance]]


async def ask(
    instance: Instance, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with instance.http.request(method, instance.url + path, headers=named) as answer:
        return (
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            await answer.read(),
        )


async def test_a_visitors_page_that_did_not_change_is_not_sent_again(start: Start) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    _, first, _ = await ask(warga, "/u/ani")
    cookie = first["set-cookie"].partition(";")[0]
    _, headers, page = await ask(warga, "/u/ani", Cookie=cookie)
    assert page
    assert headers["cache-control"] == "private, no-cache"
    assert headers["vary"] == "Accept, Cookie, Accept-Language"
    again = {"Cookie": cookie, "If_None_Match": headers["etag"]}
    for method in ("GET", "HEAD"):
        status, kept, body = await ask(warga, "/u/ani", method, **again)
        assert (status, body) == (304, b"")
        assert {kept[name] == headers[name] for name in ("etag", "cache-control", "vary")} == {True}
    async with warga.inside():
        ani.actor.name = "Ani Wulandari"
        await ani.actor.save(update_fields=["name"])
    assert (await ask(warga, "/u/ani", **again))[0] == 200
    assert (await ask(warga, "/u/ani", Accept_Language="en", **again))[0] == 200


async def test_a_members_page_is_kept_by_nobody(start: Start) -> None:
    warga = await start("warga")
    cookies = await warga.signed_in(await warga.user("ani"))
    _, headers, _ = await ask(warga, "/u/ani", Cookie=f"session={cookies['session']}")
    assert headers["cache-control"] == "private, no-store"
    assert "etag" not in headers


async def test_one_address_gives_people_a_page_and_servers_a_document(start: Start) -> None:
    warga = await start("warga")
    await warga.user("ani")
    for path in ("/u/ani", "/u/ANI"):
        for accept in ("text/html", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8"):
            assert (await ask(warga, path, Accept=accept))[1]["content-type"].startswith("text/html")
        for accept in (
            "application/activity+json",
            'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        ):
            _, headers, body = await ask(warga, path, Accept=accept)
            assert headers["content-type"].startswith("application/activity+json")
            status, headers_only, nothing = await ask(warga, path, "HEAD", Accept=accept)
            assert (status, nothing) == (200, b"")
            assert headers_only["content-length"] == str(len(body))
            assert headers_only["etag"] == headers["etag"]
            for spelled in (headers["etag"], f"W/{headers['etag']}", f'"other", {headers["etag"]}', "*"):
                assert (await ask(warga, path, Accept=accept, If_None_Match=spelled))[0] == 304


async def test_the_short_address_leads_to_the_person_or_community(start: Start) -> None:
    from communities.describing import Description
    from communities.founding import create_community

    warga = await start("warga")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
    for name, path in (("ani", "/u/ani"), ("ANI", "/u/ani"), ("tebet", "/c/tebet"), ("Tebet", "/c/tebet")):
        for accept in ("text/html", "application/activity+json"):
            async with warga.http.get(
                f"{warga.url}/@{name}", headers={"Accept": accept}, allow_redirects=False
            ) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, path)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("*", True),
        ("a", False),
    ],
)
def test_what_the_asker_has_is_seen_however_a_proxy_writes_it(asked: str, known: bool) -> None:
    assert is_known(asked, '"a"') is known
    assert is_known(asked, 'W/"a"') is known
