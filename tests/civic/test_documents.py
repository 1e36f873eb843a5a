"""What our reports look like to servers that know nothing of them: the hard constraints of Mastodon and Lemmy."""

from __future__ import annotations

import json
from typing import Any

from civic_bridge.models import Report
from federation.models import Actor, OutboundActivity
from sebangsa.models import Post
from sebangsa.post_documents import document_of
from sebangsa.posting import Draft, create_post
from tests.civic.city import City

LEMMY_ATTACHMENTS = {"Link", "Image", "Document"}


async def sent(city: City, instance: Any, kind: str) -> list[dict[str, Any]]:
    async with instance.inside():
        return [json.loads(row.body) for row in await OutboundActivity.filter(type=kind).order_by("id")]


async def test_a_report_is_a_note_with_a_name_that_mastodon_and_lemmy_read(city: City) -> None:
    report = await city.file(address="Jl. Tebet Timur Dalam II", lat=-6.226312, lon=106.857904)
    async with city.warga.inside() as site:
        document, _ = await document_of(site, await Post.get(id=report.post_id))
    # 1 Mastodon: the full text of a Note, and no `summary`, which would be a content warning.
    assert document["type"] == "Note"
    assert "summary" not in document
    assert "Sudah dua motor jatuh." in document["content"]
    assert "Menunggu" in document["content"]
    assert report.reference in document["content"]
    # 2 Lemmy: one string as type, a name, nothing but known attachments, the group in reach, `context` as text.
    assert isinstance(document["type"], str)
    assert document["name"] == "Lubang dalam"
    assert {entry["type"] for entry in document["attachment"]} <= LEMMY_ATTACHMENTS
    assert "inReplyTo" not in document
    assert isinstance(document["context"], str)
    assert city.community.uri in [*document["to"], *document["cc"]]
    assert document["audience"] == city.community.uri
    # 3 Mastodon keeps four attachments; authors are of types that both take.
    assert len(document["attachment"]) <= 4
    assert city.ani.actor.type == "Person"
    assert city.office.actor.type == "Organization"
    # 4 Metres stand in `radius`; `accuracy` would be a percentage. Latitude is latitude.
    assert document["location"]["units"] == "m"
    assert "accuracy" not in document["location"]
    assert (document["location"]["latitude"], document["location"]["longitude"]) == (-6.226312, 106.857904)
    # Everything civic under one key; the office mentioned by name.
    assert [key for key in document if key.startswith("civic:")] == ["civic:report"]
    assert document["civic:report"]["civic:jurisdiction"] == city.office.actor.uri
    assert {"type": "Mention", "href": city.office.actor.uri}.items() <= next(
        tag for tag in document["tag"] if tag.get("href") == city.office.actor.uri
    ).items()
    assert "#laporjalan" in [tag["name"].lower() for tag in document["tag"]]


async def test_an_answer_is_a_reply_with_known_tags_and_attachments_only(city: City) -> None:
    report = await city.file()
    await city.answer(report, "resolved-claimed", "Sudah ditambal.")
    creates = await sent(city, city.kota, "Create")
    note = creates[-1]["object"]
    assert note["type"] == "Note"
    assert note["inReplyTo"] == (await city.at_warga(report)).post.uri
    assert {tag["type"] for tag in note["tag"]} <= {"Mention", "Hashtag"}
    assert {entry["type"] for entry in note["attachment"]} == {"Document"}
    assert note["civic:statusEvent"]["civic:to"] == "resolved-claimed"
    assert note["attributedTo"] == city.office.actor.uri
    terms = creates[-1]["@context"][-1]
    assert "civic" in terms


async def test_no_state_change_lies_in_an_activity_that_others_drop(city: City) -> None:
    report = await city.file()
    await city.answer(report, "acknowledged")
    known = {"Create", "Update", "Announce", "Accept", "Reject", "Follow", "Like"}
    async with city.warga.inside():
        kinds = set(await OutboundActivity.all().values_list("type", flat=True))
    assert kinds - known == {
        "Offer"
    }  # a hint to offices that know it; the report itself reaches them as a mention
    update = (await sent(city, city.warga, "Update"))[-1]
    assert "Diterima" in update["object"]["content"]


async def test_an_office_says_on_its_actor_what_it_answers_for(city: City) -> None:
    headers = {"accept": "application/activity+json"}
    async with city.kota.http.get(city.office.actor.uri, headers=headers) as answer:
        actor = await answer.json(content_type=None)
    assert actor["type"] == "Organization"
    assert actor["civic:jurisdiction"] == ["31.74"]
    assert [service["civic:serviceCode"] for service in actor["civic:services"]] == ["JALAN"]
    async with city.kota.http.get(actor["civic:officers"], headers=headers) as answer:
        officers = await answer.json(content_type=None)
    assert officers["id"] == actor["civic:officers"]
    assert officers["items"] == [city.budi.actor.uri]


async def test_the_history_can_be_checked_by_anybody(city: City) -> None:
    from civic_bridge.wire import read_history

    report = await city.file()
    await city.answer(report, "acknowledged")
    await city.answer(report, "in-progress")
    headers = {"accept": "application/activity+json"}
    async with city.warga.http.get(report.history_url, headers=headers) as answer:
        document = await answer.json(content_type=None)
    home = await city.at_warga(report)
    items = read_history(document, home.post.uri)
    assert [item.step.to_status for item in items] == ["acknowledged", "in-progress"]
    assert items[-1].hash == home.head_hash
    assert {item.actor for item in items} == {city.office.actor.uri}


async def test_s126_unknown_words_of_a_peer_become_general_and_move_nothing(city: City) -> None:
    evil = "<script>alert(1)</script>"
    terms = {
        "type": "civic:Report", "civic:reference": "X-1", "civic:serviceCode": evil, "civic:serviceName": evil,
        "civic:areaCode": evil, "civic:status": evil, "civic:precision": evil, "civic:jurisdiction": city.office.actor.uri,
        "civic:history": "https://elsewhere.example/history", "civic:seq": evil,
    }  # fmt: skip
    place = {"type": "Place", "name": f"{evil}Tebet", "latitude": 106.8, "longitude": -6.2}
    async with city.warga.inside() as site:
        office = await Actor.get(uri=city.office.actor.uri)
        draft = Draft(
            source="Halo", name="Halo", recipients=[office], extra={"civic:report": terms, "location": place}
        )
        await create_post(site, city.ani.actor, draft)
    await city.settle()
    async with city.kota.inside():
        copy = await Report.get(reference="X-1")
        assert (copy.category, copy.area_code, copy.status, copy.precision) == (
            "LAIN",
            "",
            "received",
            "exact",
        )
        assert (copy.lat, copy.lon, copy.history_url) == (None, None, "")
    async with city.kota.http.get(f"{city.kota.url}/api/sebangsa/v1/reports/X-1@{copy.host}") as answer:
        assert answer.status == 200
        shown = await answer.json()
    assert (shown["status"], shown["category_name"], shown["area_name"]) == ("received", "Lainnya", "")


async def test_s126_a_number_that_cannot_stand_in_an_address_makes_an_ordinary_post(city: City) -> None:
    for number, reference in enumerate(("../../admin", "<b>", "", "x" * 100)):
        terms = {"type": "civic:Report", "civic:reference": reference, "civic:serviceCode": "JALAN-LUBANG"}
        async with city.warga.inside() as site:
            office = await Actor.get(uri=city.office.actor.uri)
            draft = Draft(source=f"Halo {number}", recipients=[office], extra={"civic:report": terms})
            await create_post(site, city.ani.actor, draft)
    await city.settle()
    async with city.kota.inside():
        assert await Post.filter(author__host=city.warga.site.settings.domain).count() == 4
        assert not await Report.exists()
