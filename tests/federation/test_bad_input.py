"""The collections of bad input through the inbox and the fetcher: a clear refusal or a harmless result, never a fault.

The collections are not ours to publish: they are read from the folder that `SEBANGSA_TEST_DOCUMENTS` names.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from federation import strict_json
from federation.actors import resolve_actor
from federation.models import Actor as ActorRow
from federation.models import Follow, InboundActivity
from federation.refusals import Refused
from federation.signatures import SigningKey, load_private_key
from federation.urls import parse_url
from sebangsa import following
from sebangsa.models import Post, PostTag
from tests.foreign_server import Actor, ForeignServer, foreign_server, key_pair
from tests.instances import Instance, settle
from tests.row_counts import row_counts
from tests.sebangsa.text_checks import assert_is_clean


@pytest.fixture
def bad_input(documents_folder: Path) -> Path:
    return documents_folder / "badinput"


@pytest.fixture
async def lain() -> AsyncIterator[ForeignServer]:
    async with foreign_server("lain") as server:
        yield server


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


async def followed(warga: Instance, somebody: Actor) -> None:
    """Ani follows them, so that what they post is kept."""
    ani = await warga.user("ani")
    async with warga.inside() as site:
        known = await resolve_actor(site.federation, somebody.uri)
        await following.follow(site, ani.actor, known)
        await Follow.all().update(state="accepted")
    await settle(warga)


def naughty_strings(bad_input: Path) -> list[str]:
    strings: list[str] = json.loads((bad_input / "naughty_strings" / "blns.json").read_text())
    assert len(strings) == 515
    return strings


def lines_of(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]


async def faults(warga: Instance) -> list[str]:
    """Activities that were our own fault, or would be tried again because of one."""
    async with warga.inside():
        rows = await InboundActivity.filter(state__in=["failed", "pending", "waiting"])
        return [f"{row.uri}: {row.reason}" for row in rows]


def test_every_folder_of_bad_input_has_its_tests(bad_input: Path) -> None:
    """A new collection, or a new file in one, must not lie there unused."""
    here = Path(__file__).parents[1]
    tests = "\n".join(
        path.read_text() for path in here.rglob("test_*.py") if "node_modules" not in path.parts
    )
    used = {"json_parsing": 318, "naughty_strings": 1, "redirect_and_path": 2, "ssrf": 8, "url": 5, "xss": 10}
    found = {
        folder.name: len([file for file in folder.iterdir() if file.name != "LICENSE"])
        for folder in bad_input.iterdir()
        if folder.is_dir()
    }
    assert found == used
    for folder in bad_input.iterdir():
        if folder.name in ("redirect_and_path", "naughty_strings", "url"):
            for file in folder.iterdir():
                assert file.name == "LICENSE" or file.name in tests, (
                    f"no test reads {folder.name}/{file.name}"
                )


async def test_s032_every_malformed_body_is_a_400_at_a_personal_inbox_too(
    warga: Instance, lain: ForeignServer, bad_input: Path
) -> None:
    await warga.user("ani")
    rini = lain.actor("rini")
    assert (await rini.send(warga, rini.activity("Like", "http://x.localhost/1")))[0] == 202
    before = await row_counts(warga, log=True)
    files = sorted((bad_input / "json_parsing").glob("*.json"))
    assert len(files) == 318
    for file in files:
        status, answer = await rini.send(warga, file.read_bytes(), path="/u/ani/inbox")
        assert (status, bool(answer["error"]), bool(answer["code"])) == (400, True, True), file.name
        if file.name.startswith("y_"):
            assert answer["code"] in ("not-an-object", "not-an-activity", "bad-id", "duplicate-key"), (
                file.name
            )
    assert await row_counts(warga, log=True) == before


async def test_s032_an_actor_that_is_no_json_signs_nothing_and_is_asked_once(
    warga: Instance, bad_input: Path
) -> None:
    """Each file is served as the actor behind a signature: 401, remembered as failed, nothing stored."""
    files = sorted((bad_input / "json_parsing").glob("*.json"))
    assert len(files) == 318
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(
            body=files[int(request.match_info["number"])].read_bytes(),
            headers={"Content-Type": "application/activity+json"},
        )

    app = web.Application()
    app.router.add_get("/users/{number}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    private = load_private_key(key_pair(0).private)
    before = await row_counts(warga, log=True)
    try:
        for number in range(len(files)):
            # Several hosts: one alone may make us fetch so much in a short time and no more (S-026).
            evil = ForeignServer(f"http://evil{number // 100}.localhost:{port}")
            uri = f"{evil.origin}/users/{number}"
            sender = Actor(evil, uri, SigningKey(f"{uri}#main-key", private))
            for _ in range(2):
                status, said = await sender.send(warga, sender.activity("Like", "http://x.localhost/1"))
                assert (status, said["code"]) == (401, "key-unavailable"), (files[number].name, said)
            assert asked.count(f"/users/{number}") == 1, files[number].name
    finally:
        await runner.cleanup()
    assert await row_counts(warga, log=True) == before


def test_s032_what_is_read_of_a_fetched_document_can_be_served_again(bad_input: Path) -> None:
    for file in sorted((bad_input / "json_parsing").glob("*.json")):
        try:
            value = strict_json.parse(file.read_bytes())
        except Refused:
            assert not file.name.startswith("y_") or "duplicated" in file.name, file.name
            continue
        assert not file.name.startswith("n_"), file.name
        assert strict_json.parse(strict_json.dumps(value)) == value
        assert not {"\0", "\ud800"} & set(str(value))


@pytest.mark.parametrize("field", ["content", "summary", "name", "tag"])
async def test_naughty_strings_of_a_peer_are_kept_and_shown_harmlessly(
    warga: Instance, lain: ForeignServer, bad_input: Path, field: str
) -> None:
    rini = lain.actor("rini")
    await followed(warga, rini)
    strings = naughty_strings(bad_input)
    for number, string in enumerate(strings):
        note = rini.note(str(number), "<p>Isi</p>")
        if field == "tag":
            note["tag"] = [{"type": "Hashtag", "name": f"#{string}"}, {"type": "Mention", "name": string}]
        elif field == "name":
            note |= {"name": string, "type": "Article"}
        else:
            note[field] = string
        status, answer = await rini.send(warga, rini.activity("Create", note))
        assert status == 202, (string, answer)
    await settle(warga)
    assert await faults(warga) == []
    async with warga.inside():
        kept = await Post.filter(is_local=False)
        assert len(kept) == len(strings)
        for post in kept:
            assert_is_clean(post.content)
        for tag in await PostTag.all():
            assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in tag.name)
        shown = [post.id for post in kept][:: len(kept) // 12]
    for post_id in shown:
        async with warga.http.get(f"{warga.url}/p/{post_id}") as answered:
            assert answered.status == 200


async def test_naughty_strings_in_a_peers_profile_are_kept_or_refused(
    warga: Instance, lain: ForeignServer, bad_input: Path
) -> None:
    rini = lain.actor("rini")
    await followed(warga, rini)
    document = lain.documents["/users/rini"]
    actors = (await row_counts(warga))["actors"]
    for string in naughty_strings(bad_input):
        changed = document | {
            "name": string,
            "summary": string,
            "attachment": [{"type": "PropertyValue", "name": string, "value": string}],
            "icon": {"type": "Image", "url": string},
            "url": string,
        }
        status, answer = await rini.send(warga, rini.activity("Update", changed))
        assert status == 202, (string, answer)
    await settle(warga)
    assert await faults(warga) == []
    assert (await row_counts(warga))["actors"] == actors
    async with warga.inside():
        kept = await ActorRow.get(uri=rini.uri)
        assert_is_clean(kept.summary)
    async with warga.http.get(f"{warga.url}/@rini@{lain.host}") as answered:
        assert answered.status < 500


async def test_naughty_strings_as_ids_types_and_times_are_refused_or_dropped(
    warga: Instance, lain: ForeignServer, bad_input: Path
) -> None:
    rini = lain.actor("rini")
    await followed(warga, rini)
    before = await row_counts(warga)
    for string in naughty_strings(bad_input):
        for changed in (
            {"id": string},
            {"actor": string},
            {"type": string},
            {"object": string},
            {"object": rini.note("x", "<p>x</p>") | {"id": string}},
            {"object": rini.note("x", "<p>x</p>") | {"attributedTo": string}},
        ):
            status, answer = await rini.send(warga, rini.activity("Create", "x") | changed)
            assert status == 202 or (400 <= status < 500 and answer["code"]), (string, changed)
    await settle(warga)
    assert await row_counts(warga) == before
    async with warga.inside():
        assert await InboundActivity.filter(state="failed").count() == 0


async def test_s063_every_line_of_the_xss_lists_sent_by_a_peer_is_stored_clean(
    warga: Instance, lain: ForeignServer, bad_input: Path
) -> None:
    """Forty lines in a post: what the browser tests show of one line holds for what the inbox stores of all."""
    rini = lain.actor("rini")
    await followed(warga, rini)
    lists = sorted((bad_input / "xss").glob("*.txt"))
    assert len(lists) == 10
    sent = 0
    for file in lists:
        lines = lines_of(file)
        if "event_handlers" in file.name:
            lines = [f"<b {line}=alert(1)>x</b><img src=x {line}=alert(1)>" for line in lines]
        for start in range(0, len(lines), 40):
            text = "\n".join(f"<p>{line}</p>" for line in lines[start : start + 40])
            note = rini.note(f"{file.stem}-{start}", text, summary=lines[start])
            note["tag"] = [
                {"type": "Emoji", "name": line, "icon": {"url": line}} for line in lines[start : start + 40]
            ]
            assert (await rini.send(warga, rini.activity("Create", note)))[0] == 202
            sent += 1
    await settle(warga)
    assert await faults(warga) == []
    async with warga.inside():
        kept = await Post.filter(is_local=False)
        assert len(kept) == sent
        for post in kept:
            assert_is_clean(post.content)


async def test_lines_that_lead_out_of_a_folder_are_no_ids_paths_or_pictures(
    warga: Instance, lain: ForeignServer, bad_input: Path
) -> None:
    """The lists of traversals and redirects as what a peer names, and as paths of the protocol's own addresses."""
    rini = lain.actor("rini")
    await followed(warga, rini)
    folder = bad_input / "redirect_and_path"
    traversals, redirects = (
        lines_of(folder / "directory_traversal.txt"),
        lines_of(folder / "open_redirect.txt"),
    )
    assert (len(traversals), len(redirects)) == (140, 240)
    lain.asked.clear()
    for number, line in enumerate([*traversals, *redirects]):
        note = rini.note(str(number), "<p>Isi</p>", url=line, inReplyTo=line)
        note["attachment"] = [{"type": "Image", "mediaType": "image/png", "url": line, "name": line}]
        assert (await rini.send(warga, rini.activity("Create", note)))[0] == 202
    await settle(warga)
    async with warga.inside():
        assert await InboundActivity.filter(state="failed").count() == 0
        for post in await Post.filter(is_local=False):
            assert post.url.startswith((f"{lain.origin}/", "http://lain.localhost"))
    for line in traversals:
        for path in (
            f"/u/{quote(line, safe='')}",
            f"/c/{quote(line, safe='')}/inbox",
            f"/a/{quote(line, safe='')}",
        ):
            async with warga.http.get(warga.url + path, allow_redirects=False) as answered:
                assert answered.status in (400, 404, 405, 307), path
                assert b"root:" not in await answered.read()


def test_every_value_that_a_url_may_be_set_to_is_read_or_refused(bad_input: Path) -> None:
    """The standard's setters: each starting URL with each new value joined to it is one URL, or none."""
    cases: dict[str, Any] = json.loads((bad_input / "url" / "setters_tests.json").read_text())
    seen = 0
    for name, listed in cases.items():
        if name == "comment":
            continue
        for case in listed:
            for text in (case["href"], case["href"] + case["new_value"], case["new_value"]):
                seen += 1
                try:
                    read = parse_url(text, allow_http=True)
                except Refused:
                    continue
                assert parse_url(read.text, allow_http=True).text == read.text
    assert seen > 700


def test_what_stands_outside_ascii_is_percent_encoded_as_the_url_standard_says(bad_input: Path) -> None:
    cases = [
        case
        for case in json.loads((bad_input / "url" / "percent-encoding.json").read_text())
        if isinstance(case, dict)
    ]
    encoded = 0
    for case in cases:
        try:
            read = parse_url(f"https://a.example/?{case['input']}")
        except Refused:
            continue  # a control character or lone surrogate is stricter here
        encoded += 1
        assert read.path_query == f"/?{case['output']['utf-8']}", case
    assert encoded >= 3
