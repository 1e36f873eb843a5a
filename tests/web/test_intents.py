"""Buttons of other sites bring people home (FEP-3b86), and ours bring visitors to their own server."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote, unquote, urlsplit

import pytest

from communities.describing import Description
from communities.founding import create_community
from federation.intents import INTENT, SUBSCRIBE, Home
from federation.models import Follow, FollowState
from sebangsa.models import Post, User, Visibility, Vote
from sebangsa.posting import Draft, create_post
from tests.foreign_server import ForeignServer, foreign_server
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle

Start = Callable[..., Awaitable[Instance]]
Pair = tuple[Instance, Instance]


@pytest.fixture
async def lain() -> AsyncIterator[ForeignServer]:
    async with foreign_server() as server:
        server.actor("dewi")
        yield server


async def links_of(instance: Instance, name: str) -> dict[str, str]:
    resource = f"acct:{name}@{instance.site.settings.domain}"
    async with instance.http.get(
        f"{instance.url}/.well-known/webfinger?resource={quote(resource)}"
    ) as answer:
        found = json.loads(await answer.text())["links"]
    return {link["rel"]: link["template"] for link in found if "template" in link}


def address_in(page: str, of: str) -> str:
    """The link of a page that leads to another server."""
    found = re.search(rf'href="({re.escape(of)}[^"]*)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def path_of(address: str) -> str:
    split = urlsplit(address)
    return f"{split.path}?{split.query}"


# --- what others find here --------------------------------------------------------------------------------------


async def test_people_are_found_with_their_intents_and_communities_without(start: Start) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
    found = await links_of(warga, "ani")
    kinds = ("Follow", "Like", "Dislike", "Announce", "Object", "Create")
    assert set(found) == {SUBSCRIBE, *(INTENT + kind for kind in kinds)}
    for kind in kinds[:4]:
        assert found[INTENT + kind] == (
            f"{warga.url}/intents/{kind.lower()}"
            "?object={object}&on-success={on-success}&on-cancel={on-cancel}"
        )
    assert set(await links_of(warga, "tebet")) == {SUBSCRIBE}


async def test_an_intent_asks_first_and_does_nothing_by_itself(start: Start) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        post = await create_post(site, budi.actor, Draft(source="Halo semua"))
    browser = await FormBrowser.of(warga, ani)
    targets = {
        "follow": budi.actor.uri,
        "like": post.uri,
        "dislike": post.uri,
        "announce": post.uri,
    }
    for act, target in targets.items():
        status, page = await browser.get(f"/intents/{act}?object={quote(target, safe='')}")
        assert status == 200
        assert "Nothing has been done yet" in page
    async with warga.inside():
        assert await Follow.all().count() == 0
        assert await Vote.all().count() == 0
        assert await Post.filter(kind="boost").count() == 0
    for act, target in targets.items():
        page = f"/intents/{act}?object={quote(target, safe='')}"
        status, _ = await browser.post(f"/intents/{act}", page, object=target)
        assert status == 303
    async with warga.inside():
        assert await Follow.filter(follower_id=ani.actor_id, target_id=budi.actor_id).count() == 1
        assert (await Vote.get(actor_id=ani.actor_id)).value == -1
        assert await Post.filter(kind="boost", author_id=ani.actor_id).count() == 1


async def test_s070_an_intent_without_the_pages_own_form_does_nothing(start: Start) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    cookies = await warga.signed_in(ani)
    for sent in ({}, {"csrf": "0" * 64}):
        async with warga.http.post(
            f"{warga.url}/intents/follow", data={"object": budi.actor.uri, **sent}, cookies=cookies
        ) as answer:
            assert answer.status == 403
    async with warga.inside():
        assert await Follow.all().count() == 0


async def test_s071_where_an_intent_leads_afterwards_is_shown_first(start: Start) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    browser = await FormBrowser.of(warga, ani)
    page = f"/intents/follow?object={quote(budi.actor.uri, safe='')}"
    for target in ("https://evil.example/x", "https://good.example@evil.example/x"):
        status, text = await browser.post(
            "/intents/follow", page, object=budi.actor.uri, **{"on-success": target}
        )
        if status == 200:
            assert "evil.example</b>" in text
        else:
            assert text == "/u/budi"
    for target in ("javascript:alert(1)", "//evil.example", "data:text/html,x", "/settings"):
        status, text = await browser.post(
            "/intents/follow", page, object=budi.actor.uri, **{"on-success": target}
        )
        assert (status, text) == (303, "/u/budi")
    status, text = await browser.post(
        "/intents/follow", page, object=budi.actor.uri, **{"on-success": "(close)"}
    )
    assert status == 200
    assert "You can close this window" in text


async def test_cancelling_an_intent_does_nothing_and_leads_back(start: Start) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    browser = await FormBrowser.of(warga, ani)
    page = f"/intents/follow?object={quote(budi.actor.uri, safe='')}"
    status, text = await browser.post(
        "/intents/follow",
        page,
        object=budi.actor.uri,
        cancel="1",
        **{"on-cancel": "https://asal.example/kembali"},
    )
    assert status == 200
    assert 'href="https://asal.example/kembali"' in text
    async with warga.inside():
        assert await Follow.all().count() == 0


async def test_an_intent_survives_signing_in(start: Start) -> None:
    warga = await start("warga")
    await warga.user("ani")
    budi = await warga.user("budi")
    visitor = FormBrowser(warga)
    wanted = f"/intents/follow?object={quote(budi.actor.uri, safe='')}&on-success=(close)"
    status, where = await visitor.get(wanted)
    assert status == 303
    _, page = await visitor.get(where)
    next_ = re.search(r'name="next" value="([^"]*)"', page)
    assert next_ is not None
    status, back = await visitor.post(
        "/sign-in", where, login="ani", password="rahasia sekali", next=html.unescape(next_[1])
    )
    assert (status, unquote(back)) == (303, unquote(wanted))
    assert (await visitor.get(back))[0] == 200


@pytest.mark.parametrize("act", ["like", "announce", "follow", "object", "create"])
async def test_what_the_viewer_may_not_see_is_not_shown_by_an_intent(start: Start, act: str) -> None:
    warga = await start("warga")
    ani, budi = await warga.user("ani"), await warga.user("budi")
    async with warga.inside() as site:
        secret = await create_post(
            site, budi.actor, Draft(source="rahasia besar", visibility=Visibility.FOLLOWERS)
        )
    browser = await FormBrowser.of(warga, ani)
    name = "inReplyTo" if act == "create" else "object"
    status, text = await browser.get(f"/intents/{act}?{name}={quote(secret.uri, safe='')}")
    assert status in (404, 302)
    assert "rahasia" not in text
    assert f"/p/{secret.id}" not in text.partition("?")[0]


async def test_the_create_intent_fills_the_form_or_the_answer(start: Start) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft(source="Halo"))
    browser = await FormBrowser.of(warga, ani)
    status, where = await browser.get("/intents/create?content=Lihat+%3Cini%3E&name=&summary=awas")
    assert status == 302
    _, page = await browser.get(where)
    assert "Lihat &lt;ini&gt;" in page
    assert "awas" in page
    status, where = await browser.get(f"/intents/create?content=Setuju&inReplyTo={quote(post.uri, safe='')}")
    _, page = await browser.get(where.partition("#")[0])
    assert ">Setuju</textarea>" in page
    async with warga.inside():
        assert await Post.all().count() == 1


# --- how visitors get home --------------------------------------------------------------------------------------


async def _join_page(instance: Instance) -> tuple[FormBrowser, str, str]:
    ani: User = await instance.user("ani")
    async with instance.inside() as site:
        group = await create_community(site, "tebet", ani.actor, Description(title="Tebet"))
    visitor = FormBrowser(instance)
    _, page = await visitor.get("/c/tebet")
    where = html.unescape(re.findall(r'href="(/elsewhere[^"]*)"', page)[0])
    return visitor, where, group.uri


async def test_a_visitor_joins_from_their_own_server(neighbours: Pair) -> None:
    warga, kota = neighbours
    budi = await kota.user("budi")
    visitor, where, group = await _join_page(warga)
    status, page = await visitor.get(where)
    assert status == 200
    assert f"!tebet@{warga.site.settings.domain}" in page
    status, page = await visitor.post(
        "/elsewhere", where, do="follow", object=group, handle=f"budi@{kota.site.settings.domain}"
    )
    assert status == 200
    address = address_in(page, f"{kota.url}/intents/follow")
    at_home = await FormBrowser.of(kota, budi)
    status, page = await at_home.get(path_of(address))
    assert status == 200
    assert "Join this community?" in page
    status, _ = await at_home.post("/intents/follow", path_of(address), object=group)
    assert status == 303
    await settle(warga, kota)
    async with warga.inside():
        made = await Follow.get(target__uri=group, follower__host=kota.site.settings.domain)
        assert made.state == FollowState.ACCEPTED


async def test_a_visitor_answers_a_post_from_their_own_server(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    async with warga.inside() as site:
        post = await create_post(site, ani.actor, Draft(source="Ada yang tahu?"))
    visitor = FormBrowser(warga)
    _, page = await visitor.get(f"/p/{post.id}")
    where = html.unescape(re.findall(r'href="(/elsewhere\?do=reply[^"]*)"', page)[0])
    _, page = await visitor.post(
        "/elsewhere", where, do="reply", object=post.uri, handle=f"@budi@{kota.site.settings.domain}"
    )
    at_home = await FormBrowser.of(kota, budi)
    status, where = await at_home.get(path_of(address_in(page, f"{kota.url}/intents/create")))
    assert status == 302
    status, page = await at_home.get(where.partition("#")[0])
    assert status == 200
    assert "Ada yang tahu?" in page


async def test_a_server_without_intents_is_reached_by_its_subscribe_template(
    start: Start, lain: ForeignServer
) -> None:
    visitor, where, group = await _join_page(await start("warga"))
    lain.links.append({"rel": SUBSCRIBE, "template": f"{lain.origin}/authorize_interaction?uri={{uri}}"})
    _, page = await visitor.post("/elsewhere", where, do="follow", object=group, handle=f"dewi@{lain.host}")
    address = address_in(page, lain.origin)
    assert address == f"{lain.origin}/authorize_interaction?uri={quote(group, safe='')}"


async def test_s071_nobody_is_sent_to_a_host_that_their_handle_does_not_name(
    start: Start, lain: ForeignServer
) -> None:
    visitor, where, group = await _join_page(await start("warga"))
    for template in (
        "http://evil.localhost:1/{object}",
        "javascript:alert({object})",
        f"{lain.origin}@evil.localhost:1/{{object}}",
        f"{lain.origin}/forgets-what-for",
    ):
        lain.links[:] = [{"rel": INTENT + "Follow", "template": template}]
        status, page = await visitor.post(
            "/elsewhere", where, do="follow", object=group, handle=f"dewi@{lain.host}"
        )
        assert status == 200
        assert "evil" not in page
        assert "alert(" not in page
        assert "does not say where this is done there" in page
        assert f'value="!tebet@{urlsplit(group).netloc}"' in page


@pytest.mark.parametrize(
    ("software", "path"),
    [
        ("lemmy", "/search?q=%21tebet%40{domain}&type=All"),
        ("piefed", "/community/lookup/tebet/{domain}"),
        ("mbin", "/search?q=%21tebet%40{domain}"),
        ("mastodon", "/authorize_interaction?uri={uri}"),
    ],
)
async def test_a_server_that_names_nothing_is_known_by_its_software(
    start: Start, lain: ForeignServer, software: str, path: str
) -> None:
    visitor, where, group = await _join_page(await start("warga"))
    lain.documents["/.well-known/nodeinfo"] = {
        "links": [
            {
                "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
                "href": f"{lain.origin}/nodeinfo/2.0",
            }
        ]
    }
    lain.documents["/nodeinfo/2.0"] = {"software": {"name": software, "version": "1"}}
    _, page = await visitor.post("/elsewhere", where, do="follow", object=group, handle=f"dewi@{lain.host}")
    domain, uri = quote(urlsplit(group).netloc, safe=""), quote(group, safe="")
    assert address_in(page, lain.origin) == lain.origin + path.format(domain=domain, uri=uri)


async def test_the_handle_is_kept_only_by_consent_and_can_be_forgotten(
    start: Start, lain: ForeignServer
) -> None:
    visitor, where, group = await _join_page(await start("warga"))
    handle = f"dewi@{lain.host}"
    await visitor.post("/elsewhere", where, do="follow", object=group, handle=handle)
    assert "home" not in visitor.cookies
    await visitor.post("/elsewhere", where, do="follow", object=group, handle=handle, remember="1")
    assert handle in visitor.cookies["home"]
    _, page = await visitor.get(where)
    assert f'value="{handle}"' in page
    status, _ = await visitor.post("/elsewhere/forget", where, do="follow", object=group)
    assert status == 303
    assert visitor.cookies["home"] == ""


async def test_a_visitor_who_is_at_home_here_signs_in(start: Start) -> None:
    warga = await start("warga")
    visitor, where, group = await _join_page(warga)
    domain = warga.site.settings.domain
    status, where_to = await visitor.post(
        "/elsewhere", where, do="follow", object=group, handle=f"ani@{domain}"
    )
    assert (status, where_to) == (303, "/sign-in?next=/c/tebet")


async def test_what_is_no_handle_is_said_at_its_field(start: Start) -> None:
    visitor, where, group = await _join_page(await start("warga"))
    for handle in ("", "ani", "https://evil.example", "a@b@c", "<script>"):
        status, page = await visitor.post("/elsewhere", where, do="follow", object=group, handle=handle)
        assert status == 422
        assert "Write your whole address" in page


async def test_only_what_everybody_may_see_is_offered_elsewhere(start: Start) -> None:
    warga = await start("warga")
    ani = await warga.user("ani")
    async with warga.inside() as site:
        secret = await create_post(site, ani.actor, Draft(source="rahasia", visibility=Visibility.FOLLOWERS))
    visitor = FormBrowser(warga)
    for uri in (secret.uri, f"{warga.url}/actor", "https://evil.example/x", ""):
        status, _ = await visitor.get(f"/elsewhere?do=follow&object={quote(uri, safe='')}")
        assert status == 404
    status, _ = await visitor.get(f"/elsewhere?do=hapus&object={quote(ani.actor.uri, safe='')}")
    assert status == 404


def test_where_the_intent_is_not_offered_the_object_is_opened() -> None:
    templates = {
        (INTENT + "Object").lower(): "https://lain.example/open?o={object}",
        (INTENT + "Create").lower(): "https://lain.example/write?to={inReplyTo}",
    }
    home = Home("dewi@lain.example", "lain.example", frozenset({"lain.example"}), templates)
    thread, filled = "https://warga.example/p/1", "https%3A%2F%2Fwarga.example%2Fp%2F1"
    opened = f"https://lain.example/open?o={filled}"
    assert home.address_for("Follow", {"object": thread}) == opened
    assert home.address_for("Create", {"inReplyTo": thread}) == f"https://lain.example/write?to={filled}"
    del templates[(INTENT + "Create").lower()]
    assert home.address_for("Create", {"inReplyTo": thread}) == opened


def test_s071_in_production_only_https_of_the_named_hosts_is_an_address() -> None:
    def address(template: str) -> str | None:
        home = Home(
            "dewi@lain.example",
            "lain.example",
            frozenset({"lain.example", "sosial.lain.example"}),
            {(INTENT + "Follow").lower(): template},
        )
        return home.address_for("Follow", {"object": "https://warga.example/c/tebet"})

    filled = "https%3A%2F%2Fwarga.example%2Fc%2Ftebet"
    assert address("https://lain.example/f?o={object}") == f"https://lain.example/f?o={filled}"
    assert (
        address("https://sosial.lain.example/f?o={object}&x={on-success}")
        == f"https://sosial.lain.example/f?o={filled}&x="
    )
    for template in (
        "http://lain.example/f?o={object}",
        "https://evil.example/f?o={object}",
        "https://lain.example.evil.example/{object}",
        "https://lain.example@evil.example/{object}",
        "https://lain.example:8443/{object}",
        "https://{object}/",
        "//lain.example/{object}",
        "javascript:alert({object})",
        "https://lain.example/f",
    ):
        assert address(template) is None, template
