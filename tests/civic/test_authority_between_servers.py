"""Who may move a report along, tried by those who may not. Each case over real HTTP, on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from civic_bridge import answering, bodies, handover
from civic_bridge.answering import Answer
from civic_bridge.history import next_step
from civic_bridge.models import Body, EventState, Offer, OfferState, Report, StatusEvent
from civic_bridge.wire import EVENT, offer_activity, offer_answer, step_terms
from federation.models import Actor
from federation.outbox import Audience, publish
from sebangsa import following
from sebangsa.errors import Invalid, NotAllowed
from sebangsa.lookup import find_actor
from sebangsa.models import Post
from sebangsa.posting import Draft, create_post
from tests.civic.city import City, link, office_on
from tests.instances import Instance, settle, unfinished


async def claim(instance: Instance, actor: Actor, report: Report, to: str = "resolved-claimed") -> Post:
    """Somebody sends a perfectly formed step, whether or not they may."""
    async with instance.inside() as site:
        copy = await Report.get(reference=report.reference).select_related("post")
        step = next_step(site, copy, copy.post.uri, to, text="Sudah selesai.")
        draft = Draft(source="**Selesai**", in_reply_to=copy.post, extra={EVENT: step_terms(step)})
        return await create_post(site, actor, draft)


async def refusals(instance: Instance, report: Report) -> list[str]:
    """Why tries were refused, oldest first."""
    async with instance.inside():
        found = StatusEvent.filter(report__reference=report.reference, state=EventState.REFUSED)
        return [str(code) for code in await found.order_by("id").values_list("refusal", flat=True)]


async def test_s118_a_citizen_and_another_office_cannot_resolve_a_report(city: City) -> None:
    stranger = await city.kota.user("stranger")
    other = await office_on(city.kota, "dinaslain", stranger, "AIR")
    await link(city.warga, city.kota, "dinaslain", "AIR")
    report = await city.file()
    await claim(city.kota, stranger.actor, report)
    await claim(city.kota, other.actor, report)
    await claim(city.warga, city.ani.actor, report)  # its own reporter neither
    await city.settle()
    assert (await city.at_warga(report)).status == "received"
    assert (await city.at_kota(report)).status == "received"
    assert await refusals(city.warga, report) == ["not-responsible"] * 3
    assert len(await city.replies(city.warga, report)) == 3  # ordinary comments, there for everybody


async def test_s118_an_office_of_the_same_name_on_another_host_cannot_resolve_a_report(
    city: City, start: Callable[..., Awaitable[Instance]], database: str
) -> None:
    lookalike = await start("kotta", database=database)
    mallory = await lookalike.user("mallory")
    false = await office_on(lookalike, "binamarga", mallory)
    async with lookalike.inside() as site:
        ani = await find_actor(site, f"@ani@{city.warga.site.settings.domain}")
        assert ani is not None
        await following.follow(site, false.actor, ani)
    await settle(city.warga, lookalike)
    report = await city.file()
    await settle(city.warga, city.kota, lookalike)
    await claim(lookalike, false.actor, report)
    await settle(city.warga, city.kota, lookalike)
    assert (await city.at_warga(report)).status == "received"
    assert await refusals(city.warga, report) == ["not-responsible"]


async def test_s119_after_a_transfer_only_the_receiver_may_act_and_the_history_shows_both(city: City) -> None:
    citra = await city.kota.user("citra")
    water = await office_on(city.kota, "airbersih", citra, "AIR")
    await link(city.warga, city.kota, "airbersih", "AIR")
    report = await city.file()
    await city.answer(report, "transferred", "Ini pipa bocor.", transfer_to=water)
    home = await city.at_warga(report)
    assert home.body_id == city.linked.id  # the sender's still, until the receiver has said yes
    async with city.kota.inside() as site:
        offer = await Offer.get(body_id=water.id, is_transfer=True)
        await handover.accept_offer(site, citra.actor, offer)
    await city.settle()
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["transferred", "acknowledged"]
    assert (await city.at_kota(report)).body_id == water.id
    await claim(city.kota, city.office.actor, report)
    await city.settle()
    assert (await city.at_warga(report)).status == "acknowledged"
    assert await refusals(city.warga, report) == ["not-responsible"]
    async with city.kota.inside() as site:
        copy = await Report.get(reference=report.reference)
        await answering.answer_report(site, citra.actor, copy, Answer("in-progress", "Kami gali."))
    await city.settle()
    assert (await city.at_warga(report)).status == "in-progress"


async def test_s119_a_transfer_taken_back_by_its_sender_cannot_be_accepted_any_more(city: City) -> None:
    citra = await city.kota.user("citra")
    water = await office_on(city.kota, "airbersih", citra, "AIR")
    await link(city.warga, city.kota, "airbersih", "AIR")
    report = await city.file()
    await city.answer(report, "transferred", transfer_to=water)
    async with city.kota.inside() as site:
        # At the same moment: the receiver accepts, the sender goes to work.
        offer = await Offer.get(body_id=water.id, is_transfer=True)
        copy = await Report.get(reference=report.reference)
        await answering.answer_report(site, city.budi.actor, copy, Answer("in-progress"))
        with pytest.raises(NotAllowed, match="offer-answered"):
            await handover.accept_offer(site, citra.actor, offer)
    await city.settle()
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["transferred", "in-progress"]
    async with city.warga.inside():
        assert (await Offer.get(is_transfer=True)).state == OfferState.WITHDRAWN


async def test_a_transfer_that_is_refused_goes_back_to_its_sender(city: City) -> None:
    citra = await city.kota.user("citra")
    water = await office_on(city.kota, "airbersih", citra, "AIR")
    await link(city.warga, city.kota, "airbersih", "AIR")
    report = await city.file()
    await city.answer(report, "transferred", transfer_to=water)
    async with city.kota.inside() as site:
        offer = await Offer.get(body_id=water.id, is_transfer=True)
        await handover.reject_offer(site, citra.actor, offer, "Bukan pipa kami.")
    await city.settle()
    home = await city.at_warga(report)
    assert (home.status, home.body_id) == ("acknowledged", city.linked.id)
    await city.answer(report, "in-progress")
    assert (await city.at_warga(report)).status == "in-progress"


async def test_s120_a_suspended_office_sets_no_status_until_it_is_vouched_for_again(city: City) -> None:
    report = await city.file()
    async with city.warga.inside():
        await Body.filter(id=city.linked.id).update(is_active=False)
    await city.answer(report, "acknowledged")
    assert (await city.at_warga(report)).status == "received"
    assert await refusals(city.warga, report) == ["body-suspended"]
    async with city.warga.inside() as site:
        await bodies.vouch_again(site, await Body.get(id=city.linked.id))
    await city.answer(report, "assigned")
    assert (await city.at_warga(report)).status == "assigned"


async def test_s120_an_office_whose_keys_changed_waits_until_somebody_looks_again(city: City) -> None:
    report = await city.file()
    async with city.warga.inside():
        await Body.filter(id=city.linked.id).update(key_fingerprint="of the keys that we vouched for")
    await city.answer(report, "acknowledged")
    assert (await city.at_warga(report)).status == "received"
    assert await refusals(city.warga, report) == ["key-changed"]


async def test_s120_who_is_no_officer_any_more_cannot_answer(city: City) -> None:
    report = await city.file()
    async with city.kota.inside() as site:
        await bodies.remove_officer(site, city.office, city.budi.actor)
        copy = await Report.get(reference=report.reference)
        with pytest.raises(NotAllowed, match="not-an-officer"):
            await answering.answer_report(site, city.budi.actor, copy, Answer("acknowledged"))


async def test_an_office_of_tier_d_may_comment_but_sets_no_status(city: City) -> None:
    report = await city.file()
    async with city.warga.inside():
        await Body.filter(id=city.linked.id).update(tier="D")
    await city.answer(report, "acknowledged")
    assert (await city.at_warga(report)).status == "received"
    assert len(await city.replies(city.warga, report)) == 1


async def test_an_officer_listed_by_the_office_speaks_for_it_from_their_own_account(city: City) -> None:
    report = await city.file()
    await claim(city.kota, city.budi.actor, report, "acknowledged")
    await city.settle()
    assert (await city.at_warga(report)).status == "acknowledged"


async def test_steps_that_the_table_does_not_allow_are_refused(city: City) -> None:
    report = await city.file()
    with pytest.raises(Invalid, match="photo-needed"):
        await city.answer(report, "resolved-claimed", photos=[])
    with pytest.raises(Invalid, match="not-a-step"):
        await city.answer(report, "resolved-confirmed")
    with pytest.raises(Invalid, match="text-needed"):
        await city.answer(report, "rejected")
    assert await city.steps(city.kota, report) == []


async def test_a_step_that_comes_too_late_loses_and_the_copy_learns_it(city: City) -> None:
    report = await city.file()
    await city.answer(report, "resolved-claimed", "Sudah.")
    # Both at once: the reporter confirms at home, the office goes back to work on its copy.
    async with city.warga.inside() as site:
        await answering.confirm(site, city.ani.actor, await Report.get(id=report.id))
    async with city.kota.inside() as site:
        copy = await Report.get(reference=report.reference)
        await answering.answer_report(
            site, city.budi.actor, copy, Answer("in-progress", "Masih ada yang kurang.")
        )
    await city.settle()
    for instance in (city.warga, city.kota):
        assert await city.steps(instance, report) == ["resolved-claimed", "resolved-confirmed"]
    assert (await city.at_kota(report)).status == "resolved-confirmed"
    assert await refusals(city.kota, report) == ["too-late"]


async def test_a_home_server_cannot_put_words_into_an_office_of_another(city: City) -> None:
    report = await city.file()
    async with city.warga.inside() as site:
        # warga writes a step under the office's name that the office never took.
        from civic_bridge.history import announce_later
        from civic_bridge.steps import write_step

        home = await Report.get(id=report.id).select_related("post")
        office = await Body.get(id=city.linked.id).select_related("actor")
        step = next_step(site, home, home.post.uri, "resolved-claimed", text="Sudah.")
        await write_step(site, home, office.actor, step, body=office, note_uri=f"{office.actor.uri}/forged")
        await announce_later(site, home)
    await city.settle()
    copy = await city.at_kota(report)
    assert copy.status == "received"
    assert "history-rewritten" in copy.flags


async def test_both_servers_can_be_one(start: Callable[..., Awaitable[Instance]]) -> None:
    warga = await start("warga")
    budi, ani, rina = await warga.user("budi"), await warga.user("ani"), await warga.user("rina")
    office = await office_on(warga, "binamarga", budi)
    from civic_bridge import reporting
    from civic_bridge.reporting import Filing
    from communities.describing import Description
    from communities.founding import create_community

    async with warga.inside() as site:
        community = await create_community(site, "tebet", rina.actor, Description(title="Tebet"))
        await bodies.take_reports(site, community, default_body=office)
        filing = Filing(
            community=community, category="JALAN-LUBANG", title="Lubang", area_code="31.74.01.1001"
        )
        report = await reporting.file_report(site, ani.actor, filing)
        await answering.answer_report(
            site, budi.actor, await Report.get(id=report.id), Answer("acknowledged")
        )
    await settle(warga)
    async with warga.inside():
        assert (await Report.get(id=report.id)).status == "acknowledged"
        assert (await Offer.get()).state == OfferState.ACCEPTED
        assert "Diterima" in (await Post.get(id=report.post_id)).content


async def test_nobody_but_the_office_answers_its_offer_and_only_the_reports_server_makes_one(
    city: City,
) -> None:
    stranger = await city.kota.user("stranger")
    report = await city.file()
    async with city.warga.inside():
        offer = await Offer.get()
    async with city.kota.inside() as site:
        # An answer to an offer that was made to somebody else, and an offer of a report of another server.
        ani = await Actor.get(uri=city.ani.actor.uri)
        answer = offer_answer("Reject", stranger.actor, offer.uri, ani.uri, reason="Bukan urusan kami.")
        await publish(site.federation, stranger.actor, answer, Audience(actors=[ani], personal=True))
    other = await office_on(city.warga, "taman", await city.warga.user("dewi"), "POHON")
    async with city.kota.inside() as site:
        target = await find_actor(site, f"@taman@{city.warga.site.settings.domain}")
        assert target is not None
        false = offer_activity(
            stranger.actor, (await city.at_kota(report)).post.uri, target, None, is_transfer=True
        )
        await publish(site.federation, stranger.actor, false, Audience(actors=[target], personal=True))
    await city.settle()
    reasons = (await unfinished(city.warga.site))["inbound"]
    assert len([reason for reason in reasons if "not-allowed" in reason]) == 2
    async with city.warga.inside():
        assert (await Offer.get()).state == OfferState.PENDING
        assert not await Offer.exists(body_id=other.id)
    assert (await city.at_warga(report)).body_id == city.linked.id
