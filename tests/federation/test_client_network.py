"""The transport and the client against real servers on loopback that lie, dawdle and send too much."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from federation.client import Client
from federation.refusals import Refused
from federation.signatures import Scheme
from federation.strict_json import dumps
from federation.transport import AioTransport, Response, Timeouts
from tests.federation.lying_peers import ACTIVITY, Names, activity, peer, raw_peer

AGENT = "Sebangsa/0.1 (+https://kampung.example)"
QUICK = Timeouts(connect=0.5, total=0.5)


@pytest.fixture
async def local() -> AsyncIterator[AioTransport]:
    """A transport in development mode: it dials loopback."""
    async with AioTransport(user_agent=AGENT, allow_loopback=True) as transport:
        yield transport


@pytest.fixture
async def public() -> AsyncIterator[AioTransport]:
    """A transport as in production."""
    async with AioTransport(user_agent=AGENT) as transport:
        yield transport


async def get(
    transport: AioTransport, url: str, *, max_bytes: int = 100_000, timeout: Timeouts = QUICK
) -> Response:
    return await transport.request(
        "GET", url, {"Accept": ACTIVITY}, None, max_bytes=max_bytes, timeout=timeout
    )


async def code_of(transport: AioTransport, url: str, *, timeout: Timeouts = QUICK) -> str:
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        await get(transport, url, timeout=timeout)
    assert time.monotonic() - started < 3.0  # a timeout of ours, not the default of minutes
    return refused.value.code


PRIVATE = ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
PRIVATE_6 = ["::", "::1", "fc00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
SPECIAL = ["192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "2001:0:7f00:1::"]


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_6 + SPECIAL)
async def test_s001_s002_no_connection_to_a_literal_private_address(
    public: AioTransport, address: str
) -> None:
    host = f"[{address}]" if ":" in address else address
    assert await code_of(public, f"http://{host}:9/") == "private-address"


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_6 + SPECIAL)
async def test_s001_s002_no_connection_to_a_name_with_a_private_address(address: str) -> None:
    async with AioTransport(user_agent=AGENT, resolver=Names(evil_example=[[address]])) as transport:
        assert await code_of(transport, "http://evil.example:9/") == "private-address"


async def test_s001_nothing_reaches_a_loopback_server_in_production(public: AioTransport) -> None:
    async with peer() as (origin, asked):
        assert await code_of(public, origin + "/u/a") == "private-address"
        assert await code_of(public, origin.replace("127.0.0.1", "localhost") + "/u/a") == "private-address"
        assert asked == []


async def test_s001_development_mode_opens_loopback_and_nothing_else(local: AioTransport) -> None:
    for address in ("10.0.0.1", "192.168.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0"):
        assert await code_of(local, f"http://{address}:9/") == "private-address"


async def test_names_under_localhost_are_this_machine_in_development(local: AioTransport) -> None:
    async def whoami(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["Host"])

    async with peer(whoami=whoami) as (origin, _):
        named = origin.replace("127.0.0.1", "desa-satu.localhost")
        assert (await get(local, named + "/whoami")).body.decode() == named.removeprefix("http://")


async def test_s004_the_address_checked_is_the_address_connected_to() -> None:
    async with peer(x=lambda request: activity_later()) as (origin, asked):
        port = origin.rpartition(":")[2]
        # A check of the first answer would pass; the connection takes the second.
        names = Names(evil_example=[["1.1.1.1"], ["127.0.0.1"]])
        await names.resolve("evil.example")
        async with AioTransport(user_agent=AGENT, resolver=names) as transport:
            assert await code_of(transport, f"http://evil.example:{port}/x") == "private-address"
        assert asked == []


async def activity_later() -> web.Response:
    return activity({})


async def test_s004_of_two_records_only_the_permitted_one_is_used_and_host_keeps_the_name() -> None:
    async with peer(x=lambda request: activity_later()) as (origin, asked):
        port = origin.rpartition(":")[2]
        names = Names(good_example=[["10.0.0.1", "127.0.0.1"]])
        async with AioTransport(user_agent=AGENT, resolver=names, allow_loopback=True) as transport:
            assert (await get(transport, f"http://good.example:{port}/x")).status == 200
        assert asked[0].headers["Host"] == f"good.example:{port}"


async def test_s003_a_redirect_to_a_private_address_is_refused_and_never_signed_for_it(
    local: AioTransport,
) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/second"})

    async def second(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://192.168.0.1:9/inside"})

    signed: list[str] = []

    def sign(method: str, url: str, body: bytes | None, scheme: Scheme) -> dict[str, str]:
        signed.append(url)
        return {"Signature": f"for {url}"}

    async with peer(away=away, second=second) as (origin, asked):
        client = Client(local, sign=sign, allow_http=True, timeouts=QUICK)
        with pytest.raises(Refused) as refused:
            await client.get_document(origin + "/away")
    assert refused.value.code == "private-address"
    assert [request.headers["Signature"] for request in asked] == [
        f"for {origin}/away",
        f"for {origin}/second",
    ]


async def test_a_redirect_is_an_answer_for_the_transport(local: AioTransport) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/x"})

    async with peer(away=away) as (origin, asked):
        answer = await get(local, origin + "/away")
        assert (answer.status, answer.headers["location"]) == (302, "/x")
        assert len(asked) == 1


async def test_s008_a_body_that_drips_is_ended_by_the_total_deadline(local: AioTransport) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_peer(drip) as origin:
        assert await code_of(local, origin + "/", timeout=Timeouts(0.2, 0.3)) == "unreachable"


async def test_s008_headers_without_end_are_ended(local: AioTransport) -> None:
    async def headers(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            writer.write(b"X-%d: y\r\n" % number)
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_peer(headers) as origin:
        assert await code_of(local, origin + "/", timeout=Timeouts(0.2, 0.3)) == "unreachable"


async def test_s008_silence_and_informational_answers_without_end_are_ended(local: AioTransport) -> None:
    async def silence(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)

    async def informational(writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    for speak in (silence, informational):
        async with raw_peer(speak) as origin:
            assert await code_of(local, origin + "/", timeout=Timeouts(0.2, 0.3)) == "unreachable"


async def test_s009_an_endless_body_is_read_up_to_the_limit(local: AioTransport) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            sent += 65536
            await writer.drain()

    async with raw_peer(endless) as origin:
        answer = await get(local, origin + "/", max_bytes=100_000)
        assert (answer.fault, len(answer.body)) == ("too-large", 100_000)
    assert sent < 20_000_000


@pytest.mark.parametrize("length", [b"5", b"99999999999"])
async def test_s009_a_lying_content_length_is_survived(local: AioTransport, length: bytes) -> None:
    async def lie(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n" + b"x" * 50_000)

    async with raw_peer(lie) as origin:
        try:
            body = (await get(local, origin + "/")).body
        except Refused as refused:
            body = refused.code.encode()
    # Whether the surplus arrives together with the rest is chance; it never becomes part of a body.
    assert body in ((b"xxxxx", b"unreachable") if length == b"5" else (b"unreachable",))


def gzip_bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    piece = bytes(1_000_000)
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
async def test_s009_the_limit_counts_after_decoding(local: AioTransport, encoding: str) -> None:
    bomb = gzip_bomb(50_000_000) if "gzip" in encoding else zlib.compress(bytes(20_000_000))

    async def explode(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": encoding})

    async with peer(explode=explode) as (origin, _):
        tracemalloc.start()
        answer = await get(local, origin + "/explode", max_bytes=100_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000
    assert (answer.fault, len(answer.body)) == ("too-large", 100_000)


async def test_a_body_in_gzip_is_read(local: AioTransport) -> None:
    text = b"".join(b"baris %d, " % number for number in range(20_000))

    async def packed(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "gzip"
        return web.Response(body=gzip.compress(text, mtime=0), headers={"Content-Encoding": "gzip"})

    async with peer(packed=packed) as (origin, _):
        answer = await get(local, origin + "/packed", max_bytes=1_000_000)
    assert (answer.body, answer.fault) == (text, None)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x8b\x02\x80{}\x03"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
        ("gzip", gzip.compress(b"{}" * 100, mtime=0)[:-9]),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}", mtime=0) + bytes(300_000)),
        ("compress", b"{}"),
    ],
)
async def test_s009_encodings_not_asked_for_nested_and_damaged_are_refused(
    local: AioTransport, encoding: str, body: bytes
) -> None:
    async def packed(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding, "Content-Type": ACTIVITY})

    async with peer(packed=packed) as (origin, _):
        assert (await get(local, origin + "/packed")).fault == "bad-encoding"
        with pytest.raises(Refused) as refused:
            await Client(local, allow_http=True).get_document(origin + "/packed")
        assert refused.value.code == "bad-encoding"


async def test_a_connection_is_kept_after_a_whole_answer_and_closed_after_a_cut_one(
    local: AioTransport,
) -> None:
    async def small(request: web.Request) -> web.Response:
        assert request.transport is not None
        return web.Response(text=str(request.transport.get_extra_info("peername")))

    async def big(request: web.Request) -> web.Response:
        assert request.transport is not None
        return web.Response(text=str(request.transport.get_extra_info("peername")) + "x" * 300_000)

    async with peer(small=small, big=big) as (origin, _):
        first = (await get(local, origin + "/small")).body
        assert (await get(local, origin + "/small")).body == first
        assert (await get(local, origin + "/big", max_bytes=1000)).body.startswith(first)
        assert (await get(local, origin + "/small")).body != first


async def test_cookies_are_not_kept_and_the_user_agent_is_ours(local: AioTransport) -> None:
    async def cookie(request: web.Request) -> web.Response:
        assert request.headers["User-Agent"] == AGENT
        assert "Cookie" not in request.headers
        return web.Response(headers={"Set-Cookie": "a=b", "X-Twice": "1"})

    async with peer(cookie=cookie) as (origin, _):
        for _ in range(2):
            assert (await get(local, origin + "/cookie")).status == 200


async def test_the_path_is_sent_as_it_was_checked_and_signed(local: AioTransport) -> None:
    async with peer() as (origin, asked):
        await get(local, origin + "/a%7Eb//c%2Fd?q=%41+b&x=[1]")
        assert asked[0].raw_path == "/a%7Eb//c%2Fd?q=%41+b&x=[1]"


async def test_a_header_sent_twice_is_joined_so_that_two_types_are_none(local: AioTransport) -> None:
    async def two(writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Type: text/html\r\n"
            b"Content-Length: 2\r\n\r\n{}"
        )

    async with raw_peer(two) as origin:
        with pytest.raises(Refused) as refused:
            await Client(local, allow_http=True).get_document(origin + "/")
    assert refused.value.code == "wrong-media-type"


async def test_a_type_that_is_no_text_is_refused_with_words_that_can_be_served(local: AioTransport) -> None:
    async def odd(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: \xff/\xfe\r\nContent-Length: 2\r\n\r\n{}")

    async with raw_peer(odd) as origin:
        with pytest.raises(Refused) as refused:
            await Client(local, allow_http=True).get_document(origin + "/")
    assert refused.value.code == "wrong-media-type"
    assert b"?" in dumps(refused.value.as_json())


async def test_s004_tls_asks_for_the_name_and_believes_only_its_certificate(tmp_path: Path) -> None:
    certificate = certificate_for("good.example", tmp_path)
    asked: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.sni_callback = lambda _, name, __: asked.append(name)
    names = Names(good_example=[["127.0.0.1"]], evil_example=[["127.0.0.1"]])
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def hello(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with raw_peer(hello, tls=server) as origin:
        port = origin.rpartition(":")[2]
        async with AioTransport(
            user_agent=AGENT, resolver=names, allow_loopback=True, tls=trusting
        ) as transport:
            assert (await get(transport, f"https://good.example:{port}/")).body == b"ok"
            assert await code_of(transport, f"https://evil.example:{port}/") == "unreachable"
        async with AioTransport(user_agent=AGENT, resolver=names, allow_loopback=True) as transport:
            assert await code_of(transport, f"https://good.example:{port}/") == "unreachable"
    assert asked == ["good.example", "evil.example", "good.example"]


def certificate_for(name: str, folder: Path) -> Path:
    """A PEM file with a key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return file


async def test_what_is_not_http_and_nobody_there_are_unreachable(local: AioTransport) -> None:
    async def noise(writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xff\r\n\r\n" * 50)

    async with raw_peer(noise) as origin:
        assert await code_of(local, origin + "/") == "unreachable"
    assert await code_of(local, origin + "/") == "unreachable"
    assert await code_of(local, "https://127.0.0.1:9/") == "unreachable"


async def test_a_delivery_returns_any_status_and_follows_no_redirect(local: AioTransport) -> None:
    async def inbox(request: web.Request) -> web.Response:
        assert await request.read() == b'{"type":"Follow"}'
        return web.Response(status=307, headers={"Location": "/elsewhere"}, text="z" * 50_000)

    async with peer(inbox=inbox) as (origin, asked):
        client = Client(local, allow_http=True)
        answer = await client.post(origin + "/inbox", b'{"type":"Follow"}', {"Content-Type": ACTIVITY}, QUICK)
        assert (answer.status, len(asked), len(answer.body)) == (307, 1, 16_384)
        assert asked[0].headers["Content-Type"] == ACTIVITY


async def test_a_document_is_fetched_over_real_http(local: AioTransport) -> None:
    async def actor(request: web.Request) -> web.Response:
        return activity({"id": str(request.url), "type": "Person"})

    async with peer(u=actor) as (origin, asked):
        client = Client(local, allow_http=True)
        fetched = await client.get_document(origin + "/u/ani#main-key")
        assert fetched.url == fetched.document["id"] == origin + "/u/ani"
        assert asked[0].headers["Accept"].startswith(ACTIVITY)
