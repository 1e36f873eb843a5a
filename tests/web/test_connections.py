"""Slow and endless requests over a raw socket: closed by a deadline or a limit, and nobody else waits (S-136)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from sebangsa.web import connections
from tests.instances import Instance
from tests.row_counts import row_counts


@pytest.fixture
async def warga(start: Callable[..., Awaitable[Instance]]) -> Instance:
    return await start("warga")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadlines of a test that does not want to wait for the real ones."""
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.3)
    monkeypatch.setattr(connections, "BODY_CHECKED_EVERY", 0.3)


async def connect(warga: Instance) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", urlsplit(warga.url).port)


async def said_until_closed(reader: asyncio.StreamReader) -> bytes:
    """What the server says before it closes; a server that keeps the connection open fails the test.

    One who still writes when the server closes may read the reset, or the broken pipe, in place of the words.
    """
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatient")
async def test_s136_headers_that_drip_are_ended_and_others_are_served(warga: Instance) -> None:
    slow = [await connect(warga) for _ in range(50)]
    for _, writer in slow:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
    dripping = [asyncio.create_task(drip(writer, b"y" * 100)) for _, writer in slow]
    async with warga.http.get(f"{warga.url}/nodeinfo/2.0") as answer:
        assert answer.status == 200
    said = [await said_until_closed(reader) for reader, _ in slow]
    # A drop that arrives after the end resets the connection, and what was said last may be lost with it.
    assert {words[:13] for words in said} <= {b"HTTP/1.1 408 ", b""}
    assert any(said)
    for task in dripping:
        task.cancel()
    await asyncio.gather(*dripping, return_exceptions=True)


@pytest.mark.usefixtures("impatient")
async def test_s136_a_connection_that_says_nothing_is_closed(warga: Instance) -> None:
    reader, _ = await connect(warga)
    assert await said_until_closed(reader) == b""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", b"{"])
async def test_s136_a_body_that_does_not_come_is_given_up(warga: Instance, sent: bytes) -> None:
    before = await row_counts(warga, log=True)
    reader, writer = await connect(warga)
    head = b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/activity+json\r\nContent-Length: 900\r\n\r\n"
    writer.write(head + sent)
    assert await said_until_closed(reader) == b""
    assert await row_counts(warga, log=True) == before


@pytest.mark.usefixtures("impatient")
async def test_s136_an_honest_body_that_takes_its_time_is_read_to_its_end(
    warga: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_AT_LEAST", 1)
    reader, writer = await connect(warga)
    writer.write(b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/activity+json\r\n")
    writer.write(b"Connection: close\r\nContent-Length: 20\r\n\r\n")
    await drip(writer, b"x" * 20)
    assert (await said_until_closed(reader)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("headers", [b"X-A: " + b"y" * 100_000, b"X-A: y\r\n" * 12_000])
async def test_s136_headers_of_a_hundred_kilobytes_are_refused(warga: Instance, headers: bytes) -> None:
    for ending in (b"\r\n\r\n", b""):
        reader, writer = await connect(warga)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + ending)
        assert (await said_until_closed(reader)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.usefixtures("impatient")
async def test_a_kept_connection_serves_many_requests_with_and_without_a_body(warga: Instance) -> None:
    reader, writer = await connect(warga)
    for _ in range(3):
        writer.write(b"GET /nodeinfo/2.0 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await _skip(reader)
        await asyncio.sleep(0.2)
        writer.write(
            b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 415 ")
        await _skip(reader)
        await asyncio.sleep(0.2)
    writer.close()


async def _skip(reader: asyncio.StreamReader) -> None:
    """Read the rest of an answer."""
    length = 0
    while (line := await reader.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    await reader.readexactly(length)
