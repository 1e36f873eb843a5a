"""HTTP signatures of both kinds and proofs: made here and verified by Fedify, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from federation.models import OutboundActivity, Peer
from tests.foreign_server import foreign_server
from tests.instances import Instance, settle
from tests.interop.fedify_peer import fedify_peer
from tests.interop.meeting import Meeting, arrange

CAVAGE = "draft-cavage-http-signatures-12"
RFC_9421 = "rfc9421"
AS_NAMED_HERE = {CAVAGE: "cavage", RFC_9421: "rfc9421"}


@pytest.mark.parametrize("first_knock", [RFC_9421, CAVAGE])
async def test_both_kinds_of_http_signature_hold_on_both_sides(meeting: Meeting, first_knock: str) -> None:
    scheme = AS_NAMED_HERE[first_knock]
    async with meeting.warga.inside() as site:
        await Peer.create(host=meeting.peer.host, signature_scheme=scheme, created_at=site.clock.now())
    await meeting.dewi("follow", target=meeting.community)
    await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    # One POST, taken at once: a refused signature would have been followed by one of the other kind.
    assert await meeting.peer.ask("posted") == [
        {"url": meeting.tebet.inbox_url, "scheme": scheme, "status": 202}
    ]
    entries = await meeting.peer.received()
    assert len(entries) == 3  # Accept, and an Announce of the Create and of the id
    for entry in entries:
        assert (entry["scheme"], entry["signer"], entry["status"]) == (scheme, meeting.tebet.uri, 202)


async def test_what_fedify_proved_is_believed_whoever_brings_it(meeting: Meeting) -> None:
    thread = await meeting.post(meeting.ani, name="Kerja bakti", source="Minggu pagi")
    async with foreign_server("lain") as server:
        lain = server.actor("lain")
        await meeting.dewi(
            "comment",
            parent=thread.uri,
            community=meeting.community,
            content="<p>Saya ikut</p>",
            inbox=f"{lain.uri}/inbox",
        )
        [proven] = server.received
        # Fedify adds the signature that Mastodon used to read; the proof was made before it (FEP-8b32).
        assert {"proof", "signature"} <= proven.keys()
        forged = json.loads(json.dumps(proven).replace("Saya ikut", "Saya tidak ikut"))
        assert (await lain.send(meeting.warga, forged))[0] == 401
        assert (await lain.send(meeting.warga, proven))[0] == 202
        await settle(meeting.warga)
    comment = await meeting.seen(proven["object"]["id"])
    assert (comment.author.uri, comment.content) == (meeting.peer.dewi, "<p>Saya ikut</p>")
    assert comment.in_reply_to_id == thread.id


async def test_what_we_proved_is_believed_by_fedify_whoever_brings_it(meeting: Meeting) -> None:
    thread = await meeting.post(meeting.budi, name="Kerja bakti", source="Minggu pagi")
    async with meeting.warga.inside():
        body = (await OutboundActivity.get(uri=f"{thread.uri}/activity")).body
    assert await meeting.peer.deliver(body.replace("Minggu", "Senin")) == 401
    assert await meeting.peer.deliver(body) == 202
    [entry] = await meeting.peer.received("Create", "Page")
    assert (entry["signer"], entry["isProven"], entry["activity"]["objectId"]) == (None, True, thread.uri)


@pytest.mark.parametrize("first_knock", [RFC_9421, CAVAGE])
async def test_who_refuses_one_kind_of_signature_is_sent_the_other(
    meeting: Meeting, first_knock: str
) -> None:
    """Knocking twice (the report on HTTP signatures of SWICG): what is refused is signed once more in the other way, and
    the next time in that way at once.
    """
    refused = AS_NAMED_HERE[first_knock]
    [other] = set(AS_NAMED_HERE.values()) - {refused}
    async with meeting.warga.inside() as site:
        await Peer.create(host=meeting.peer.host, signature_scheme=refused, created_at=site.clock.now())
    await meeting.peer.ask("behave", refuses=refused)
    await meeting.peer.ask("spoil", scheme=refused)
    await meeting.dewi("follow", target=meeting.community)
    await meeting.dewi("follow", target=meeting.handle("budi"))
    # Our 401 made Fedify sign in the other way, and it remembers.
    assert [(post["scheme"], post["status"]) for post in await meeting.peer.ask("posted")] == [
        (refused, 401),
        (other, 202),
        (other, 202),
    ]
    accepted = await meeting.peer.received("Accept", "Follow")
    assert [entry["scheme"] for entry in accepted] == [other, other]
    assert [entry["signer"] for entry in accepted] == [meeting.tebet.uri, f"{meeting.warga.url}/u/budi"]
    assert (
        await meeting.peer.ask("turnedAway") == 1
    )  # and so do we: the second went out in the other way at once
    async with meeting.warga.inside():
        assert (await Peer.get(host=meeting.peer.host)).signature_scheme == other


@pytest.mark.parametrize("first_knock", [RFC_9421, CAVAGE])
async def test_fetches_that_must_be_signed_are_answered_on_both_sides(
    start: Callable[..., Awaitable[Instance]], fedify_port: int, first_knock: str
) -> None:
    async with fedify_peer(fedify_port, first_knock) as peer:
        meeting = await arrange(await start("warga", fetches="signed"), peer)
        await peer.ask("behave", demandsSignatures=True)
        thread = await meeting.post(meeting.budi, name="Kerja bakti", source="Minggu pagi")
        assert await peer.ask("lookup", target=thread.uri) is None
        assert (await peer.ask("lookup", target=thread.uri, isSigned=True))["name"] == "Kerja bakti"
        async with meeting.warga.http.get(
            meeting.peer.dewi, headers={"accept": "application/activity+json"}
        ) as unsigned:
            assert unsigned.status == 401
        await meeting.dewi(
            "follow", target=meeting.community
        )  # her actor and key are fetched, signed by ours
        assert [entry["signer"] for entry in await peer.received("Accept")] == [meeting.tebet.uri]
