"""Naughty strings in every field of every form, and in every address of every page: 4xx or a harmless result.

The collection is not ours to publish: it is read from the folder that `SEBANGSA_TEST_DOCUMENTS` names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from starlette.routing import Route

from communities.describing import Description
from communities.founding import create_community
from sebangsa.app import create_app
from sebangsa.models import Post, Role
from sebangsa.posting import Draft, create_post
from sebangsa.web.viewing import csrf_token
from tests.instances import Instance

FIELDS = (
    "address", "answer", "area", "area_on_map", "bio", "body", "category", "community", "confirmed", "current",
    "days", "decision", "description", "display_name", "domain", "duplicate_of", "email", "expected", "forward",
    "in", "invite", "is_listed", "join_mode", "join_question", "key", "kept", "lang", "lat", "link", "locked",
    "login", "lon", "name", "next", "not_urgent", "part", "password", "posting", "q", "reason", "removes_posts",
    "report", "rules", "sidebar", "sort", "source", "state", "summary", "text", "theme", "title", "to",
    "transfer_to", "undo", "value", "viewport", "visibility", "who",
)  # fmt: skip
NOT_FORMS = ("/inbox", "/actor/inbox", "/u/{name}/inbox", "/c/{name}/inbox", "/sign-out")
EVERY = 23  # of 515 strings: all of them in all fields would take minutes


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


@pytest.fixture
async def cookies(warga: Instance) -> dict[str, str]:
    """An administrator with a community and a post: somebody whom most forms let in."""
    kepala = await warga.user("kepala", role=Role.ADMIN)
    async with warga.inside() as site:
        group = await create_community(site, "tebet", kepala.actor, Description(title="Tebet"))
        await create_post(site, kepala.actor, Draft(source="Halo", name="Halo", community=group))
    return await warga.signed_in(kepala)


@pytest.fixture
def strings(documents_folder: Path) -> list[str]:
    found: list[str] = json.loads(
        (documents_folder / "badinput" / "naughty_strings" / "blns.json").read_text()
    )
    assert len(found) == 515
    return found[::EVERY]


def pages(warga: Instance) -> Iterator[tuple[str, set[str]]]:
    """Path and methods of everything that is not the API."""
    for route in create_app(warga.site).routes:
        if isinstance(route, Route) and not route.path.startswith(("/api/", "/static/")):
            yield route.path, set(route.methods or ())


async def filled(warga: Instance, path: str, string: str = "") -> str:
    """An address with its parts filled in: by things that exist, or by the string where a text may stand."""
    async with warga.inside():
        post = await Post.filter(is_local=True).first()
    known = {"id": str(post.id if post else 1), "message": "1"}

    def part(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        if name in known:
            return known[name]
        if string:
            return quote(string.replace("/", ""), safe="") or "x"
        return {"name": "tebet" if path.startswith("/c/") else "kepala", "handle": "kepala"}.get(name, "x")

    return re.sub(r"\{([^}]+)\}", part, path)


async def test_naughty_strings_in_every_field_of_every_form(
    warga: Instance, cookies: dict[str, str], strings: list[str]
) -> None:
    token = csrf_token(warga.site, cookies["session"])
    forms = [path for path, methods in pages(warga) if "POST" in methods and path not in NOT_FORMS]
    assert len(forms) > 30
    for path in forms:
        url = warga.url + await filled(warga, path)
        for string in strings:
            form = dict.fromkeys(FIELDS, string) | {"csrf": token}
            async with warga.http.post(url, data=form, cookies=cookies, allow_redirects=False) as answer:
                assert answer.status < 500, (path, string, answer.status)


async def test_naughty_strings_with_a_file_of_that_name(
    warga: Instance, cookies: dict[str, str], strings: list[str]
) -> None:
    for path in ("/compose", "/settings", "/report", "/c/tebet/submit"):
        for string in strings:
            form = aiohttp.FormData()
            form.add_field("csrf", csrf_token(warga.site, cookies["session"]))
            for name in ("source", "title", "text", "display_name", "category", "area"):
                form.add_field(name, string)
            for name in ("pictures", "photos", "avatar"):
                filename = re.sub(r"[\x00-\x1f\x7f]", "", string)  # the client that sends would refuse these
                form.add_field(name, string.encode("utf-8", "replace"), filename=filename or "x")
            async with warga.http.post(
                warga.url + path, data=form, cookies=cookies, allow_redirects=False
            ) as answer:
                assert answer.status < 500, (path, string, answer.status)


async def test_naughty_strings_in_every_address_and_its_query(
    warga: Instance, cookies: dict[str, str], strings: list[str]
) -> None:
    for path, methods in pages(warga):
        if "GET" not in methods or path == "/events":
            continue
        for string in strings:
            address = await filled(warga, path, string)
            query = "&".join(
                f"{name}={quote(string, safe='')}"
                for name in (
                    "q",
                    "before",
                    "after",
                    "page",
                    "sort",
                    "in",
                    "lang",
                    "key",
                    "to",
                    "state",
                    "area",
                    "next",
                    "uri",
                )
            )
            async with warga.http.get(
                f"{warga.url}{address}?{query}", cookies=cookies, allow_redirects=False
            ) as answer:
                assert answer.status < 500, (path, string, answer.status)
                if answer.content_type != "text/event-stream":
                    await answer.read()
