"""A report's life between the citizens' server and the government's, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from civic_bridge import answering, handover
from civic_bridge.models import Offer, Report, StatusEvent
from sebangsa.deleting import delete_account
from sebangsa.models import Attachment, Notification, Post
from sebangsa.posting import Draft, create_post
from tests.civic.city import TEBET_TIMUR, City
from tests.instances import unfinished


async def test_a_report_arrives_structured_at_the_office_of_its_place_and_category(city: City) -> None:
    report = await city.file(address="Jl. Tebet Timur Dalam II", lat=-6.226312, lon=106.857904)
    copy = await city.at_kota(report)
    assert (copy.reference, copy.category, copy.area_code) == (report.reference, "JALAN-LUBANG", TEBET_TIMUR)
    assert (copy.lat, copy.lon, copy.address) == (-6.226312, 106.857904, "Jl. Tebet Timur Dalam II")
    assert copy.body_id == city.office.id
    assert copy.host == city.warga.site.settings.domain
    async with city.kota.inside():
        assert await Attachment.filter(post_id=copy.post_id).count() == 1
        offer = await Offer.get(report_id=copy.id).select_related("offerer")
        assert offer.offerer.uri == city.community.uri
        assert await Notification.exists(
            recipient_id=city.budi.actor_id, type="report.offered", post_id=copy.post_id
        )
    for instance in (city.warga, city.kota):
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def test_an_office_acknowledges_schedules_and_resolves_and_both_servers_tell_the_same(
    city: City,
) -> None:
    report = await city.file()
    await city.answer(report, "acknowledged", "Terima kasih, kami cek.")
    await city.answer(report, "scheduled", expected_at=datetime(2026, 11, 30, 10, tzinfo=UTC))
    await city.answer(report, "resolved-claimed", "Sudah ditambal.")
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["acknowledged", "scheduled", "resolved-claimed"]
    home, copy = await city.at_warga(report), await city.at_kota(report)
    assert home.status == copy.status == "resolved-claimed"
    assert home.head_hash == copy.head_hash != ""
    assert home.closed_at is not None
    async with city.kota.inside():
        assert await StatusEvent.filter(is_confirmed=False).count() == 0
        [offer] = await Offer.all()
        assert offer.state == "accepted"
    async with city.warga.inside():
        assert (await Offer.get()).state == "accepted"
        last = await StatusEvent.get(seq=3).select_related("post")
        [proof] = await Attachment.filter(post_id=last.post_id)
        assert proof.extra == {"civic:phase": "after"}
    for instance in (city.warga, city.kota):
        assert await unfinished(instance.site) == {"inbound": [], "deliveries": []}


async def test_readers_elsewhere_see_the_new_state_in_the_text_of_the_report(city: City) -> None:
    report = await city.file()
    await city.answer(report, "acknowledged")
    copy = await city.at_kota(report)
    assert "Diterima" in copy.post.content
    assert report.reference in copy.post.content
    assert "Menunggu" not in copy.post.content
    assert "Sudah dua motor jatuh." in copy.post.content
    [reply] = await city.replies(city.warga, report)
    assert "<strong>Diterima</strong>" in reply.content
    assert reply.author.uri == city.office.actor.uri  # the office speaks, not one of its people


async def test_its_reporter_confirms_that_it_is_done(city: City) -> None:
    report = await city.file()
    await city.answer(report, "resolved-claimed")
    async with city.warga.inside() as site:
        await answering.confirm(site, city.ani.actor, await Report.get(id=report.id), "Mulus, terima kasih!")
    await city.settle()
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["resolved-claimed", "resolved-confirmed"]


async def test_its_reporter_disputes_and_the_report_is_open_again(city: City) -> None:
    report = await city.file()
    await city.answer(report, "resolved-claimed")
    async with city.warga.inside() as site:
        await answering.dispute(site, city.ani.actor, await Report.get(id=report.id), "Lubangnya masih ada.")
    await city.settle()
    copy = await city.at_kota(report)
    assert (copy.status, copy.closed_at) == ("reopened", None)
    await city.answer(report, "in-progress")
    assert (await city.at_warga(report)).status == "in-progress"


async def test_an_office_that_asked_for_something_hears_what_the_citizen_answers(city: City) -> None:
    report = await city.file()
    await city.answer(report, "needs-info", "Di sebelah mana?")
    async with city.warga.inside() as site:
        opening = await Post.get(id=report.post_id)
        await create_post(site, city.ani.actor, Draft(source="Depan toko roti.", in_reply_to=opening))
    await city.settle()
    assert (await city.at_kota(report)).status == "needs-info"
    async with city.kota.inside():
        [told] = await Notification.filter(
            recipient_id=city.budi.actor_id, type="report.answer"
        ).select_related("post")
        assert "Depan toko roti." in told.post.content
    await city.answer(report, "in-progress")
    assert (await city.at_warga(report)).status == "in-progress"


async def test_an_office_sends_a_report_back_and_people_must_find_another_one(city: City) -> None:
    report = await city.file()
    copy = await city.at_kota(report)
    async with city.kota.inside() as site:
        offer = await Offer.get(report_id=copy.id)
        await handover.reject_offer(site, city.budi.actor, offer, "Jalan nasional, bukan jalan kota.")
    await city.settle()
    home = await city.at_warga(report)
    assert home.body_id is None
    assert home.flags == ["needs-office"]
    async with city.warga.inside():
        assert (await Offer.get()).reason == "Jalan nasional, bukan jalan kota."
    assert (await city.at_kota(report)).body_id is None


async def test_an_edit_of_a_report_keeps_its_status_line_and_its_state(city: City) -> None:
    from sebangsa.posting import edit_post

    report = await city.file()
    async with city.warga.inside() as site:
        post = await Post.get(id=report.post_id)
        await edit_post(site, city.ani.actor, post, source=post.source.replace("dua motor", "tiga motor"))
    await city.settle()
    await city.answer(report, "acknowledged")
    copy = await city.at_kota(report)
    assert "tiga motor" in copy.post.content
    assert copy.post.content.count(report.reference) == 1


async def test_of_a_reporter_who_is_gone_only_the_steps_of_the_office_stay(city: City) -> None:
    report = await city.file(address="Jl. Tebet Timur Dalam II", lat=-6.226312, lon=106.857904)
    await city.answer(report, "acknowledged")
    async with city.warga.inside() as site:
        await delete_account(site, city.ani)
    await city.settle()
    for copy in (await city.at_warga(report), await city.at_kota(report)):
        assert (copy.description, copy.address, copy.lat, copy.lon) == ("", "", None, None)
        assert (copy.post.content, copy.post.deleted_at is not None) == ("", True)
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["acknowledged"]
    async with city.warga.http.get(f"{city.warga.url}/p/{report.post_id}") as answer:
        assert answer.status == 404
