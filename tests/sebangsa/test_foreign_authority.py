"""Who may say what about whose objects: pushed and fetched, by both inboxes (S-034 to S-062)."""

from __future__ import annotations

from typing import Any

import pytest

from federation.actors import fetch_actor, resolve_actor
from federation.fetch_limits import HostBudget
from federation.models import Actor as ActorRow
from federation.models import Delivery, Follow, InboundActivity
from federation.refusals import Refused
from sebangsa import timelines
from sebangsa.models import Attachment, Notification, Post, PostTag
from sebangsa.text.link_keys import link_key
from sebangsa.timelines import Window
from tests.foreign_server import PUBLIC, foreign_server
from tests.instances import Instance, settle
from tests.row_counts import row_counts
from tests.sebangsa.street import Street

DOORS = ["/inbox", "/u/ani/inbox"]


@pytest.mark.parametrize("door", DOORS)
async def test_s037_a_post_is_deleted_by_nobody_elsewhere_in_whatever_shape(
    street: Street, door: str
) -> None:
    rini, jahat = street.good.actor("rini"), street.evil.actor("jahat")
    neighbour = street.good.actor("tetangga", key=1)
    await street.follow(rini)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    await street.meet(jahat)
    await street.meet(neighbour)
    ours = await street.post()
    before = await row_counts(street.warga)
    for uri in (note["id"], ours.uri, rini.uri, street.ani.actor.uri):
        for obj in (
            uri,
            {"id": uri, "type": "Tombstone"},
            {"id": uri, "type": "Note", "attributedTo": jahat.uri, "content": ""},
        ):
            for sender in (jahat, neighbour):
                outcome = await street.deliver(sender, sender.activity("Delete", obj, to=[PUBLIC]), path=door)
                unknown = sender is neighbour and uri == rini.uri  # not a post that we know
                assert outcome in ("foreign-id", "not-the-author", "refused", "done" if unknown else "")
    assert await row_counts(street.warga) == before
    for uri in (note["id"], ours.uri):
        found = await street.find(uri)
        assert found is not None
        assert found.is_shown
    async with street.warga.inside():
        assert (await ActorRow.get(uri=rini.uri)).deleted_at is None
        assert (await ActorRow.get(id=street.ani.actor_id)).deleted_at is None


@pytest.mark.parametrize("door", DOORS)
async def test_s038_an_edit_counts_from_its_own_author_alone(street: Street, door: str) -> None:
    rini, jahat = street.good.actor("rini"), street.evil.actor("jahat")
    neighbour = street.good.actor("tetangga", key=1)
    await street.follow(rini)
    await street.follow(jahat)
    await street.meet(neighbour)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    before = await row_counts(street.warga)
    later = {"updated": "2026-11-25T00:00:00Z", "content": "<p>Palsu</p>"}
    at_evil = jahat.note("1", "<p>Palsu</p>") | {"attributedTo": rini.uri}
    person = street.good.documents["/users/rini"] | {"name": "Palsu"}
    for sender, obj in (
        (jahat, note | later),
        (jahat, note | later | {"attributedTo": jahat.uri}),
        (jahat, at_evil),
        (jahat, person),
        (neighbour, note | later),
        (neighbour, note | later | {"attributedTo": neighbour.uri}),
        (neighbour, person),
    ):
        outcome = await street.deliver(sender, sender.activity("Update", obj, to=[PUBLIC]), path=door)
        assert outcome in ("foreign-id", "refused", "done" if obj is at_evil else ""), (
            obj
        )  # unknown: nothing to edit
    assert await row_counts(street.warga) == before
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Asli</p>"
    assert await street.find(at_evil["id"]) is None
    async with street.warga.inside():
        assert (await ActorRow.get(uri=rini.uri)).name == "Rini"


async def test_an_edit_changes_all_that_its_author_says_anew(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)

    def said(word: str, *, sensitive: bool, **more: Any) -> dict[str, Any]:
        return {
            "name": f"Judul {word}",
            "sensitive": sensitive,
            "attachment": [
                {"type": "Link", "href": f"https://{word}.example/"},
                {"type": "Image", "url": f"https://foto.example/{word}.jpg", "mediaType": "image/jpeg"},
            ],
            "tag": [{"type": "Hashtag", "name": f"#{word}", "href": f"https://good.example/tags/{word}"}],
        } | more

    page = rini.note("1", "<p>lama</p>") | {"type": "Page"} | said("lama", sensitive=True)
    note = rini.note("2", "<p>Asli</p>", summary="Awas")
    for document in (page, note):
        assert await street.deliver(rini, rini.activity("Create", document)) == "done"
    for document, changed in (
        (page, said("baru", sensitive=False, content="<p>baru</p>", updated="2026-11-25T00:00:00Z")),
        (note, {"summary": "Tentang banjir", "updated": "2026-11-25T00:00:00Z"}),
    ):
        assert await street.deliver(rini, rini.activity("Update", document | changed)) == "done"
    found, warned = await street.find(page["id"]), await street.find(note["id"])
    assert found is not None
    assert warned is not None
    assert (found.name, found.content, found.is_sensitive) == ("Judul baru", "<p>baru</p>", False)
    assert (found.link_url, found.link_key) == ("https://baru.example/", link_key("https://baru.example/"))
    assert (warned.summary, warned.content) == ("Tentang banjir", "<p>Asli</p>")
    async with street.warga.inside():
        assert [tag.name for tag in await PostTag.filter(post_id=found.id)] == ["baru"]
        pictures = await Attachment.filter(post_id=found.id)
        assert [picture.remote_url for picture in pictures] == ["https://foto.example/baru.jpg"]


async def test_s011_another_port_is_another_server(street: Street) -> None:
    """Whoever may open a port on a machine does not speak for the server on its usual one."""
    rini = street.good.actor("rini")
    await street.follow(rini)
    note = rini.note("1", "<p>Asli</p>")
    assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    async with foreign_server("good") as beside:
        jahat = beside.actor("rini")
        for obj in (note | {"content": "<p>Palsu</p>"}, note | {"attributedTo": jahat.uri}):
            for kind in ("Create", "Update", "Delete"):
                assert await street.deliver(jahat, jahat.activity(kind, obj)) in (
                    "foreign-id",
                    "not-the-author",
                )
        borrowed = jahat.activity("Like", note["id"], id=f"{street.good.origin}/activities/1")
        assert await street.deliver(jahat, borrowed) == "foreign-id"
    found = await street.find(note["id"])
    assert found is not None
    assert found.content == "<p>Asli</p>"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("audience", ["followers", "ani"])
async def test_s043_who_may_read_a_post_cannot_show_it_to_others(
    street: Street, known: bool, audience: str
) -> None:
    rini, reader = street.good.actor("rini"), street.good.actor("pembaca", key=1)
    await street.follow(rini)
    await street.follow(reader)
    to = [f"{rini.uri}/followers"] if audience == "followers" else [street.ani.actor.uri]
    note = rini.note("1", "<p>Rahasia</p>", to=to, cc=[])
    if known:
        assert await street.deliver(rini, rini.activity("Create", note)) == "done"
    before = await row_counts(street.warga)
    await street.deliver(reader, reader.activity("Announce", note["id"], to=[PUBLIC]))
    await street.deliver(reader, reader.activity("Announce", note, to=[PUBLIC]))
    assert await row_counts(street.warga) == before
    async with street.warga.inside():
        shown = await timelines.page_of(timelines.public(), Window())
        assert shown == []


async def test_s048_who_was_deleted_stays_deleted(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    assert await street.deliver(rini, rini.activity("Delete", rini.uri, to=[PUBLIC])) == "done"
    before = await row_counts(street.warga)
    person = street.good.documents["/users/rini"]
    for kind, obj in (
        ("Update", person),
        ("Create", rini.note("1", "<p>Kembali</p>")),
        ("Follow", street.ani.actor.uri),
    ):
        assert await street.deliver(rini, rini.activity(kind, obj)) == "gone"
    async with street.warga.inside() as site:
        with pytest.raises(Refused):
            await fetch_actor(site.federation, rini.uri)
        assert (await ActorRow.get(uri=rini.uri)).deleted_at is not None
    assert await row_counts(street.warga) == before


async def test_s049_a_person_that_was_fetched_as_a_group_carries_nothing_over(street: Street) -> None:
    rini = street.good.actor("rini")
    await street.follow(rini)
    street.good.documents["/users/rini"]["type"] = "Group"
    async with street.warga.inside() as site:
        with pytest.raises(Refused) as refused:
            await fetch_actor(site.federation, rini.uri)
        assert refused.value.code == "bad-field"
        assert (await ActorRow.get(uri=rini.uri)).type == "Person"
    note = rini.note("1", "<p>x</p>")
    turned = street.good.documents["/users/rini"] | {"id": note["id"], "inbox": f"{note['id']}/inbox"}
    street.good.documents["/notes/1"] = turned
    await street.deliver(rini, rini.activity("Announce", note["id"], to=[PUBLIC]))
    assert await street.find(note["id"]) is None


async def test_s053_nobody_is_told_of_a_reply_that_is_not_placed(street: Street) -> None:
    hidden = await street.post(visibility="followers")
    jahat = street.evil.actor("jahat")
    reply = jahat.note("1", "<p>aku tahu</p>", inReplyTo=hidden.uri, cc=[street.ani.actor.uri])
    assert await street.deliver(jahat, jahat.activity("Create", reply)) == "refused"
    assert await street.find(reply["id"]) is None
    async with street.warga.inside():
        assert await Notification.all().count() == 0
        assert (await Post.get(id=hidden.id)).replies_count == 0


async def test_s047_what_an_actor_names_elsewhere_is_never_sent_to(street: Street) -> None:
    """Its shared inbox at somebody else's, its followers at ours: one more delivery, to its own inbox alone."""
    rini = street.good.actor(
        "rini",
        endpoints={"sharedInbox": f"{street.warga.url}/inbox"},
        followers=f"{street.warga.url}/u/ani/followers",
        outbox="http://169.254.169.254/latest",
    )
    assert await street.deliver(rini, rini.activity("Follow", street.ani.actor.uri)) == "done"
    async with street.warga.inside():
        known = await ActorRow.get(uri=rini.uri)
        assert (known.shared_inbox_url, known.followers_url, known.outbox_url) == ("", "", "")
        assert set(await Delivery.all().values_list("inbox_url", flat=True)) == {f"{rini.uri}/inbox"}
        assert await InboundActivity.all().count() == 1, "nothing came back to ourselves"


ODD_IDS = [
    "http://{host}/" + "a" * 100_000,
    "http://{host}/notes/\x00",
    "http://{host}/notes/\u202e1",
    "http://{host}/notes/a b",
    "http://{host}\\@warga.localhost/p/1",
    "http://ani@{host}/notes/1",
    "javascript:alert(1)",
    "",
    5,
]
HARMLESS_IDS = [
    "http://{host}/notes/1';DROP TABLE posts;--",
    "http://{host}/u/ani/inbox",
    "http://{host}/p/1",
    "http://{host}/..%2f..%2fapi/v1/statuses",
    "http://{host}/notes/%00",
]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_s062_ids_that_hide_or_harm_are_refused_and_odd_ones_stay_text(
    start: Any, database: str
) -> None:
    warga: Instance = await start("warga", database=database)
    ani = await warga.user("ani")
    async with foreign_server("good") as good:
        rini = good.actor("rini", endpoints={"sharedInbox": f"{good.origin}/inbox';DROP TABLE deliveries;--"})
        assert (await rini.send(warga, rini.activity("Follow", ani.actor.uri)))[0] == 202
        for template in ODD_IDS:
            uri = template.replace("{host}", good.host) if isinstance(template, str) else template
            note = rini.note("1", "<p>x</p>", cc=[ani.actor.uri]) | {"id": uri}
            status, answer = await rini.send(warga, rini.activity("Create", note))
            assert status in (202, 400, 403), (uri, answer)
            status, answer = await rini.send(warga, rini.activity("Like", "http://x.localhost/1", id=uri))
            assert status in (400, 403), (uri, answer)
        for template in HARMLESS_IDS:
            uri = template.replace("{host}", good.host)
            note = rini.note("1", "<p>x</p>", cc=[ani.actor.uri]) | {"id": uri}
            assert (await rini.send(warga, rini.activity("Create", note, id=f"{uri}?activity")))[0] in (
                202,
                400,
            )
        await settle(warga)
        async with warga.inside() as site:
            kept = set(await Post.all().values_list("uri", flat=True))
            assert kept <= {template.replace("{host}", good.host) for template in HARMLESS_IDS}
            assert f"{good.origin}/u/ani/inbox" in kept
            assert f"{good.origin}/p/1" in kept
            known = await resolve_actor(site.federation, rini.uri)
            assert await Follow.filter(follower_id=known.id).count() == 1
            assert (await ActorRow.get(id=ani.actor_id)).uri == f"{warga.url}/u/ani"
            assert await Delivery.all().count() >= 1
        async with warga.http.get(f"{warga.url}/p/1") as answer:
            assert answer.status == 404


async def test_s026_what_our_own_limit_holds_back_is_handled_later(street: Street) -> None:
    """We have asked enough of a server for now: what needs one more of its documents waits, and is not lost."""
    rini, writer = street.good.actor("rini"), street.good.actor("penulis", key=1)
    await street.follow(rini)
    await street.meet(writer)
    note = writer.note("1", "<p>Asli</p>")
    site = street.warga.site
    site.federation.client._budget = HostBudget(site.clock, burst=0, per_second=0.0)
    boost = rini.activity("Announce", note["id"], to=[PUBLIC])
    assert await street.deliver(rini, boost) == "waiting"
    site.federation.client._budget = HostBudget(site.clock)
    async with street.warga.inside():
        await InboundActivity.filter(uri=boost["id"]).update(run_at=site.clock.now())
    await settle(street.warga)
    assert await street.find(note["id"]) is not None
