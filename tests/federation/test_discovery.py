"""Handles and software names, read from captured answers and from a network with lying hosts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from federation.client import Client
from federation.discovery import (
    Software,
    confirm_handle,
    fetch_software,
    lookup_handle,
    read_handle,
    read_jrd,
    read_nodeinfo,
)
from federation.refusals import Refused
from tests.federation.lying_peers import ACTIVITY, Network, StoppedClock

_DOCUMENTS = os.environ.get("SEBANGSA_TEST_DOCUMENTS", "")
needs_documents = pytest.mark.skipif(not _DOCUMENTS, reason="SEBANGSA_TEST_DOCUMENTS is not set")
JRD = "application/jrd+json"
GOOD, EVIL = "https://good.example", "https://evil.example"
_XRD = '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">{}</XRD>'


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def client(network: Network) -> Client:
    return Client(network, clock=StoppedClock())


def webfinger_url(handle: str, host: str | None = None) -> str:
    resource = quote("acct:" + handle, safe="")
    return f"https://{host or handle.rpartition('@')[2]}/.well-known/webfinger?resource={resource}"


def webfinger(network: Network, handle: str, actor: str | None, subject: str | None = None) -> None:
    links = [{"rel": "self", "type": ACTIVITY, "href": actor}] if actor else []
    network.serve(webfinger_url(handle), {"subject": f"acct:{subject or handle}", "links": links}, JRD)


def actor(url: str, name: Any = "ani") -> dict[str, Any]:
    return {"id": url, "type": "Person", "preferredUsername": name}


async def refused_confirm(client: Client, document: dict[str, Any]) -> str:
    with pytest.raises(Refused) as refused:
        await confirm_handle(client, document)
    return refused.value.code


def captured(*parts: str) -> dict[str, Any]:
    document = json.loads(Path(_DOCUMENTS, *parts).read_text())
    assert isinstance(document, dict)
    return document


@needs_documents
@pytest.mark.parametrize(
    ("name", "subject", "actor_url"),
    [
        ("pleroma", "acct:lain@pleroma.soykaf.com", "https://pleroma.soykaf.com/users/lain"),
        ("peertube", "acct:framasoft@framatube.org", "https://framatube.org/accounts/framasoft"),
        ("friendica", "acct:lain@squeet.me", "https://squeet.me/profile/lain"),
    ],
)
def test_webfinger_of_other_software_is_read(name: str, subject: str, actor_url: str) -> None:
    jrd = read_jrd(captured("activitypub", "webfinger", "mobilizon-suite", f"{name}-webfinger.json"))
    assert (jrd.subject, jrd.actor) == (subject, actor_url)
    assert jrd.aliases


@needs_documents
def test_the_examples_of_rfc_7033_are_read() -> None:
    examples = captured("vectors", "rfc7033.json")["examples"]
    assert len(examples) == 3
    for example in examples:
        jrd = read_jrd(example["jrd"])
        assert jrd.subject == example["jrd"]["subject"]
        assert list(jrd.aliases) == example["jrd"].get("aliases", [])
        assert jrd.actor is None


@needs_documents
async def test_we_ask_webfinger_as_rfc_7033_writes_it(network: Network, client: Client) -> None:
    path = captured("vectors", "rfc7033.json")["examples"][0]["path"].partition("&rel=")[0]
    with pytest.raises(Refused):
        await lookup_handle(client, "carol@example.com")
    assert network.urls()[0] == "https://example.com" + path


@needs_documents
@pytest.mark.parametrize(
    ("parts", "software"),
    [
        (("django-toolkit-suite", "core", "lemmy.json"), Software("lemmy", "0.19.11")),
        (("django-toolkit-suite", "core", "nodebb.json"), Software("nodebb", "4.4.3")),
        (("mobilizon-suite", "data.json"), Software("mobilizon", "5.1.0")),
        (("mobilizon-suite", "wp-data.json"), Software("wordpress", "6.4.2")),
    ],
)
def test_nodeinfo_of_other_software_is_read(parts: tuple[str, ...], software: Software) -> None:
    assert read_nodeinfo(captured("activitypub", "nodeinfo", *parts)) == software


@needs_documents
@pytest.mark.parametrize("index", ["both_versions.json", "regular.json", "older_versions.json"])
async def test_the_newest_nodeinfo_is_fetched(network: Network, client: Client, index: str) -> None:
    listed = captured("activitypub", "nodeinfo", "mobilizon-suite", index)
    network.serve(f"{GOOD}/.well-known/nodeinfo", listed, "application/json")
    newest = listed["links"][-1]["href"]
    network.serve(newest, {"software": {"name": "Mobilizon", "version": "5"}}, "application/json")
    assert await fetch_software(client, "GOOD.example.") == Software("mobilizon", "5")


@pytest.mark.parametrize(
    "document",
    [{}, {"software": None}, {"software": "lemmy"}, {"software": {"name": 5}}, {"software": {"name": " "}}],
)
def test_nodeinfo_without_a_name_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_nodeinfo(document)
    assert refused.value.code == "bad-field"


def test_nodeinfo_names_are_bounded() -> None:
    software = read_nodeinfo({"software": {"name": "X" * 9999, "version": ["no"]}})
    assert software == Software("x" * 64, "")


@pytest.mark.parametrize(
    "links", [None, 5, [], [5, {}], {"rel": 1}, [{"rel": "x", "href": "https://a.example/"}]]
)
async def test_a_host_without_nodeinfo_has_no_software(network: Network, client: Client, links: Any) -> None:
    network.serve(f"{GOOD}/.well-known/nodeinfo", {"links": links}, "application/json")
    with pytest.raises(Refused) as refused:
        await fetch_software(client, "good.example")
    assert refused.value.code == "not-found"


@pytest.mark.parametrize(
    "href", ["file:///etc/passwd", "http://127.0.0.1/", "https://localhost/", "gopher://x/"]
)
async def test_s006_links_of_discovery_lead_to_peers_only(
    network: Network, client: Client, href: str
) -> None:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    network.serve(f"{GOOD}/.well-known/nodeinfo", {"links": [{"rel": rel, "href": href}]}, "application/json")
    with pytest.raises(Refused) as refused:
        await fetch_software(client, "good.example")
    assert refused.value.code == "bad-url"
    webfinger(network, "ani@good.example", href)
    with pytest.raises(Refused) as refused:
        await lookup_handle(client, "ani@good.example")
    assert refused.value.code == "bad-url"
    assert all(url.startswith(GOOD) for url in network.urls())


@pytest.mark.parametrize(
    "text",
    [
        "ani@good.example",
        "@ani@good.example",
        "!ani@Good.Example",
        "acct:ani@good.example.",
        " ani@good.example",
    ],
)
def test_a_handle_is_read_in_any_usual_dress(text: str) -> None:
    assert read_handle(text) == ("ani", "good.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ani",
        "@good.example",
        "ani@",
        "a b@good.example",
        "ani@good.example/x",
        "ani@127.1",
        "a/b@good.example",
        "ani@[::1",
        "a" * 200 + "@good.example",
        "ani@evil@good.example",
        "ani@" + "a" * 5000,
        "ani@good example",
    ],
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_handle(text)
    assert refused.value.code == "bad-handle"


async def test_a_handle_is_looked_up(network: Network, client: Client) -> None:
    webfinger(network, "ani@good.example", f"{GOOD}/u/ani")
    assert await lookup_handle(client, "@ani@GOOD.example") == f"{GOOD}/u/ani"
    assert "Signature" not in network.asked[0][2]


async def test_a_handle_that_names_no_actor_is_not_found(network: Network, client: Client) -> None:
    webfinger(network, "ani@good.example", None)
    with pytest.raises(Refused) as refused:
        await lookup_handle(client, "ani@good.example")
    assert refused.value.code == "not-found"


async def test_an_older_host_is_asked_by_its_host_meta(network: Network, client: Client) -> None:
    link = f'<Link rel="lrdd" type="application/jrd+json" template="{GOOD}/wf?r={{uri}}"/>'
    xrd = _XRD.format('<!-- ours --><Link rel="x" template="https://x.example/{uri}"/>' + link)
    network.serve(f"{GOOD}/.well-known/host-meta", xrd.encode(), "application/xrd+xml; charset=utf-8")
    answer = {"links": [{"rel": "self", "type": ACTIVITY, "href": f"{GOOD}/u/ani"}]}
    network.serve(f"{GOOD}/wf?r=acct%3Aani%40good.example", answer, JRD)
    assert await lookup_handle(client, "ani@good.example") == f"{GOOD}/u/ani"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<XRD",
        b"\xff\xfe<\0",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><XRD>&b;</XRD>',
        '<!DOCTYPE x [<!ENTITY a "x">]><XRD>&a;</XRD>'.encode("utf-16"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><XRD/>',
        b'<?xml version="1.0" encoding="no-such"?><XRD/>',
        b"<a>" * 30_000,
        _XRD.format('<Link rel="lrdd" template="https://good.example/fixed"/>').encode(),
        _XRD.format('<Link rel="lrdd" template="file:///{uri}"/>').encode(),
    ],
)
async def test_s009_a_hostile_host_meta_changes_nothing(
    network: Network, client: Client, body: bytes
) -> None:
    network.serve(f"{GOOD}/.well-known/host-meta", body, "application/xrd+xml")
    with pytest.raises(Refused) as refused:
        await lookup_handle(client, "ani@good.example")
    assert refused.value.code in ("not-found", "bad-url")
    assert len(network.asked) == 2


async def test_a_handle_that_both_sides_name_is_confirmed(network: Network, client: Client) -> None:
    webfinger(network, "ani@good.example", f"{GOOD}/u/ani")
    assert await confirm_handle(client, actor(f"{GOOD}/u/ani")) == "ani@good.example"


async def test_case_and_a_missing_subject_do_not_matter(network: Network, client: Client) -> None:
    links = [{"rel": "self", "type": ACTIVITY, "href": f"{GOOD}/u/ani"}]
    network.serve(
        webfinger_url("Ani@good.example"), {"subject": "acct:ani@GOOD.example", "links": links}, JRD
    )
    assert await confirm_handle(client, actor(f"{GOOD}/u/ani", "Ani")) == "Ani@good.example"
    network.serve(webfinger_url("ani@good.example"), {"links": links}, JRD)
    assert await confirm_handle(client, actor(f"{GOOD}/u/ani")) == "ani@good.example"


async def test_s013_a_handle_on_another_host_needs_that_host_to_agree(
    network: Network, client: Client
) -> None:
    url = "https://sosial.good.example/u/ani"
    webfinger(network, "ani@sosial.good.example", url, subject="ani@good.example")
    webfinger(network, "ani@good.example", url)
    assert await confirm_handle(client, actor(url)) == "ani@good.example"
    assert await lookup_handle(client, "ani@good.example") == url


async def test_a_claimed_handle_needs_only_the_host_that_it_names(network: Network, client: Client) -> None:
    """FEP-2c59: the host of the actor may have no WebFinger at all."""
    url = "https://sosial.good.example/u/ani"
    webfinger(network, "ani@good.example", url)
    claimed = actor(url) | {"webfinger": "ani@good.example"}
    assert await confirm_handle(client, claimed) == "ani@good.example"
    assert [asked[1] for asked in network.asked] == [webfinger_url("ani@good.example")]


@pytest.mark.parametrize("answer", ["none", "another actor", "another subject", "another name"])
async def test_s013_a_claimed_handle_is_believed_only_when_its_host_agrees(
    network: Network, client: Client, answer: str
) -> None:
    webfinger(network, "victim@evil.example", f"{EVIL}/u/me")
    claim = "victim@good.example"
    if answer == "another actor":
        webfinger(network, claim, f"{GOOD}/u/victim")
    if answer == "another subject":
        webfinger(network, claim, f"{EVIL}/u/me", subject="other@good.example")
    if answer == "another name":
        webfinger(network, "admin@good.example", f"{EVIL}/u/me")
        claim = "admin@good.example"
    claimed = actor(f"{EVIL}/u/me", "victim") | {"webfinger": claim}
    assert await confirm_handle(client, claimed) == "victim@evil.example"


@pytest.mark.parametrize("answer", ["none", "another actor", "another subject", "its own actor"])
async def test_s013_evil_cannot_take_a_handle_of_good(network: Network, client: Client, answer: str) -> None:
    webfinger(network, "victim@evil.example", f"{EVIL}/u/me", subject="victim@good.example")
    if answer == "another actor":
        webfinger(network, "victim@good.example", f"{GOOD}/u/victim")
    if answer == "another subject":
        webfinger(network, "victim@good.example", f"{EVIL}/u/me", subject="other@good.example")
    if answer == "its own actor":
        webfinger(network, "victim@good.example", f"{GOOD}/u/victim", subject="victim@evil.example")
    code = await refused_confirm(client, actor(f"{EVIL}/u/me", "victim"))
    assert code == ("not-found" if answer == "none" else "handle-mismatch")


async def test_s013_good_naming_evils_actor_is_not_enough(network: Network, client: Client) -> None:
    webfinger(network, "victim@good.example", f"{EVIL}/u/me")
    assert await lookup_handle(client, "victim@good.example") == f"{EVIL}/u/me"
    webfinger(network, "me@evil.example", f"{EVIL}/u/me")
    assert await confirm_handle(client, actor(f"{EVIL}/u/me", "me")) == "me@evil.example"


async def test_s013_the_subject_must_bear_the_actors_name(network: Network, client: Client) -> None:
    webfinger(network, "me@evil.example", f"{EVIL}/u/me", subject="admin@evil.example")
    webfinger(network, "admin@evil.example", f"{EVIL}/u/me")
    assert await refused_confirm(client, actor(f"{EVIL}/u/me", "me")) == "handle-mismatch"


async def test_s013_another_actor_of_the_same_host_is_refused(network: Network, client: Client) -> None:
    webfinger(network, "victim@good.example", f"{GOOD}/u/victim")
    assert await refused_confirm(client, actor(f"{GOOD}/u/mallory", "victim")) == "handle-mismatch"


@pytest.mark.parametrize("name", [None, "", 5, ["ani"], "a b", "a@b", "a/b", "ani\0", "a" * 200])
async def test_an_actor_without_a_usable_name_has_no_handle(
    network: Network, client: Client, name: Any
) -> None:
    assert await refused_confirm(client, actor(f"{GOOD}/u/ani", name)) == "not-an-actor"
    assert network.asked == []


@pytest.mark.parametrize("kind", ["text/html", "application/json", "", None, 5])
async def test_a_self_link_of_another_type_is_no_actor(network: Network, client: Client, kind: Any) -> None:
    links = [{"rel": "self", "type": kind, "href": f"{GOOD}/u/ani"}, 5, {"rel": ["self"]}]
    network.serve(webfinger_url("ani@good.example"), {"subject": 5, "aliases": [5], "links": links}, JRD)
    with pytest.raises(Refused) as refused:
        await lookup_handle(client, "ani@good.example")
    assert refused.value.code == "not-found"


async def test_in_development_local_hosts_are_asked_over_http(network: Network) -> None:
    client = Client(network, clock=StoppedClock(), allow_http=True)
    assert client.web_origin("desa.localhost") == "http://desa.localhost"
    assert client.web_origin("127.0.0.1:8080") == "http://127.0.0.1:8080"
    assert client.web_origin("good.example") == "https://good.example"
    assert Client(network).web_origin("desa.localhost") == "https://desa.localhost"
