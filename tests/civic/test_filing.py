"""Filing a report: what is taken, what is refused, what others see of it. On both databases."""

from __future__ import annotations

import asyncio
import io
import random
from datetime import timedelta
from itertools import pairwise

import pytest
from PIL import Image

from civic_bridge import bodies, reading, reporting
from civic_bridge.models import Body, Offer, Report
from civic_bridge.photos import StoredPhoto, store_photo
from civic_bridge.presenting import report_json
from civic_bridge.references import REFERENCE
from civic_bridge.reporting import Filing, file_report, similar_reports
from communities.describing import Description
from communities.founding import create_community
from federation.models import Actor
from sebangsa.accounts import create_user
from sebangsa.errors import Invalid, NotAllowed, NotFound, TooMany
from sebangsa.models import Attachment, Post
from sebangsa.post_documents import document_of
from sebangsa.site import Site

TEBET_TIMUR = "31.74.01.1001"
TEBET = (-6.226312, 106.857904)


@pytest.fixture
async def ani(site: Site) -> Actor:
    return (await create_user(site, "ani", password="rahasia sekali")).actor


@pytest.fixture
async def community(site: Site) -> Actor:
    rina = await create_user(site, "rina", password="rahasia sekali")
    made = await create_community(site, "tebet", rina.actor, Description(title="Warga Tebet"))
    await bodies.take_reports(site, made)
    return made


async def office(site: Site, name: str, areas: list[str], services: list[str]) -> Body:
    return await bodies.create_body(site, name, areas=areas, services=services)


def pothole(community: Actor, **values: object) -> Filing:
    usual: dict[str, object] = {"category": "JALAN-LUBANG", "title": "Lubang", "area_code": TEBET_TIMUR}
    return Filing(community=community, **(usual | values))  # type: ignore[arg-type]


async def test_the_office_with_the_longest_area_and_the_nearest_service_gets_it(
    site: Site, ani: Actor, community: Actor
) -> None:
    await office(site, "provinsi", ["31"], ["JALAN-LUBANG"])
    city = await office(site, "kota", ["31.74"], ["JALAN"])
    await office(site, "kecamatan", ["31.74.02"], ["*"])
    report = await file_report(site, ani, pothole(community))
    assert report.body_id == city.id
    assert (await Offer.get(report_id=report.id)).body_id == city.id
    lamp = await file_report(site, ani, pothole(community, category="LAMPU-MATI"))
    assert lamp.body_id is None
    assert lamp.flags == ["needs-office"]


async def test_one_form_sent_twice_is_one_report_also_at_the_same_time(
    site: Site, ani: Actor, community: Actor
) -> None:
    filing = pothole(community, idempotency_key="01JD")
    first = await file_report(site, ani, filing)
    again = await file_report(site, ani, filing)
    assert again.id == first.id
    other = pothole(community, idempotency_key="01JE")
    both = await asyncio.gather(file_report(site, ani, other), file_report(site, ani, other))
    assert both[0].id == both[1].id
    assert await Report.all().count() == await Post.filter(kind="note").count() == 2


async def test_s127_numbers_do_not_count_up_and_show_only_what_is_public(
    site: Site, ani: Actor, community: Actor
) -> None:
    site.rng = random.Random(7)
    numbers = []
    for _ in range(3):
        report = await file_report(site, ani, pothole(community))
        assert REFERENCE.fullmatch(report.reference)
        numbers.append(int(report.reference[-6:]))
    assert not any(later - earlier == 1 for earlier, later in pairwise(numbers))
    await Report.filter(id=report.id).update(visibility="private")
    for number in (report.reference, "SBG-3174-26-999999", "", "'; DROP TABLE reports", "x" * 500):
        with pytest.raises(NotFound):
            await reading.report_for(site, None, number)
    assert (await reading.report_for(site, ani, report.reference)).id == report.id


async def test_s123_the_exact_place_of_a_sensitive_report_stays_inside(
    site: Site, ani: Actor, community: Actor
) -> None:
    filing = pothole(
        community, category="TERTIB-BISING", lat=TEBET[0], lon=TEBET[1], address="Jl. Tebet Timur IV No. 12"
    )
    made = await file_report(site, ani, filing)
    report = await Report.get(id=made.id).select_related("post", "body__actor")
    assert (report.lat, report.lon) == TEBET  # for the office
    document, _ = await document_of(site, report.post)
    for shown in (str(document), str(report_json(site, report))):
        assert "6.2263" not in shown
        assert "No. 12" not in shown


def camera_photo(lat: float, lon: float) -> bytes:
    """A JPEG that says where it was taken."""
    picture = Image.new("RGB", (64, 48), (90, 90, 90))
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    for tag, value, letters in ((1, lat, "NS"), (3, lon, "EW")):
        gps[tag] = letters[value < 0]
        degrees = abs(value)
        gps[tag + 1] = (int(degrees), int(degrees * 60) % 60, degrees * 3600 % 60)
    exif[0x8825] = gps
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_s124_a_photo_from_elsewhere_is_flagged_for_people_and_its_place_published_nowhere(
    site: Site, ani: Actor, community: Actor
) -> None:
    taken_in_bandung = await store_photo(site, ani, camera_photo(-6.914744, 107.60981))
    assert taken_in_bandung.place is not None
    report = await file_report(
        site, ani, pothole(community, lat=TEBET[0], lon=TEBET[1], photos=[taken_in_bandung])
    )
    assert "photo-elsewhere" in report.flags
    document, _ = await document_of(site, await Post.get(id=report.post_id))
    assert "107.6" not in str(document)
    stored = await site.media.get((await Attachment.get(id=taken_in_bandung.attachment.id)).key)
    assert stored is not None
    assert b"Exif" not in stored.data


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [(TEBET[1], TEBET[0], "point-swapped"), (52.37, 4.9, "point-outside"), (float("nan"), 1.0, "point-bad"),
     (-6.2, None, "point-half")],
)  # fmt: skip
async def test_s124_places_that_cannot_be_are_refused_with_a_sentence(
    site: Site, ani: Actor, community: Actor, lat: float, lon: float, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await file_report(site, ani, pothole(community, lat=lat, lon=lon))
    assert refused.value.code == code
    assert not await Report.exists()
    assert not await Post.filter(kind="note").exists()


async def test_s124_a_point_in_no_area_we_know_is_taken_and_flagged(
    site: Site, ani: Actor, community: Actor
) -> None:
    report = await file_report(site, ani, pothole(community, area_code="", lat=-7.797, lon=110.37))
    assert report.area_code == ""
    assert "outside-areas" in report.flags


async def test_a_place_is_found_from_a_point_or_an_address_and_needed(
    site: Site, ani: Actor, community: Actor
) -> None:
    by_point = await file_report(site, ani, pothole(community, area_code="", lat=TEBET[0], lon=TEBET[1]))
    assert by_point.area_code == TEBET_TIMUR
    by_words = await file_report(
        site, ani, pothole(community, area_code="", address="Pasar Manggis, dekat masjid")
    )
    assert by_words.area_code == "31.74.02.1006"
    with pytest.raises(Invalid, match="place-needed"):
        await file_report(site, ani, pothole(community, area_code=""))


@pytest.mark.parametrize(
    ("values", "code"),
    [({"title": " "}, "title-needed"), ({"category": "TIDAK-ADA"}, "category-unknown"),
     ({"area_code": "99.99"}, "area-unknown"), ({"description": "x" * 5001}, "too-long")],
)  # fmt: skip
async def test_what_cannot_be_used_is_refused_and_changes_nothing(
    site: Site, ani: Actor, community: Actor, values: dict[str, str], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        await file_report(site, ani, pothole(community, **values))
    assert not await Report.exists()


async def test_a_community_that_takes_no_reports_gets_none(site: Site, ani: Actor) -> None:
    closed = await create_community(site, "kebun", ani, Description(title="Kebun"))
    with pytest.raises(NotAllowed, match="takes-no-reports"):
        await file_report(site, ani, pothole(closed))


async def test_s125_a_flood_of_one_person_ends(
    site: Site, ani: Actor, community: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(site.settings, "rate_limits", "on")
    monkeypatch.setattr(reporting, "MAX_PER_HOUR", 2)
    for _ in range(2):
        await file_report(site, ani, pothole(community))
    with pytest.raises(TooMany):
        await file_report(site, ani, pothole(community))


async def test_similar_reports_near_by_are_offered_before_sending(
    site: Site, ani: Actor, community: Actor
) -> None:
    near = await file_report(site, ani, pothole(community, lat=TEBET[0] + 0.001, lon=TEBET[1]))
    await file_report(site, ani, pothole(community, lat=TEBET[0] + 0.01, lon=TEBET[1]))
    await file_report(site, ani, pothole(community, category="LAMPU-MATI", lat=TEBET[0], lon=TEBET[1]))
    old = await file_report(site, ani, pothole(community, lat=TEBET[0], lon=TEBET[1]))
    await Report.filter(id=old.id).update(created_at=site.clock.now() - timedelta(days=100))
    found = await similar_reports(site, "JALAN-RUSAK", TEBET_TIMUR, *TEBET)
    assert [report.id for report in found] == [near.id]


async def test_a_picture_of_somebody_else_cannot_be_used(site: Site, ani: Actor, community: Actor) -> None:
    other = (await create_user(site, "tono", password="rahasia sekali")).actor
    theirs = await store_photo(site, other, camera_photo(*TEBET))
    with pytest.raises(Invalid, match="picture-unusable"):
        await file_report(site, ani, pothole(community, photos=[StoredPhoto(theirs.attachment, None)]))
    assert not await Report.exists()
