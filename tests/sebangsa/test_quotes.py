"""Quotes between two instances, and with servers of other software: asked for, approved, shown, and taken back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from federation.fetch_limits import FailureMemory
from federation.models import Actor, OutboundActivity
from sebangsa import following, quoting
from sebangsa.errors import NotAllowed, NotFound
from sebangsa.fetching import fetch_post
from sebangsa.lookup import find_actor
from sebangsa.models import Notification, Post, Quote, QuoteState, User, Visibility
from sebangsa.posting import Draft, create_post
from sebangsa.queue.models import Job
from sebangsa.quote_wire import without_quote_line
from tests.foreign_server import PUBLIC, ForeignServer, foreign_server
from tests.foreign_server import Actor as Stranger
from tests.form_browser import FormBrowser
from tests.instances import Instance, settle, unfinished

Pair = tuple[Instance, Instance]
AS2 = {"accept": "application/activity+json"}


async def _post(warga: Instance, user: User, **draft: Any) -> Post:
    async with warga.inside() as site:
        return await create_post(site, user.actor, Draft(**{"source": "Banjir di gang"} | draft))


async def _quote(instance: Instance, quoter: User, uri: str) -> Post:
    async with instance.inside() as site:
        seen = await fetch_post(site, uri)
        assert seen is not None
        return await create_post(site, quoter.actor, Draft(source="Lihat ini", quoted=seen))


async def _policy(instance: Instance, user: User, policy: str) -> None:
    async with instance.inside():
        await User.filter(id=user.id).update(preferences={"quote_policy": policy})


async def _rows(instance: Instance) -> list[tuple[str, bool]]:
    async with instance.inside():
        return [(row.state.value, bool(row.stamp_uri)) for row in await Quote.all().order_by("id")]


async def _stamps_told(instance: Instance) -> list[str | None]:
    """The stamps in the edits that were sent, in their order, None for an edit without."""
    async with instance.inside():
        updates = [
            json.loads(row.body) for row in await OutboundActivity.filter(type="Update").order_by("id")
        ]
    return [update["object"].get("quoteAuthorization") for update in updates]


async def test_a_quote_is_asked_for_approved_shown_and_taken_back_on_both_servers(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    post = await _post(warga, ani)
    made = await _quote(kota, budi, post.uri)
    assert await _rows(kota) == [("pending", False)]
    await settle(warga, kota)
    assert await _rows(kota) == await _rows(warga) == [("accepted", True)]
    async with warga.inside():
        [stamped] = await Quote.all()
        assert await Notification.filter(recipient_id=ani.actor_id, type="quote").count() == 1
        assert stamped.quoting_id is not None
    async with warga.http.get(stamped.stamp_uri, headers=AS2) as answer:
        stamp = await answer.json(content_type=None)
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (made.uri, post.uri)
    async with kota.http.get(made.uri, headers=AS2) as answer:
        document = await answer.json(content_type=None)
    for key in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        assert document[key] == post.uri
    assert document["quoteAuthorization"] == stamped.stamp_uri
    assert await _stamps_told(kota) == [stamped.stamp_uri]
    assert 'class="quote-inline"' in document["content"]
    assert [tag["href"] for tag in document["tag"] if tag["type"] == "Link"] == [post.uri]
    for instance, path in ((kota, f"/p/{made.id}"), (warga, f"/p/{stamped.quoting_id}")):
        _, text = await FormBrowser(instance).get(path)
        assert "<blockquote" in text
        assert "Banjir di gang" in text
        assert "RE:" not in text  # the line for those who show no quotes
    browser = await FormBrowser.of(warga, ani)
    _, text = await browser.get("/notifications")
    assert "quoted your post" in text
    status, _ = await browser.post(f"/p/{stamped.quoting_id}/unquote", "/notifications")
    assert status == 303
    await settle(warga, kota)
    assert [state for state, _ in await _rows(kota) + await _rows(warga)] == ["revoked", "revoked"]
    assert await _stamps_told(kota) == [stamped.stamp_uri, None]
    for instance, path in ((kota, f"/p/{made.id}"), (warga, f"/p/{stamped.quoting_id}")):
        _, text = await FormBrowser(instance).get(path)
        assert "<blockquote" not in text
        assert "Its author took the quoted post out of this one." in text
    async with warga.http.get(stamped.stamp_uri, headers=AS2) as answer:
        assert answer.status == 410
    for instance in neighbours:
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def test_who_lets_nobody_quote_is_asked_in_vain(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi = await warga.user("ani"), await kota.user("budi")
    await _policy(warga, ani, "nobody")
    post = await _post(warga, ani)
    made = await _quote(kota, budi, post.uri)
    await settle(warga, kota)
    assert await _rows(kota) == [("rejected", False)]
    async with warga.inside():
        refusal = json.loads((await OutboundActivity.get(type="Reject")).body)
    assert (refusal["object"]["instrument"], refusal["reasonCode"]) == (made.uri, "not-quotable")
    assert refusal["summary"] == "Its author does not want this post to be quoted."
    assert await _rows(warga) == [] or (await _rows(warga))[0][0] != "accepted"
    _, text = await FormBrowser(kota).get(f"/p/{made.id}")
    assert "Banjir di gang" not in text
    citra = await warga.user("citra")
    with pytest.raises(NotAllowed):
        await _post(warga, citra, quoted=post)
    assert await _post(warga, ani, quoted=post)  # one's own always


async def test_who_lets_followers_quote_approves_them_and_nobody_else(neighbours: Pair) -> None:
    warga, kota = neighbours
    ani, budi, citra = await warga.user("ani"), await kota.user("budi"), await kota.user("citra")
    await _policy(warga, ani, "followers")
    async with kota.inside() as site:
        found = await find_actor(site, ani.actor.uri)
        assert found is not None
        await following.follow(site, budi.actor, found)
    await settle(warga, kota)
    post = await _post(warga, ani)
    for quoter in (budi, citra):
        await _quote(kota, quoter, post.uri)
    await settle(warga, kota)
    assert await _rows(kota) == [("accepted", True), ("rejected", False)]


async def test_what_is_not_for_everybody_cannot_be_quoted(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    post = await _post(warga, ani, visibility=Visibility.FOLLOWERS)
    with pytest.raises(NotAllowed):
        await _post(warga, ani, quoted=post)


async def _follow(warga: Instance, follower: User, followed: Stranger) -> None:
    async with warga.inside() as site:
        found = await find_actor(site, followed.uri)
        assert found is not None
        await following.follow(site, follower.actor, found)
    await settle(warga)
    async with warga.inside():
        await following.Follow.all().update(state="accepted")


def _stamp(server: ForeignServer, by: Stranger, quoting_uri: str, quoted_uri: str, name: str = "1") -> str:
    uri = f"{server.origin}/stamps/{name}"
    server.documents[f"/stamps/{name}"] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": by.uri,
        "interactingObject": quoting_uri,
        "interactionTarget": quoted_uri,
    }
    return uri


PUBLIC_ONLY_BY_HAND = {"canQuote": {"automaticApproval": [], "manualApproval": ["as:Public"]}}


@pytest.mark.parametrize("key", ["quoteUrl", "quoteUri", "_misskey_quote"])
async def test_an_older_quote_is_shown_where_the_author_states_no_rule(neighbours: Pair, key: str) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server:
        citra, dewi = server.actor("citra"), server.actor("dewi")
        await _follow(warga, ani, citra)
        original = dewi.note("asal", "<p>Jalan putus</p>")
        note = citra.note("1", "<p>Lihat</p>", **{key: original["id"]})
        await citra.send(warga, citra.activity("Create", note))
        await settle(warga)
        assert await _rows(warga) == [("accepted", False)]
        async with warga.inside():
            seen = await Post.get(uri=note["id"])
        _, text = await FormBrowser(warga).get(f"/p/{seen.id}")
        assert "<blockquote" in text
        assert "Jalan putus" in text


@pytest.mark.parametrize("key", ["automaticApproval", "always"])
async def test_without_a_stamp_a_quote_is_shown_where_the_author_lets_everybody(
    neighbours: Pair, key: str
) -> None:
    """`always` is how GoToSocial says it."""
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server:
        citra, dewi = server.actor("citra"), server.actor("dewi")
        await _follow(warga, ani, citra)
        for number, (allowed, shown) in enumerate(((PUBLIC, "accepted"), (dewi.uri, "pending"))):
            original = dewi.note(
                f"asal{number}", "<p>X</p>", interactionPolicy={"canQuote": {key: [allowed]}}
            )
            note = citra.note(f"{number}", "<p>Lihat</p>", quoteUrl=original["id"])
            await citra.send(warga, citra.activity("Create", note))
            await settle(warga)
            assert (await _rows(warga))[-1] == (shown, False)


@pytest.mark.parametrize("lie", ["none", "other-post", "other-author", "other-host", "missing", "honest"])
async def test_a_quote_whose_author_decides_needs_a_stamp_that_holds(neighbours: Pair, lie: str) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server, foreign_server("jahat") as evil:
        mallory, dewi = evil.actor("mallory"), server.actor("dewi")
        await _follow(warga, ani, mallory)
        original = dewi.note("asal", "<p>Jalan putus</p>", interactionPolicy=PUBLIC_ONLY_BY_HAND)
        quoting_uri = f"{evil.origin}/notes/1"
        stamp = {
            "none": lambda: "",
            "other-post": lambda: _stamp(server, dewi, f"{quoting_uri}0", original["id"]),
            "other-author": lambda: _stamp(server, server.actor("lain"), quoting_uri, original["id"]),
            "other-host": lambda: _stamp(evil, dewi, quoting_uri, original["id"]),
            "missing": lambda: f"{server.origin}/stamps/none",
            "honest": lambda: _stamp(server, dewi, quoting_uri, original["id"]),
        }[lie]()
        more = {"quoteAuthorization": stamp} if stamp else {}
        note = mallory.note("1", "<p>Lihat</p>", quote=original["id"], **more)
        await mallory.send(warga, mallory.activity("Create", note))
        await settle(warga)
        async with warga.inside():
            seen = await Post.get(uri=quoting_uri)
            [row] = await Quote.all()
        assert (row.state == QuoteState.ACCEPTED) is (lie == "honest")
        _, text = await FormBrowser(warga).get(f"/p/{seen.id}")
        assert ("Jalan putus" in text) is (lie == "honest")
        if lie == "honest":
            await dewi.send(warga, dewi.activity("Delete", stamp))
            await settle(warga)
            assert (await _rows(warga))[0][0] == "revoked"


async def test_a_stamp_whose_host_could_not_be_reached_is_asked_for_again(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server, foreign_server("lain") as other:
        citra, dewi = other.actor("citra"), server.actor("dewi")
        await _follow(warga, ani, citra)
        original = dewi.note("asal", "<p>Jalan putus</p>", interactionPolicy=PUBLIC_ONLY_BY_HAND)
        stamp = _stamp(server, dewi, f"{other.origin}/notes/1", original["id"])
        server.redirects["/stamps/1"] = "http://mati.localhost:9/stamps/1"  # nobody answers there
        note = citra.note("1", "<p>Lihat</p>", quote=original["id"], quoteAuthorization=stamp)
        await citra.send(warga, citra.activity("Create", note))
        await settle(warga)
        assert await _rows(warga) == [("pending", True)]
        del server.redirects["/stamps/1"]
        async with warga.inside() as site:
            [waiting] = await Job.filter(name="read_quote")
            assert waiting.run_at > site.clock.now() + timedelta(minutes=5)
            site.federation.client._failures = FailureMemory(site.clock)  # which remembers five minutes
            await Job.filter(id=waiting.id).update(run_at=site.clock.now())
        await settle(warga)
        assert await _rows(warga) == [("accepted", True)]
        async with warga.inside():
            assert not await Job.filter(name="read_quote").exists()


async def test_s053_a_quote_shows_nothing_that_is_not_for_everybody(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    secret = await _post(warga, ani, source="rahasia besar", visibility=Visibility.FOLLOWERS)
    async with foreign_server() as server:
        citra = server.actor("citra")
        await _follow(warga, ani, citra)
        note = citra.note("1", "<p>Lihat</p>", quoteUrl=secret.uri)
        await citra.send(warga, citra.activity("Create", note))
        request = citra.activity("QuoteRequest", secret.uri, instrument=note["id"])
        await citra.send(warga, request)
        await settle(warga)
        async with warga.inside():
            seen = await Post.get(uri=note["id"])
            assert not await Quote.filter(state=QuoteState.ACCEPTED).exists()
            assert not await Notification.filter(type="quote").exists()
        _, text = await (await FormBrowser.of(warga, ani)).get(f"/p/{seen.id}")
        assert "rahasia besar" not in text
        assert [a["type"] for a in server.received if a["type"] in ("Accept", "Reject")] == ["Reject"]


async def test_s052_a_chain_of_quotes_is_not_followed(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    async with foreign_server() as server:
        citra = server.actor("citra")
        await _follow(warga, ani, citra)
        for number in range(6):
            note = citra.note(str(number), f"<p>{number}</p>", quoteUrl=f"{server.origin}/notes/{number + 1}")
        first = server.documents["/notes/0"]
        await citra.send(warga, citra.activity("Create", {k: v for k, v in first.items() if k != "@context"}))
        await settle(warga)
        assert note["id"].endswith("5")
        asked = [path for path in server.asked if path.startswith("/notes/")]
        assert set(asked) <= {"/notes/0", "/notes/1"}


async def test_a_mastodon_request_with_the_post_in_it_gets_a_stamp_and_its_post_is_read(
    neighbours: Pair,
) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    post = await _post(warga, ani)
    async with foreign_server() as server:
        citra = server.actor("citra")
        note = citra.note("1", "<p>Lihat</p>", quote=post.uri)
        request = citra.activity("QuoteRequest", post.uri, instrument=note)
        await citra.send(warga, request)
        await settle(warga)
        [accept] = [a for a in server.received if a["type"] == "Accept"]
        assert accept["object"]["id"] == request["id"]
        async with warga.inside():
            [row] = await Quote.all().select_related("quoting")
            assert accept["result"] == row.stamp_uri
            assert row.quoting is not None
            assert await Notification.filter(recipient_id=ani.actor_id, type="quote").count() == 1
        async with warga.inside() as site:
            await quoting.revoke(site, await Actor.get(id=ani.actor_id), row.id)
        again = citra.activity("QuoteRequest", post.uri, instrument=note)
        await citra.send(warga, again)
        await settle(warga)
        [reject] = [a for a in server.received if a["type"] == "Reject"]
        assert reject["object"]["id"] == again["id"]
        assert [state for state, _ in await _rows(warga)] == ["revoked"], "what was taken back stays so"


async def test_s034_nobody_asks_for_or_answers_anothers_quote(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani = await warga.user("ani")
    post = await _post(warga, ani)
    async with foreign_server() as server, foreign_server("jahat") as evil:
        citra, mallory, dewi = server.actor("citra"), evil.actor("mallory"), server.actor("dewi")
        note = citra.note("1", "<p>Lihat</p>", quote=post.uri)
        await mallory.send(warga, mallory.activity("QuoteRequest", post.uri, instrument=note["id"]))
        other = citra.note("2", "<p>Lain</p>")
        async with warga.inside() as site:
            assert await fetch_post(site, other["id"])
        await dewi.send(warga, dewi.activity("QuoteRequest", post.uri, instrument=other["id"]))
        await settle(warga)
        assert await _rows(warga) == []
        original = dewi.note("asal", "<p>Jalan putus</p>", interactionPolicy=PUBLIC_ONLY_BY_HAND)
        await _quote(warga, ani, original["id"])
        async with warga.inside():
            [row] = await Quote.all()
        forged = mallory.activity("Accept", row.request_uri, result=f"{evil.origin}/stamps/1")
        await mallory.send(warga, forged)
        elsewhere = dewi.activity("Accept", row.request_uri, result=f"{evil.origin}/stamps/1")
        await dewi.send(warga, elsewhere)
        await settle(warga)
        assert await _rows(warga) == [("pending", False)]
        stamp = _stamp(server, dewi, row.quoting_uri, row.quoted_uri)
        await dewi.send(warga, dewi.activity("Accept", row.request_uri, result=stamp))
        await settle(warga)
        assert await _rows(warga) == [("accepted", True)]


async def test_only_the_author_revokes(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    post = await _post(warga, ani)
    made = await _post(warga, budi, quoted=post)
    async with warga.inside() as site:
        row = await Quote.get(quoting_id=made.id)
        assert (row.state, row.stamp_uri) == (QuoteState.ACCEPTED, f"{post.uri}/quotes/{row.id}")
        with pytest.raises(NotFound):
            await quoting.revoke(site, await Actor.get(id=budi.actor_id), row.id)
        await quoting.revoke(site, await Actor.get(id=ani.actor_id), row.id)
        assert (await quoting.quotes_in([made.id], None))[made.id][1] is None


async def test_quoting_on_the_pages(neighbours: Pair) -> None:
    warga, _ = neighbours
    ani, budi = await warga.user("ani"), await warga.user("budi")
    post = await _post(warga, ani)
    browser = await FormBrowser.of(warga, budi)
    _, text = await browser.get(f"/p/{post.id}")
    assert f"/compose?quote={post.id}" in text
    _, text = await browser.get(f"/compose?quote={post.id}")
    assert "You quote a post of ani" in text
    status, where = await browser.post("/compose", source="Betul", quote=str(post.id))
    assert status == 303
    _, text = await browser.get(where)
    assert "<blockquote" in text
    browser = await FormBrowser.of(warga, ani)
    assert (await browser.post("/settings", part="profile", display_name="Ani", quotes="nobody"))[0] == 303
    _, text = await browser.get("/settings")
    assert '<option value="nobody" selected>' in text


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('<p class="quote-inline">RE: <a href="https://a.example/1">x</a></p><p>Ya</p>', "<p>Ya</p>"),
        (
            '<p>Ya<span class="quote-inline"><br/>RE: <a href="https://a.example/1">x</a></span></p>',
            "<p>Ya</p>",
        ),
        ('<p>Ya</p><p class="quote-inline">RE: <p>Tidak</p></p>', None),
        ('<p class="quote-inline">' + "a" * 3000 + "</p>", None),
        ('<p class="quote-inline">' * 2000, None),
    ],
)
def test_the_line_that_names_a_quote_is_left_out_where_it_is_plain(content: str, shown: str | None) -> None:
    assert without_quote_line(content) == (content if shown is None else shown)
