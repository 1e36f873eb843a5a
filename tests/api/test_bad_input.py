"""The collections of bad input through the client API and the pages: 4xx or a harmless result, and nothing changed.

The collections are not ours to publish: they are read from the folder that `SEBANGSA_TEST_DOCUMENTS` names.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import unicodedata
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
import pytest

from sebangsa.posting import Draft, create_post
from sebangsa.text.sanitise import sanitise
from tests.api.calling import App, Caller, call, form_token
from tests.instances import Instance
from tests.row_counts import row_counts
from tests.sebangsa.text_checks import assert_is_clean

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def bad_input(documents_folder: Path) -> Path:
    return documents_folder / "badinput"


@pytest.fixture
def naughty(bad_input: Path) -> list[str]:
    strings: list[str] = json.loads((bad_input / "naughty_strings" / "blns.json").read_text())
    assert len(strings) == 515
    return strings


def lines_of(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]


def visible(text: str) -> str:
    """What a person sees of a text, without spaces and what no font shows."""
    return "".join(
        c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co")
    )


# --- JSON -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/statuses", "/api/v1/apps", "/oauth/token"])
async def test_s032_s096_every_malformed_body_is_refused_by_the_api(
    ani: Caller, bad_input: Path, path: str
) -> None:
    files = sorted((bad_input / "json_parsing").glob("*.json"))
    assert len(files) == 318
    before = await row_counts(ani.instance, log=True)
    for file in files:
        answer = await ani("POST", path, data=file.read_bytes(), headers=JSON)
        assert 400 <= answer.status < 500, (file.name, answer.status)
        assert answer.body["error"], file.name
        if file.name.startswith("n_"):
            assert answer.status in (400, 401, 422), file.name
    assert await row_counts(ani.instance, log=True) == before


# --- text -------------------------------------------------------------------------------------------------------


async def test_naughty_strings_are_posted_and_read_back_as_themselves(
    ani: Caller, naughty: list[str]
) -> None:
    for string in naughty:
        answer = await ani(
            "POST", "/api/v1/statuses", json={"status": f"x {string}", "spoiler_text": string[:100]}
        )
        assert answer.status in (200, 422), (string, answer.body)
        if answer.status == 422:
            assert answer.body["error"]
            continue
        assert_is_clean(answer.body["content"])
        source = await ani.get(f"/api/v1/statuses/{answer.body['id']}/source")
        assert visible(source["text"]) == visible(f"x {string}"), string
    async with ani.instance.http.get(f"{ani.instance.url}/u/ani") as page:
        assert page.status == 200


async def test_naughty_strings_in_the_fields_of_a_profile_a_list_and_a_filter(
    ani: Caller, naughty: list[str]
) -> None:
    for string in naughty:
        for method, path, values in (
            ("PATCH", "/api/v1/accounts/update_credentials", {"display_name": string, "note": string}),
            ("POST", "/api/v1/lists", {"title": string}),
            ("POST", "/api/v2/filters", {"title": string, "context": ["home"]}),
            ("POST", "/api/v1/apps", {"client_name": string, "redirect_uris": string}),
        ):
            answer = await ani(method, path, json=values)
            assert answer.status == 200 or 400 <= answer.status < 500, (path, string, answer.status)
            if answer.status != 200:
                assert answer.body["error"], (path, string)
    me = await ani.get("/api/v1/accounts/verify_credentials")
    assert_is_clean(me["note"])


async def test_naughty_strings_are_searched_for_and_asked_for_without_a_fault(
    ani: Caller, naughty: list[str]
) -> None:
    before = await row_counts(ani.instance)
    for string in naughty:
        found = await ani("GET", "/api/v2/search", params={"q": string})
        assert found.status in (200, 400, 422), (string, found.status)
        if found.status == 200:
            assert isinstance(found.body["accounts"], list)
        for path in (
            f"/api/v1/accounts/lookup?acct={quote(string, safe='')}",
            f"/api/v1/timelines/tag/{quote(string, safe='')}",
            f"/api/v1/statuses/{quote(string, safe='')}",
            f"/search?q={quote(string, safe='')}",
            f"/u/{quote(string, safe='')}",
            f"/.well-known/webfinger?resource={quote(string, safe='')}",
        ):
            answer = await ani("GET", path)
            assert answer.status < 500, (path, answer.status)
    assert await row_counts(ani.instance) == before


async def test_naughty_strings_as_a_name_to_sign_up_with_are_taken_or_refused_with_the_fields_name(
    warga: Instance, naughty: list[str]
) -> None:
    page = await call(warga, "GET", "/sign-up")
    cookies = {"visitor": page.headers["Set-Cookie"].partition("visitor=")[2].partition(";")[0]}
    csrf = form_token(warga, {"session": cookies["visitor"]})
    before = await row_counts(warga)
    for string in naughty:
        if string.strip().lower().replace("_", "").isalnum() and string.isascii():
            continue  # an honest name
        form = {"csrf": csrf, "name": string, "email": string, "password": "rahasia sekali"}
        answer = await call(warga, "POST", "/sign-up", data=form, cookies=cookies)
        assert 400 <= answer.status < 500, (string, answer.status)
    assert await row_counts(warga) == before


async def test_naughty_strings_as_a_forms_token_are_refused(warga: Instance, naughty: list[str]) -> None:
    before = await row_counts(warga)
    for string in naughty:
        form = {"csrf": string, "login": string, "password": string, "next": string}
        answer = await call(warga, "POST", "/sign-in", data=form, cookies={"visitor": "x"})
        assert answer.status == 403, (string, answer.status)
    assert await row_counts(warga) == before


async def test_s063_every_line_of_the_xss_lists_posted_by_a_member_is_stored_clean(
    ani: Caller, bad_input: Path
) -> None:
    lists = sorted((bad_input / "xss").glob("*.txt"))
    assert len(lists) == 10
    for file in lists:
        lines = lines_of(file)
        for start in range(0, len(lines), 20):
            text = "\n\n".join(lines[start : start + 20])[:5000]
            for more in ({}, {"content_type": "text/markdown"}):
                answer = await ani("POST", "/api/v1/statuses", json={"status": text, **more})
                assert answer.status in (200, 422), (file.name, start, answer.body)
                if answer.status == 200:
                    assert_is_clean(answer.body["content"])
                    assert sanitise(answer.body["content"]) == answer.body["content"]


# --- where a redirect or a path may lead ------------------------------------------------------------------------


def leads_away(instance: Instance, location: str) -> bool:
    """Where a browser would go: it reads a backslash as a slash and drops tabs and newlines."""
    read = location.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
    return urlsplit(urljoin(instance.url + "/", read)).netloc != urlsplit(instance.url).netloc


async def test_s071_no_line_of_the_redirect_list_leads_a_browser_away(ani: Caller, bad_input: Path) -> None:
    warga = ani.instance
    lines = lines_of(bad_input / "redirect_and_path" / "open_redirect.txt")
    assert len(lines) == 240
    session = await warga.signed_in(ani.user)
    visitor = {"visitor": "pengunjung"}
    visitors_token = form_token(warga, {"session": "pengunjung"})
    token = form_token(warga, session)
    went = 0
    for line in lines:
        for method, path, sent in (
            (
                "POST",
                "/appearance",
                {"data": {"csrf": token, "theme": "dark", "next": line}, "cookies": session},
            ),
            (
                "POST",
                "/sign-in",
                {
                    "data": {
                        "csrf": visitors_token,
                        "login": "ani",
                        "password": "rahasia sekali",
                        "next": line,
                    },
                    "cookies": visitor,
                },
            ),
            ("GET", "/authorize_interaction", {"params": {"uri": line}, "cookies": session}),
            ("GET", "/search", {"params": {"q": line}, "cookies": session}),
            ("GET", f"/sign-in?next={quote(line, safe='')}", {"cookies": visitor}),
            (
                "GET",
                f"/{quote(line, safe='/')}",
                {"headers": {"Referer": line.encode("ascii", "replace").decode()}},
            ),
        ):
            answer = await call(warga, method, path, **sent)
            assert answer.status < 500, (path, line, answer.status)
            if "Location" in answer.headers:
                went += 1
                assert not leads_away(warga, answer.headers["Location"]), (
                    path,
                    line,
                    answer.headers["Location"],
                )
    assert went > 400


async def test_s081_no_line_of_the_redirect_list_is_answered_with_a_code(
    ani: Caller, bad_input: Path
) -> None:
    app = await App.register(ani.instance)
    session = await ani.instance.signed_in(ani.user)
    before = await row_counts(ani.instance)
    for line in lines_of(bad_input / "redirect_and_path" / "open_redirect.txt"):
        answer = await app.decide(session, redirect_uri=line)
        assert 400 <= answer.status < 500, (line, answer.status)
        assert "Location" not in answer.headers, line
    assert await row_counts(ani.instance) == before


async def test_s098_no_line_of_the_traversal_list_opens_a_file(
    ani: Caller, bad_input: Path, tmp_path: Path
) -> None:
    warga = ani.instance
    lines = lines_of(bad_input / "redirect_and_path" / "directory_traversal.txt")
    assert len(lines) == 140
    rows, files = await row_counts(warga), sorted(tmp_path.rglob("*.*"))
    for line in lines:
        once = quote(line, safe="")
        for path in (
            f"/static/{once}",
            f"/static/{quote(once, safe='')}",
            f"/media/remote/x/y/{once}",
            f"/{once}",
        ):
            answer = await call(warga, "GET", path)
            assert 300 <= answer.status < 500, (path, answer.status)
            assert "root:" not in str(answer.body)
        form = aiohttp.FormData()
        form.add_field("file", b"no picture", filename=line, content_type="image/png")
        assert (await ani("POST", "/api/v2/media", data=form)).status == 422, line
    assert await row_counts(warga) == rows
    assert [
        file
        for file in sorted(tmp_path.rglob("*.*"))
        if file not in files and not {"media", "cache"} & {*file.parts}
    ] == []


async def test_s102_drawings_that_fetch_are_no_photo_and_no_avatar(ani: Caller, bad_input: Path) -> None:
    connections = 0

    def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    listener = await asyncio.start_server(count, "127.0.0.1", 0)
    here = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}".encode()
    drawings = sorted((bad_input / "ssrf").glob("*.svg"))
    assert len(drawings) == 8
    rows = await row_counts(ani.instance)
    for drawing in drawings:
        data = drawing.read_bytes()
        for host in (b"evil.com", b"example.com", b"localhost"):
            data = data.replace(host, here)
        for method, path, name in (
            ("POST", "/api/v2/media", "file"),
            ("PATCH", "/api/v1/accounts/update_credentials", "avatar"),
            ("PATCH", "/api/v1/accounts/update_credentials", "header"),
        ):
            for media_type in ("image/svg+xml", "image/png"):
                form = aiohttp.FormData()
                form.add_field(name, data, filename=drawing.name, content_type=media_type)
                answer = await ani(method, path, data=form)
                assert answer.status == 422, (drawing.name, path, answer.status)
    listener.close()
    assert connections == 0
    assert await row_counts(ani.instance) == rows


async def test_s142_a_search_for_everything_or_for_nothing_ends_soon(ani: Caller) -> None:
    warga = ani.instance
    async with warga.inside() as site:
        for number in range(200):
            await create_post(site, ani.actor, Draft(source=f"Banjir {number} " + "x" * 500))
    for query in (
        "%" * 300,
        "_" * 300,
        "%" * 10_000,
        "a%" * 2_000,
        "\\" * 500,
        "*" * 500,
        "(a+)+$",
        "'" * 300,
        '"x" OR 1',
    ):
        for path, params in (
            ("/api/v2/search", {"q": query}),
            ("/api/v2/search", {"q": query, "offset": "1000000000", "type": "statuses"}),
            ("/search", {"q": query}),
            ("/communities", {"q": query}),
        ):
            began = time.process_time()  # the server's too: it runs in this process
            answer = await ani("GET", path, params=params)
            assert answer.status in (200, 302, 400, 404, 422), (path, query[:20], answer.status)
            assert time.process_time() - began < 2, (path, query[:20])


# --- forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/sign-in"), ("POST", "/api/v1/statuses"), ("POST", "/api/v2/media")]
)
async def test_s138_a_form_without_end_is_refused_before_it_is_kept(
    ani: Caller, method: str, path: str
) -> None:
    before = await row_counts(ani.instance)
    many = b"&".join(b"a%d=1" % number for number in range(100_000))
    fields = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % number for number in range(20_000)
    )
    huge = b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\n' + b"y" * 45_000_000
    for body, kind in (
        (many, "application/x-www-form-urlencoded"),
        (fields + b"--x--\r\n", "multipart/form-data; boundary=x"),
        (huge + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--y\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
    ):
        answer = await ani(method, path, data=body, headers={"Content-Type": kind})
        assert 400 <= answer.status < 500, (kind, len(body), answer.status)
    assert await row_counts(ani.instance) == before


# --- vectors ----------------------------------------------------------------------------------------------------


async def test_the_pkce_challenge_is_the_published_one(warga: Instance, documents_folder: Path) -> None:
    """RFC 7636, appendix B: a code asked for with its challenge is redeemed with its verifier, and no other."""
    vectors = json.loads((documents_folder / "vectors" / "rfc7636.json").read_text())
    flat = json.dumps(vectors)
    verifier, challenge = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    )
    assert verifier in flat
    assert challenge in flat
    made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert made == challenge
    app = await App.register(warga)
    session = await warga.signed_in(await warga.user("ani"))
    for given, status in ((verifier[:-1] + "x", 400), (verifier, 200)):
        code = await app.code(session, code_challenge=challenge, code_challenge_method="S256")
        assert (await app.redeem(code, code_verifier=given)).status == status
