"""One view of URLs and addresses: where another reader could see another host, the URL is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yarl

from federation.addresses import is_public
from federation.refusals import Refused
from federation.urls import (
    Url,
    is_same_or_subdomain,
    join,
    normal_authority,
    normal_host,
    parse_url,
    registered_domain,
    same_host,
)

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
needs_documents = pytest.mark.skipif(not _DOCUMENTS, reason="SEBANGSA_TEST_DOCUMENTS is not set")


def cases(name: str) -> list[dict[str, Any]]:
    listed = json.loads(Path(_DOCUMENTS, "badinput", "url", name).read_text())
    return [case for case in listed if isinstance(case, dict)]


def read(text: str) -> Url | None:
    try:
        return parse_url(text, allow_http=True)
    except Refused:
        return None


def assert_same_view(url: Url, case: dict[str, Any]) -> None:
    assert not case.get("failure"), case
    host = f"[{url.host}]" if ":" in url.host else url.host
    assert (f"{url.scheme}:", host, str(url.port or "")) == (case["protocol"], case["hostname"], case["port"])
    dialled = yarl.URL(url.text, encoded=True)
    assert (dialled.raw_host, dialled.port) == (url.host, url.port or dialled.port)


@needs_documents
def test_s005_our_view_of_a_url_is_the_browsers_view_or_none() -> None:
    listed = cases("urltestdata.json")
    assert len(listed) == 891
    assert sum(bool(case.get("failure")) for case in listed) == 267
    accepted = 0
    for case in listed:
        if url := read(case["input"]):
            accepted += 1
            assert_same_view(url, case)
        base = read(case["base"]) if case.get("base") else None
        if base is None:
            continue
        try:
            joined = join(base, case["input"], allow_http=True)
        except Refused:
            continue
        accepted += 1
        assert_same_view(joined, case)
    assert accepted > 100  # the test would say nothing about a parser that refuses all


@needs_documents
@pytest.mark.parametrize(
    ("name", "count", "at_least"), [("toascii.json", 87, 20), ("IdnaTestV2.json", 2671, 350)]
)
def test_s015_names_in_other_scripts_have_one_form(name: str, count: int, at_least: int) -> None:
    listed = cases(name)
    assert len(listed) == count
    accepted = 0
    for case in listed:
        url = read(f"https://{case['input']}/")
        if url is None:
            continue
        accepted += 1
        assert url.host == case["output"]
        assert normal_host(case["input"]) == url.host
        assert normal_host(url.host) == url.host
    assert accepted >= at_least


@pytest.mark.parametrize(
    "text",
    [
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "https://evil.example\\@good.example",
        "https://good.example\\@evil.example/",
        "https://good.example@evil.example/",
        "https://:@evil.example/",
        "https://evil.example./",
        "https://evil..example/",
        "https://good%2eexample/",
        "https://good.example:99999/",
        "https://good.example:0/",
        "https://good.example:/",
        "https://[::1%25lo]/",
        "https://[::1",
        "https:///good.example/",
        "https:good.example/",
        "//good.example/",
        "https://xn--ls8h-invalid-.example/",
    ],
)
def test_s005_what_two_readers_may_read_in_two_ways_is_refused(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "gopher://x.example/",
        "data:text/plain,x",
        "ftp://x.example/",
        "javascript:alert(1)",
        "JavaScript://x.example/%0aalert(1)",
        "ws://x.example/",
        "blob:https://x.example/",
    ],
)
def test_s006_other_schemes_are_refused(text: str) -> None:
    assert read(text) is None
    with pytest.raises(Refused):
        join(parse_url("https://good.example/"), text)


@pytest.mark.parametrize(
    "text",
    [
        "https://good.example/" + "a" * 2048,
        "https://good.example/" + "é" * 1000,  # short as written, long as sent
        "https://good.example/\0",
        "https://good.example/a b",
        "https://good.example/a\nb",
        " https://good.example/",
        "https://good.example/a\u202eb",
        "https://good.example/a\u200fb",
        "https://good.example/a\ufffdb",
        "https://good.example/a/../b",
        "https://good.example/a/%2e%2E/b",
        "",
    ],
)
def test_s062_ids_that_hide_or_harm_are_refused(text: str) -> None:
    assert read(text) is None


def test_s062_a_lone_surrogate_is_refused() -> None:
    assert read("https://good.example/a" + chr(0xD800)) is None


def test_s005_what_stands_behind_the_hash_is_never_the_host() -> None:
    assert parse_url("https://evil.example#@good.example").host == "evil.example"
    assert parse_url("https://evil.example?@good.example").host == "evil.example"
    assert parse_url("https://evil.example/@good.example").host == "evil.example"


def test_only_a_text_is_a_url() -> None:
    for value in (None, 5, ["https://good.example/"], {"id": "https://good.example/"}):
        assert read(value) is None  # type: ignore[arg-type]


def test_a_url_has_one_spelling() -> None:
    url = parse_url('HTTPS://Good.Example:443/u/%7eani?q="é"#main-key')
    assert url.text == str(url) == "https://good.example/u/%7eani?q=%22%C3%A9%22"
    assert (url.scheme, url.host, url.port, url.fragment) == ("https", "good.example", None, "main-key")
    assert (url.origin, url.authority) == ("https://good.example", "good.example")
    assert url.path_query == "/u/%7eani?q=%22%C3%A9%22"
    assert parse_url("https://good.example").text == "https://good.example/"
    assert parse_url(url.text) == Url("https", "good.example", None, url.path_query, None, url.text)


@pytest.mark.parametrize(
    "text",
    [
        "http://good.example/",
        "https://good.example:8443/",
        "https://localhost/",
        "https://a.localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://8.8.8.8/",
        "https://[::1]/",
        "https://[2600::1]/",
    ],
)
def test_in_production_a_peer_is_a_public_name_on_the_default_port(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_url(text)
    assert refused.value.code == "bad-url"
    assert parse_url(text, allow_http=True).text == text


def test_a_reference_is_read_against_its_page() -> None:
    page = parse_url("https://good.example/a/b?c")
    assert join(page, "../d").text == "https://good.example/d"
    assert join(page, "//other.example/d").text == "https://other.example/d"
    for reference in (
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "///evil.example",
        "http:/x",
        "//[x",
    ):
        with pytest.raises(Refused):
            join(page, reference)


@pytest.mark.parametrize(
    "text",
    [
        "evil.example",
        "EVIL.example",
        "evil.example.",
        "evil.example:443",
        "evil.example:8443",
        "ｅvil.example",
    ],
)
def test_s015_one_normal_form_of_a_host(text: str) -> None:
    assert normal_host(text) == "evil.example"


def test_s015_sharp_s_and_its_punycode_are_one_host_and_ss_another() -> None:
    assert normal_host("faß.example") == normal_host("FAß.example") == normal_host("xn--fa-hia.example")
    assert normal_host("fass.example") != normal_host("faß.example")


def test_s015_a_block_covers_what_lies_under_the_domain() -> None:
    assert is_same_or_subdomain("evil.example", "evil.example")
    assert is_same_or_subdomain("a.sub.evil.example", "evil.example")
    assert not is_same_or_subdomain("notevil.example", "evil.example")
    assert not is_same_or_subdomain("example", "evil.example")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.evil.example", "evil.example"),
        ("x.y.a.evil.example", "evil.example"),
        ("evil.example", "evil.example"),
        ("a.evil.io", "evil.io"),
        ("a.toko.co.id", "toko.co.id"),
        ("pusat.sukamaju.desa.id", "sukamaju.desa.id"),
        ("toko.co.id", "toko.co.id"),
        ("a.jahat.localhost:8000", "jahat.localhost:8000"),
        ("localhost:8000", "localhost:8000"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[2001:db8::1.2.3.4]", "[2001:db8::1.2.3.4]"),
    ],
)
def test_s055_hosts_under_one_registered_domain_are_one_owners(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


def test_s015_hosts_are_compared_in_their_normal_form() -> None:
    assert same_host("https://good.example/a", "https://GOOD.example:443/b#c")
    assert not same_host("https://good.example/", "https://good.example:8443/")
    assert not same_host("https://good.example/", "https://evil.example/")
    assert not same_host("https://good.example/", "nothing")
    assert not same_host("nothing", "nothing")


def test_an_authority_keeps_a_port_that_is_not_the_default() -> None:
    assert normal_authority("A.localhost:8080") == "a.localhost:8080"
    assert normal_authority("Good.example.:443") == "good.example"
    for wrong in ("", "good.example/x", "a@good.example", "good.example:x", ".", "[::1"):
        with pytest.raises(Refused):
            normal_authority(wrong)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fe80::1%eth0",
        "255.255.255.255",
        "not an address",
        "",
    ],
)
def test_s001_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.1",
        "192.0.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:c0a8:1::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "ff02::1",
        "100::1",
    ],
)
def test_s002_special_ranges_and_tunnels_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.0.1",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.1",
        "2600::1",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
    ],
)
def test_addresses_of_the_public_network_are(address: str) -> None:
    assert is_public(address)
