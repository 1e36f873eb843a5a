"""What `/media/…` answers, byte by byte, from a real server on a real socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import Scope

from sebangsa.media.images import process_image
from sebangsa.media.local_store import LocalStore
from sebangsa.media.opening import MediaRefused
from sebangsa.media.serving import MEDIA_ROUTES, media_response
from sebangsa.media.store import MediaStoreError, StoredMedia, new_key

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
needs_documents = pytest.mark.skipif(not _DOCUMENTS, reason="SEBANGSA_TEST_DOCUMENTS is not set")

Ask = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    (tmp_path / "settings").write_text("SECRET")
    return LocalStore(tmp_path / "media", "https://warga.example")


def app_with(store: object) -> Starlette:
    app = Starlette(routes=MEDIA_ROUTES)
    app.state.site = SimpleNamespace(media=store)
    return app


@pytest.fixture
async def ask(store: LocalStore) -> AsyncIterator[Ask]:
    """Sends the path as it is, no client tidying it up first; returns status, headers, body."""
    config = uvicorn.Config(app_with(store), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]

    async def send(
        path: bytes | str, *headers: str, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        target = path if isinstance(path, bytes) else path.encode()
        lines = "".join(f"{header}\r\n" for header in headers).encode()
        writer.write(
            method.encode()
            + b" "
            + target
            + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + lines
            + b"\r\n"
        )
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *named = head.decode("latin-1").split("\r\n")
        return (
            int(status.split()[1]),
            {k.lower(): v for k, _, v in (line.partition(": ") for line in named)},
            body,
        )

    yield send
    server.should_exit = True
    await serving


async def test_s101_media_answers_let_no_browser_run_them(store: LocalStore, ask: Ask) -> None:
    for extension, content_type in (("jpg", "image/jpeg"), ("webp", "image/webp"), ("ogg", "audio/ogg")):
        key = new_key(extension)
        await store.put(key, b"<script>alert(1)</script>", content_type)
        status, headers, body = await ask(f"/media/{key}")
        assert (status, body) == (200, b"<script>alert(1)</script>")
        assert headers["content-type"] == content_type
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["cache-control"] == "private, max-age=31536000, immutable"
        assert "content-disposition" not in headers
        assert "set-cookie" not in headers


async def test_s101_what_is_neither_picture_nor_sound_is_a_download(store: LocalStore, ask: Ask) -> None:
    key = new_key("zip")
    await store.put(key, b"PK", "application/zip")
    _, headers, _ = await ask(f"/media/{key}")
    assert headers["content-disposition"] == "attachment"


async def test_a_browser_that_has_it_gets_304(store: LocalStore, ask: Ask) -> None:
    key = new_key("jpg")
    await store.put(key, b"bytes", "image/jpeg")
    _, headers, _ = await ask(f"/media/{key}")
    for known in (headers["etag"], f'"other", W/{headers["etag"]}', "*"):
        status, again, body = await ask(f"/media/{key}", f"If-None-Match: {known}")
        assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert (await ask(f"/media/{key}", 'If-None-Match: "other"'))[0] == 200


async def test_head_has_the_headers_and_no_body(store: LocalStore, ask: Ask) -> None:
    key = new_key("jpg")
    await store.put(key, b"bytes", "image/jpeg")
    status, headers, body = await ask(f"/media/{key}", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "5", b"")
    assert (await ask(f"/media/{key}", method="POST"))[0] == 405


async def test_s105_deleted_media_are_gone_at_once(store: LocalStore, ask: Ask) -> None:
    key = new_key("jpg")
    await store.put(key, b"bytes", "image/jpeg")
    _, headers, _ = await ask(f"/media/{key}")
    await store.delete(key)
    never = await ask(f"/media/{new_key('jpg')}")
    deleted = await ask(f"/media/{key}", f"If-None-Match: {headers['etag']}")
    assert deleted[0] == never[0] == 404
    assert deleted[2] == never[2]
    assert deleted[1]["cache-control"] == "no-store"
    assert "private" in headers["cache-control"]  # so that no cache between us keeps it


def test_s105_an_endpoint_that_knows_may_say_gone() -> None:
    assert media_response(None, gone=True).status_code == 410
    assert media_response(StoredMedia(b"x", "image/png"), gone=False).status_code == 200


async def test_s146_a_store_that_fails_is_a_503_with_retry_after() -> None:
    class Broken:
        async def get(self, key: str) -> StoredMedia | None:
            raise MediaStoreError("disk")

    scope: Scope = {"type": "http", "method": "GET", "path": "/media/x", "headers": [], "query_string": b""}
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        sent.append(message)

    await app_with(Broken())(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"30") in sent[0]["headers"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/../settings",
        "/media/..%2fsettings",
        "/media/%2e%2e/settings",
        "/media/%252e%252e%252fsettings",
        "/media//etc/passwd",
        "/media/%2fetc%2fpasswd",
        "/media/..%5csettings",
        "/media/%00",
        "/media/%ff%fe",
    ],
)
async def test_s098_no_path_leads_out_of_the_tree(ask: Ask, path: str) -> None:
    status, _, body = await ask(path)
    assert status == 404
    assert b"SECRET" not in body


@needs_documents
async def test_s098_the_list_of_traversals_finds_nothing(store: LocalStore, ask: Ask, tmp_path: Path) -> None:
    lines = (
        (Path(_DOCUMENTS) / "badinput/redirect_and_path/directory_traversal.txt").read_bytes().splitlines()
    )
    assert len(lines) == 140
    before = sorted(tmp_path.rglob("*"))
    for line in lines:
        once = quote(line, safe="").encode()
        twice = quote(once, safe="").encode()
        for encoding in (once, twice):
            status, _, body = await ask(b"/media/" + encoding)
            assert status == 404, encoding
            assert b"root:" not in body
            assert b"SECRET" not in body
        # Raw lines hold bytes that are no HTTP at all; what the parser lets through finds nothing.
        status, _, body = await ask(b"/media/" + line)
        assert status in (400, 404), line
        assert b"root:" not in body
    assert sorted(tmp_path.rglob("*")) == before


@needs_documents
async def test_s102_drawings_that_fetch_are_refused_and_nothing_is_fetched() -> None:
    """Each is given the address of a socket that listens here: nobody connects to it."""
    connections = 0

    def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    listener = await asyncio.start_server(count, "127.0.0.1", 0)
    here = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}".encode()
    drawings = sorted((Path(_DOCUMENTS) / "badinput/ssrf").glob("*.svg"))
    assert len(drawings) == 8
    for drawing in drawings:
        data = drawing.read_bytes()
        for host in (b"evil.com", b"example.com", b"localhost"):
            data = data.replace(b"//" + host, b"//" + here)
        with pytest.raises(MediaRefused) as caught:
            await process_image(data)
        assert caught.value.code == "svg"
    listener.close()
    await listener.wait_closed()
    assert connections == 0
