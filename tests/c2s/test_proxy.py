"""`proxyUrl`: documents of other servers, for those to whom they are addressed."""

from __future__ import annotations

import pytest

from sebangsa.limits import BUCKETS
from tests.c2s.client import PUBLIC, App
from tests.foreign_server import ForeignServer
from tests.instances import Instance, settle


async def test_a_public_document_and_its_author_are_read_through_the_server(
    ani: App, host: ForeignServer
) -> None:
    eve = host.actor("eve")
    note = eve.note("satu", "<p>Halo</p>", bto=["https://x.example/u/secret"])
    status, document = await ani.proxy(note["id"])
    assert (status, document["content"]) == (200, "<p>Halo</p>")
    assert "bto" not in document
    assert "Signature" in host.headers["/notes/satu"], "read with the server's signature"
    status, document = await ani.proxy(eve.uri)
    assert (status, document["preferredUsername"]) == (200, "eve")


async def test_s111_what_is_not_for_this_person_is_not_passed_on(ani: App, host: ForeignServer) -> None:
    eve = host.actor("eve")
    for addresses in (
        {"to": [f"{eve.uri}/followers"], "cc": []},
        {"to": ["https://x.example/u/somebody"], "cc": []},
        {"to": [], "cc": []},
    ):
        note = eve.note("rahasia", "<p>Rahasia</p>", **addresses)
        assert (await ani.proxy(note["id"]))[0] == 403
    mine = eve.note("untukmu", "<p>Untukmu</p>", to=[ani.uri], cc=[])
    assert (await ani.proxy(mine["id"]))[0] == 200


async def test_followers_read_what_is_for_followers(ani: App, host: ForeignServer, warga: Instance) -> None:
    eve = host.actor("eve")
    note = eve.note("pengikut", "<p>Untuk pengikut</p>", to=[f"{eve.uri}/followers"], cc=[])
    asking = await ani.do("Follow", eve.uri)
    assert (await ani.proxy(note["id"]))[0] == 403
    await settle(warga)
    assert (await eve.send(warga, eve.activity("Accept", asking["id"])))[0] == 202
    await settle(warga)
    assert (await ani.proxy(note["id"]))[0] == 200


async def test_of_a_collection_only_what_is_public_goes_on(ani: App, host: ForeignServer) -> None:
    eve = host.actor("eve")
    open_note, secret = (
        eve.note("a", "<p>a</p>"),
        eve.note("b", "<p>b</p>", to=[f"{eve.uri}/followers"], cc=[]),
    )
    create = {"type": "Create", "id": f"{eve.uri}/1", "actor": eve.uri}
    host.documents["/users/eve/outbox"] = {
        "id": f"{eve.uri}/outbox",
        "type": "OrderedCollection",
        "totalItems": 4,
        "first": {
            "type": "OrderedCollectionPage",
            "orderedItems": [
                create | {"to": [PUBLIC], "object": open_note},
                create | {"to": [f"{eve.uri}/followers"], "object": secret},
                create | {"to": [PUBLIC], "object": secret},
                "https://x.example/1",
            ],
        },
    }
    status, document = await ani.proxy(f"{eve.uri}/outbox")
    assert status == 200
    assert document["first"]["orderedItems"] == [
        create | {"to": [PUBLIC], "object": open_note},
        "https://x.example/1",
    ]


async def test_our_own_documents_follow_our_own_rule(ani: App, budi: App) -> None:
    note = await budi.note("Halo")
    secret = await budi.do("Create", {"type": "Note", "content": "Rahasia", "to": budi.followers})
    mine = await budi.do("Create", {"type": "Note", "content": "Untuk ani", "to": ani.uri})
    like = await ani.do("Like", note["id"])
    for uri in (note["id"], f"{note['id']}/activity", budi.uri, mine["object"]["id"], mine["id"], like["id"]):
        status, document = await ani.proxy(uri)
        assert (status, document["id"]) == (200, uri)
    for uri in (
        secret["object"]["id"],
        secret["id"],
        f"{ani.instance.url}/p/1",
        f"{ani.instance.url}/u/nobody",
    ):
        assert (await ani.proxy(uri))[0] == 404
    assert (await budi.proxy(like["id"]))[0] == 404
    await budi.do("Delete", note["id"])
    status, document = await ani.proxy(note["id"])
    assert (status, document["type"]) == (410, "Tombstone")


@pytest.mark.parametrize(
    ("uri", "status", "code"),
    [
        ("", 422, "id-needed"),
        ("https://10.0.0.1/x", 400, "private-address"),
        ("file:///etc/passwd", 400, "bad-url"),
        ("https://user@x.example/", 400, "bad-url"),
        ("{host}/nothing", 404, "not-found"),
        ("{host}/text", 400, "not-an-object"),
        ("{host}/other", 400, "id-mismatch"),
        ("x" * 3000, 422, "too-long"),
    ],
)
async def test_s003_only_what_may_be_fetched_is_fetched(
    ani: App, host: ForeignServer, uri: str, status: int, code: str
) -> None:
    host.documents["/other"] = {"id": "https://elsewhere.example/1", "type": "Note", "to": [PUBLIC]}
    host.documents["/text"] = "<html>"  # no document, whatever it is served as
    answered, body = await ani.proxy(uri.replace("{host}", host.origin))
    assert (answered, body["code"]) == (status, code)


async def test_one_person_asks_only_so_often(ani: App) -> None:
    limiter = ani.instance.site.limiter
    limiter.is_on = True
    for _ in range(BUCKETS["proxy"].amount):
        await limiter.hit("proxy", ani.user.id)
    status, body = await ani.proxy(ani.uri)
    assert (status, body["code"]) == (429, "too-many")
